//! [`PrivateKey`]: a private key that kvcert can vouch for.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use der::asn1::{Any, Null, ObjectIdentifier, OctetStringRef};
use der::{AnyRef, Decode, Encode};
use zeroize::Zeroizing;

use super::curve::{Curve, left_padded};
use super::names::unsupported_algorithm;
use super::public::PublicKey;
use super::rsa;
use crate::asn1::oid::{EC_PUBLIC_KEY, ED25519, RSA_ENCRYPTION, RSASSA_PSS};
use crate::asn1::{AlgorithmIdentifier, EcPrivateKey, PrivateKeyInfo};
use crate::content_error::ContentError;
use crate::sensitive::Sensitive;

/// A private key, held as plain PKCS#8 (RFC 5958, version 1), with the public key that follows
/// from it.
///
/// There is no `Clone`: a key lives in one place. `Debug` shows algorithm and size only.
pub struct PrivateKey {
    pkcs8: Sensitive<Vec<u8>>,
    attributes: Option<Vec<u8>>,
    public: PublicKey,
}

impl PrivateKey {
    /// Takes a DER `OneAsymmetricKey` (PKCS#8, RFC 5958), version 1 or 2. The attributes that
    /// Key Vault adds, and a repeated public key, are set aside: many readers stumble over them.
    ///
    /// # Errors
    /// [`ContentError::Damaged`], or [`ContentError::Unsupported`] for an algorithm other than
    /// RSA, EC on a [`Curve`] and Ed25519.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, ContentError> {
        let key = PrivateKeyInfo::from_der(der)
            .map_err(|e| ContentError::damaged("the private key (PKCS#8)", e))?;
        let attributes = key.attributes.map(<[u8]>::to_vec);
        let public = public_key_of(&key)?;
        let plain = PrivateKeyInfo {
            version: 0,
            attributes: None,
            public_key: None,
            ..key
        };
        Ok(Self {
            pkcs8: encode(&plain)?,
            attributes,
            public,
        })
    }

    /// Takes a DER `RSAPrivateKey` (PKCS#1, RFC 8017 appendix A.1.2).
    ///
    /// # Errors
    /// [`ContentError::Damaged`].
    pub fn from_pkcs1(der: &[u8]) -> Result<Self, ContentError> {
        Self::wrap(RSA_ENCRYPTION, AnyRef::from(Null), der)
    }

    /// Takes a DER `ECPrivateKey` (SEC 1, RFC 5915). `parameters` is the DER of a separate
    /// `EC PARAMETERS` block, for a key that does not name its curve.
    ///
    /// # Errors
    /// [`ContentError::Damaged`], or [`ContentError::Unsupported`] for an unknown curve.
    pub fn from_sec1(der: &[u8], parameters: Option<&[u8]>) -> Result<Self, ContentError> {
        let damaged = |e: String| ContentError::damaged("the private key (SEC1)", e);
        let key = EcPrivateKey::from_der(der).map_err(|e| damaged(e.to_string()))?;
        let given = parameters
            .map(AnyRef::try_from)
            .transpose()
            .map_err(|e| damaged(e.to_string()))?;
        let parameters = key
            .parameters
            .or(given)
            .ok_or_else(|| damaged("it does not say which curve it is on".into()))?;
        Self::wrap(EC_PUBLIC_KEY, parameters, der)
    }

    /// The public key that belongs to this private key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The key as DER PKCS#8 (RFC 5958 version 1, no attributes), unencrypted.
    pub fn secret_pkcs8_der(&self) -> &[u8] {
        self.pkcs8.expose()
    }

    /// The content of the PKCS#8 `attributes` that came with the key, DER; Key Vault and Windows
    /// keep a `keyUsage` there that tells a key for signing from one for key exchange.
    pub fn attributes(&self) -> Option<&[u8]> {
        self.attributes.as_deref()
    }

    /// [`secret_pkcs8_der`](Self::secret_pkcs8_der) with the [`attributes`](Self::attributes).
    pub(crate) fn secret_pkcs8_der_with_attributes(
        &self,
    ) -> Result<Zeroizing<Vec<u8>>, ContentError> {
        let damaged = |e| ContentError::damaged("the private key", e);
        let mut key = PrivateKeyInfo::from_der(self.secret_pkcs8_der()).map_err(damaged)?;
        key.attributes = self.attributes();
        key.to_der().map(Zeroizing::new).map_err(damaged)
    }

    fn wrap(
        algorithm: ObjectIdentifier,
        parameters: AnyRef<'_>,
        key: &[u8],
    ) -> Result<Self, ContentError> {
        let algorithm = AlgorithmIdentifier {
            algorithm,
            parameters: Some(Any::from(parameters)),
        };
        let public = public_key(&algorithm, key)?;
        let private_key =
            OctetStringRef::new(key).map_err(|e| ContentError::damaged("the private key", e))?;
        let plain = PrivateKeyInfo {
            version: 0,
            algorithm,
            private_key,
            attributes: None,
            public_key: None,
        };
        Ok(Self {
            pkcs8: encode(&plain)?,
            attributes: None,
            public,
        })
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public)
    }
}

fn encode(key: &PrivateKeyInfo<'_>) -> Result<Sensitive<Vec<u8>>, ContentError> {
    key.to_der()
        .map(Sensitive::new)
        .map_err(|e| ContentError::damaged("the private key", e))
}

/// The public key that follows from the private one; a public key that is written beside it must be
/// the same.
fn public_key_of(info: &PrivateKeyInfo<'_>) -> Result<PublicKey, ContentError> {
    let public = public_key(&info.algorithm, info.private_key.as_bytes())?;
    match info.public_key {
        Some(stated) if !public.is_written(stated) => Err(ContentError::damaged(
            "the private key (PKCS#8)",
            "the public key in it is another key's",
        )),
        _ => Ok(public),
    }
}

/// The public key that follows from the content of a PKCS#8 `privateKey`.
fn public_key(algorithm: &AlgorithmIdentifier, key: &[u8]) -> Result<PublicKey, ContentError> {
    match algorithm.algorithm {
        RSA_ENCRYPTION | RSASSA_PSS => rsa::public_key(key),
        EC_PUBLIC_KEY => ec_public_key(algorithm.parameters.as_ref().map(AnyRef::from), key),
        ED25519 => ed25519_public_key(key),
        oid => Err(unsupported_algorithm(oid)),
    }
}

/// Computes the point from the scalar; a point that the key carries along must be the same.
fn ec_public_key(parameters: Option<AnyRef<'_>>, der: &[u8]) -> Result<PublicKey, ContentError> {
    let damaged = |detail: &str| ContentError::damaged("the EC private key", detail);
    let key = EcPrivateKey::from_der(der).map_err(|e| damaged(&e.to_string()))?;
    let (outside, inside) = (parameters, key.parameters);
    let parameters = outside
        .or(inside)
        .ok_or_else(|| damaged("it does not say which curve it is on"))?;
    let curve = Curve::from_parameters(parameters)?;
    if let Some(inside) = inside
        && Curve::from_parameters(inside)? != curve
    {
        return Err(damaged("it names two different curves"));
    }
    let scalar = left_padded(key.private_key.as_bytes(), curve.coordinate_len())
        .map(Zeroizing::new)
        .ok_or_else(|| damaged("the private scalar is too long for its curve"))?;
    let computed = curve
        .public_point(&scalar)
        .and_then(|point| PublicKey::ec(curve, &point))
        .ok_or_else(|| damaged("the private scalar is not on its curve"))?;
    match key.public_key {
        Some(stated) if !computed.is_written(stated.raw_bytes()) => {
            Err(damaged("the public point in it is another key's"))
        }
        _ => Ok(computed),
    }
}

/// RFC 8410 section 7: the seed, in an OCTET STRING of its own.
fn ed25519_public_key(der: &[u8]) -> Result<PublicKey, ContentError> {
    let damaged = |e: String| ContentError::damaged("the Ed25519 private key", e);
    let seed = <&OctetStringRef>::from_der(der).map_err(|e| damaged(e.to_string()))?;
    let pair =
        Ed25519KeyPair::from_seed_unchecked(seed.as_bytes()).map_err(|e| damaged(e.to_string()))?;
    Ok(PublicKey::Ed25519(pair.public_key().as_ref().to_vec()))
}

/// Rewrites a DER `OneAsymmetricKey` of either version as version 1: attributes are kept, the
/// repeated public key of version 2 is left out (RFC 5958 section 2).
pub(crate) fn pkcs8_version_1(der: &[u8]) -> Result<Zeroizing<Vec<u8>>, ContentError> {
    let damaged = |e| ContentError::damaged("the private key (PKCS#8)", e);
    let mut key = PrivateKeyInfo::from_der(der).map_err(damaged)?;
    if key.public_key.take().is_some() {
        public_key_of(&PrivateKeyInfo::from_der(der).map_err(damaged)?)?;
    }
    key.version = 0;
    key.to_der().map(Zeroizing::new).map_err(damaged)
}
