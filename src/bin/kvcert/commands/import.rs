//! `kvcert import`: a certificate and its key, put into the vault in the form it takes.

mod shape;

use kvcert::agreement::ObjectChecks;
use kvcert::export::Warning;
use kvcert::given::Given;
use kvcert::input::{AskPassword, InputError, ReadOptions};
use kvcert::retrieve::{ThreeObjects, Verify};
use kvcert::unpack;
use kvcert::vault::address::CertificateRef;
use kvcert::vault::{CertificateObject, Import, SecretValue, VaultError};
use kvcert_pki::certified_key::CertifiedKey;
use kvcert_pki::format::{Container, Contents};
use kvcert_pki::validity::{Moment, Validity};
use serde::Serialize;

use super::input_flags;
use super::show_receipt::warnings;
use super::stored::Stored;
use super::target::Target;
use crate::cli::ImportArgs;
use crate::failure::output::print_failed;
use crate::failure::{Failure, content, usage};
use crate::session::{Context, Session};

pub(super) async fn run(args: &ImportArgs, context: &Context<'_>) -> Result<(), Failure> {
    let shown = shown(args);
    let failed = |failure: Failure| failure.context(format!("cannot import {shown}"));
    let (certified, container) = read(args, context).map_err(failed)?;
    let import = shape::of(args, &certified, &container).map_err(failed)?;
    let lapses = certified.chain().lapses(Moment::default());
    let warnings = warnings(certified.findings(), &lapses, context.console);
    let target = Target::new(&args.name, &Session::new(context)?)?;
    let failed = target.failed("import");
    let (outcome, object) = put(&target, &certified, &import).await.map_err(&failed)?;
    let checked = read_back(&target, &certified, &object, args).await;
    let (checks, notes) = checked.map_err(&failed)?;
    for note in &notes {
        context.console.note(&format!("note: {note}"));
    }
    let receipt = Receipt {
        outcome,
        exportable: import.policy.key.exportable,
        content_type: import.policy.secret.content_type,
        certificate: Stored::new(&target.client, &object)?,
        chain: certified.chain().certificates().len(),
        checks,
        warnings,
        notes,
    };
    report(&target, &receipt, context)
}

/// The files, for people.
fn shown(args: &ImportArgs) -> String {
    let files = args
        .files
        .iter()
        .map(|file| Given::from(file.as_path()).to_string());
    files.collect::<Vec<_>>().join(" and ")
}

/// Reads the files. A key that is not the certificate's is refused here.
fn read(args: &ImportArgs, context: &Context<'_>) -> Result<(CertifiedKey, Container), Failure> {
    let max_bytes = input_flags::limits(&args.input.limits).max_bytes;
    let all = args
        .files
        .iter()
        .map(|file| Ok((file, input_flags::read(file, max_bytes)?)))
        .collect::<Result<Vec<_>, InputError>>()?;
    let password = input_flags::password(&args.password, &shown(args), context)?;
    let read = ReadOptions {
        password_was_typed: args.password.is_typed(),
        ..input_flags::read_options(password, &args.input)
    };
    let ask: Option<AskPassword<'_>> = match context.console.can_ask() {
        true => Some(&input_flags::ask_for),
        false => None,
    };
    let mut contents: Option<Contents> = None;
    for (file, bytes) in all {
        let found = match read.contents_or_ask(&bytes, file, true, ask) {
            Err(InputError::Content(error)) => return Err(content::not_imported(error)),
            found => found?,
        };
        match &mut contents {
            Some(contents) => contents.absorb(found),
            None => contents = Some(found),
        }
    }
    // clap demands a file.
    let mut contents = contents.ok_or_else(usage::no_certificate)?;
    contents.choose(&read.key)?;
    let container = contents.container.clone();
    let certified = contents.into_certified_key();
    let certified = certified.map_err(content::not_imported)?;
    let validity = Validity::of(certified.chain().leaf(), Moment::default());
    if validity.is_expired() {
        return Err(content::import_expired(&validity));
    }
    Ok((certified, container))
}

/// Imports it, unless the current version is this very certificate.
async fn put(
    target: &Target,
    certified: &CertifiedKey,
    import: &Import,
) -> Result<(&'static str, CertificateObject), Failure> {
    let Target { client, name } = target;
    match client.certificate(name, None).await {
        Ok(there) if there.der == certified.chain().leaf().der() => {
            return Ok(("unchanged", there));
        }
        // Whoever may import need not be allowed to look, and one in the making has no bytes yet.
        Ok(_)
        | Err(
            VaultError::NotFound { .. }
            | VaultError::Forbidden { .. }
            | VaultError::NotIssued { .. }
            | VaultError::Conflict { .. }
            | VaultError::Disabled { .. },
        ) => {}
        Err(error) => return Err(error.into()),
    }
    let imported = client.import_certificate(name, import).await?;
    if imported.der != certified.chain().leaf().der() {
        return Err(content::import_differs("the certificate object"));
    }
    Ok(("imported", imported))
}

/// Reads the three objects back and compares them with the file.
async fn read_back(
    target: &Target,
    certified: &CertifiedKey,
    object: &CertificateObject,
    args: &ImportArgs,
) -> Result<(Option<ObjectChecks>, Vec<String>), Failure> {
    let stored = CertificateRef {
        vault: None,
        name: target.name.clone(),
        version: Some(object.version.clone()),
    };
    let mut notes = Vec::new();
    let objects = match ThreeObjects::get(&target.client, &stored, Verify::Auto).await {
        Ok(objects) => objects,
        Err(error @ VaultError::Forbidden { .. }) => {
            notes.push(format!("not compared with the secret: {error}"));
            return Ok((None, notes));
        }
        Err(error) => return Err(error.into()),
    };
    let leaf = certified.chain().leaf();
    let (secret, checks) = objects.check(leaf, Verify::Auto, &mut notes)?;
    check_secret(&secret, certified, args, &mut notes)?;
    Ok((Some(checks), notes))
}

/// The secret holds the same leaf, and the key only if it may.
fn check_secret(
    secret: &SecretValue,
    certified: &CertifiedKey,
    args: &ImportArgs,
    notes: &mut Vec<String>,
) -> Result<(), Failure> {
    let contents = unpack::contents(secret, &ReadOptions::default())?;
    let has_key = !contents.keys.is_empty();
    let chain = contents.into_chain()?;
    if chain.leaf().der() != certified.chain().leaf().der() {
        return Err(content::import_differs("the secret"));
    }
    if has_key == args.not_exportable {
        let state = if has_key {
            "exportable"
        } else {
            "not exportable"
        };
        notes.push(format!("the key in the vault is {state}, as it was before"));
    }
    Ok(())
}

/// What was done. The JSON field names are part of the contract.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    outcome: &'static str,
    exportable: bool,
    content_type: String,
    certificate: Stored,
    /// How many certificates, the leaf among them.
    chain: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<ObjectChecks>,
    warnings: Vec<Warning>,
    notes: Vec<String>,
}

fn report(target: &Target, receipt: &Receipt, context: &Context<'_>) -> Result<(), Failure> {
    let console = context.console;
    if console.is_json() {
        return console.json(receipt).map_err(print_failed);
    }
    let (outcome, summary) = (receipt.outcome, receipt.certificate.summary());
    console.note(&format!("{outcome} {}: {summary}", target.name));
    console
        .result(&format!("{}\n", receipt.certificate.id()))
        .map_err(print_failed)
}
