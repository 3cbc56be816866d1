//! [`PublicKey`]: what a private key and its certificate have in common.

use std::fmt;

use der::asn1::UintRef;
use der::{AnyRef, Decode, Encode, Tag, Tagged};

use super::curve::{Curve, left_padded};
use super::names::public_key_name;
use crate::asn1::oid::{EC_PUBLIC_KEY, ED25519, RSA_ENCRYPTION, RSASSA_PSS};
use crate::asn1::{AlgorithmIdentifier, RsaPublicKey, SubjectPublicKeyInfo};
use crate::content_error::ContentError;

/// A public key by its value, so that two encodings of one key are equal: a curve by name or by
/// parameters, a point compressed or not, RSA with or without PSS restrictions.
#[derive(Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA (RFC 8017), also under the RSASSA-PSS identifier. Numbers are big-endian without
    /// leading zeros.
    Rsa {
        /// The modulus n.
        modulus: Vec<u8>,
        /// The public exponent e.
        exponent: Vec<u8>,
    },
    /// An elliptic curve point (RFC 5480).
    Ec {
        /// The curve.
        curve: Curve,
        /// The coordinate x, as long as the curve's field.
        x: Vec<u8>,
        /// The coordinate y, just as long.
        y: Vec<u8>,
    },
    /// Ed25519 (RFC 8410), 32 bytes.
    Ed25519(Vec<u8>),
    /// An algorithm that kvcert only compares, byte by byte.
    Other {
        /// The algorithm.
        oid: String,
        /// What to call it, such as `Ed448`, `EC brainpoolP256r1` or `algorithm 1.2.3`.
        name: String,
        /// The whole `SubjectPublicKeyInfo`, DER.
        spki: Vec<u8>,
    },
}

impl PublicKey {
    /// Reads a DER `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7).
    ///
    /// # Errors
    /// [`ContentError::Damaged`] if it is not one. An unknown algorithm or curve is no error.
    pub fn from_spki(spki: &[u8]) -> Result<Self, ContentError> {
        let damaged = |e| ContentError::damaged("the certificate's public key", e);
        let info = SubjectPublicKeyInfo::from_der(spki).map_err(damaged)?;
        let bits = info.subject_public_key.raw_bytes();
        match info.algorithm.algorithm {
            RSA_ENCRYPTION | RSASSA_PSS => {
                // Some programs leave out the zero that keeps a modulus from being negative, or write
                // more zeros than there should be.
                let numbers: Vec<AnyRef<'_>> = Vec::from_der(bits).unwrap_or_default();
                Ok(match numbers[..] {
                    [n, e] if [n, e].iter().all(|it| it.tag() == Tag::Integer) => {
                        Self::from_rsa_numbers(n.value(), e.value())
                    }
                    _ => Self::other(&info, spki),
                })
            }
            EC_PUBLIC_KEY => {
                let curve = info.algorithm.parameters.as_ref();
                let curve = curve.map(|parameters| Curve::from_parameters(parameters.into()));
                let point = curve
                    .and_then(Result::ok)
                    .and_then(|curve| Self::ec(curve, bits));
                Ok(point.unwrap_or_else(|| Self::other(&info, spki)))
            }
            ED25519 => Ok(Self::Ed25519(bits.to_vec())),
            _ => Ok(Self::other(&info, spki)),
        }
    }

    /// An RSA key from its numbers, big-endian, as a JWK has them (RFC 7518 section 6.3.1).
    pub fn from_rsa_numbers(modulus: &[u8], exponent: &[u8]) -> Self {
        Self::rsa(without_zeros(modulus), without_zeros(exponent))
    }

    /// A point from its coordinates, as a JWK has them (RFC 7518 section 6.2.1), with the curve's
    /// name in a JWK or in Key Vault; `None` for an unknown curve, or coordinates too long for it.
    pub fn from_ec_coordinates(curve: &str, x: &[u8], y: &[u8]) -> Option<Self> {
        let curve = Curve::named(curve)?;
        let [x, y] = [x, y].map(|it| left_padded(it, curve.coordinate_len()));
        Some(Self::Ec {
            curve,
            x: x?,
            y: y?,
        })
    }

    /// An RSA key as DER `RSAPublicKey` (RFC 8017 appendix A.1.1), however it was spelled.
    pub(crate) fn rsa_der(&self) -> Option<Vec<u8>> {
        let Self::Rsa { modulus, exponent } = self else {
            return None;
        };
        let key = RsaPublicKey {
            modulus: UintRef::new(modulus).ok()?,
            public_exponent: UintRef::new(exponent).ok()?,
        };
        key.to_der().ok()
    }

    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        Self::Rsa {
            modulus: modulus.to_vec(),
            exponent: exponent.to_vec(),
        }
    }

    /// A point in the encodings of SEC 1 section 2.3.3; `None` if it is none of them.
    pub(super) fn ec(curve: Curve, point: &[u8]) -> Option<Self> {
        let len = curve.coordinate_len();
        let uncompressed;
        let (form, coordinates) = match point.split_first()? {
            (2 | 3, _) => {
                uncompressed = curve.uncompressed(point)?;
                uncompressed.split_first()?
            }
            split => split,
        };
        let (x, y) = coordinates.split_at_checked(len)?;
        // The hybrid forms 6 and 7 say of y what it is twice.
        let is_known = match form {
            4 => true,
            6 | 7 => y.last()? & 1 == form & 1,
            _ => false,
        };
        (is_known && y.len() == len).then(|| Self::Ec {
            curve,
            x: x.to_vec(),
            y: y.to_vec(),
        })
    }

    /// Whether `bits`, which stand beside a private key, are this one: the content of a
    /// `subjectPublicKey` (RFC 5480, RFC 8017, RFC 8410).
    pub(super) fn is_written(&self, bits: &[u8]) -> bool {
        match self {
            Self::Rsa { .. } => self.rsa_der().is_some_and(|der| der == bits),
            Self::Ec { curve, .. } => Self::ec(*curve, bits).as_ref() == Some(self),
            Self::Ed25519(public) => public == bits,
            Self::Other { .. } => false,
        }
    }

    fn other(info: &SubjectPublicKeyInfo<'_>, spki: &[u8]) -> Self {
        let AlgorithmIdentifier {
            algorithm,
            parameters,
        } = &info.algorithm;
        Self::Other {
            oid: algorithm.to_string(),
            name: public_key_name(*algorithm, parameters.as_ref().map(AnyRef::from)),
            spki: spki.to_vec(),
        }
    }
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

/// The algorithm and its size, such as `RSA 2048` or `EC P-256`.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { modulus, .. } => {
                let unused = modulus
                    .first()
                    .map_or(0, |byte| byte.leading_zeros() as usize);
                write!(f, "RSA {}", modulus.len() * 8 - unused)
            }
            Self::Ec { curve, .. } => write!(f, "EC {curve}"),
            Self::Ed25519(_) => f.write_str("Ed25519"),
            Self::Other { name, .. } => f.write_str(name),
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}
