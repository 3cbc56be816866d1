//! [`Stored`]: a certificate in a vault, as commands show it after they changed it.

use kvcert::vault::{CertificateObject, VaultClient};
use kvcert_pki::certificate::Certificate;
use kvcert_pki::validity::{Moment, Validity, rfc3339};
use serde::Serialize;

use super::receipt::Thumbprints;
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
    #[serde(flatten)]
    validity: Validity,
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
            validity: Validity::of(&certificate, Moment::default()),
            key: certificate.public_key().to_string(),
            thumbprints: Thumbprints::of(&certificate),
        })
    }

    /// In a line: what, and for how long.
    pub(super) fn summary(&self) -> String {
        let until = self.validity.not_after.map(rfc3339).unwrap_or_default();
        format!(
            "{}, {}, until {until} ({}), SHA-1 {}",
            self.subject, self.key, self.validity, self.thumbprints.sha1
        )
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }
}
