//! Curves, and how keys name them: by object identifier, but secp256k1 by its parameters, as the
//! service does.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P256K1_SHA256_FIXED_SIGNING,
    ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaSigningAlgorithm,
};
use der::asn1::{Any, ObjectIdentifier, OctetStringRef, UintRef};
use kvcert_pki::asn1::{CurveCoefficients, FieldId, SpecifiedEcDomain};

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

    pub(crate) fn oid(self) -> ObjectIdentifier {
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

impl Curve {
    /// Reads the parameters of a key. Of explicit parameters only those of secp256k1 are known.
    pub(crate) fn of_parameters(parameters: &Any) -> Option<Self> {
        if let Ok(oid) = parameters.decode_as() {
            return Self::of(oid);
        }
        (*parameters == secp256k1().ok()?).then_some(Self::P256K)
    }

    /// The parameters as they stand in certificates and exported keys.
    pub(crate) fn parameters(self) -> anyhow::Result<Any> {
        Ok(match self {
            Self::P256K => secp256k1()?,
            named => Any::encode_from(&named.oid())?,
        })
    }
}

/// secp256k1 by its numbers ([SEC 2, section 2.4.1](https://www.secg.org/sec2-v2.pdf)).
fn secp256k1() -> anyhow::Result<Any> {
    let (a, mut b) = ([0; 32], [0; 32]);
    b[31] = 7;
    let base = hex::decode(format!("04{BASE_X}{BASE_Y}"))?;
    let (prime, order) = (hex::decode(PRIME)?, hex::decode(ORDER)?);
    let domain = SpecifiedEcDomain {
        version: 1,
        field: FieldId {
            field_type: PRIME_FIELD,
            prime: UintRef::new(&prime)?,
        },
        curve: CurveCoefficients {
            a: OctetStringRef::new(&a)?,
            b: OctetStringRef::new(&b)?,
            seed: None,
        },
        base: OctetStringRef::new(&base)?,
        order: UintRef::new(&order)?,
        cofactor: Some(UintRef::new(&[1])?),
    };
    Ok(Any::encode_from(&domain)?)
}

const PRIME_FIELD: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.1.1");
const PRIME: &str = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f";
const BASE_X: &str = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const BASE_Y: &str = "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";
const ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
