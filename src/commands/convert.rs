//! `kvcert convert`: from a local file to files, no network.

use std::path::Path;

use super::{
    Context,
    export::{self, Exporter, Material},
    input, print_failed,
    receipt::Receipt,
};
use crate::{
    cli::ConvertArgs,
    content_error::ContentError,
    failure::{Failure, Kind},
    format::{self, Contents, Limits, Password},
};

pub(super) fn run(args: &ConvertArgs, context: &Context<'_>) -> Result<(), Failure> {
    let shown = format!("`{}`", args.file.display());
    let limits = export::limits(&args.input);
    let choice = export::key_choice(&args.input);
    let from_stdin = args.file == Path::new("-");
    let password_from_stdin = args.password.password_file.as_deref() == Some(Path::new("-"));
    if from_stdin && password_from_stdin {
        let message = "standard input cannot carry both the file and its password";
        return Err(Failure::message(Kind::Usage, "one-standard-input", message));
    }
    let password = input::password(&args.password, &shown, context)?;
    let exporter = Exporter::new(&args.output, context)?;
    let bytes = input::read(&args.file, limits.max_bytes)?;
    let mut receipt = open(&bytes, password, &shown, &limits, context)
        .and_then(|contents| Ok(Material::new(contents, &bytes, &choice, &args.output)?))
        .and_then(|material| exporter.export(&material, &name(&args.file)))
        .map_err(|failure| failure.context(format!("cannot convert {shown}")))?;
    receipt.source = Some(args.file.display().to_string());
    if context.console.is_json() {
        let all = Receipt {
            certificates: vec![receipt],
            ..Receipt::default()
        };
        return context.console.json(&all).map_err(print_failed);
    }
    if args.output.out.as_deref() == Some(Path::new("-")) {
        return Ok(());
    }
    context.console.note(&receipt.summary());
    context
        .console
        .result(&receipt.to_text())
        .map_err(print_failed)
}

/// Reads the file; asks for a password if it needs one, none was given, and someone is there.
fn open(
    bytes: &[u8],
    password: Option<Password>,
    shown: &str,
    limits: &Limits,
    context: &Context<'_>,
) -> Result<Contents, Failure> {
    let first = password.unwrap_or_default();
    match format::read(bytes, &first, limits) {
        Err(ContentError::WrongPassword { given: false, .. }) if context.console.can_ask() => {
            Ok(format::read(bytes, &input::ask(shown)?, limits)?)
        }
        result => Ok(result?),
    }
}

/// The file's name without its ending.
fn name(file: &Path) -> String {
    if file == Path::new("-") {
        return String::from("certificate");
    }
    file.file_stem()
        .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}
