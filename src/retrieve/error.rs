//! [`RetrieveError`]: why a certificate was not retrieved.

use std::error::Error;
use std::path::PathBuf;
use std::{fmt, io};

use kvcert_pki::content_error::ContentError;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::agreement::Disagreement;
use crate::export::ExportError;
use crate::given::Given;
use crate::vault::address::{CertificateRef, InvalidAddress, ObjectName};
use crate::vault::{InvalidPattern, SecretValue, VaultError};

/// Why a certificate was not retrieved. Each variant is a case with its own next step.
#[derive(Debug)]
pub enum RetrieveError {
    /// Options that exclude each other.
    Conflict(Conflict),
    /// Two versions of one certificate would be written to the same file.
    SameFile {
        /// One of them, or a pattern that the name matches.
        other: String,
        /// The other, with its version; and with its vault, if there are several.
        version: Box<CertificateRef>,
        /// The file, in the output folder.
        path: PathBuf,
    },
    /// A name without its vault, and no vault was given.
    NoVault,
    /// What was asked for is not a certificate's name or identifier.
    Address(InvalidAddress),
    /// What was asked for is not a pattern for names.
    Pattern(InvalidPattern),
    /// No certificate is called like that.
    NoMatch {
        /// The pattern.
        pattern: String,
    },
    /// The vault did not give the secret.
    Vault(VaultError),
    /// The vault did not give its list.
    List {
        /// The vault's URL.
        vault: String,
        /// Why.
        source: VaultError,
    },
    /// The private key never leaves the vault.
    NotExportable {
        /// The certificate.
        name: ObjectName,
        /// What is in the secret instead.
        source: ContentError,
    },
    /// The secret is not a certificate's.
    PlainSecret {
        /// The secret.
        name: ObjectName,
        /// What it looks like.
        source: ContentError,
    },
    /// The secret's value cannot be used.
    Content(ContentError),
    /// The three objects do not belong together.
    Disagree(Disagreement),
    /// The vault did not give one of the other two objects.
    NotCompared {
        /// `certificate` or `key`.
        object: &'static str,
        /// Why.
        source: VaultError,
    },
    /// The files cannot be made or written.
    Export(ExportError),
    /// The run was ended before the certificate was there.
    Interrupted,
    /// The system gives no thread to work with.
    NoThreads(io::Error),
    /// A bug, which the certificate has brought to light.
    Panicked,
}

/// Options that exclude each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// Resume finds files by the vault's names; the options have another.
    ResumeWithName,
    /// Resume looks for files; standard output has none.
    ResumeToStream,
    /// One name, and several certificates.
    NameForSeveral,
    /// One stream, and several certificates.
    StreamForSeveral,
}

impl RetrieveError {
    /// What the bytes cannot tell, the vault's own words can.
    pub(super) fn of_content(error: ContentError, secret: &SecretValue) -> Self {
        let name = secret.name.clone();
        match error {
            source @ ContentError::NoPrivateKey { .. } if secret.managed => {
                Self::NotExportable { name, source }
            }
            source @ ContentError::NotAKeyStore { .. } if !secret.managed => {
                Self::PlainSecret { name, source }
            }
            error => Self::Content(error),
        }
    }
}

impl fmt::Display for RetrieveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict(conflict) => conflict.fmt(f),
            Self::SameFile {
                other,
                version,
                path,
            } => {
                let (other, path) = (Given::from(other.as_str()), Given::from(path.as_path()));
                write!(f, "{other} and `{version}` would both be written to {path}")
            }
            Self::NoVault => f.write_str("no vault given"),
            Self::Address(error) => error.fmt(f),
            Self::Pattern(error) => error.fmt(f),
            Self::NoMatch { pattern } => {
                let pattern = Given::from(pattern.as_str());
                write!(f, "no certificate is called {pattern}")
            }
            Self::Vault(error) => error.fmt(f),
            Self::List { vault, .. } => write!(f, "cannot list `{vault}`"),
            Self::NotExportable { name, .. } => write!(
                f,
                "the private key of `{name}` is not exportable: it never leaves the vault"
            ),
            Self::PlainSecret { name, .. } => {
                write!(f, "`{name}` is a plain secret, not a certificate")
            }
            Self::Content(error) => error.fmt(f),
            Self::Disagree(disagreement) => disagreement.fmt(f),
            Self::NotCompared { object, .. } => {
                write!(f, "cannot compare it with the {object} object")
            }
            Self::Export(error) => error.fmt(f),
            Self::Interrupted => f.write_str("interrupted; nothing was written"),
            Self::NoThreads(_) => f.write_str("cannot start a thread"),
            Self::Panicked => f.write_str("this is a bug"),
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ResumeWithName => {
                "files are looked for by the vault's names, and another name was given"
            }
            Self::ResumeToStream => "there are no files to look for on standard output",
            Self::NameForSeveral => "one name was given, and several certificates",
            Self::StreamForSeveral => "standard output takes one certificate; several were given",
        })
    }
}

impl Error for RetrieveError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Conflict(_)
            | Self::SameFile { .. }
            | Self::NoVault
            | Self::NoMatch { .. }
            | Self::Interrupted
            | Self::Panicked => None,
            Self::NoThreads(error) => Some(error),
            Self::Address(error) => error.source(),
            Self::Pattern(error) => error.source(),
            Self::Vault(error) => error.source(),
            Self::List { source, .. } | Self::NotCompared { source, .. } => Some(source),
            Self::NotExportable { source, .. } | Self::PlainSecret { source, .. } => Some(source),
            Self::Content(error) => error.source(),
            Self::Disagree(disagreement) => disagreement.source(),
            Self::Export(error) => error.source(),
        }
    }
}

/// What it says, and what the causes below it say.
impl Serialize for RetrieveError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let causes = std::iter::successors(self.source(), |cause| (*cause).source());
        let causes: Vec<String> = causes.map(ToString::to_string).collect();
        let mut fields = serializer.serialize_struct("RetrieveError", 2)?;
        fields.serialize_field("message", &self.to_string())?;
        fields.serialize_field("causes", &causes)?;
        fields.end()
    }
}

impl From<InvalidAddress> for RetrieveError {
    fn from(error: InvalidAddress) -> Self {
        Self::Address(error)
    }
}

impl From<InvalidPattern> for RetrieveError {
    fn from(error: InvalidPattern) -> Self {
        Self::Pattern(error)
    }
}

impl From<VaultError> for RetrieveError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl From<Disagreement> for RetrieveError {
    fn from(disagreement: Disagreement) -> Self {
        Self::Disagree(disagreement)
    }
}

impl From<ExportError> for RetrieveError {
    fn from(error: ExportError) -> Self {
        Self::Export(error)
    }
}
