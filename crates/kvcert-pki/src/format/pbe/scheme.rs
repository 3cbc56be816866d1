//! [`Scheme`]: an encryption algorithm, read from its identifier.

use der::asn1::OctetString;
use zeroize::Zeroizing;

use super::cipher::Cipher;
use super::derivation::{Derivation, WeakHash};
use super::names::unsupported_encryption;
use crate::asn1::{
    AlgorithmIdentifier, PbeParameters, Pbes2Parameters, Pbkdf2Parameters, Rc2Parameters, oid,
};
use crate::content_error::ContentError;

/// A cipher and where its key and initialisation vector come from.
pub(super) struct Scheme {
    cipher: Cipher,
    pub(super) derivation: Derivation,
    key_len: usize,
    /// Without one, it is derived too, and follows the key.
    iv: Option<OctetString>,
}

impl Scheme {
    pub(super) fn of(algorithm: &AlgorithmIdentifier) -> Result<Self, ContentError> {
        let pkcs12_with_iv = |cipher, key_len, iv_len| {
            let PbeParameters { salt, iterations } = algorithm.parameters()?;
            let derivation = Derivation::pkcs12_key_and_iv(salt, iterations, key_len, iv_len)?;
            Ok(Self::all_derived(cipher, key_len, derivation))
        };
        let pkcs12 = |cipher, key_len| pkcs12_with_iv(cipher, key_len, BLOCK_64);
        let pkcs12_rc4 = |key_len| pkcs12_with_iv(Cipher::Rc4, key_len, 0);
        let pbes1 = |cipher, hash| {
            let PbeParameters { salt, iterations } = algorithm.parameters()?;
            let derivation = Derivation::pbkdf1(hash, salt, iterations, 2 * BLOCK_64)?;
            Ok(Self::all_derived(cipher, BLOCK_64, derivation))
        };
        let rc2 = |effective_bits| Cipher::Rc2 { effective_bits };
        match algorithm.algorithm {
            oid::PBES2 => Self::pbes2(&algorithm.parameters()?),
            oid::SHA_RC4_128 => pkcs12_rc4(16),
            oid::SHA_RC4_40 => pkcs12_rc4(5),
            oid::SHA_3_KEY_3DES => pkcs12(Cipher::TripleDes, 24),
            oid::SHA_2_KEY_3DES => pkcs12(Cipher::TripleDes, 16),
            oid::SHA_RC2_128 => pkcs12(rc2(128), 16),
            oid::SHA_RC2_40 => pkcs12(rc2(40), 5),
            oid::MD5_DES => pbes1(Cipher::Des, WeakHash::Md5),
            oid::SHA1_DES => pbes1(Cipher::Des, WeakHash::Sha1),
            oid::MD5_RC2 => pbes1(rc2(64), WeakHash::Md5),
            oid::SHA1_RC2 => pbes1(rc2(64), WeakHash::Sha1),
            id => Err(unsupported_encryption(id)),
        }
    }

    fn all_derived(cipher: Cipher, key_len: usize, derivation: Derivation) -> Self {
        Self {
            cipher,
            derivation,
            key_len,
            iv: None,
        }
    }

    /// RFC 8018 section 6.2.
    fn pbes2(parameters: &Pbes2Parameters) -> Result<Self, ContentError> {
        let encryption = &parameters.encryption;
        let (cipher, key_len) = match encryption.algorithm {
            oid::AES128_CBC => (Cipher::Aes128, 16),
            oid::AES192_CBC => (Cipher::Aes192, 24),
            oid::AES256_CBC => (Cipher::Aes256, 32),
            oid::CAMELLIA128_CBC => (Cipher::Camellia128, 16),
            oid::CAMELLIA192_CBC => (Cipher::Camellia192, 24),
            oid::CAMELLIA256_CBC => (Cipher::Camellia256, 32),
            oid::DES_EDE3_CBC => (Cipher::TripleDes, 24),
            oid::DES_CBC => (Cipher::Des, 8),
            oid::RC4 => (Cipher::Rc4, 16),
            oid::RC2_CBC => return Self::pbes2_rc2(parameters),
            id => return Err(unsupported_encryption(id)),
        };
        Ok(Self {
            cipher,
            derivation: Derivation::of(&parameters.kdf, Some(key_len))?,
            key_len,
            iv: Some(encryption.parameters()?),
        })
    }

    /// RC2 (RFC 8018 appendix B.2.3) encodes its effective key length as a "version".
    fn pbes2_rc2(parameters: &Pbes2Parameters) -> Result<Self, ContentError> {
        let Rc2Parameters { version, iv } = parameters.encryption.parameters()?;
        let effective_bits = match version {
            None => 32,
            Some(160) => 40,
            Some(120) => 64,
            Some(58) => 128,
            Some(_) => return Err(unsupported_encryption(oid::RC2_CBC)),
        };
        let stated = match parameters.kdf.algorithm {
            oid::PBKDF2 => parameters.kdf.parameters::<Pbkdf2Parameters>()?.key_length,
            _ => None,
        };
        let len = stated.is_none().then_some(effective_bits / 8);
        let derivation = Derivation::of(&parameters.kdf, len)?;
        Ok(Self {
            cipher: Cipher::Rc2 { effective_bits },
            key_len: derivation.len(),
            derivation,
            iv: Some(iv),
        })
    }

    /// Decrypts `data` with what the derivation gave; `None` if the padding is wrong.
    pub(super) fn decrypt(&self, derived: &[u8], data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (key, iv) = self.key_and_iv(derived)?;
        self.cipher.decrypt(key, iv, data)
    }

    /// Encrypts `data` with what the derivation gave; `None` if that is too short.
    pub(super) fn encrypt(&self, derived: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        let (key, iv) = self.key_and_iv(derived)?;
        self.cipher.encrypt(key, iv, data)
    }

    fn key_and_iv<'a>(&'a self, derived: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let (key, derived_iv) = derived.split_at_checked(self.key_len)?;
        let iv = self.iv.as_ref().map_or(derived_iv, OctetString::as_bytes);
        Some((key, iv))
    }
}

/// The block of DES and RC2, in bytes; also their keys in PBES1.
const BLOCK_64: usize = 8;
