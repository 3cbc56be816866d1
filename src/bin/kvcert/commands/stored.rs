//! [`Stored`]: a certificate in a vault, as commands show it after they changed it.

use kvcert::export::CertificateSummary;
use kvcert::vault::{CertificateObject, VaultClient};
use kvcert_pki::certificate::Certificate;
use kvcert_pki::validity::{Moment, rfc3339};
use serde::Serialize;

use crate::failure::Failure;

/// A version of a certificate. The JSON field names are part of the contract.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stored {
    vault: String,
    id: String,
    version: String,
    #[serde(flatten)]
    certificate: CertificateSummary,
}

impl Stored {
    pub(super) fn new(client: &VaultClient, object: &CertificateObject) -> Result<Self, Failure> {
        let certificate = Certificate::from_der(&object.der)?;
        Ok(Self {
            vault: client.vault().to_string(),
            id: object.id.clone(),
            version: object.version.to_string(),
            certificate: CertificateSummary::new(&certificate, Moment::default()),
        })
    }

    /// In a line: what, and for how long.
    pub(super) fn summary(&self) -> String {
        let it = &self.certificate;
        let until = it.validity.not_after.map(rfc3339).unwrap_or_default();
        format!(
            "{}, {}, until {until} ({}), SHA-1 {}",
            it.label(),
            it.key,
            it.validity,
            it.thumbprints.sha1
        )
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }
}
