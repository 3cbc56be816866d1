//! What `kvcert inspect` shows: plain data, and renderings of it.
//!
//! [`FileReport`] is a file taken apart. It is JSON as it stands (README describes it); [`text`]
//! draws it. Every string in it is safe to show; none is a secret.

mod certificate;
mod chain;
mod file;
mod readers;
pub mod text;
mod time;

pub use certificate::{CertificateFacts, Role, Thumbprints, Warning};
pub use chain::{ChainFacts, FindingFacts};
pub use file::{FileReport, KeyFacts};
pub use readers::{Reader, Verdict};
pub use time::Validity;
