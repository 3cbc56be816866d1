//! Unpack: from a secret's value to a certificate and its key.
//!
//! The only place that knows both the vault and the formats. It trusts the bytes, then the
//! content type, then nothing: `contentType` is missing from old secrets and wrong on others.

use kvcert_pki::content_error::ContentError;
use kvcert_pki::format::{Container, Contents};

use crate::input::ReadOptions;
use crate::vault::SecretValue;

/// Reads what a secret holds. The vault keeps no password, so that `read` has one only for a PFX
/// that someone stored, password and all, as a plain secret.
///
/// # Errors
/// Any [`ContentError`] that comes before keys and certificates are matched.
pub fn contents(secret: &SecretValue, read: &ReadOptions) -> Result<Contents, ContentError> {
    let mut contents = read.contents(secret.value.expose().as_bytes())?;
    if let Some(note) = disagreement(secret.content_type.as_deref(), &contents.container) {
        contents.notes.push(note);
    }
    Ok(contents)
}

fn disagreement(content_type: Option<&str>, container: &Container) -> Option<String> {
    let stated = content_type?;
    let found = match container {
        Container::Pkcs12 { .. } => PKCS12,
        Container::Pem => PEM,
        Container::Pkcs7 | Container::Der => return None,
    };
    let lies = stated != found && (stated == PKCS12 || stated == PEM);
    lies.then(|| format!("the vault says `{stated}`, but the value is `{found}`"))
}

const PKCS12: &str = "application/x-pkcs12";
const PEM: &str = "application/x-pem-file";
