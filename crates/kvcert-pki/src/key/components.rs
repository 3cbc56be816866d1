//! [`Components`]: the numbers that a key is made of, for formats that spell them out.

use der::asn1::{BitStringRef, OctetStringRef, UintRef};
use der::{AnyRef, Decode, Encode};
use zeroize::Zeroizing;

use super::curve::{Curve, left_padded};
use super::private::PrivateKey;
use crate::asn1::oid::{EC_PUBLIC_KEY, ED25519, RSA_ENCRYPTION, RSASSA_PSS};
use crate::asn1::{EcPrivateKey, PrivateKeyInfo, RsaPrivateKey};
use crate::content_error::ContentError;

/// A number of a key, big-endian.
type Number = Zeroizing<Vec<u8>>;

/// The numbers of a private key. All of them are wiped when dropped; there is no `Debug`.
pub enum Components {
    /// RSA.
    Rsa(RsaComponents),
    /// An elliptic curve key.
    Ec(EcComponents),
    /// Ed25519 (RFC 8032): the seed and the public key, 32 bytes each.
    Ed25519 {
        /// The seed.
        seed: Number,
        /// The public key.
        public: Vec<u8>,
    },
}

/// `RSAPrivateKey` (RFC 8017 appendix A.1.2), numbers without leading zeros.
#[expect(missing_docs, reason = "the names are the RFC's")]
pub struct RsaComponents {
    pub modulus: Number,
    pub public_exponent: Number,
    pub private_exponent: Number,
    pub prime1: Number,
    pub prime2: Number,
    pub exponent1: Number,
    pub exponent2: Number,
    pub coefficient: Number,
}

/// A private scalar and its point; numbers are as long as the curve's field.
pub struct EcComponents {
    /// The curve.
    pub curve: Curve,
    /// The point's coordinate x.
    pub x: Vec<u8>,
    /// The point's coordinate y.
    pub y: Vec<u8>,
    /// The private scalar.
    pub scalar: Number,
}

impl PrivateKey {
    /// The numbers of the key.
    ///
    /// # Errors
    /// [`ContentError::Unsupported`] for a multi-prime RSA key.
    pub fn secret_components(&self) -> Result<Components, ContentError> {
        let info = self.info()?;
        let key = info.private_key.as_bytes();
        match info.algorithm.algorithm {
            RSA_ENCRYPTION | RSASSA_PSS => rsa(key).map(Components::Rsa),
            EC_PUBLIC_KEY => {
                let parameters = info.algorithm.parameters.as_ref().map(AnyRef::from);
                ec(parameters, key).map(Components::Ec)
            }
            ED25519 => {
                let seed = <&OctetStringRef>::from_der(key).map_err(damaged)?;
                let super::PublicKey::Ed25519(public) = self.public_key() else {
                    return Err(damaged("its public key is of another kind"));
                };
                let seed = Zeroizing::new(seed.as_bytes().to_vec());
                Ok(Components::Ed25519 {
                    seed,
                    public: public.clone(),
                })
            }
            oid => Err(ContentError::unsupported("this private key", oid)),
        }
    }

    /// The key as a DER `RSAPrivateKey` (PKCS#1, RFC 8017); `None` if it is no RSA key.
    pub fn secret_pkcs1_der(&self) -> Option<Zeroizing<Vec<u8>>> {
        let info = self.info().ok()?;
        let rsa = info.algorithm.algorithm == RSA_ENCRYPTION;
        rsa.then(|| Zeroizing::new(info.private_key.as_bytes().to_vec()))
    }

    /// The key as a DER `ECPrivateKey` (SEC 1, RFC 5915) with its curve and public key; `None` if
    /// it is no EC key.
    pub fn secret_sec1_der(&self) -> Option<Zeroizing<Vec<u8>>> {
        let info = self.info().ok()?;
        if info.algorithm.algorithm != EC_PUBLIC_KEY {
            return None;
        }
        let Ok(Components::Ec(ec)) = self.secret_components() else {
            return None;
        };
        let point = [&[4], ec.x.as_slice(), ec.y.as_slice()].concat();
        let key = EcPrivateKey {
            version: 1,
            private_key: OctetStringRef::new(&ec.scalar).ok()?,
            // As it came: a curve spelled out stays so, like in the certificate.
            parameters: info.algorithm.parameters.as_ref().map(AnyRef::from),
            public_key: Some(BitStringRef::from_bytes(&point).ok()?),
        };
        key.to_der().ok().map(Zeroizing::new)
    }

    fn info(&self) -> Result<PrivateKeyInfo<'_>, ContentError> {
        PrivateKeyInfo::from_der(self.secret_pkcs8_der()).map_err(damaged)
    }
}

fn rsa(der: &[u8]) -> Result<RsaComponents, ContentError> {
    let key = RsaPrivateKey::from_der(der).map_err(damaged)?;
    if key.other_primes.is_some() {
        return Err(ContentError::unsupported_form(
            "an RSA key of more than two primes",
        ));
    }
    let number = |number: UintRef<'_>| Zeroizing::new(number.as_bytes().to_vec());
    Ok(RsaComponents {
        modulus: number(key.modulus),
        public_exponent: number(key.public_exponent),
        private_exponent: number(key.private_exponent),
        prime1: number(key.prime1),
        prime2: number(key.prime2),
        exponent1: number(key.exponent1),
        exponent2: number(key.exponent2),
        coefficient: number(key.coefficient),
    })
}

fn ec(parameters: Option<AnyRef<'_>>, der: &[u8]) -> Result<EcComponents, ContentError> {
    let key = EcPrivateKey::from_der(der).map_err(damaged)?;
    let parameters = parameters.or(key.parameters);
    let curve = Curve::from_parameters(parameters.ok_or_else(|| damaged("it has no curve"))?)?;
    let len = curve.coordinate_len();
    let scalar = left_padded(key.private_key.as_bytes(), len)
        .map(Zeroizing::new)
        .ok_or_else(|| damaged("its scalar is too long"))?;
    let point = curve
        .public_point(&scalar)
        .ok_or_else(|| damaged("it is not on its curve"))?;
    let (x, y) = point[1..].split_at(len);
    Ok(EcComponents {
        curve,
        x: x.to_vec(),
        y: y.to_vec(),
        scalar,
    })
}

fn damaged(detail: impl std::fmt::Display) -> ContentError {
    ContentError::damaged("the private key", detail)
}
