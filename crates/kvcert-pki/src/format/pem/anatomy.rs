//! The blocks of a PEM text, one by one.

use super::{Block as PemBlock, blocks, key_kind, private_key, trusted_certificate};
use crate::certificate::Certificate;
use crate::content_error::ContentError;
use crate::format::pbe::{self, Budget};
use crate::format::structure::{Block, Encryption, Found, Holds};
use crate::format::{Limits, Password};

/// Takes the blocks of `text` apart.
///
/// # Errors
/// [`ContentError::Damaged`] if the text cannot be cut into blocks.
pub(crate) fn anatomy(
    text: &str,
    password: &Password,
    limits: &Limits,
    found: &mut Found,
) -> Result<Vec<Block>, ContentError> {
    let mut budget = Budget::new(limits);
    let mut parameters = None;
    let mut parts = Vec::new();
    for block in blocks(text)? {
        let holds = match key_kind(&block.label) {
            Some(kind) => {
                let key = block.decrypted(password).and_then(|der| {
                    private_key(&der, kind, parameters.as_deref(), password, &mut budget)
                });
                found.add_key(key, None)
            }
            None => other(&block, found),
        };
        if block.label == "EC PARAMETERS" {
            parameters = Some(block.der.to_vec());
        }
        parts.push(Block {
            encryption: encryption(&block),
            bytes: block.der.len(),
            label: block.label,
            holds,
        });
    }
    Ok(parts)
}

/// What is no private key that kvcert reads.
fn other(block: &PemBlock, found: &mut Found) -> Holds {
    let what = match block.label.as_str() {
        "CERTIFICATE" | "X509 CERTIFICATE" => {
            return found.add_certificate(Certificate::from_der(&block.der));
        }
        "TRUSTED CERTIFICATE" => return found.add_certificate(trusted_certificate(&block.der)),
        "EC PARAMETERS" => "the curve of the key",
        "PUBLIC KEY" | "RSA PUBLIC KEY" => "a public key",
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => "a certificate signing request",
        "X509 CRL" => "a revocation list",
        "DH PARAMETERS" => "Diffie-Hellman parameters",
        "PKCS7" | "CMS" => "PKCS#7 (CMS)",
        "OPENSSH PRIVATE KEY" => "a private key in OpenSSH's own format, which kvcert cannot read",
        "DSA PRIVATE KEY" => "a DSA private key, which kvcert cannot read",
        _ => "neither certificate nor private key",
    };
    Holds::Other {
        what: what.to_owned(),
    }
}

fn encryption(block: &PemBlock) -> Option<Encryption> {
    if let Some(info) = &block.dek_info {
        let name = info.split(',').next().unwrap_or_default();
        return Some(Encryption {
            scheme: String::from("PEM header (RFC 1421)"),
            oid: None,
            cipher: Some(crate::text::excerpt(name.trim(), 32)),
            derivation: Some(String::from("MD5 (OpenSSL)")),
            iterations: Some(1),
            salt_bytes: Some(8),
        });
    }
    (block.label == "ENCRYPTED PRIVATE KEY")
        .then(|| pbe::describe_pkcs8(&block.der))
        .flatten()
}
