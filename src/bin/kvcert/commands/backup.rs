//! `kvcert backup` and `restore`: a certificate with all its versions, as the service encrypts it.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kvcert::export::FileReceipt;
use kvcert::given::Given;
use kvcert::output::Secrecy;
use kvcert::vault::{Conflict, VaultError};
use kvcert_pki::sensitive::Sensitive;
use serde::Serialize;
use zeroize::Zeroizing;

use super::show_receipt::file_line;
use super::stored::Stored;
use super::target::Target;
use super::{file, input_flags};
use crate::cli::{BackupArgs, RestoreArgs};
use crate::failure::output::print_failed;
use crate::failure::{Failure, content, vault};
use crate::session::{Context, Session};

/// Writes the backup. Only the service can read it, but whoever has it can restore the key in a
/// vault of their own in the same subscription: it is kept like a key.
pub(super) async fn back_up(args: &BackupArgs, context: &Context<'_>) -> Result<(), Failure> {
    let target = Target::new(&args.name, &Session::new(context)?)?;
    let backup = target.client.back_up_certificate(&target.name).await;
    let backup = backup
        .map_err(Failure::from)
        .map_err(target.failed("back up"))?;
    let console = context.console;
    let out = match &args.out {
        Some(file) => file.clone(),
        None => PathBuf::from(format!("{}.kvbackup", target.name)),
    };
    let bytes = plain(&backup);
    if out == Path::new("-") {
        return console.raw(&bytes).map_err(print_failed);
    }
    let written = FileReceipt::from(file::write(
        &out,
        bytes.to_vec(),
        Secrecy::Private,
        args.force,
        console,
    )?);
    if !console.is_json() {
        return console
            .receipt(&file_line(&written, ""))
            .map_err(print_failed);
    }
    #[derive(Serialize)]
    struct Done {
        outcome: &'static str,
        vault: String,
        name: String,
        file: FileReceipt,
    }
    let done = Done {
        outcome: "backed-up",
        vault: target.client.vault().to_string(),
        name: target.name.to_string(),
        file: written,
    };
    console.json(&done).map_err(print_failed)
}

/// Restores what a backup holds, under the name that it had.
pub(super) async fn restore(args: &RestoreArgs, context: &Context<'_>) -> Result<(), Failure> {
    let bytes = input_flags::read(&args.file, MAX_BACKUP)?;
    let shown = Given::from(args.file.as_path());
    if bytes.is_empty() || bytes.len() > MAX_BACKUP {
        return Err(content::not_a_backup(&args.file));
    }
    let backup = as_the_service_says(&bytes);
    let client = Session::new(context)?.vault(None)?;
    let object = client.restore_certificate(&backup).await.map_err(|error| {
        explain(error).context(format!("cannot restore {shown} to {}", client.vault()))
    })?;
    let stored = Stored::new(&client, &object)?;
    let console = context.console;
    if !console.is_json() {
        console.note(&format!("restored {}", stored.summary()));
        return console
            .result(&format!("{}\n", stored.id()))
            .map_err(print_failed);
    }
    #[derive(Serialize)]
    struct Done {
        outcome: &'static str,
        certificate: Stored,
    }
    let done = Done {
        outcome: "restored",
        certificate: stored,
    };
    console.json(&done).map_err(print_failed)
}

/// The name of the backup may be taken, which the service tells with the words for any conflict.
fn explain(error: VaultError) -> Failure {
    match error {
        VaultError::Conflict {
            kind: Conflict::Other,
            message,
            ..
        } => vault::name_taken(&message),
        error @ VaultError::Rejected { .. } => Failure::from(error).with_hint(
            "give a file that `kvcert backup` or `az keyvault certificate backup` wrote, and a vault of the same subscription and geography",
        ),
        error => error.into(),
    }
}

/// The bytes that the service's base64url stands for: what the Azure command line and the SDKs
/// write to files too.
fn plain(backup: &Sensitive<String>) -> Zeroizing<Vec<u8>> {
    let text = backup.expose();
    let decoded = URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
    Zeroizing::new(decoded.unwrap_or_else(|_| text.as_bytes().to_vec()))
}

/// The base64url of it; a file may hold that already, if someone kept the service's own words.
fn as_the_service_says(bytes: &[u8]) -> Sensitive<String> {
    let is_encoded = |b: &u8| b.is_ascii_alphanumeric() || b"-_=".contains(b);
    match std::str::from_utf8(bytes.trim_ascii()) {
        Ok(text) if text.bytes().all(|b| is_encoded(&b)) => Sensitive::new(text.to_owned()),
        _ => Sensitive::new(URL_SAFE_NO_PAD.encode(bytes)),
    }
}

/// A backup has up to 500 versions.
const MAX_BACKUP: usize = 32 << 20;
