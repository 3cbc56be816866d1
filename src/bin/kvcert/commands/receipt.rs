//! The receipt: what was retrieved, checked and written; never a secret.
//!
//! The JSON field names are part of the contract; README documents them.

use std::path::Path;
use std::{io, mem};

use kvcert::output::{Outcome, WrittenFile};
use kvcert::vault::{SecretValue, VaultClient};
use kvcert_pki::certificate::Certificate;
use kvcert_pki::format::Container;
use kvcert_pki::validity::{Moment, Soon, Validity, rfc3339};
use serde::Serialize;

use super::export::{Exporter, Material};
use super::get::ObjectChecks;
use crate::console::Console;
use crate::failure::{Failure, FailureJson};

/// What a run of `get` or `convert` did.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Receipt {
    /// How kvcert signed in; not there if it did not, or had no need to.
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_in: Option<&'static str>,
    #[expect(
        clippy::vec_box,
        reason = "there may be thousands, and a vector moves them as it grows"
    )]
    pub(super) certificates: Vec<Box<CertificateReceipt>>,
    skipped: Vec<Skipped>,
    failures: Vec<NamedFailure>,
    /// Decides the exit code; shown last, by `main`.
    #[serde(skip)]
    worst: Option<Failure>,
}

impl Receipt {
    /// Of a vault that has been asked, still empty.
    pub(super) fn of_vault(client: &VaultClient) -> Self {
        Self {
            sign_in: client.credential().winner(),
            ..Self::default()
        }
    }

    /// Notes that `certificate` failed. Of several failures the worst is kept for the end; the
    /// others are shown at once.
    pub(super) fn fail(&mut self, certificate: String, failure: Failure, console: &Console) {
        self.failures.push(NamedFailure {
            certificate,
            error: failure.to_json(),
        });
        match &mut self.worst {
            Some(worst) if worst.kind >= failure.kind => console.failure(&failure),
            worst => {
                if let Some(milder) = worst.replace(failure) {
                    console.failure(&milder);
                }
            }
        }
    }

    /// Notes that `certificate` was passed over.
    pub(super) fn skip(&mut self, certificate: String, reason: &'static str, message: String) {
        self.skipped.push(Skipped {
            certificate,
            reason,
            message,
        });
    }

    /// Notes that the run ended before it was done; nothing is worse.
    pub(super) fn end_early(&mut self, failure: Failure, console: &Console) {
        if let Some(milder) = self.worst.replace(failure) {
            console.failure(&milder);
        }
    }

    /// Prints the receipt, as JSON or as a list of files, unless standard output has the result.
    pub(super) fn print(&self, exporter: &Exporter<'_>, console: &Console) -> io::Result<()> {
        if console.is_json() {
            return console.json(self);
        }
        if exporter.to_stdout() {
            return Ok(());
        }
        if self.certificates.is_empty() && self.skipped.is_empty() && self.worst.is_none() {
            console.note("no certificates there");
        }
        let present = self.skipped.iter().filter(|it| it.reason == "present");
        match present.count() {
            0 => {}
            1 => console.note("1 certificate passed over: its files are there already"),
            many => console.note(&format!(
                "{many} certificates passed over: their files are there already"
            )),
        }
        let mut files = String::new();
        for certificate in &self.certificates {
            console.note(&certificate.summary());
            files.push_str(&certificate.to_text());
        }
        console.result(&files)
    }

    /// The worst failure, if anything failed.
    pub(super) fn into_result(mut self) -> Result<(), Failure> {
        let worst = self.worst.take();
        // The process ends now; to free the receipt of a whole vault piece by piece takes
        // milliseconds.
        mem::forget(self);
        worst.map_or(Ok(()), Err)
    }
}

/// A certificate that was met but not wanted, or cannot be had.
#[derive(Debug, Serialize)]
struct Skipped {
    certificate: String,
    reason: &'static str,
    message: String,
}

/// A certificate that was asked for but not written.
#[derive(Debug, Serialize)]
struct NamedFailure {
    certificate: String,
    error: FailureJson,
}

/// One certificate that was written, or with `--dry-run` would be.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CertificateReceipt {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) vault: Option<VaultReceipt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<String>,
    container: ContainerReceipt,
    subject: String,
    subject_alternative_names: Vec<String>,
    issuer: String,
    #[serde(flatten)]
    validity: Validity,
    key: String,
    thumbprints: Thumbprints,
    chain: Vec<ChainLink>,
    reaches_root: bool,
    checks: Checks,
    warnings: Vec<Warning>,
    notes: Vec<String>,
    dry_run: bool,
    pub(super) files: Vec<FileReceipt>,
}

/// Where in a vault it came from.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VaultReceipt {
    id: String,
    name: String,
    version: String,
    content_type: Option<String>,
}

#[derive(Debug, Serialize)]
struct ContainerReceipt {
    format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mac: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Thumbprints {
    pub(super) sha1: String,
    sha256: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ChainLink {
    subject: String,
    not_after: String,
    sha256: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Checks {
    /// `null` when no key was asked for.
    key_matches_leaf: Option<bool>,
    chain_signatures: bool,
    /// The secret against the vault's other two objects; not there for a file.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    objects: Option<ObjectChecks>,
}

#[derive(Debug, Serialize)]
struct Warning {
    kind: &'static str,
    message: String,
}

/// One file.
#[derive(Debug, Serialize)]
pub(super) struct FileReceipt {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    sha256: String,
    outcome: &'static str,
}

impl CertificateReceipt {
    /// The receipt for what is about to be written.
    pub(super) fn new(name: &str, material: &Material, dry_run: bool, soon: Soon) -> Self {
        let (chain, leaf) = (material.chain(), material.chain().leaf());
        let validity = Validity::of(leaf, Moment::now(soon));
        Self {
            name: name.to_owned(),
            vault: None,
            source: None,
            container: ContainerReceipt::new(&material.container),
            subject: leaf.subject().to_owned(),
            subject_alternative_names: leaf.alternative_names().to_vec(),
            issuer: leaf.issuer().to_owned(),
            validity,
            key: leaf.public_key().to_string(),
            thumbprints: Thumbprints::of(leaf),
            chain: chain.certificates().iter().map(ChainLink::of).collect(),
            reaches_root: chain.reaches_root(),
            checks: Checks {
                key_matches_leaf: material.key().map(|_| true),
                chain_signatures: !material
                    .findings()
                    .iter()
                    .any(|f| f.kind() == "unverified-signature"),
                objects: None,
            },
            warnings: warnings(material, &validity),
            notes: material.notes.clone(),
            dry_run,
            files: Vec::new(),
        }
    }

    pub(super) fn with_files(mut self: Box<Self>, files: Vec<WrittenFile>) -> Box<Self> {
        self.files = files.into_iter().map(FileReceipt::from).collect();
        self
    }

    pub(super) fn of_secret(mut self, secret: &SecretValue, checks: ObjectChecks) -> Self {
        self.checks.objects = Some(checks);
        self.vault = Some(VaultReceipt {
            id: secret.id.clone(),
            name: secret.name.to_string(),
            version: secret.version.to_string(),
            content_type: secret.content_type.clone(),
        });
        self
    }

    /// One line a file: what, where, for how long.
    pub(super) fn to_text(&self) -> String {
        let verb = if self.dry_run { "would be " } else { "" };
        self.files.iter().map(|file| file.to_text(verb)).collect()
    }

    /// What was retrieved, in a line.
    pub(super) fn summary(&self) -> String {
        let count = self.chain.len();
        let chain = if count == 1 {
            "no chain".into()
        } else {
            format!("chain of {count}")
        };
        let until = self.validity.not_after.map(rfc3339).unwrap_or_default();
        format!(
            "{}: {}, {}, {chain}, until {until} ({})",
            self.name, self.subject, self.key, self.validity
        )
    }
}

impl ContainerReceipt {
    fn new(container: &Container) -> Self {
        match container {
            Container::Pkcs12 { password, mac } => Self {
                format: "pkcs12",
                password: Some(password.to_string()),
                mac: mac.clone(),
            },
            Container::Pem => Self {
                format: "pem",
                password: None,
                mac: None,
            },
            Container::Der => Self {
                format: "der",
                password: None,
                mac: None,
            },
        }
    }
}

impl Thumbprints {
    pub(super) fn of(certificate: &Certificate) -> Self {
        Self {
            sha1: hex::encode(certificate.sha1()),
            sha256: hex::encode(certificate.sha256()),
        }
    }
}

impl ChainLink {
    fn of(certificate: &Certificate) -> Self {
        Self {
            subject: certificate.subject().to_owned(),
            not_after: rfc3339(certificate.not_after()),
            sha256: hex::encode(certificate.sha256()),
        }
    }
}

impl FileReceipt {
    /// In a line: where, who may read it, and what was done, with `verb` before.
    pub(super) fn to_text(&self, verb: &str) -> String {
        let mode = self.mode.as_deref().unwrap_or("    ");
        format!("{}  {mode}  {verb}{}\n", self.path, self.outcome)
    }
}

impl From<WrittenFile> for FileReceipt {
    fn from(file: WrittenFile) -> Self {
        Self {
            path: shown(&file.path),
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

/// A path in the current folder goes by its name alone.
fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

fn warnings(material: &Material, validity: &Validity) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = material
        .findings()
        .into_iter()
        .map(|finding| Warning {
            kind: finding.kind(),
            message: finding.to_string(),
        })
        .collect();
    if validity.is_expired() {
        warnings.push(Warning {
            kind: "expired",
            message: format!("the certificate {}", validity.sentence()),
        });
    }
    warnings
}
