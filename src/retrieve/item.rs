//! [`Item`]: a certificate to get, and what can come of it.

use std::path::PathBuf;
use std::sync::Arc;

use super::RetrieveError;
use super::wanted::WantedOfVault;
use crate::export::SkipReason;
use crate::vault::VaultError;
use crate::vault::address::CertificateRef;

/// A certificate to get; the folder is that of its vault.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) vault: Arc<WantedOfVault>,
    /// In what was asked for; those of a list come after all of these.
    pub(super) place: usize,
    pub(super) certificate: CertificateRef,
    /// The SHA-1 thumbprint from the list.
    pub(super) listed: Option<Vec<u8>>,
    /// Whether the vault's list told of it.
    pub(super) is_listed: bool,
}

/// What it is about.
pub(super) enum Subject {
    Certificate(Item),
    List(Arc<WantedOfVault>),
}

/// Why nothing was written.
pub(super) enum Unwritten {
    Skipped(SkipReason),
    Failed(RetrieveError),
    /// It is not what the list said.
    Changed,
}

impl<E: Into<RetrieveError>> From<E> for Unwritten {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// A certificate that was named must succeed; a pattern skips what cannot be exported.
pub(super) fn unwritten(item: &Item, error: RetrieveError) -> Unwritten {
    match error {
        RetrieveError::Vault(VaultError::Disabled { .. }) if item.is_listed => {
            Unwritten::Skipped(SkipReason::Disabled)
        }
        RetrieveError::NotExportable { .. } if item.is_listed => {
            Unwritten::Skipped(SkipReason::NotExportable)
        }
        error => Unwritten::Failed(error),
    }
}

impl Subject {
    pub(super) fn item(self) -> Option<Item> {
        match self {
            Self::Certificate(item) => Some(item),
            Self::List(_) => None,
        }
    }

    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Certificate(item) => Some(item.certificate.name.as_str()),
            Self::List(_) => None,
        }
    }

    /// As they were asked for, then as in an alphabet.
    pub(super) fn order(&self) -> (usize, String, PathBuf) {
        match self {
            Self::Certificate(item) => {
                let name = item.certificate.name.as_str().to_ascii_lowercase();
                (item.place, name, item.vault.folder.clone())
            }
            Self::List(vault) => (usize::MAX, String::new(), vault.folder.clone()),
        }
    }

    /// As the receipt has it: a certificate with the folder of its vault where there are several.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Certificate(item) => {
                let certificate = item.certificate.to_string();
                item.vault.folder.join(certificate).display().to_string()
            }
            Self::List(vault) => vault.client.vault().to_string(),
        }
    }
}
