//! What an encryption scheme is, for people.

use der::Decode;
use der::asn1::ObjectIdentifier;

use super::Hash;
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
    let (scheme, cipher, derivation) = match known(id) {
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

/// The name of a hash function, of HMAC with it, or the object identifier.
pub(crate) fn hash_name(id: ObjectIdentifier) -> String {
    match id.to_string().as_str() {
        "1.2.840.113549.2.5" => "MD5".to_owned(),
        "1.2.643.2.2.9" | "1.2.643.2.2.10" => "GOST R 34.11-94".to_owned(),
        "1.2.643.7.1.1.2.2" | "1.2.643.7.1.1.4.1" => "Streebog-256".to_owned(),
        "1.2.643.7.1.1.2.3" | "1.2.643.7.1.1.4.2" => "Streebog-512".to_owned(),
        "2.16.840.1.101.3.4.2.7" => "SHA3-224".to_owned(),
        "2.16.840.1.101.3.4.2.8" => "SHA3-256".to_owned(),
        "2.16.840.1.101.3.4.2.9" => "SHA3-384".to_owned(),
        "2.16.840.1.101.3.4.2.10" => "SHA3-512".to_owned(),
        _ => Hash::from_oid(id).map_or_else(|_| id.to_string(), |hash| hash.name().to_owned()),
    }
}

fn cipher_name(id: ObjectIdentifier) -> Option<&'static str> {
    Some(match id {
        oid::AES128_CBC => "AES-128-CBC",
        oid::AES192_CBC => "AES-192-CBC",
        oid::AES256_CBC => "AES-256-CBC",
        oid::DES_EDE3_CBC => "3DES-CBC",
        oid::DES_CBC => "DES-CBC",
        oid::RC2_CBC => "RC2-CBC",
        _ => match id.to_string().as_str() {
            "1.2.392.200011.61.1.1.1.2" => "Camellia-128-CBC",
            "1.2.392.200011.61.1.1.1.3" => "Camellia-192-CBC",
            "1.2.392.200011.61.1.1.1.4" => "Camellia-256-CBC",
            "2.16.840.1.101.3.4.1.6" => "AES-128-GCM",
            "2.16.840.1.101.3.4.1.46" => "AES-256-GCM",
            "1.2.643.2.2.21" => "GOST 28147-89",
            _ => return None,
        },
    })
}

/// Scheme, cipher and derivation of the schemes that name all three at once: RFC 7292 appendix C
/// and RFC 8018 appendix A.3.
fn known(id: ObjectIdentifier) -> Option<(&'static str, &'static str, &'static str)> {
    const PKCS12: &str = "the PKCS#12 KDF with SHA-1";
    const MD5: &str = "PBKDF1 with MD5";
    const SHA1: &str = "PBKDF1 with SHA-1";
    Some(match id {
        oid::SHA_3_KEY_3DES => ("pbeWithSHAAnd3-KeyTripleDES-CBC", "3DES-CBC", PKCS12),
        oid::SHA_2_KEY_3DES => ("pbeWithSHAAnd2-KeyTripleDES-CBC", "3DES-CBC", PKCS12),
        oid::SHA_RC2_128 => ("pbeWithSHAAnd128BitRC2-CBC", "RC2-128-CBC", PKCS12),
        oid::SHA_RC2_40 => ("pbeWithSHAAnd40BitRC2-CBC", "RC2-40-CBC", PKCS12),
        oid::MD5_DES => ("pbeWithMD5AndDES-CBC", "DES-CBC", MD5),
        oid::MD5_RC2 => ("pbeWithMD5AndRC2-CBC", "RC2-64-CBC", MD5),
        oid::SHA1_DES => ("pbeWithSHA1AndDES-CBC", "DES-CBC", SHA1),
        oid::SHA1_RC2 => ("pbeWithSHA1AndRC2-CBC", "RC2-64-CBC", SHA1),
        _ => match id.to_string().as_str() {
            "1.2.840.113549.1.12.1.1" => ("pbeWithSHAAnd128BitRC4", "RC4-128", PKCS12),
            "1.2.840.113549.1.12.1.2" => ("pbeWithSHAAnd40BitRC4", "RC4-40", PKCS12),
            "1.2.840.113549.1.5.1" => ("pbeWithMD2AndDES-CBC", "DES-CBC", "PBKDF1 with MD2"),
            _ => return None,
        },
    })
}
