//! From a certified key to files: what `get` and `convert` share.

mod encode;
mod material;
mod present;
mod writer;

use std::path::{Path, PathBuf};

use kvcert::output::{PlannedFile, Policy, Principal, Writer};
use kvcert_pki::certificate::Certificate;
use kvcert_pki::format::{Container, KeyChoice, Limits};
use kvcert_pki::validity::{Moment, Validity};
pub(super) use material::Material;
pub(super) use writer::{MAX_READY, workers, write_all};

use self::encode::Encoder;
use super::receipt::CertificateReceipt;
use super::{Context, input, print_failed};
use crate::cli::{InputArgs, LimitArgs, OutputArgs};
use crate::failure::{Failure, Reason};

/// What to write, and how.
pub(super) struct Exporter<'a> {
    args: &'a OutputArgs,
    encoder: Encoder<'a>,
    writer: Writer,
    context: &'a Context<'a>,
}

/// The files of a certificate, not yet written, and the receipt for when they are.
pub(super) struct Export {
    /// The folder in the output folder; empty for that one itself.
    folder: PathBuf,
    files: Vec<PlannedFile>,
    receipt: Box<CertificateReceipt>,
}

impl Export {
    /// The same, for a folder in the output folder.
    pub(super) fn in_folder(self, folder: &Path) -> Self {
        let folder = folder.to_owned();
        Self { folder, ..self }
    }

    /// The same, with more to tell.
    pub(super) fn telling(
        self,
        tell: impl FnOnce(CertificateReceipt) -> CertificateReceipt,
    ) -> Self {
        let receipt = Box::new(tell(*self.receipt));
        Self { receipt, ..self }
    }
}

impl AsRef<[PlannedFile]> for Export {
    fn as_ref(&self) -> &[PlannedFile] {
        &self.files
    }
}

impl<'a> Exporter<'a> {
    /// Checks the flags and gets the password for the key, if there is to be one.
    pub(super) fn new(args: &'a OutputArgs, context: &'a Context<'a>) -> Result<Self, Failure> {
        let password = input::key_password(args, context)?;
        let exporter = Self {
            args,
            encoder: Encoder::new(args, password)?,
            writer: Writer::new(policy(args)),
            context,
        };
        if exporter.to_stdout() && context.console.is_json() {
            let message = "standard output cannot carry both the files and JSON";
            return Err(Failure::message(Reason::TwoResults, message)
                .with_hint("leave out `--json`, or name a folder with `-o`"));
        }
        Ok(exporter)
    }

    /// Whether standard output carries the result itself.
    pub(super) fn to_stdout(&self) -> bool {
        self.args.out.as_deref() == Some(Path::new("-"))
    }

    /// Writes the files that the flags ask for and says what was written.
    pub(super) fn export(
        &self,
        material: &Material,
        name: &str,
    ) -> Result<Box<CertificateReceipt>, Failure> {
        self.finish(self.prepare(material, name)?)
    }

    /// Writes what was prepared, unless it was printed.
    pub(super) fn finish(&self, export: Export) -> Result<Box<CertificateReceipt>, Failure> {
        if self.to_stdout() {
            return Ok(export.receipt);
        }
        self.write(vec![export]).remove(0)
    }

    /// Makes the files that the flags ask for. What goes to standard output is printed at once.
    pub(super) fn prepare(&self, material: &Material, name: &str) -> Result<Export, Failure> {
        gate(material.chain().leaf(), self.args)?;
        self.tell(material);
        let name = file_name(self.args.name.as_deref().unwrap_or(name))?;
        let files = self.encoder.encode(material, name)?;
        let receipt = CertificateReceipt::new(name, material, self.args.dry_run, self.args.soon);
        let files = if self.to_stdout() {
            self.print(&files.into_one()?, material.key().is_some())?;
            Vec::new()
        } else {
            files.into_planned()
        };
        Ok(Export {
            folder: PathBuf::new(),
            files,
            receipt: Box::new(receipt),
        })
    }

    /// Writes what was prepared, neighbours of one folder together; the results come in the order
    /// of `exports`.
    pub(super) fn write(
        &self,
        exports: Vec<Export>,
    ) -> Vec<Result<Box<CertificateReceipt>, Failure>> {
        let written: Vec<_> = exports
            .chunk_by(|a, b| a.folder == b.folder)
            .flat_map(|some| {
                let folder = self.folder(&some[0].folder);
                self.writer.write_sets(&folder, some)
            })
            .collect();
        let receipts = exports.into_iter().map(|export| export.receipt);
        receipts
            .zip(written)
            .map(|(receipt, written)| Ok(receipt.with_files(written?)))
            .collect()
    }

    fn folder(&self, inner: &Path) -> PathBuf {
        let out = self.args.out.as_deref().unwrap_or_else(|| Path::new("."));
        if inner.as_os_str().is_empty() {
            return out.to_owned();
        }
        out.join(inner)
    }

    fn tell(&self, material: &Material) {
        let console = self.context.console;
        for finding in material.findings() {
            console.warning(&finding.to_string());
        }
        if let Container::Pkcs12 { password, .. } = &material.container {
            console.detail(&format!("opened with: password {password}"));
        }
        for note in &material.notes {
            console.note(&format!("note: {note}"));
        }
    }

    fn print(&self, bytes: &[u8], secret: bool) -> Result<(), Failure> {
        let console = self.context.console;
        if secret && console.is_terminal() && !self.args.force {
            let message = "a private key is not shown on a terminal";
            return Err(Failure::message(Reason::KeyToTerminal, message).with_hint(
                "send it to a file or a program, add `--no-key`, or insist with `--force`",
            ));
        }
        if self.args.dry_run {
            return Ok(());
        }
        console.raw(bytes).map_err(print_failed)
    }
}

/// The limits that the flags set.
pub(super) fn limits(args: &LimitArgs) -> Limits {
    let default = Limits::default();
    Limits {
        max_bytes: args.max_bytes.unwrap_or(default.max_bytes),
        max_iterations: args.max_iterations.unwrap_or(default.max_iterations),
        max_memory: args.max_memory.unwrap_or(default.max_memory),
    }
}

/// Which key the flags mean.
pub(super) fn key_choice(args: &InputArgs) -> KeyChoice {
    match (&args.friendly_name, &args.thumbprint) {
        (Some(name), _) => KeyChoice::FriendlyName(name.clone()),
        (None, Some(thumbprint)) => KeyChoice::Thumbprint(thumbprint.0.clone()),
        (None, None) => KeyChoice::Any,
    }
}

/// An expired certificate is written with a warning, unless a gate was set.
fn gate(leaf: &Certificate, args: &OutputArgs) -> Result<(), Failure> {
    let Some(min_days) = args.min_days else {
        return Ok(());
    };
    let validity = Validity::of(leaf, Moment::now(args.soon));
    if validity
        .days_left
        .is_none_or(|days| days >= i64::from(min_days))
    {
        return Ok(());
    }
    let message = format!(
        "the certificate of `{}` {}",
        leaf.label(),
        validity.sentence()
    );
    let (reason, message) = if validity.is_expired() {
        (Reason::Expired, message)
    } else {
        let message = format!("{message}; at least {min_days} days are required");
        (Reason::ExpiresTooSoon, message)
    };
    Err(Failure::message(reason, message)
        .with_hint("renew it in the vault, or ask for fewer days with `--min-days`"))
}

/// A name that stays in its folder. Names from a vault always do.
fn file_name(name: &str) -> Result<&str, Failure> {
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    if plain && name.len() <= 200 {
        return Ok(name);
    }
    let shown = kvcert_pki::text::excerpt(name, 80);
    let message = format!("`{shown}` is no name for files");
    Err(Failure::message(Reason::InvalidName, message).with_hint("give another one with `--name`"))
}

fn policy(args: &OutputArgs) -> Policy {
    Policy {
        force: args.force,
        dry_run: args.dry_run,
        mode: args.mode,
        owner: args.owner.as_deref().map(principal),
        group: args.group.as_deref().map(principal),
    }
}

fn principal(text: &str) -> Principal {
    text.parse().unwrap_or_else(|never| match never {})
}
