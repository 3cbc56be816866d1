//! `kvcert inspect`: the three parts of a certificate, a whole vault, or what is inside a file.

use std::path::Path;

use kvcert::given::Given;
use kvcert::input::{InputError, MAX_ANSWERS, Question, ReadOptions};
use kvcert::output::Secrecy;
use kvcert::report::{CertificateOptions, CertificateReport, FileReport, Order, Report};
use kvcert::transport::Transcript;
use kvcert::vault::address::{CertificateRef, Pasted};
use kvcert_pki::format::Password;
use kvcert_pki::validity::{Moment, now};

use super::{file, input_flags, list};
use crate::cli::InspectArgs;
use crate::failure::output::print_failed;
use crate::failure::{Failure, shell_word};
use crate::render::{html, text};
use crate::session::{Context, Session};

pub(super) async fn run(args: &InspectArgs, context: &Context<'_>) -> Result<(), Failure> {
    let report = match args.what.as_deref() {
        Some(what) if is_file(what, context) => of_file(Path::new(what), args, context)?,
        Some(what) => of_certificate(what, args, context).await?,
        None => {
            let client = Session::new(context)?.vault(None)?;
            Report::Vault(list::fetch(&client, Order::Expiry, Moment::now(args.soon)).await?)
        }
    };
    show(&report, args, context)
}

/// What cannot be a certificate's name; and a file that exists, unless the flags name a vault.
fn is_file(what: &str, context: &Context<'_>) -> bool {
    if what == "-" {
        return true;
    }
    #[cfg(feature = "dev-vault")]
    let is_dev = context.global.dev.is_some();
    #[cfg(not(feature = "dev-vault"))]
    let is_dev = false;
    let names_vault = is_dev || !context.global.vault.is_empty();
    let is_url = what.contains("://") || !matches!(Pasted::parse(what, context.cloud), Ok(None));
    let looks_like_one = what.contains(['.', '\\']) || what.starts_with('/');
    !is_url && (looks_like_one || (!names_vault && Path::new(what).is_file()))
}

/// `-` is standard input. If the file needs a password and none was given, asks for it where
/// someone can answer.
fn of_file(file: &Path, args: &InspectArgs, context: &Context<'_>) -> Result<Report, Failure> {
    let shown = file.display().to_string();
    let quoted = Given::from(file).to_string();
    let limits = input_flags::limits(&args.limits);
    let given = input_flags::password(&args.password, &quoted, context)?;
    let bytes = input_flags::read(file, limits.max_bytes)?;
    let command = format!("kvcert convert {}", shell_word(&shown));
    let moment = Moment::now(args.soon);
    let open = |password: &Password| {
        FileReport::read(&shown, &command, &bytes, password, &limits, moment)
            .map_err(|error| Failure::from(error).context(format!("cannot inspect {quoted}")))
    };
    let mut password = given.unwrap_or_default();
    let mut report = open(&password)?;
    if !context.console.can_ask() {
        return Ok(Report::File(Box::new(report)));
    }
    let (of_file, of_key) = (&args.password.file, &args.password.key);
    let mut is_again = [of_file.password_prompt, of_key.key_in_password_prompt];
    for _ in usize::from(of_file.password_prompt)..MAX_ANSWERS {
        let is_of_key = match report.is_locked() {
            true if !of_file.is_fixed() => false,
            false if report.has_locked_key() && !of_key.is_fixed() => true,
            _ => break,
        };
        let question = Question {
            file,
            is_of_key,
            is_again: is_again[usize::from(is_of_key)],
        };
        is_again[usize::from(is_of_key)] = true;
        let answer = input_flags::ask_for(&question).map_err(InputError::Password)?;
        password = match is_of_key {
            true => password.with_key_password(&answer),
            false => password.with_file_password(&answer),
        };
        report = open(&password)?;
    }
    Ok(Report::File(Box::new(report)))
}

async fn of_certificate(
    what: &str,
    args: &InspectArgs,
    context: &Context<'_>,
) -> Result<Report, Failure> {
    let wanted = CertificateRef::parse(what, context.cloud)?;
    let options = CertificateOptions {
        public_only: args.public_only,
        read: ReadOptions {
            password: input_flags::password(&args.password, "the secret's PFX", context)?
                .unwrap_or_default(),
            limits: input_flags::limits(&args.limits),
            ..ReadOptions::default()
        },
    };
    let transcript = args.http.then(Transcript::default);
    let mut session = Session::new(context)?;
    if let Some(transcript) = &transcript {
        session = session.with_transcript(transcript);
    }
    let client = session.vault(wanted.vault.as_ref())?;
    let (name, version) = (&wanted.name, wanted.version.as_ref());
    let moment = Moment::now(args.soon);
    let mut report = CertificateReport::fetch(&client, name, version, &options, moment).await?;
    report.http = transcript.map(|it| it.messages());
    Ok(Report::Certificate(Box::new(report)))
}

/// As JSON, as a page or as text.
fn show(report: &Report, args: &InspectArgs, context: &Context<'_>) -> Result<(), Failure> {
    let console = context.console;
    let printed = match &args.html {
        _ if console.is_json() => console.json(report),
        None => console.result(&text::report(report, console.style())),
        Some(file) if file == Path::new("-") => console.result(&html::report(report, now())),
        Some(file) => {
            let page = html::report(report, now()).into_bytes();
            file::write(file, page, Secrecy::Public, true, console)?;
            console.receipt(&format!("{}\n", file.display()))
        }
    };
    printed.map_err(print_failed)
}
