//! [`Stored`]: a certificate in a vault, as commands show it after they changed it.

use kvcert::vault::{CertificateObject, VaultClient};
use kvcert_pki::certificate::Certificate;
use kvcert_pki::text::rfc3339;
use serde::Serialize;

use super::receipt::{Thumbprints, days_left};
use crate::failure::Failure;

/// A version of a certificate. The JSON field names are part of the contract.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stored {
    vault: String,
    id: String,
    version: String,
    subject: String,
    subject_alternative_names: Vec<String>,
    issuer: String,
    not_before: String,
    not_after: String,
    days_left: i64,
    key: String,
    thumbprints: Thumbprints,
}

impl Stored {
    pub(super) fn new(client: &VaultClient, object: &CertificateObject) -> Result<Self, Failure> {
        let certificate = Certificate::from_der(&object.der)?;
        Ok(Self {
            vault: client.vault().to_string(),
            id: object.id.clone(),
            version: object.version.to_string(),
            subject: certificate.subject().to_owned(),
            subject_alternative_names: certificate.alternative_names().to_vec(),
            issuer: certificate.issuer().to_owned(),
            not_before: rfc3339(certificate.not_before()),
            not_after: rfc3339(certificate.not_after()),
            days_left: days_left(&certificate),
            key: certificate.public_key().to_string(),
            thumbprints: Thumbprints::of(&certificate),
        })
    }

    /// In a line: what, and for how long.
    pub(super) fn summary(&self) -> String {
        format!(
            "{}, {}, until {} ({} days left), SHA-1 {}",
            self.subject, self.key, self.not_after, self.days_left, self.thumbprints.sha1
        )
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }
}
