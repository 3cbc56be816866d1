//! The three-object check: whether the certificate, the key and the secret of one name are one.
//!
//! Key Vault stores a certificate as three objects with one name and one version. What belongs
//! together is compared, each with the secret's leaf, which its private key has been matched to.

use std::fmt;

use kvcert_pki::certificate::Certificate;
use kvcert_pki::key::PublicKey;
use serde::Serialize;

use crate::vault::{CertificateObject, JwkPublic, KeyObject, SecretValue};

/// Two of the three objects that differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disagreement {
    /// An object of another version than the secret.
    Version {
        /// Which of the other two: `certificate` or `key`.
        object: &'static str,
        /// Its version.
        found: String,
        /// The secret's.
        wanted: String,
    },
    /// The certificate object holds another certificate than the secret's leaf.
    Leaf {
        /// The SHA-1 thumbprint of the certificate object's.
        certificate: String,
        /// The SHA-1 thumbprint of the secret's leaf.
        secret: String,
    },
    /// The thumbprint that the certificate object states is not its certificate's.
    Thumbprint {
        /// What it states, SHA-1.
        stated: String,
        /// What it is.
        actual: String,
    },
    /// The key object's public key is not the certificate's.
    PublicKey {
        /// What kind the key object's is.
        key: String,
        /// What kind the certificate's is.
        certificate: String,
    },
}

/// What the comparison of the secret with each of the other objects came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectChecks {
    /// With the certificate object, or with the vault's list, which tells its thumbprint.
    pub certificate_object: Check,
    /// With the key object.
    pub key_object: Check,
}

/// What became of one comparison.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Check {
    /// It was not asked for.
    #[default]
    Off,
    /// They belong together.
    Agrees,
    /// The vault does not let us look.
    NotAllowed,
    /// There is no such object: a plain secret.
    NotThere,
}

/// Compares the certificate object with the secret, whose leaf is `leaf`.
///
/// # Errors
/// The first [`Disagreement`].
pub fn certificate_agrees(
    object: &CertificateObject,
    secret: &SecretValue,
    leaf: &Certificate,
) -> Result<(), Disagreement> {
    same_version("certificate", &object.version, secret)?;
    let actual = hex::encode(Certificate::sha1_of(&object.der));
    if object.der != leaf.der() {
        return Err(Disagreement::Leaf {
            certificate: actual,
            secret: hex::encode(leaf.sha1()),
        });
    }
    match object.x5t.as_ref().map(hex::encode) {
        Some(stated) if stated != actual => Err(Disagreement::Thumbprint { stated, actual }),
        _ => Ok(()),
    }
}

/// Compares the key object with the secret, whose leaf is `leaf`.
///
/// # Errors
/// The first [`Disagreement`].
pub fn key_agrees(
    object: &KeyObject,
    secret: &SecretValue,
    leaf: &Certificate,
) -> Result<(), Disagreement> {
    same_version("key", &object.version, secret)?;
    if is_public_key_of(object, leaf) {
        return Ok(());
    }
    let public = object.public.as_ref().and_then(public_key);
    Err(Disagreement::PublicKey {
        key: public.map_or_else(|| object.key_type.clone(), |key| key.to_string()),
        certificate: leaf.public_key().to_string(),
    })
}

/// Whether the key object's public key is the certificate's.
pub fn is_public_key_of(object: &KeyObject, certificate: &Certificate) -> bool {
    let public = object.public.as_ref().and_then(public_key);
    public.as_ref() == Some(certificate.public_key())
}

fn same_version(
    object: &'static str,
    version: &crate::vault::address::Version,
    secret: &SecretValue,
) -> Result<(), Disagreement> {
    if *version == secret.version {
        return Ok(());
    }
    Err(Disagreement::Version {
        object,
        found: version.to_string(),
        wanted: secret.version.to_string(),
    })
}

fn public_key(jwk: &JwkPublic) -> Option<PublicKey> {
    match jwk {
        JwkPublic::Rsa { n, e } => Some(PublicKey::from_rsa_numbers(n, e)),
        JwkPublic::Ec { crv, x, y } => PublicKey::from_ec_coordinates(crv, x, y),
    }
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version {
                object,
                found,
                wanted,
            } => write!(
                f,
                "the {object} object is version `{found}`, the secret version `{wanted}`"
            ),
            Self::Leaf {
                certificate,
                secret,
            } => write!(
                f,
                "the certificate object holds the certificate {certificate}, the secret {secret}"
            ),
            Self::Thumbprint { stated, actual } => write!(
                f,
                "the certificate object says that its thumbprint is {stated}, but it is {actual}"
            ),
            Self::PublicKey { key, certificate } => write!(
                f,
                "the key object's public key ({key}) is not the certificate's ({certificate})"
            ),
        }
    }
}

impl std::error::Error for Disagreement {}
