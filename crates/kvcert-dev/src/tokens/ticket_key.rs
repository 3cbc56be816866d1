//! The key that signs what only the sign-in itself reads: codes and refresh tokens. ES256, which is
//! quick.

use anyhow::anyhow;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    UnparsedPublicKey,
};
use kvcert_pki::sensitive::Sensitive;
use sha2::{Digest, Sha256};

use super::signer::{Header, Key};
use crate::encoding::base64url;

/// A P-256 key.
pub(crate) struct TicketKey {
    key: EcdsaKeyPair,
    header: Header,
}

impl TicketKey {
    /// A new private key, PKCS#8.
    pub(crate) fn generate() -> anyhow::Result<Sensitive<Vec<u8>>> {
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map(|key| Sensitive::new(key.as_ref().to_vec()))
            .map_err(|_| anyhow!("cannot make a key to sign tickets"))
    }

    /// This private key.
    pub(crate) fn new(pkcs8: &[u8]) -> anyhow::Result<Self> {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)
            .map_err(|_| anyhow!("the key that signs tickets is unusable"))?;
        let header = Header {
            typ: String::from("JWT"),
            alg: String::from("ES256"),
            x5t: None,
            kid: base64url(&Sha256::digest(key.public_key())[..16]),
        };
        Ok(Self { key, header })
    }
}

impl Key for TicketKey {
    fn header(&self) -> &Header {
        &self.header
    }

    fn sign(&self, input: &[u8]) -> anyhow::Result<Vec<u8>> {
        let signature = self.key.sign(&SystemRandom::new(), input);
        let signature = signature.map_err(|_| anyhow!("cannot sign a ticket"))?;
        Ok(signature.as_ref().to_vec())
    }

    fn is_signed(&self, input: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.key.public_key())
            .verify(input, signature)
            .is_ok()
    }
}
