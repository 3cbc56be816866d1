//! Why certificates were not retrieved.

use kvcert::report::ListError;
use kvcert::retrieve::{Conflict, RetrieveError};
use kvcert::vault::InvalidPattern;
use kvcert::vault::address::{CertificateRef, Version};

use super::export::no_threads;
use super::{Failure, Reason, usage};

impl From<RetrieveError> for Failure {
    fn from(error: RetrieveError) -> Self {
        match error {
            RetrieveError::Conflict(conflict) => conflict.into(),
            RetrieveError::SameFile { ref version, .. } => {
                let hint = get_alone(version);
                Self::new(Reason::SameName, error).with_hint(hint)
            }
            RetrieveError::NoThreads(_) => no_threads(error),
            RetrieveError::NoVault => usage::no_vault(),
            RetrieveError::Address(error) => error.into(),
            RetrieveError::Vault(error) => error.into(),
            RetrieveError::Content(error) => error.into(),
            RetrieveError::Export(error) => error.into(),
            RetrieveError::List { vault, source } => ListError::List { vault, source }.into(),
            RetrieveError::NotCompared { object, source } => {
                Self::from(source).context(format!("cannot compare it with the {object} object"))
            }
            RetrieveError::Interrupted => Self::new(Reason::Interrupted, error)
                .with_hint("run it again"),
            RetrieveError::Panicked => Self::from_panic(),
            RetrieveError::Pattern(error) => error.into(),
            RetrieveError::NoMatch { pattern } => ListError::NoMatch { pattern }.into(),
            RetrieveError::NotExportable { .. } => {
                Self::new(Reason::NotExportable, error).with_hint(
                    "to sign in, use `kvcert token NAME --sign-in-vault`; to write only the certificate, add `--no-key`; to make the key exportable, create a new version: `kvcert create NAME --new-version --exportable`",
                )
            }
            RetrieveError::PlainSecret { .. } => {
                Self::new(Reason::NotACertificate, error)
                    .with_hint("`kvcert list` shows the certificates of the vault")
            }
            RetrieveError::Disagree(_) => Self::new(Reason::ObjectsDisagree, error)
                .with_hint(
                    "compare the versions of the vault's secret, certificate and key; `--verify off` skips the comparison",
                ),
        }
    }
}

/// A version of a certificate, with files of its own.
fn get_alone(certificate: &CertificateRef) -> String {
    let name = certificate.name.as_str();
    let version = certificate.version.as_ref().map_or("", Version::as_str);
    let short: String = version.chars().take(8).collect();
    format!(
        "get one of them with other file names: `kvcert get {} --name {name}-{short}`",
        certificate.identifier()
    )
}

impl From<InvalidPattern> for Failure {
    fn from(error: InvalidPattern) -> Self {
        Self::new(Reason::InvalidPattern, error)
            .with_hint("`*` is any text, `?` any character, `[abc]` one of these")
    }
}

impl From<ListError> for Failure {
    fn from(error: ListError) -> Self {
        let what = error.to_string();
        match error {
            ListError::List { source, .. } | ListError::Details { source, .. } => {
                Self::from(source).context(what)
            }
            ListError::NoMatch { .. } => Self::new(Reason::NoMatch, error)
                .with_hint("`kvcert list` shows the certificates of the vault"),
        }
    }
}

impl From<Conflict> for Failure {
    fn from(conflict: Conflict) -> Self {
        let (message, hint) = match conflict {
            Conflict::ResumeWithName => (
                "`--resume` looks for files by the vault's names; `--name` gives another one",
                "leave out one of the two",
            ),
            Conflict::ResumeToStream => (
                "`--resume` looks for files; there are none on standard output",
                "leave out `--resume`, or name a folder with `-o`",
            ),
            Conflict::NameForSeveral => (
                "`--name` names one certificate; several were asked for",
                "leave out `--name`, or get them one by one",
            ),
            Conflict::StreamForSeveral => (
                "`-o -` writes one certificate; several were asked for",
                "name a folder with `-o`, or get them one by one",
            ),
        };
        Self::message(Reason::OneName, message).with_hint(hint)
    }
}
