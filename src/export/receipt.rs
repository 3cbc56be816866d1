//! The receipt: what was retrieved, checked and written; never a secret.
//!
//! The JSON field names are part of the contract; `docs/exit-codes-and-json.md` documents them.

use serde::Serialize;

use super::CertificateReceipt;

/// What a run over several certificates did. `E` is how a failure is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt<E> {
    /// How kvcert signed in; not there if it did not, or had no need to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<&'static str>,
    /// What was written.
    pub certificates: Vec<CertificateReceipt>,
    /// What was met but not wanted, or cannot be had.
    pub skipped: Vec<Skipped>,
    /// What was asked for but not written.
    pub failures: Vec<Failed<E>>,
    /// Whether the run was ended before all was done.
    #[serde(skip)]
    pub is_interrupted: bool,
}

/// A certificate that was met but not wanted, or cannot be had.
#[derive(Debug, Serialize)]
pub struct Skipped {
    /// Its name, with the folder of its vault if there are several vaults.
    pub certificate: String,
    /// Why, as a code.
    pub reason: SkipReason,
    /// Why, in words.
    pub message: &'static str,
}

/// Why a certificate was skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// It is disabled.
    Disabled,
    /// Its private key never leaves the vault.
    NotExportable,
    /// Its files are there already.
    Present,
}

/// A certificate that was asked for but not written.
#[derive(Debug, Serialize)]
pub struct Failed<E> {
    /// Its name, as in [`Skipped`]; or the file, the pattern or the vault that failed.
    pub certificate: String,
    /// Why.
    pub error: E,
}

impl<E> Default for Receipt<E> {
    fn default() -> Self {
        Self {
            sign_in: None,
            certificates: Vec::new(),
            skipped: Vec::new(),
            failures: Vec::new(),
            is_interrupted: false,
        }
    }
}

impl<E> Receipt<E> {
    /// Notes what became of `certificate`.
    pub(crate) fn add(&mut self, certificate: String, result: Result<CertificateReceipt, E>) {
        match result {
            Ok(written) => self.certificates.push(written),
            Err(error) => self.failures.push(Failed { certificate, error }),
        }
    }

    pub(crate) fn skip(&mut self, certificate: String, reason: SkipReason) {
        self.skipped.push(Skipped {
            certificate,
            reason,
            message: reason.message(),
        });
    }

    /// The same, with failures told in another way.
    pub fn map_failures<F>(self, mut tell: impl FnMut(&str, E) -> F) -> Receipt<F> {
        let tell = |failed: Failed<E>| Failed {
            error: tell(&failed.certificate, failed.error),
            certificate: failed.certificate,
        };
        Receipt {
            sign_in: self.sign_in,
            certificates: self.certificates,
            skipped: self.skipped,
            failures: self.failures.into_iter().map(tell).collect(),
            is_interrupted: self.is_interrupted,
        }
    }
}

impl SkipReason {
    fn message(self) -> &'static str {
        match self {
            Self::Disabled => "it is disabled",
            Self::NotExportable => "its private key is not exportable",
            Self::Present => "its files already exist",
        }
    }
}
