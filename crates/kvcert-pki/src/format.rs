//! Formats: what some bytes are, and what is in them.
//!
//! Reading gives [`Contents`]: keys and certificates as found, in no order that means anything.
//! [`CertifiedKey`](crate::certified_key::CertifiedKey) makes sense of them.

pub mod anatomy;
mod contents;
mod der;
pub mod encrypted_key;
pub mod jwk;
pub mod kubernetes;
mod password;
mod pbe;
pub mod pem;
pub mod pkcs12;
mod recognise;
mod structure;

pub use contents::{Container, Contents, KeyChoice, Limits};
pub use password::{OpenedWith, Password, Wrapping};
use recognise::{Shape, recognise};
use zeroize::Zeroizing;

use crate::content_error::ContentError;

/// `bytes` without the base64 around them, if there is any.
pub fn decoded(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    match recognise(bytes) {
        Shape::Base64(decoded) => decoded,
        _ => Zeroizing::new(bytes.to_vec()),
    }
}

/// Reads whatever `bytes` are: PKCS#12, PEM, a DER certificate or key, or base64 of one of them.
/// The bytes decide, never a file name or a content type.
///
/// # Errors
/// Any [`ContentError`] that comes before keys and certificates are matched.
pub fn read(bytes: &[u8], password: &Password, limits: &Limits) -> Result<Contents, ContentError> {
    limits.check_size(bytes.len())?;
    match recognise(bytes) {
        Shape::Pkcs12 => pkcs12::read(bytes, password, limits),
        Shape::Pem(text) => pem::read(&text, password, limits),
        Shape::Certificate => der::read_certificate(bytes),
        Shape::PrivateKey(kind) => der::read_key(bytes, kind, password, limits),
        Shape::Base64(decoded) => match recognise(&decoded) {
            Shape::Base64(_) => Err(ContentError::NotAKeyStore {
                seen: String::from("base64 of base64"),
            }),
            _ => read(&decoded, password, limits),
        },
        Shape::Other(seen) => Err(ContentError::NotAKeyStore { seen }),
    }
}
