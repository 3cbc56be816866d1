//! [`CertificateReceipt`]: one certificate in the receipt.

use std::fmt;
use std::path::Path;

use kvcert_pki::certificate::{Certificate, label};
use kvcert_pki::chain::Finding;
use kvcert_pki::format::Container;
use kvcert_pki::validity::{Lapse, Moment, Validity, rfc3339};
use serde::Serialize;

use super::{ExportOptions, Material};
use crate::agreement::ObjectChecks;
use crate::output::{Outcome, WrittenFile};

/// One certificate that was written, or with `dry_run` would be.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateReceipt {
    /// What its files are called.
    pub name: String,
    /// The secret that it came from; none if it came from a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vault: Option<VaultReceipt>,
    /// The file that it came from; none if it came from a vault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What held it.
    pub container: ContainerReceipt,
    /// The leaf.
    #[serde(flatten)]
    pub leaf: CertificateSummary,
    /// The chain, leaf first.
    pub chain: Vec<ChainLink>,
    /// Whether the chain ends with a root.
    pub reaches_root: bool,
    /// What was checked.
    pub checks: Checks,
    /// What is odd about it.
    pub warnings: Vec<Warning>,
    /// What is worth knowing about it.
    pub notes: Vec<String>,
    /// Whether nothing was written, because that was asked for.
    pub dry_run: bool,
    /// The files. None if it went to a stream.
    pub files: Vec<FileReceipt>,
}

/// A certificate in short.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSummary {
    /// The subject (RFC 4514).
    pub subject: String,
    /// The names of the subject alternative name extension, each with its kind.
    pub subject_alternative_names: Vec<String>,
    /// The issuer (RFC 4514).
    pub issuer: String,
    /// From when to when it is valid, and what that means now.
    #[serde(flatten)]
    pub validity: Validity,
    /// The kind and size of its key.
    pub key: String,
    /// Its thumbprints.
    pub thumbprints: Thumbprints,
}

/// The secret that a certificate came from.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VaultReceipt {
    /// Its full identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What the vault says that it holds.
    pub content_type: Option<String>,
    /// When it may be used, by its own attributes; not there if they do not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity: Option<Validity>,
}

/// What held a certificate and its key.
#[derive(Debug, Serialize)]
pub struct ContainerReceipt {
    /// `pkcs12`, `pem` or `der`.
    pub format: &'static str,
    /// Which password opened it: `null`, `empty`, `given` or `not needed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The integrity check that held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
}

/// The thumbprints of a certificate, lower-case hexadecimal.
#[derive(Debug, Serialize)]
pub struct Thumbprints {
    /// The one that Key Vault and Windows go by.
    pub sha1: String,
    /// The one that everyone else goes by.
    pub sha256: String,
}

/// A certificate of a chain.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainLink {
    /// The subject (RFC 4514).
    pub subject: String,
    /// From when to when it is valid, and what that means now.
    #[serde(flatten)]
    pub validity: Validity,
    /// Its SHA-256 thumbprint.
    pub sha256: String,
}

/// What was checked.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checks {
    /// `null` when no key was asked for.
    pub key_matches_leaf: Option<bool>,
    /// Whether each certificate of the chain is signed by the next.
    pub chain_signatures: bool,
    /// The secret against the vault's other two objects; not there for a file.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub objects: Option<ObjectChecks>,
}

/// Something odd about a certificate.
#[derive(Debug, Clone, Serialize)]
pub struct Warning {
    /// What, as a code.
    pub kind: &'static str,
    /// What, in words.
    pub message: String,
    /// Whether something is outside its validity.
    #[serde(skip)]
    pub is_lapse: bool,
}

/// One file.
#[derive(Debug, Serialize)]
pub struct FileReceipt {
    /// Where it is.
    pub path: String,
    /// Its mode, octal; none on Windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The number of its owner; none on Windows, and for a new file that has the system's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// The number of its group; none as with the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gid: Option<u32>,
    /// Why its mode is worth a warning.
    #[serde(skip)]
    pub warning: Option<Warning>,
    /// The SHA-256 of its contents.
    pub sha256: String,
    /// `created`, `replaced`, `unchanged` or `adjusted`.
    pub outcome: &'static str,
}

impl CertificateReceipt {
    /// The receipt for what is about to be written.
    pub(super) fn new(name: &str, material: &Material, options: &ExportOptions) -> Self {
        let chain = material.chain();
        let is_unverified = chain
            .findings()
            .iter()
            .any(|finding| finding.kind() == "unverified-signature");
        let moment = Moment::now(options.soon);
        let link = |certificate| ChainLink::new(certificate, moment);
        Self {
            name: name.to_owned(),
            vault: None,
            source: None,
            container: ContainerReceipt::from(material.container()),
            chain: chain.certificates().iter().map(link).collect(),
            reaches_root: chain.reaches_root(),
            checks: Checks {
                key_matches_leaf: material.key().map(|_| true),
                chain_signatures: !is_unverified,
                objects: None,
            },
            warnings: warnings(material, moment),
            leaf: CertificateSummary::new(chain.leaf(), moment),
            notes: material.notes.clone(),
            dry_run: options.policy.dry_run,
            files: Vec::new(),
        }
    }

    pub(super) fn with_files(mut self, files: Vec<WrittenFile>) -> Self {
        self.files = files.into_iter().map(FileReceipt::from).collect();
        let exposed = self.files.iter().filter_map(|file| file.warning.clone());
        self.warnings.extend(exposed);
        self
    }
}

impl Warning {
    /// A key that every user may read, or even change.
    fn exposed(file: &WrittenFile) -> Self {
        let (path, mode) = (shown(&file.path), file.mode.unwrap_or_default());
        Self {
            kind: "exposed-key",
            message: format!(
                "every user can access the key in `{path}` (its mode {mode:04o} was kept); `--mode 600` restricts it"
            ),
            is_lapse: false,
        }
    }
}

impl From<&Container> for ContainerReceipt {
    fn from(container: &Container) -> Self {
        let (format, password, mac) = match container {
            Container::Pkcs12 { password, mac } => {
                ("pkcs12", Some(password.to_string()), mac.clone())
            }
            Container::Pkcs7 => ("pkcs7", None, None),
            Container::Pem => ("pem", None, None),
            Container::Der => ("der", None, None),
        };
        Self {
            format,
            password,
            mac,
        }
    }
}

impl CertificateSummary {
    /// What is told of `certificate`, as it is at `moment`.
    pub fn new(certificate: &Certificate, moment: Moment) -> Self {
        Self {
            subject: certificate.subject().to_owned(),
            subject_alternative_names: certificate.alternative_names().to_vec(),
            issuer: certificate.issuer().to_owned(),
            validity: Validity::of(certificate, moment),
            key: certificate.public_key().to_string(),
            thumbprints: Thumbprints {
                sha1: hex::encode(certificate.sha1()),
                sha256: hex::encode(certificate.sha256()),
            },
        }
    }

    /// A name to call the certificate by: its subject, or its first alternative name.
    pub fn label(&self) -> &str {
        label(&self.subject, &self.subject_alternative_names)
    }
}

impl ChainLink {
    fn new(certificate: &Certificate, moment: Moment) -> Self {
        Self {
            subject: certificate.subject().to_owned(),
            validity: Validity::of(certificate, moment),
            sha256: hex::encode(certificate.sha256()),
        }
    }
}

impl From<WrittenFile> for FileReceipt {
    fn from(file: WrittenFile) -> Self {
        Self {
            warning: file.is_exposed.then(|| Warning::exposed(&file)),
            path: shown(&file.path),
            uid: file.uid,
            gid: file.gid,
            mode: file.mode.map(|mode| format!("{mode:04o}")),
            sha256: file.sha256,
            outcome: match file.outcome {
                Outcome::Created => "created",
                Outcome::Replaced => "replaced",
                Outcome::Unchanged => "unchanged",
                Outcome::Adjusted => "adjusted",
            },
        }
    }
}

/// What was retrieved, in a line.
impl fmt::Display for CertificateReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let leaf = &self.leaf;
        write!(f, "{}: {}, {}, ", self.name, leaf.label(), leaf.key)?;
        match self.chain.len() {
            1 => f.write_str("no chain")?,
            count => write!(f, "chain of {count}")?,
        }
        let until = leaf.validity.not_after.map(rfc3339).unwrap_or_default();
        write!(f, ", until {until} ({})", leaf.validity)
    }
}

/// A path in the current folder goes by its name alone.
fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

fn warnings(material: &Material, moment: Moment) -> Vec<Warning> {
    let lapses = material.lapses(moment);
    let findings = material.findings().into_iter().map(Warning::from);
    findings.chain(lapses.iter().map(Warning::from)).collect()
}

impl From<&Finding> for Warning {
    fn from(finding: &Finding) -> Self {
        Self {
            kind: finding.kind(),
            message: finding.to_string(),
            is_lapse: false,
        }
    }
}

impl From<&Lapse> for Warning {
    fn from(lapse: &Lapse) -> Self {
        Self {
            kind: lapse.kind(),
            message: lapse.to_string(),
            is_lapse: true,
        }
    }
}
