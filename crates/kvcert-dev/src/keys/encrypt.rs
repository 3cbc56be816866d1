//! Encrypting and decrypting with RSA.

use anyhow::anyhow;
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey,
    OaepPublicEncryptingKey, Pkcs1PrivateDecryptingKey, Pkcs1PublicEncryptingKey,
    PrivateDecryptingKey,
};
use zeroize::Zeroizing;

/// An RSA encryption algorithm, by its name in [RFC 7518, section 4.1](https://www.rfc-editor.org/rfc/rfc7518#section-4.1).
#[derive(Clone, Copy)]
pub(crate) enum EncryptionAlgorithm {
    Pkcs1,
    Oaep(&'static OaepAlgorithm),
}

impl EncryptionAlgorithm {
    /// Reads the name of an algorithm.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "RSA1_5" => Self::Pkcs1,
            "RSA-OAEP" => Self::Oaep(&OAEP_SHA1_MGF1SHA1),
            "RSA-OAEP-256" => Self::Oaep(&OAEP_SHA256_MGF1SHA256),
            _ => return None,
        })
    }

    /// Encrypts what fits into one block; `None` if it does not.
    pub(crate) fn encrypt(self, pkcs8: &[u8], plain: &[u8]) -> anyhow::Result<Option<Vec<u8>>> {
        let public = private_key(pkcs8)?.public_key();
        let mut block = vec![0; public.key_size_bytes()];
        let done = match self {
            Self::Pkcs1 => Pkcs1PublicEncryptingKey::new(public)
                .map_err(|_| unusable())?
                .encrypt(plain, &mut block)
                .is_ok(),
            Self::Oaep(algorithm) => OaepPublicEncryptingKey::new(public)
                .map_err(|_| unusable())?
                .encrypt(algorithm, plain, &mut block, None)
                .is_ok(),
        };
        Ok(done.then_some(block))
    }

    /// Decrypts; `None` if it was not encrypted for this key and algorithm.
    pub(crate) fn decrypt(
        self,
        pkcs8: &[u8],
        encrypted: &[u8],
    ) -> anyhow::Result<Option<Zeroizing<Vec<u8>>>> {
        let private = private_key(pkcs8)?;
        let mut block = Zeroizing::new(vec![0; private.key_size_bytes()]);
        let plain = match self {
            Self::Pkcs1 => Pkcs1PrivateDecryptingKey::new(private)
                .map_err(|_| unusable())?
                .decrypt(encrypted, &mut block)
                .map(|plain| plain.len()),
            Self::Oaep(algorithm) => OaepPrivateDecryptingKey::new(private)
                .map_err(|_| unusable())?
                .decrypt(algorithm, encrypted, &mut block, None)
                .map(|plain| plain.len()),
        };
        Ok(plain.ok().map(|length| {
            block.truncate(length);
            block
        }))
    }
}

fn private_key(pkcs8: &[u8]) -> anyhow::Result<PrivateDecryptingKey> {
    PrivateDecryptingKey::from_pkcs8(pkcs8).map_err(|_| unusable())
}

fn unusable() -> anyhow::Error {
    anyhow!("an RSA key that does not add up")
}
