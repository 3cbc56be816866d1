//! Signing and verifying digests.

use anyhow::{Context, anyhow};
use aws_lc_rs::digest::{Algorithm, Digest, SHA256, SHA384, SHA512, digest};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED, ECDSA_P256K1_SHA256_FIXED, ECDSA_P384_SHA384_FIXED,
    ECDSA_P521_SHA512_FIXED, EcdsaKeyPair, KeyPair, RsaEncoding, UnparsedPublicKey,
    VerificationAlgorithm,
};

use super::{Curve, KeySpec};

/// A signature algorithm, by its name in [RFC 7518, section 3.1](https://www.rfc-editor.org/rfc/rfc7518#section-3.1).
#[derive(Clone, Copy)]
pub(in crate::devvault) struct SignatureAlgorithm {
    family: Family,
    digest: &'static Algorithm,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Pkcs1,
    Pss,
    Ec(Curve),
}

impl SignatureAlgorithm {
    /// Reads the name of an algorithm.
    pub(in crate::devvault) fn parse(name: &str) -> Option<Self> {
        let (family, digest) = match name {
            "RS256" => (Family::Pkcs1, &SHA256),
            "RS384" => (Family::Pkcs1, &SHA384),
            "RS512" => (Family::Pkcs1, &SHA512),
            "PS256" => (Family::Pss, &SHA256),
            "PS384" => (Family::Pss, &SHA384),
            "PS512" => (Family::Pss, &SHA512),
            "ES256" => (Family::Ec(Curve::P256), &SHA256),
            "ES384" => (Family::Ec(Curve::P384), &SHA384),
            "ES512" => (Family::Ec(Curve::P521), &SHA512),
            "ES256K" | "ECDSA256" => (Family::Ec(Curve::P256K), &SHA256),
            _ => return None,
        };
        Some(Self { family, digest })
    }

    /// Can a key of this kind do it?
    pub(in crate::devvault) fn fits(self, key: KeySpec) -> bool {
        match (self.family, key) {
            (Family::Pkcs1 | Family::Pss, KeySpec::Rsa(_)) => true,
            (Family::Ec(curve), KeySpec::Ec(other)) => curve == other,
            _ => false,
        }
    }

    /// The length of the digest that is signed, in bytes.
    pub(in crate::devvault) fn digest_length(self) -> usize {
        self.digest.output_len()
    }

    /// Signs a digest. An EC signature is `r` and `s` one after the other.
    pub(in crate::devvault) fn sign(self, pkcs8: &[u8], digest: &[u8]) -> anyhow::Result<Vec<u8>> {
        let digest = self.import(digest)?;
        match self.family {
            Family::Ec(curve) => {
                let key = EcdsaKeyPair::from_pkcs8(curve.signing(), pkcs8)
                    .map_err(|_| anyhow!("an EC key that does not add up"))?;
                let signature = key.sign_digest(&digest);
                Ok(signature
                    .map_err(|_| anyhow!("cannot sign"))?
                    .as_ref()
                    .to_vec())
            }
            Family::Pkcs1 | Family::Pss => {
                let key = rsa::KeyPair::from_pkcs8(pkcs8)
                    .map_err(|_| anyhow!("an RSA key that does not add up"))?;
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign_digest(self.encoding()?, &digest, &mut signature)
                    .map_err(|_| anyhow!("cannot sign"))?;
                Ok(signature)
            }
        }
    }

    /// Signs the digest of a message.
    pub(in crate::devvault) fn sign_message(
        self,
        pkcs8: &[u8],
        message: &[u8],
    ) -> anyhow::Result<Vec<u8>> {
        self.sign(pkcs8, digest(self.digest, message).as_ref())
    }

    /// Does the signature belong to the digest?
    pub(in crate::devvault) fn verify(
        self,
        pkcs8: &[u8],
        digest: &[u8],
        signature: &[u8],
    ) -> anyhow::Result<bool> {
        let digest = self.import(digest)?;
        let public = match self.family {
            Family::Ec(curve) => EcdsaKeyPair::from_pkcs8(curve.signing(), pkcs8)
                .map(|key| key.public_key().as_ref().to_vec()),
            Family::Pkcs1 | Family::Pss => {
                rsa::KeyPair::from_pkcs8(pkcs8).map(|key| key.public_key().as_ref().to_vec())
            }
        };
        let public = public.map_err(|_| anyhow!("a key that does not add up"))?;
        let key = UnparsedPublicKey::new(self.verification()?, public);
        Ok(key.verify_digest(&digest, signature).is_ok())
    }

    fn import(self, digest: &[u8]) -> anyhow::Result<Digest> {
        Digest::import_less_safe(digest, self.digest)
            .map_err(|_| anyhow!("a digest of wrong length"))
    }

    fn encoding(self) -> anyhow::Result<&'static dyn RsaEncoding> {
        let encodings: [&'static dyn RsaEncoding; 3] = match self.family {
            Family::Pkcs1 => [
                &signature::RSA_PKCS1_SHA256,
                &signature::RSA_PKCS1_SHA384,
                &signature::RSA_PKCS1_SHA512,
            ],
            _ => [
                &signature::RSA_PSS_SHA256,
                &signature::RSA_PSS_SHA384,
                &signature::RSA_PSS_SHA512,
            ],
        };
        encodings
            .into_iter()
            .nth(self.rank())
            .context("no such digest")
    }

    fn verification(self) -> anyhow::Result<&'static dyn VerificationAlgorithm> {
        let algorithms: [&'static dyn VerificationAlgorithm; 3] = match self.family {
            Family::Pkcs1 => [
                &signature::RSA_PKCS1_2048_8192_SHA256,
                &signature::RSA_PKCS1_2048_8192_SHA384,
                &signature::RSA_PKCS1_2048_8192_SHA512,
            ],
            Family::Pss => [
                &signature::RSA_PSS_2048_8192_SHA256,
                &signature::RSA_PSS_2048_8192_SHA384,
                &signature::RSA_PSS_2048_8192_SHA512,
            ],
            Family::Ec(Curve::P256) => return Ok(&ECDSA_P256_SHA256_FIXED),
            Family::Ec(Curve::P384) => return Ok(&ECDSA_P384_SHA384_FIXED),
            Family::Ec(Curve::P521) => return Ok(&ECDSA_P521_SHA512_FIXED),
            Family::Ec(Curve::P256K) => return Ok(&ECDSA_P256K1_SHA256_FIXED),
        };
        algorithms
            .into_iter()
            .nth(self.rank())
            .context("no such digest")
    }

    /// Where the digest stands among SHA-256, SHA-384 and SHA-512.
    fn rank(self) -> usize {
        match self.digest_length() {
            32 => 0,
            48 => 1,
            _ => 2,
        }
    }
}
