//! A whole vault: as a table, or by expiry with bars.

use kvcert::report::{VaultReport, VaultRow, WaitsFor};

use super::writer::TextWriter;
use crate::style::{Style, Tone};

/// A line for each certificate; with several vaults, each line says which.
pub(super) fn table(report: &VaultReport, out: &mut TextWriter) {
    let rows = &report.certificates;
    let has_details = rows
        .iter()
        .any(|row| row.details.is_some() || row.waits_for.is_some());
    let mut header = vec!["NAME", "EXPIRES", "DAYS", "STATUS"];
    header.extend(match has_details {
        true => ["KEY", "EXPORTABLE", "SUBJECT"].as_slice(),
        false => &["THUMBPRINT (SHA-1)"],
    });
    let has_vaults = report.vaults.len() > 1;
    if has_vaults {
        header.insert(0, "VAULT");
    }
    let cells = |row: &VaultRow| {
        let mut cells = vec![
            row.name.clone(),
            match &row.expires {
                Some(expires) => expires.clone(),
                None if row.is_pending() => String::new(),
                None => "never".to_owned(),
            },
            row.validity
                .days_left
                .map_or_else(String::new, |days| days.to_string()),
            row.validity.status.to_string(),
        ];
        match has_details {
            true => cells.extend(details(row)),
            false => cells.push(row.thumbprint.clone().unwrap_or_default()),
        }
        if has_vaults {
            cells.insert(0, short(&row.vault, &report.vaults).to_owned());
        }
        let tone = match Tone::of_status(row.validity.status) {
            // Only what needs attention stands out.
            Tone::Good => Tone::Plain,
            tone => tone,
        };
        (cells, tone)
    };
    let rows: Vec<_> = rows.iter().map(cells).collect();
    let days = header.iter().position(|title| *title == "DAYS");
    out.table(&header, &rows, days);
}

/// The key, whether it may leave, and the subject or the first name.
fn details(row: &VaultRow) -> [String; 3] {
    let Some(details) = &row.details else {
        let waits_for = match row.waits_for {
            Some(WaitsFor::Merge) => "waits for `kvcert merge`",
            Some(WaitsFor::Issuer) => "waits for its issuer",
            None => "",
        };
        return ["", "", waits_for].map(str::to_owned);
    };
    let exportable = match details.exportable {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    };
    let name = details.subject_alternative_names.first();
    let subject = row.subject.as_deref().filter(|subject| !subject.is_empty());
    let subject = subject
        .or_else(|| name.map(String::as_str))
        .unwrap_or_default();
    [&*details.key, exportable, subject].map(str::to_owned)
}

/// A vault by its name, or by its whole URL where another one has the same name.
fn short<'a>(vault: &'a str, vaults: &[String]) -> &'a str {
    let name = |url: &'a str| {
        let host = url.strip_prefix("https://").unwrap_or(url);
        host.split(['.', ':', '/']).next().unwrap_or(host)
    };
    let begins = format!("https://{}.", name(vault));
    match vaults.iter().filter(|it| it.starts_with(&begins)).count() {
        1 => name(vault),
        _ => vault,
    }
}

/// What expires first at the top, with bars.
pub(super) fn by_expiry(report: &VaultReport, out: &mut TextWriter) {
    let count = report.certificates.len();
    let title = format!("{count} certificates in {}", report.title());
    out.row("", "", &title, Tone::Strong);
    out.blank();
    for row in &report.certificates {
        let end = row.validity.last_day();
        let text = format!("{} ({})", row.name, row.validity);
        let days = match row.is_pending() {
            true => Some(0),
            false => row.validity.days_left,
        };
        let first = format!("{end:<11} {} ", bar(days, out.style()));
        let rest = " ".repeat(first.chars().count());
        out.row(&first, &rest, &text, Tone::of_status(row.validity.status));
    }
}

/// How long it is still valid: a character for each month, up to a year.
fn bar(days: Option<i64>, style: Style) -> String {
    let months = days.map_or(12, |days| (days + 29) / 30).clamp(0, 12);
    let (full, empty) = match style {
        Style::Fancy => ('█', '·'),
        Style::Plain => ('#', '.'),
    };
    (0..12)
        .map(|at| if at < months { full } else { empty })
        .collect()
}
