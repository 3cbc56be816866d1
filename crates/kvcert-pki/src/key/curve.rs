//! [`Curve`]: the elliptic curves, named or spelled out.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256K1_SHA256_ASN1,
    ECDSA_P256K1_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_ASN1_SIGNING,
    ECDSA_P521_SHA512_ASN1, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    KeyPair, ParsedPublicKey, VerificationAlgorithm,
};
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode, Tagged};

use super::names::unsupported_curve;
use crate::asn1::{EcPrivateKey, SpecifiedEcDomain};
use crate::content_error::{ContentError, Remedy};

/// An elliptic curve that Key Vault offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// NIST P-256, `secp256r1`.
    P256,
    /// NIST P-384, `secp384r1`.
    P384,
    /// NIST P-521, `secp521r1`.
    P521,
    /// `secp256k1`, which Key Vault calls P-256K.
    P256K,
}

impl Curve {
    const ALL: [Self; 4] = [Self::P256, Self::P384, Self::P521, Self::P256K];

    /// The curve that `ECParameters` mean (RFC 5480 section 2.1.1): an object identifier, or, as
    /// Key Vault writes P-256K, every parameter spelled out.
    pub(super) fn from_parameters(parameters: AnyRef<'_>) -> Result<Self, ContentError> {
        if parameters.tag() == der::Tag::ObjectIdentifier {
            let oid = parameters
                .decode_as::<ObjectIdentifier>()
                .map_err(|e| ContentError::damaged("the name of the elliptic curve", e))?;
            return Self::ALL
                .into_iter()
                .find(|curve| curve.oid() == oid)
                .ok_or_else(|| unsupported_curve(oid));
        }
        let domain = parameters
            .to_der()
            .and_then(|der| SpecifiedEcDomain::from_der(&der).map(|domain| fingerprint(&domain)))
            .map_err(|_| unnamed_curve())?;
        Self::ALL
            .into_iter()
            .find(|curve| domain.as_deref() == Some(curve.fingerprint()))
            .ok_or_else(unnamed_curve)
    }

    /// The curve with this name in a JWK: Key Vault's, or that of RFC 8812.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "secp256k1" | "SECP256K1" => Some(Self::P256K),
            _ => Self::ALL
                .into_iter()
                .find(|curve| curve.to_string() == name),
        }
    }

    /// The curve's object identifier (RFC 5480 section 2.1.1.1; SEC 2 for `secp256k1`).
    pub(crate) fn oid(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Self::P256 => "1.2.840.10045.3.1.7",
            Self::P384 => "1.3.132.0.34",
            Self::P521 => "1.3.132.0.35",
            Self::P256K => "1.3.132.0.10",
        })
    }

    /// The bytes of one coordinate.
    pub(super) fn coordinate_len(self) -> usize {
        match self {
            Self::P256 | Self::P256K => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// Computes the public point, uncompressed, from the private scalar.
    pub(super) fn public_point(self, scalar: &[u8]) -> Option<Vec<u8>> {
        let name = self.oid();
        let key = EcPrivateKey {
            version: 1,
            private_key: OctetStringRef::new(scalar).ok()?,
            parameters: Some(AnyRef::from(&name)),
            public_key: None,
        };
        let der = zeroize::Zeroizing::new(key.to_der().ok()?);
        let pair = EcdsaKeyPair::from_private_key_der(self.signing(), &der).ok()?;
        Some(pair.public_key().as_ref().to_vec())
    }

    /// The compressed `point` (SEC 1 section 2.3.3) with both coordinates; `None` if it is not on the
    /// curve.
    pub(super) fn uncompressed(self, point: &[u8]) -> Option<Vec<u8>> {
        let algorithm: &'static dyn VerificationAlgorithm = match self {
            Self::P256 => &ECDSA_P256_SHA256_ASN1,
            Self::P384 => &ECDSA_P384_SHA384_ASN1,
            Self::P521 => &ECDSA_P521_SHA512_ASN1,
            Self::P256K => &ECDSA_P256K1_SHA256_ASN1,
        };
        let key = ParsedPublicKey::new(algorithm, point).ok()?;
        let spki: PublicKeyX509Der<'_> = key.as_der().ok()?;
        let spki = spki.as_ref();
        let start = spki.len().checked_sub(1 + 2 * self.coordinate_len())?;
        Some(spki[start..].to_vec())
    }

    /// What [`fingerprint`] gives for this curve. A test has openssl spell the curves out.
    fn fingerprint(self) -> &'static str {
        match self {
            Self::P256 => "0359d9c14355dda4b3da4663edb074442c6a8f0da20be085d51c4ba0d10ed049",
            Self::P384 => "1286b896bbf56d5070581f4a7135968f6e4c0d7067de62e19d3ea5997080343f",
            Self::P521 => "63877a7fb6d2d93fd306756a527708a63ebabe1641e66e47293ef34624d1563e",
            Self::P256K => "0e6b48b949b67474f0da04cb3fe665fdb7a25004f62d6e09b22644ea31149116",
        }
    }

    fn signing(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
            Self::P384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
            Self::P521 => &ECDSA_P521_SHA512_ASN1_SIGNING,
            Self::P256K => &ECDSA_P256K1_SHA256_ASN1_SIGNING,
        }
    }
}

/// The name that Key Vault's `crv` uses.
impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::P256K => "P-256K",
        })
    }
}

/// SHA-256 over prime, a, b, the generator's x and the order, each as long as the prime: every
/// parameter counts, so that no curve with another generator passes for a known one
/// (CVE-2020-0601).
fn fingerprint(domain: &SpecifiedEcDomain<'_>) -> Option<String> {
    let prime = domain.field.prime.as_bytes();
    let base = domain.base.as_bytes();
    let parameters = [
        prime,
        domain.curve.a.as_bytes(),
        domain.curve.b.as_bytes(),
        base.get(1..=prime.len())?,
        domain.order.as_bytes(),
    ];
    let mut all = Vec::with_capacity(parameters.len() * prime.len());
    for parameter in parameters {
        all.extend(left_padded(parameter, prime.len())?);
    }
    Some(hex::encode(digest(&SHA256, &all)))
}

/// `number`, big-endian, with leading zeros up to `len` bytes; `None` if it does not fit.
pub(super) fn left_padded(number: &[u8], len: usize) -> Option<Vec<u8>> {
    let significant = &number[number.iter().take_while(|byte| **byte == 0).count()..];
    let zeros = len.checked_sub(significant.len())?;
    let mut padded = vec![0; zeros];
    padded.extend_from_slice(significant);
    Some(padded)
}

fn unnamed_curve() -> ContentError {
    ContentError::unsupported_form(
        "a private key of type EC on a curve given by unknown parameters",
    )
    .with_remedy(Remedy::NoSuchKey)
}
