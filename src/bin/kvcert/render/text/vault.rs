//! A whole vault: as a table, or by expiry with bars.

use kvcert::report::VaultReport;

use super::writer::TextWriter;
use crate::style::{Style, Tone};

/// A line for each certificate.
pub(super) fn table(report: &VaultReport, out: &mut TextWriter) {
    let rows = &report.certificates;
    let days = |days: i64| days.to_string();
    let days: Vec<String> = rows
        .iter()
        .map(|row| row.validity.days_left.map_or_else(String::new, days))
        .collect();
    let rows: Vec<_> = rows
        .iter()
        .zip(&days)
        .map(|(row, days)| {
            let status = row.validity.status;
            let expires = row.expires.as_deref().unwrap_or("never");
            let thumbprint = row.thumbprint.as_deref().unwrap_or_default();
            let tone = match Tone::of_status(status) {
                // Only what needs attention stands out.
                Tone::Good => Tone::Plain,
                tone => tone,
            };
            (
                [&row.name, expires, days, status.as_str(), thumbprint],
                tone,
            )
        })
        .collect();
    out.table(HEADER, &rows, DAYS);
}

/// What expires first at the top, with bars.
pub(super) fn by_expiry(report: &VaultReport, out: &mut TextWriter) {
    let count = report.certificates.len();
    let title = format!("{count} certificates in {}", report.vault);
    out.row("", "", &title, Tone::Strong);
    out.blank();
    for row in &report.certificates {
        let end = row.validity.last_day();
        let text = format!("{} ({})", row.name, row.validity);
        let first = format!("{end:<11} {} ", bar(row.validity.days_left, out.style()));
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

const HEADER: [&str; 5] = ["NAME", "EXPIRES", "DAYS", "STATUS", "THUMBPRINT (SHA-1)"];
/// The column that holds numbers.
const DAYS: usize = 2;
