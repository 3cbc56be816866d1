//! What a key is, and how it is made.

use anyhow::{anyhow, bail};
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair};
use der::Decode;
use der::asn1::{Any, Null};
use kvcert_pki::asn1::{AlgorithmIdentifier, RsaPublicKey, oid};
use kvcert_pki::sensitive::Sensitive;

use super::curve::Curve;
use super::jwk::JsonWebKey;
use super::pkcs8::{PrivateKey, rsa_pkcs8};

/// What a key is, mathematically.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeySpec {
    /// RSA, with its length in bits.
    Rsa(u32),
    Ec(Curve),
}

impl KeySpec {
    /// Is it one of the kinds that the service has?
    pub(crate) fn is_usual(self) -> bool {
        match self {
            Self::Rsa(bits) => [2048, 3072, 4096].contains(&bits),
            Self::Ec(_) => true,
        }
    }

    /// Makes a key of this kind: PKCS#8. A long RSA key takes a second.
    pub(crate) fn generate(self) -> anyhow::Result<Sensitive<Vec<u8>>> {
        let der = match self {
            Self::Rsa(bits) => {
                let size = match bits {
                    2048 => KeySize::Rsa2048,
                    3072 => KeySize::Rsa3072,
                    4096 => KeySize::Rsa4096,
                    _ => bail!("RSA keys of {bits} bits are not made here"),
                };
                let key = rsa::KeyPair::generate(size).map_err(|_| anyhow!("no RSA key"))?;
                rsa_pkcs8(&key)?
            }
            Self::Ec(curve) => {
                let key =
                    EcdsaKeyPair::generate(curve.signing()).map_err(|_| anyhow!("no EC key"))?;
                let der = key.to_pkcs8v1().map_err(|_| anyhow!("no PKCS#8"))?;
                der.as_ref().to_vec()
            }
        };
        Ok(Sensitive::new(der))
    }

    /// What a private key (PKCS#8) is, and its public part.
    pub(crate) fn of(pkcs8: &[u8]) -> anyhow::Result<(Self, JsonWebKey)> {
        let (spec, public) = Self::with_public(pkcs8)?;
        let public = match spec {
            Self::Rsa(_) => {
                let public = RsaPublicKey::from_der(&public)?;
                JsonWebKey::rsa(public.modulus.as_bytes(), public.public_exponent.as_bytes())
            }
            Self::Ec(curve) => JsonWebKey::ec(curve, &public)?,
        };
        Ok((spec, public))
    }

    /// The same, with the public part as a certificate has it: `RSAPublicKey`, or a point.
    pub(crate) fn with_public(pkcs8: &[u8]) -> anyhow::Result<(Self, Vec<u8>)> {
        let private = PrivateKey::parse(pkcs8)?;
        let named = private.named()?;
        match private.curve() {
            None => {
                let key = rsa::KeyPair::from_pkcs8(&named)
                    .map_err(|_| anyhow!("an RSA key that does not add up"))?;
                let public = key.public_key().as_ref().to_vec();
                let modulus = RsaPublicKey::from_der(&public)?.modulus.as_bytes();
                let first = modulus.first();
                let unused = first.map_or(0, |first| first.leading_zeros() as usize);
                let bits = modulus.len() * 8 - unused;
                Ok((Self::Rsa(u32::try_from(bits)?), public))
            }
            Some(curve) => {
                let key = EcdsaKeyPair::from_pkcs8(curve.signing(), &named)
                    .map_err(|_| anyhow!("an EC key that does not add up"))?;
                Ok((Self::Ec(curve), key.public_key().as_ref().to_vec()))
            }
        }
    }

    /// How a certificate says what kind of key it is for.
    pub(crate) fn algorithm(self) -> anyhow::Result<AlgorithmIdentifier> {
        let (algorithm, parameters) = match self {
            Self::Rsa(_) => (oid::RSA_ENCRYPTION, Any::encode_from(&Null)?),
            Self::Ec(curve) => (oid::EC_PUBLIC_KEY, curve.parameters()?),
        };
        let parameters = Some(parameters);
        Ok(AlgorithmIdentifier {
            algorithm,
            parameters,
        })
    }
}
