//! A file taken apart.

use std::path::Path;

use kvcert::report::FileReport;
use kvcert_pki::format::anatomy::{self, Anatomy, Holds, Structure};
use kvcert_pki::format::{Limits, Password};

use crate::cli::InspectArgs;
use crate::commands::export::{self, now};
use crate::commands::{Context, input};
use crate::failure::Failure;

/// Reads `file` (`-` is standard input) and takes it apart. If it needs a password, none was given,
/// and someone is there, it is asked for.
pub(super) fn report(
    file: &Path,
    args: &InspectArgs,
    context: &Context<'_>,
) -> Result<FileReport, Failure> {
    let shown = file.display().to_string();
    let limits = export::limits(&args.limits);
    let given = input::password(&args.password, &format!("`{shown}`"), context)?;
    let bytes = input::read(file, limits.max_bytes)?;
    let may_ask = given.is_none() && context.console.can_ask();
    let open = |password: &Password| anatomy_of(&bytes, password, &limits, &shown);
    let mut anatomy = open(&given.unwrap_or_default())?;
    if may_ask && is_locked(&anatomy) {
        anatomy = open(&input::ask(&format!("`{shown}`"))?)?;
    }
    let command = format!("kvcert convert {}", quoted(&shown));
    Ok(FileReport::new(&shown, &command, anatomy, now()))
}

fn anatomy_of(
    bytes: &[u8],
    password: &Password,
    limits: &Limits,
    shown: &str,
) -> Result<Anatomy, Failure> {
    anatomy::anatomy(bytes, password, limits)
        .map_err(|error| Failure::from(error).context(format!("cannot inspect `{shown}`")))
}

/// Whether a password would show more.
fn is_locked(anatomy: &Anatomy) -> bool {
    let is_locked = |holds: &Holds| matches!(holds, Holds::Locked);
    match &anatomy.structure {
        Structure::Pkcs12(pfx) => pfx.opened_with.is_none(),
        Structure::Pem { blocks } => blocks.iter().any(|block| is_locked(&block.holds)),
        Structure::Der { block } => is_locked(&block.holds),
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:+@%=".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
