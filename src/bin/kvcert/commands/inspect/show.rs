//! The report as text, as JSON, or as a page.

use std::path::Path;

use kvcert::output::{PlannedFile, Policy, Secrecy, write_set};
use kvcert::report::{FileReport, ThreeParts, VaultReport};
use serde::Serialize;

use super::Report;
use crate::cli::InspectArgs;
use crate::commands::export::now;
use crate::commands::{Context, print_failed};
use crate::failure::{Failure, Reason};
use crate::render::html;
use crate::render::text::{self, Style};

/// The report in JSON; `kind` says which it is.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Json<'a> {
    File(&'a FileReport),
    Certificate(&'a ThreeParts),
    Vault(&'a VaultReport),
}

pub(super) fn show(
    report: &Report,
    args: &InspectArgs,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let console = context.console;
    if console.is_json() {
        let json = match report {
            Report::File(report) => Json::File(report),
            Report::Certificate(report) => Json::Certificate(report),
            Report::Vault(report) => Json::Vault(report),
        };
        return console.json(&json).map_err(print_failed);
    }
    if let Some(file) = &args.html {
        return write(file, report, context);
    }
    let style = if console.is_fancy() {
        Style::Fancy
    } else {
        Style::Plain
    };
    let text = match report {
        Report::File(report) => text::file(report, style),
        Report::Certificate(report) => text::three_parts(report, style),
        Report::Vault(report) => text::vault(report, style),
    };
    console.result(&text).map_err(print_failed)
}

/// Writes the page, in place of one that is there; `-` is standard output.
fn write(file: &Path, report: &Report, context: &Context<'_>) -> Result<(), Failure> {
    let page = match report {
        Report::File(report) => html::file(report, now()),
        Report::Certificate(report) => html::three_parts(report, now()),
        Report::Vault(report) => html::vault(report),
    };
    if file == Path::new("-") {
        return context.console.result(&page).map_err(print_failed);
    }
    let name = file.file_name().ok_or_else(|| {
        let message = format!("`{}` is no name for a file", file.display());
        Failure::message(Reason::UnsafeReportName, message)
            .with_hint("`--html` takes the file to write, such as `web.html`")
    })?;
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let page = PlannedFile::new(name, page.into_bytes(), Secrecy::Public);
    let policy = Policy {
        force: true,
        ..Policy::default()
    };
    write_set(folder, &[page], &policy)?;
    context
        .console
        .result(&format!("{}\n", file.display()))
        .map_err(print_failed)
}
