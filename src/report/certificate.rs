//! [`CertificateFacts`]: one certificate in a few lines, and what is wrong with it.

mod extensions;
mod warning;

use extensions::Extensions;
use kvcert_pki::certificate::Certificate;
use kvcert_pki::text::printable;
use kvcert_pki::validity::{Moment, Validity};
use serde::Serialize;
pub use warning::Warning;

/// A certificate for people.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateFacts {
    /// The subject's distinguished name; may be empty.
    pub subject: String,
    /// The subject, or the first alternative name.
    pub label: String,
    /// The subject alternative names, each with its type, such as `DNS:www.example.com`.
    pub subject_alternative_names: Vec<String>,
    /// The issuer's distinguished name.
    pub issuer: String,
    /// What it is among the others.
    pub role: Role,
    /// The serial number, hexadecimal.
    pub serial: String,
    /// When it may be used.
    #[serde(flatten)]
    pub validity: Validity,
    /// Such as `RSA 2048`.
    pub key: String,
    /// Such as `SHA-256 with RSA`; the object identifier if kvcert knows no name.
    pub signature_algorithm: String,
    /// Whether the basic constraints make it a certificate authority.
    pub is_ca: bool,
    /// How many intermediates may follow it, if that is limited.
    pub path_length: Option<u32>,
    /// What the key may do, such as `digitalSignature`; empty if the certificate does not say.
    pub key_usage: Vec<&'static str>,
    /// What it is for, such as `serverAuth`; empty if the certificate does not say.
    pub extended_key_usage: Vec<String>,
    /// Hexadecimal.
    pub subject_key_identifier: Option<String>,
    /// Hexadecimal.
    pub authority_key_identifier: Option<String>,
    /// Of the DER.
    pub thumbprints: Thumbprints,
    /// What may be wrong with it.
    pub warnings: Vec<Warning>,
}

/// What a certificate is among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// The end entity, whose key is used.
    Leaf,
    /// An authority below a root.
    Intermediate,
    /// An authority that signed itself.
    Root,
    /// Not in a chain.
    #[serde(rename = "stranger")]
    Unrelated,
}

/// Hexadecimal, lower case.
#[derive(Debug, Clone, Serialize)]
pub struct Thumbprints {
    /// What Key Vault calls `x5t`.
    pub sha1: String,
    /// `x5t#S256`.
    pub sha256: String,
}

impl CertificateFacts {
    /// Of `certificate`, seen at `moment`.
    pub fn new(certificate: &Certificate, role: Role, moment: Moment) -> Self {
        let extensions = Extensions::of(certificate);
        let validity = Validity::of(certificate, moment);
        let warnings = warning::of(certificate, &extensions, role, &validity);
        Self {
            subject: certificate.subject().to_owned(),
            label: certificate.label().to_owned(),
            subject_alternative_names: certificate.alternative_names().to_vec(),
            issuer: certificate.issuer().to_owned(),
            role,
            serial: extensions.serial,
            validity,
            key: certificate.public_key().to_string(),
            signature_algorithm: printable(&extensions.signature),
            is_ca: certificate.is_ca(),
            path_length: extensions.path_length,
            key_usage: extensions.key_usage,
            extended_key_usage: extensions.extended_key_usage,
            subject_key_identifier: extensions.subject_key,
            authority_key_identifier: extensions.authority_key,
            thumbprints: Thumbprints {
                sha1: hex::encode(certificate.sha1()),
                sha256: hex::encode(certificate.sha256()),
            },
            warnings,
        }
    }
}

impl Role {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Leaf => "leaf",
            Self::Intermediate => "intermediate",
            Self::Root => "root",
            Self::Unrelated => "not in a chain",
        }
    }
}
