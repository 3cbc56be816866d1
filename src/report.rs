//! What kvcert knows about a file, a certificate or a vault, as plain data.
//!
//! [`FileReport`] is a file taken apart, [`CertificateReport`] a certificate of a vault with its
//! three objects, [`VaultReport`] a whole vault. Each asks for what it needs and for no more, and is
//! JSON as it stands; [`Report`] is any of them, and `docs/schema/inspect.schema.json` describes its
//! JSON. Every string in them is safe to show; none is a secret.

mod certificate;
mod chain;
mod file;
mod objects;
mod readers;
mod vault;

pub use certificate::{CertificateFacts, Role, Thumbprints, Warning};
pub use chain::{ChainFacts, FindingFacts};
pub use file::{FileReport, KeyFacts};
pub use objects::{
    CertificateOptions, CertificateReport, Field, Outcome, Part, Parts, PermissionFacts, Problem,
    Tie, VersionRow,
};
pub use readers::{Reader, Verdict};
use serde::Serialize;
pub use vault::{
    Counted, ListError, ListOptions, OnDetails, Order, RowDetails, VaultReport, VaultRow, WaitsFor,
};

/// Any of the reports; in JSON `kind` says which: `file`, `certificate` or `vault`.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Report {
    /// A file.
    File(Box<FileReport>),
    /// A certificate of a vault.
    Certificate(Box<CertificateReport>),
    /// A vault.
    Vault(VaultReport),
}
