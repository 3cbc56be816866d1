//! A bare DER certificate or private key.

use super::contents::{Container, Contents, Limits};
use super::encrypted_key;
use super::password::Password;
use super::pbe::Budget;
use crate::asn1::ber;
use crate::certificate::Certificate;
use crate::certified_key::NamedKey;
use crate::content_error::ContentError;
use crate::key::PrivateKey;

/// The encodings of a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    /// `OneAsymmetricKey`, RFC 5958.
    Pkcs8,
    /// `EncryptedPrivateKeyInfo`, RFC 5958 section 3.
    EncryptedPkcs8,
    /// `RSAPrivateKey`, RFC 8017.
    Pkcs1,
    /// `ECPrivateKey`, RFC 5915.
    Sec1,
}

pub(super) fn read_certificate(der: &[u8]) -> Result<Contents, ContentError> {
    let mut contents = Contents::new(Container::Der);
    contents.certificates.push(Certificate::from_der(der)?);
    Ok(contents)
}

pub(super) fn read_key(
    der: &[u8],
    kind: KeyKind,
    password: &Password,
    limits: &Limits,
) -> Result<Contents, ContentError> {
    let mut contents = Contents::new(Container::Der);
    let key = private_key(der, kind, None, password, &mut Budget::new(limits))?;
    contents.keys.push(NamedKey::from(key));
    Ok(contents)
}

/// Reads a key in any of its encodings; `parameters` is a separate `EC PARAMETERS` block.
pub(super) fn private_key(
    der: &[u8],
    kind: KeyKind,
    parameters: Option<&[u8]>,
    password: &Password,
    budget: &mut Budget,
) -> Result<PrivateKey, ContentError> {
    match kind {
        KeyKind::Pkcs8 => PrivateKey::from_pkcs8(&ber::to_der(der, "the private key (PKCS#8)")?),
        KeyKind::Pkcs1 => PrivateKey::from_pkcs1(der),
        KeyKind::Sec1 => PrivateKey::from_sec1(der, parameters),
        KeyKind::EncryptedPkcs8 => {
            let plain = encrypted_key::decrypt_within(der, password, budget)?;
            PrivateKey::from_pkcs8(&plain)
        }
    }
}
