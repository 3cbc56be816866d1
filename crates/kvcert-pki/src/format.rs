//! Formats: what some bytes are, and what is in them.
//!
//! Reading gives [`Contents`]: keys and certificates as found, in no order that means anything.
//! [`CertifiedKey`](crate::certified_key::CertifiedKey) makes sense of them.

pub mod anatomy;
mod bundle;
mod contents;
mod der;
mod der_kind;
mod encoding;
pub mod encrypted_key;
mod foreign;
pub mod jwk;
pub mod kubernetes;
mod markup;
mod object;
mod password;
mod pbe;
pub mod pem;
pub mod pkcs12;
mod structure;
mod unwrap;

pub use contents::{Container, Contents, KeyChoice, Limits};
use object::Reading;
pub use password::{OpenedWith, Password, Wrapping};
pub use unwrap::Layer;
use zeroize::Zeroizing;

use crate::content_error::ContentError;

/// `bytes` without the base64 around them, if there is any.
pub fn decoded(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    unwrap::without_base64(bytes)
}

/// What some bytes hold, as far as it can be told without a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outline {
    /// A certificate, or a key store that may hold one.
    pub has_certificate: bool,
    /// A private key, or a key store that may hold one.
    pub has_key: bool,
}

/// What is in `bytes`; `None` if there is nothing to read.
pub fn outline(bytes: &[u8]) -> Option<Outline> {
    let objects = unwrap::unwrap(bytes).ok()?.objects;
    let any = |wanted: fn(Reading) -> bool| objects.iter().any(|it| wanted(it.reading()));
    Some(Outline {
        has_certificate: any(|it| {
            matches!(it, Reading::Pkcs12 | Reading::Bundle | Reading::Certificate)
        }),
        has_key: any(|it| matches!(it, Reading::Pkcs12 | Reading::UnknownKey | Reading::Key(_))),
    })
}

/// Reads whatever `bytes` are: PKCS#12, PKCS#7, PEM, a DER certificate or key, and any of these
/// inside base64, hexadecimal, UTF-16, JSON or YAML. The bytes decide, never a file name, a content
/// type or a label.
///
/// # Errors
/// Any [`ContentError`] that comes before keys and certificates are matched.
pub fn read(bytes: &[u8], password: &Password, limits: &Limits) -> Result<Contents, ContentError> {
    limits.check_size(bytes.len())?;
    object::read(&unwrap::unwrap(bytes)?, password, limits)
}
