//! Encryption as the service does it: by the null password, for which nothing at all goes into the
//! derivation ([RFC 7292, appendix C](https://www.rfc-editor.org/rfc/rfc7292#appendix-C)).

use anyhow::anyhow;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, InnerIvInit, KeyIvInit};
use der::asn1::{Any, ObjectIdentifier, OctetString};
use des::TdesEde3;
use kvcert_pki::asn1::{AlgorithmIdentifier, PbeParameters, oid};
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use rc2::Rc2;
use sha1::Sha1;
use zeroize::Zeroizing;

use crate::encoding;

/// A scheme that names cipher and derivation at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    TripleDes,
    /// RC2 with 40 bits.
    Rc2,
}

impl Scheme {
    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::TripleDes => oid::SHA_3_KEY_3DES,
            Self::Rc2 => oid::SHA_RC2_40,
        }
    }

    /// Encrypts with a fresh salt.
    pub(crate) fn encrypt(self, plain: &[u8]) -> anyhow::Result<(AlgorithmIdentifier, Vec<u8>)> {
        let salt = encoding::random::<8>()?;
        let part = |purpose, length| derive(&salt, purpose, ITERATIONS, length);
        let iv = part(Pkcs12KeyType::Iv, 8);
        let key = |length| part(Pkcs12KeyType::EncryptionKey, length);
        let wrong_length = || anyhow!("a derived key has the wrong length");
        let encrypted = match self {
            Self::TripleDes => cbc::Encryptor::<TdesEde3>::new_from_slices(&key(24), &iv)
                .map_err(|_| wrong_length())?
                .encrypt_padded_vec::<Pkcs7>(plain),
            Self::Rc2 => {
                let cipher = Rc2::new_with_eff_key_len(&key(5), 40);
                cbc::Encryptor::inner_iv_slice_init(cipher, &iv)
                    .map_err(|_| wrong_length())?
                    .encrypt_padded_vec::<Pkcs7>(plain)
            }
        };
        let parameters = PbeParameters {
            salt: OctetString::new(salt)?,
            iterations: ITERATIONS,
        };
        let algorithm = AlgorithmIdentifier {
            algorithm: self.oid(),
            parameters: Some(Any::encode_from(&parameters)?),
        };
        Ok((algorithm, encrypted))
    }
}

/// The key derivation of PKCS#12 ([RFC 7292, appendix B](https://www.rfc-editor.org/rfc/rfc7292#appendix-B))
/// from no password.
pub(crate) fn derive(
    salt: &[u8],
    purpose: Pkcs12KeyType,
    iterations: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let rounds = i32::try_from(iterations).unwrap_or(i32::MAX);
    Zeroizing::new(derive_key::<Sha1>(&[], salt, purpose, rounds, length))
}

/// Rounds of key derivation.
pub(crate) const ITERATIONS: u32 = 2000;
