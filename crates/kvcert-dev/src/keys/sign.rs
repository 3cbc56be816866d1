//! Signing and verifying digests.

use std::ops::RangeInclusive;

use anyhow::{Context, anyhow, bail, ensure};
use aws_lc_rs::digest::{Algorithm, Digest, SHA256, SHA384, SHA512, digest};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED, ECDSA_P256K1_SHA256_FIXED, ECDSA_P384_SHA384_FIXED,
    ECDSA_P521_SHA512_FIXED, EcdsaKeyPair, KeyPair, RsaEncoding, UnparsedPublicKey,
    VerificationAlgorithm,
};
use der::Decode;
use der::asn1::UintRef;
use kvcert_pki::asn1::RsaPrivateKey;
use num_bigint::BigUint;

use super::curve::Curve;
use super::pkcs8::PrivateKey;
use super::spec::KeySpec;

/// A signature algorithm, by its name in [RFC 7518, section 3.1](https://www.rfc-editor.org/rfc/rfc7518#section-3.1);
/// `RSNULL` is the service's own.
#[derive(Clone, Copy)]
pub(crate) struct SignatureAlgorithm {
    family: Family,
    /// `None`: the value is signed as it is.
    digest: Option<&'static Algorithm>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Pkcs1,
    Pss,
    Ec(Curve),
}

impl SignatureAlgorithm {
    /// Reads the name of an algorithm.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (family, digest) = match name {
            "RS256" => (Family::Pkcs1, Some(&SHA256)),
            "RS384" => (Family::Pkcs1, Some(&SHA384)),
            "RS512" => (Family::Pkcs1, Some(&SHA512)),
            "RSNULL" => (Family::Pkcs1, None),
            "PS256" => (Family::Pss, Some(&SHA256)),
            "PS384" => (Family::Pss, Some(&SHA384)),
            "PS512" => (Family::Pss, Some(&SHA512)),
            "ES256" => (Family::Ec(Curve::P256), Some(&SHA256)),
            "ES384" => (Family::Ec(Curve::P384), Some(&SHA384)),
            "ES512" => (Family::Ec(Curve::P521), Some(&SHA512)),
            "ES256K" | "ECDSA256" => (Family::Ec(Curve::P256K), Some(&SHA256)),
            _ => return None,
        };
        Some(Self { family, digest })
    }

    /// Can a key of this kind do it?
    pub(crate) fn fits(self, key: KeySpec) -> bool {
        match (self.family, key) {
            (Family::Pkcs1 | Family::Pss, KeySpec::Rsa(_)) => true,
            (Family::Ec(curve), KeySpec::Ec(other)) => curve == other,
            _ => false,
        }
    }

    /// How long what a key of this kind signs may be, in bytes.
    pub(crate) fn lengths(self, key: KeySpec) -> RangeInclusive<usize> {
        match (self.digest, key) {
            (Some(digest), _) => digest.output_len()..=digest.output_len(),
            (None, KeySpec::Rsa(bits)) => 1..=bits.div_ceil(8) as usize - PADDING,
            (None, KeySpec::Ec(_)) => 0..=0,
        }
    }

    /// Signs a digest. An EC signature is `r` and `s` one after the other.
    pub(crate) fn sign(self, pkcs8: &[u8], digest: &[u8]) -> anyhow::Result<Vec<u8>> {
        let Some(kind) = self.digest else {
            return sign_raw(pkcs8, digest);
        };
        let digest = import(kind, digest)?;
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
                key.sign_digest(self.encoding(kind)?, &digest, &mut signature)
                    .map_err(|_| anyhow!("cannot sign"))?;
                Ok(signature)
            }
        }
    }

    /// Signs the digest of a message.
    pub(crate) fn sign_message(self, pkcs8: &[u8], message: &[u8]) -> anyhow::Result<Vec<u8>> {
        match self.digest {
            Some(kind) => self.sign(pkcs8, digest(kind, message).as_ref()),
            None => self.sign(pkcs8, message),
        }
    }

    /// Does the signature belong to the digest?
    pub(crate) fn verify(
        self,
        pkcs8: &[u8],
        digest: &[u8],
        signature: &[u8],
    ) -> anyhow::Result<bool> {
        let Some(kind) = self.digest else {
            return verify_raw(pkcs8, digest, signature);
        };
        let digest = import(kind, digest)?;
        let public = match self.family {
            Family::Ec(curve) => EcdsaKeyPair::from_pkcs8(curve.signing(), pkcs8)
                .map(|key| key.public_key().as_ref().to_vec()),
            Family::Pkcs1 | Family::Pss => {
                rsa::KeyPair::from_pkcs8(pkcs8).map(|key| key.public_key().as_ref().to_vec())
            }
        };
        let public = public.map_err(|_| anyhow!("a key that does not add up"))?;
        let key = UnparsedPublicKey::new(self.verification(kind)?, public);
        Ok(key.verify_digest(&digest, signature).is_ok())
    }

    fn encoding(self, digest: &Algorithm) -> anyhow::Result<&'static dyn RsaEncoding> {
        let encodings: [&'static dyn RsaEncoding; 3] = match self.family {
            Family::Pkcs1 => [
                &signature::RSA_PKCS1_SHA256,
                &signature::RSA_PKCS1_SHA384,
                &signature::RSA_PKCS1_SHA512,
            ],
            Family::Pss => [
                &signature::RSA_PSS_SHA256,
                &signature::RSA_PSS_SHA384,
                &signature::RSA_PSS_SHA512,
            ],
            Family::Ec(_) => bail!("not an RSA algorithm"),
        };
        encodings
            .into_iter()
            .nth(rank(digest))
            .context("no such digest")
    }

    fn verification(
        self,
        digest: &Algorithm,
    ) -> anyhow::Result<&'static dyn VerificationAlgorithm> {
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
            .nth(rank(digest))
            .context("no such digest")
    }
}

fn import(kind: &'static Algorithm, digest: &[u8]) -> anyhow::Result<Digest> {
    Digest::import_less_safe(digest, kind).map_err(|_| anyhow!("a digest of wrong length"))
}

/// Where a digest stands among SHA-256, SHA-384 and SHA-512.
fn rank(digest: &Algorithm) -> usize {
    match digest.output_len() {
        32 => 0,
        48 => 1,
        _ => 2,
    }
}

/// `RSNULL`: a signature by RSA over bytes as they are, without naming a digest. TLS before 1.2 signs
/// so ([RFC 2437, section 8.1](https://www.rfc-editor.org/rfc/rfc2437#section-8.1)). The value must leave room for the padding.
fn sign_raw(pkcs8: &[u8], value: &[u8]) -> anyhow::Result<Vec<u8>> {
    let private = PrivateKey::parse(pkcs8)?;
    let key = RsaPrivateKey::from_der(private.traditional()).context("not an RSA key")?;
    let length = key.modulus.as_bytes().len();
    let block = BigUint::from_bytes_be(&padded(value, length)?);
    let signature = block.modpow(&number(key.private_exponent), &number(key.modulus));
    let signature = signature.to_bytes_be();
    let mut padded = vec![0; length - signature.len()];
    padded.extend(signature);
    Ok(padded)
}

/// Whether the signature belongs to the value.
fn verify_raw(pkcs8: &[u8], value: &[u8], signature: &[u8]) -> anyhow::Result<bool> {
    let private = PrivateKey::parse(pkcs8)?;
    let key = RsaPrivateKey::from_der(private.traditional()).context("not an RSA key")?;
    let (modulus, signature) = (number(key.modulus), BigUint::from_bytes_be(signature));
    let block = signature.modpow(&number(key.public_exponent), &modulus);
    let expected = padded(value, key.modulus.as_bytes().len())?;
    Ok(signature < modulus && block == BigUint::from_bytes_be(&expected))
}

/// The value in a block as long as the modulus.
fn padded(value: &[u8], length: usize) -> anyhow::Result<Vec<u8>> {
    ensure!(value.len() + PADDING <= length, "a value that is too long");
    let mut block = vec![0xff; length - value.len()];
    (block[0], block[1]) = (0, 1);
    if let Some(last) = block.last_mut() {
        *last = 0;
    }
    block.extend_from_slice(value);
    Ok(block)
}

fn number(number: UintRef<'_>) -> BigUint {
    BigUint::from_bytes_be(number.as_bytes())
}

/// What padding takes at least, in bytes.
const PADDING: usize = 11;
