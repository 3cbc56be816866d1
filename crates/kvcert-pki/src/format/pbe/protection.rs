//! [`Protection`]: how new files are encrypted.

use aws_lc_rs::rand;
use der::asn1::{Any, Null, ObjectIdentifier, OctetString};
use der::{EncodeValue, Tagged};

use super::{Budget, Keyring};
use crate::asn1::{AlgorithmIdentifier, PbeParameters, Pbes2Parameters, Pbkdf2Parameters, oid};
use crate::content_error::ContentError;
use crate::format::password::Candidate;

/// A way to encrypt, with a price for those who guess.
#[derive(Clone, Copy)]
pub(crate) enum Protection {
    /// PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256 (RFC 8018 section 6.2).
    Aes256 { iterations: u32 },
    /// `pbeWithSHAAnd3-KeyTripleDES-CBC` (RFC 7292 appendix C).
    TripleDes { iterations: u32 },
}

impl Protection {
    /// Encrypts each of `plain` under its own salt; the keys are derived side by side.
    pub(crate) fn encrypt<const N: usize>(
        self,
        password: &Candidate,
        plain: [&[u8]; N],
    ) -> Result<[(AlgorithmIdentifier, Vec<u8>); N], ContentError> {
        let mut algorithms = Vec::with_capacity(N);
        for _ in 0..N {
            algorithms.push(self.algorithm()?);
        }
        let mut budget = Budget::without_limit();
        let mut keyring = Keyring::new(std::slice::from_ref(password), &mut budget);
        keyring.prepare(None, &algorithms, 1);
        let mut encrypted = Vec::with_capacity(N);
        for (algorithm, plain) in algorithms.into_iter().zip(plain) {
            let ciphertext = keyring.encrypt(&algorithm, plain)?;
            encrypted.push((algorithm, ciphertext));
        }
        encrypted
            .try_into()
            .map_err(|_| failed("not all is encrypted"))
    }

    /// The algorithm with its parameters, salt and all, of which no two are alike.
    fn algorithm(self) -> Result<AlgorithmIdentifier, ContentError> {
        let algorithm = match self {
            Self::Aes256 { iterations } => pbes2(iterations, random::<16>()?, random::<16>()?),
            Self::TripleDes { iterations } => {
                let salt = OctetString::new(random::<8>()?).map_err(failed)?;
                let parameters = PbeParameters { salt, iterations };
                identifier(oid::SHA_3_KEY_3DES, &parameters)
            }
        };
        algorithm.map_err(failed)
    }
}

fn pbes2(iterations: u32, salt: [u8; 16], iv: [u8; 16]) -> der::Result<AlgorithmIdentifier> {
    let pbkdf2 = Pbkdf2Parameters {
        salt: OctetString::new(salt)?,
        iterations,
        key_length: None,
        prf: Some(identifier(oid::HMAC_SHA256, &Null)?),
    };
    let parameters = Pbes2Parameters {
        kdf: identifier(oid::PBKDF2, &pbkdf2)?,
        encryption: identifier(oid::AES256_CBC, &OctetString::new(iv)?)?,
    };
    identifier(oid::PBES2, &parameters)
}

fn identifier<T: Tagged + EncodeValue>(
    algorithm: ObjectIdentifier,
    parameters: &T,
) -> der::Result<AlgorithmIdentifier> {
    Ok(AlgorithmIdentifier {
        algorithm,
        parameters: Some(Any::encode_from(parameters)?),
    })
}

/// Bytes that nobody can foresee.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], ContentError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| failed("the system gives no random bytes"))?;
    Ok(bytes)
}

fn failed(detail: impl std::fmt::Display) -> ContentError {
    ContentError::damaged("the new encryption", detail)
}
