//! Keys: which kinds there are, how they are made, and what they can do.

pub(crate) mod encrypt;
pub(crate) mod jwk;
pub(crate) mod parameters;
pub(crate) mod pkcs8;
pub(crate) mod raw;
pub(crate) mod sign;

use anyhow::{anyhow, bail};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P256K1_SHA256_FIXED_SIGNING,
    ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, KeyPair,
};
use der::asn1::{Any, Null, ObjectIdentifier, Uint};
use der::{Decode, Sequence};
use kvcert_pki::sensitive::Sensitive;
use serde::{Deserialize, Serialize};

use self::jwk::JsonWebKey;
use self::pkcs8::{AlgorithmIdentifier, PrivateKey};

/// The `kty` of a key. A dev vault has no hardware: `-HSM` is a name here, as in a premium vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum KeyType {
    #[serde(rename = "RSA")]
    Rsa,
    #[serde(rename = "RSA-HSM")]
    RsaHsm,
    #[serde(rename = "EC")]
    Ec,
    #[serde(rename = "EC-HSM")]
    EcHsm,
}

impl KeyType {
    /// Reads a `kty`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_uppercase().as_str() {
            "RSA" => Self::Rsa,
            "RSA-HSM" => Self::RsaHsm,
            "EC" => Self::Ec,
            "EC-HSM" => Self::EcHsm,
            _ => return None,
        })
    }

    /// RSA, whatever keeps it.
    pub(crate) fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa | Self::RsaHsm)
    }

    /// The same kind, kept by hardware.
    pub(crate) fn in_hardware(self) -> Self {
        if self.is_rsa() {
            Self::RsaHsm
        } else {
            Self::EcHsm
        }
    }

    /// Kept by hardware, by its name.
    pub(crate) fn is_hsm(self) -> bool {
        matches!(self, Self::RsaHsm | Self::EcHsm)
    }

    /// What a new key may do when nothing was asked for.
    pub(crate) fn usual_operations(self) -> Vec<String> {
        let operations: &[&str] = if self.is_rsa() {
            &[
                "encrypt",
                "decrypt",
                "sign",
                "verify",
                "wrapKey",
                "unwrapKey",
            ]
        } else {
            &["sign", "verify"]
        };
        operations.iter().map(|word| String::from(*word)).collect()
    }
}

/// A curve, by its name in [RFC 7518, section 6.2.1.1](https://www.rfc-editor.org/rfc/rfc7518#section-6.2.1.1);
/// the service calls secp256k1 `P-256K`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
    P256K,
}

impl Curve {
    /// Reads the name of a curve, as any version of the service spells it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_uppercase().as_str() {
            "P-256" => Self::P256,
            "P-384" => Self::P384,
            "P-521" => Self::P521,
            "P-256K" | "SECP256K1" => Self::P256K,
            _ => return None,
        })
    }

    /// As the service spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::P256K => "P-256K",
        }
    }

    /// The size of the field, as the service writes it in `key_size`.
    pub(crate) fn bits(self) -> u32 {
        match self {
            Self::P256 | Self::P256K => 256,
            Self::P384 => 384,
            Self::P521 => 521,
        }
    }

    /// The length of a coordinate, in bytes.
    pub(crate) fn length(self) -> usize {
        self.bits().div_ceil(8) as usize
    }

    /// The algorithm that signs on this curve: `r` and `s` one after the other, not DER.
    pub(crate) fn signing(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
            Self::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
            Self::P521 => &ECDSA_P521_SHA512_FIXED_SIGNING,
            Self::P256K => &ECDSA_P256K1_SHA256_FIXED_SIGNING,
        }
    }

    fn oid(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Self::P256 => "1.2.840.10045.3.1.7",
            Self::P384 => "1.3.132.0.34",
            Self::P521 => "1.3.132.0.35",
            Self::P256K => "1.3.132.0.10",
        })
    }

    fn of(oid: ObjectIdentifier) -> Option<Self> {
        let all = [Self::P256, Self::P384, Self::P521, Self::P256K];
        all.into_iter().find(|curve| curve.oid() == oid)
    }
}

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
                JsonWebKey::rsa(public.modulus.as_bytes(), public.exponent.as_bytes())
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
                let modulus = RsaPublicKey::from_der(&public)?.modulus;
                let first = modulus.as_bytes().first();
                let unused = first.map_or(0, |first| first.leading_zeros() as usize);
                let bits = modulus.as_bytes().len() * 8 - unused;
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
        let (oid, parameters) = match self {
            Self::Rsa(_) => (pkcs8::RSA, Any::encode_from(&Null)?),
            Self::Ec(curve) => (pkcs8::EC, curve.parameters()?),
        };
        let parameters = Some(parameters);
        Ok(AlgorithmIdentifier { oid, parameters })
    }
}

/// `RSAPublicKey` ([RFC 8017, appendix A.1.1](https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1.1)).
#[derive(Sequence)]
struct RsaPublicKey {
    modulus: Uint,
    exponent: Uint,
}

fn rsa_pkcs8(key: &rsa::KeyPair) -> anyhow::Result<Vec<u8>> {
    let der: Pkcs8V1Der<'_> = key.as_der().map_err(|_| anyhow!("no PKCS#8"))?;
    Ok(der.as_ref().to_vec())
}
