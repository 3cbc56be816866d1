//! What `kvcert inspect` shows: plain data, and renderings of it.
//!
//! [`FileReport`] is a file taken apart, [`ThreeParts`] a certificate of a vault with its three
//! objects, [`VaultReport`] a whole vault by expiry. Each is JSON as it stands
//! (`docs/schema/inspect.schema.json` describes it); [`text`] and [`html`] draw it. Every string in them is safe
//! to show; none is a secret.

mod certificate;
mod chain;
mod file;
mod readers;
mod three;
pub mod time;
mod vault;

pub use certificate::{CertificateFacts, Role, Thumbprints, Warning};
pub use chain::{ChainFacts, FindingFacts};
pub use file::{FileReport, KeyFacts};
pub use readers::{Reader, Verdict};
pub use three::{
    Field, Gathered, Outcome, Part, Parts, PermissionFacts, Problem, ThreeParts, Tie, VersionRow,
};
pub use time::Validity;
pub use vault::{VaultReport, VaultRow};
