//! From a certified key to files: what `get` and `convert` share.

use std::{
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use zeroize::Zeroizing;

use super::{Context, print_failed, receipt::CertificateReceipt};
use crate::{
    certificate::Certificate,
    certified_key::CertifiedKey,
    chain::{Chain, Finding},
    cli::{FormatArg, OutputArgs},
    content_error::ContentError,
    failure::{Failure, Kind},
    format::{Container, Contents, Limits, pem},
    key::PrivateKey,
    output::{PlannedFile, Policy, Principal, Secrecy, write_set},
    text::rfc3339,
};

/// A chain, with its key or without, and what is worth telling about it.
pub(super) struct Material {
    certified: Certified,
    pub(super) container: Container,
    pub(super) notes: Vec<String>,
}

enum Certified {
    WithKey(CertifiedKey),
    Public(Chain),
}

impl Material {
    /// Makes sense of what was read; with `--no-key` the key only tells the leaf.
    pub(super) fn new(mut contents: Contents, args: &OutputArgs) -> Result<Self, ContentError> {
        let container = contents.container.clone();
        let notes = std::mem::take(&mut contents.notes);
        let certified = if args.no_key {
            Certified::Public(contents.into_chain()?)
        } else {
            Certified::WithKey(contents.into_certified_key()?)
        };
        Ok(Self {
            certified,
            container,
            notes,
        })
    }

    pub(super) fn chain(&self) -> &Chain {
        match &self.certified {
            Certified::WithKey(certified) => certified.chain(),
            Certified::Public(chain) => chain,
        }
    }

    pub(super) fn key(&self) -> Option<&PrivateKey> {
        match &self.certified {
            Certified::WithKey(certified) => Some(certified.key()),
            Certified::Public(_) => None,
        }
    }

    pub(super) fn findings(&self) -> Vec<&Finding> {
        match &self.certified {
            Certified::WithKey(certified) => certified.findings().collect(),
            Certified::Public(chain) => chain.findings().iter().collect(),
        }
    }

    /// The certificates for the certificate file, in order.
    fn certificates(&self, args: &OutputArgs) -> Vec<&Certificate> {
        let chain = self.chain();
        let mut chosen: Vec<&Certificate> = chain.certificates().iter().collect();
        if args.no_chain {
            chosen.truncate(1);
        }
        if args.all_certs {
            chosen.extend(chain.strangers());
        }
        chosen
    }
}

/// Writes the files that the flags ask for and says what was written.
pub(super) fn export(
    material: &Material,
    name: &str,
    args: &OutputArgs,
    context: &Context<'_>,
) -> Result<CertificateReceipt, Failure> {
    gate(material.chain().leaf(), args)?;
    for finding in material.findings() {
        context.console.warning(&finding.to_string());
    }
    for note in &material.notes {
        context.console.note(&format!("note: {note}"));
    }
    let name = file_name(args.name.as_deref().unwrap_or(name))?;
    if args.out.as_deref() == Some(Path::new("-")) {
        to_standard_output(material, args, context)?;
        return Ok(CertificateReceipt::new(name, material, Vec::new(), false));
    }
    let folder = args.out.clone().unwrap_or_else(|| PathBuf::from("."));
    let files = plan(material, name, args);
    let written = write_set(&folder, &files, &policy(args))?;
    Ok(CertificateReceipt::new(
        name,
        material,
        written,
        args.dry_run,
    ))
}

/// The limits that the flags set.
pub(super) fn limits(args: &OutputArgs) -> Limits {
    let default = Limits::default();
    Limits {
        max_iterations: args.max_iterations.unwrap_or(default.max_iterations),
        ..default
    }
}

/// An expired certificate is written with a warning, unless a gate was set.
fn gate(leaf: &Certificate, args: &OutputArgs) -> Result<(), Failure> {
    let Some(min_days) = args.min_days else {
        return Ok(());
    };
    let left = leaf.not_after().saturating_sub(now());
    if left >= i64::from(min_days) * SECONDS_A_DAY {
        return Ok(());
    }
    let (label, end) = (leaf.label(), rfc3339(leaf.not_after()));
    let (reason, message) = if left < 0 {
        (
            "expired",
            format!("the certificate of `{label}` expired on {end}"),
        )
    } else {
        let days = left / SECONDS_A_DAY;
        let message = format!(
            "the certificate of `{label}` expires on {end}, in {days} days; at least {min_days} were asked for"
        );
        ("expires-too-soon", message)
    };
    Err(Failure::message(Kind::Gate, reason, message)
        .with_hint("renew it in the vault, or ask for fewer days with `--min-days`"))
}

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    let elapsed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
}

/// A name that stays in its folder. Names from a vault always do.
fn file_name(name: &str) -> Result<&str, Failure> {
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    if plain && name.len() <= 200 {
        return Ok(name);
    }
    let shown = crate::text::excerpt(name, 80);
    Err(Failure::message(
        Kind::Usage,
        "invalid-name",
        format!("`{shown}` is no name for files"),
    )
    .with_hint("give another one with `--name`"))
}

fn plan(material: &Material, name: &str, args: &OutputArgs) -> Vec<PlannedFile> {
    let chosen = material.certificates(args);
    let certificates = |list: &[&Certificate]| certificates_pem(list).as_bytes().to_vec();
    let public = |path: String, bytes| PlannedFile::new(path, bytes, Secrecy::Public);
    let private = |path: String, bytes| PlannedFile::new(path, bytes, Secrecy::Private);
    let key_pem = material.key().map(|key| key_pem(key).as_bytes().to_vec());
    let mut files = Vec::new();
    match args.format {
        FormatArg::Pem => {
            files.push(public(format!("{name}.crt"), certificates(&chosen)));
            files.extend(key_pem.map(|key| private(format!("{name}.key"), key)));
        }
        FormatArg::Combined => {
            let all = combined_pem(material, args).as_bytes().to_vec();
            let secrecy = if key_pem.is_some() {
                Secrecy::Private
            } else {
                Secrecy::Public
            };
            files.push(PlannedFile::new(format!("{name}.pem"), all, secrecy));
        }
        FormatArg::Certbot => {
            files.push(public(
                format!("{name}/cert.pem"),
                certificates(&chosen[..1]),
            ));
            files.push(public(
                format!("{name}/chain.pem"),
                certificates(&chosen[1..]),
            ));
            files.push(public(
                format!("{name}/fullchain.pem"),
                certificates(&chosen),
            ));
            files.extend(key_pem.map(|key| private(format!("{name}/privkey.pem"), key)));
        }
        FormatArg::Der => {
            files.push(public(
                format!("{name}.der"),
                material.chain().leaf().der().to_vec(),
            ));
            let key = material.key().map(|key| key.secret_pkcs8_der().to_vec());
            files.extend(key.map(|key| private(format!("{name}.key.der"), key)));
        }
    }
    files
}

fn to_standard_output(
    material: &Material,
    args: &OutputArgs,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let usage = |reason, message: &str, hint: &str| {
        Failure::message(Kind::Usage, reason, message).with_hint(hint)
    };
    if context.console.is_json() {
        let message = "standard output cannot carry both the files and JSON";
        return Err(usage(
            "two-results",
            message,
            "leave out `--json`, or name a folder with `-o`",
        ));
    }
    if material.key().is_some() && context.console.is_terminal() && !args.force {
        let message = "a private key is not shown on a terminal";
        let hint = "send it to a file or a program, add `--no-key`, or insist with `--force`";
        return Err(usage("key-to-terminal", message, hint));
    }
    match args.format {
        FormatArg::Pem | FormatArg::Combined => {
            let text = combined_pem(material, args);
            context.console.raw(text.as_bytes()).map_err(print_failed)
        }
        FormatArg::Der if args.no_key => context
            .console
            .raw(material.chain().leaf().der())
            .map_err(print_failed),
        FormatArg::Der | FormatArg::Certbot => {
            let message = "this format is several files; standard output takes one";
            Err(usage(
                "several-files",
                message,
                "use `--format combined`, or name a folder with `-o`",
            ))
        }
    }
}

/// Key, leaf, chain: what `combined` is, and what a pipe gets.
fn combined_pem(material: &Material, args: &OutputArgs) -> Zeroizing<String> {
    let mut text = material.key().map(key_pem).unwrap_or_default();
    let certificates = certificates_pem(&material.certificates(args));
    let mut all = Zeroizing::new(String::with_capacity(text.len() + certificates.len()));
    all.push_str(&text);
    all.push_str(&certificates);
    std::mem::swap(&mut text, &mut all);
    text
}

fn key_pem(key: &PrivateKey) -> Zeroizing<String> {
    let mut text = Zeroizing::default();
    pem::encode("PRIVATE KEY", key.secret_pkcs8_der(), &mut text);
    text
}

fn certificates_pem(certificates: &[&Certificate]) -> Zeroizing<String> {
    let mut text = Zeroizing::default();
    for certificate in certificates {
        pem::encode("CERTIFICATE", certificate.der(), &mut text);
    }
    text
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

pub(super) const SECONDS_A_DAY: i64 = 86_400;
