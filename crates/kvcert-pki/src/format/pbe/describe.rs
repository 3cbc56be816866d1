//! What an encryption scheme is, for people.

use der::Decode;

use super::names::{cipher_name, hash_name, scheme_names};
use crate::asn1::{
    AlgorithmIdentifier, EncryptedPrivateKeyInfo, PbeParameters, Pbes2Parameters, Pbkdf2Parameters,
    ScryptParameters, ber, oid,
};
use crate::format::structure::Encryption;

/// How a DER `EncryptedPrivateKeyInfo` is encrypted; nothing if it is none.
pub(crate) fn describe_pkcs8(der: &[u8]) -> Option<Encryption> {
    let der = ber::to_der(der, "the encrypted private key").ok()?;
    let info = EncryptedPrivateKeyInfo::from_der(&der).ok()?;
    Some(describe(&info.algorithm))
}

/// Describes any algorithm, also those that kvcert cannot decrypt.
pub(crate) fn describe(algorithm: &AlgorithmIdentifier) -> Encryption {
    let id = algorithm.algorithm;
    if id == oid::PBES2
        && let Ok(parameters) = algorithm.parameters::<Pbes2Parameters>()
    {
        return pbes2(&parameters);
    }
    let (scheme, cipher, derivation) = match scheme_names(id) {
        Some((scheme, cipher, derivation)) => (scheme, Some(cipher), Some(derivation)),
        None => ("unknown", None, None),
    };
    let parameters = algorithm.parameters::<PbeParameters>().ok();
    Encryption {
        scheme: scheme.to_owned(),
        oid: Some(id.to_string()),
        cipher: cipher.map(str::to_owned),
        derivation: derivation.map(str::to_owned),
        iterations: parameters.as_ref().map(|it| u64::from(it.iterations)),
        salt_bytes: parameters.as_ref().map(|it| it.salt.as_bytes().len()),
    }
}

fn pbes2(parameters: &Pbes2Parameters) -> Encryption {
    let kdf = Kdf::of(&parameters.kdf);
    let cipher = parameters.encryption.algorithm;
    Encryption {
        scheme: String::from("PBES2"),
        oid: Some(oid::PBES2.to_string()),
        cipher: Some(cipher_name(cipher).map_or_else(|| cipher.to_string(), str::to_owned)),
        derivation: Some(kdf.name),
        iterations: kdf.iterations,
        salt_bytes: kdf.salt_bytes,
    }
}

/// PBKDF2 or scrypt with their parameters.
pub(crate) struct Kdf {
    pub(crate) name: String,
    pub(crate) iterations: Option<u64>,
    pub(crate) salt_bytes: Option<usize>,
}

impl Kdf {
    pub(crate) fn of(algorithm: &AlgorithmIdentifier) -> Self {
        if algorithm.algorithm == oid::PBKDF2
            && let Ok(it) = algorithm.parameters::<Pbkdf2Parameters>()
        {
            let prf = match &it.prf {
                None => String::from("SHA-1"),
                Some(prf) => hash_name(prf.algorithm),
            };
            return Self {
                name: format!("PBKDF2 with HMAC-{prf}"),
                iterations: Some(u64::from(it.iterations)),
                salt_bytes: Some(it.salt.as_bytes().len()),
            };
        }
        if algorithm.algorithm == oid::SCRYPT
            && let Ok(it) = algorithm.parameters::<ScryptParameters>()
        {
            let (n, r, p) = (it.cost, it.block_size, it.parallelization);
            return Self {
                name: format!("scrypt (N = {n}, r = {r}, p = {p})"),
                iterations: None,
                salt_bytes: Some(it.salt.as_bytes().len()),
            };
        }
        Self {
            name: algorithm.algorithm.to_string(),
            iterations: None,
            salt_bytes: None,
        }
    }
}
