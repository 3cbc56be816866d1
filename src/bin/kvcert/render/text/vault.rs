//! A whole vault, by expiry.

use kvcert::report::{Validity, VaultReport};

use super::certificate::tone;
use super::paper::{Paper, Tone};

pub(super) fn draw(report: &VaultReport, paper: &mut Paper) {
    let count = report.certificates.len();
    let title = format!("{count} certificates in {}", report.vault);
    paper.row("", "", &title, Tone::Strong);
    paper.blank();
    for row in &report.certificates {
        let end = Validity::day(&row.validity.not_after);
        let status = row.validity.status;
        let text = format!("{} ({status}, {})", row.name, row.validity.left());
        let first = format!(
            "{end:<11} {} ",
            bar(row.validity.days_left, paper.is_fancy())
        );
        let rest = " ".repeat(first.chars().count());
        paper.row(&first, &rest, &text, tone(status));
    }
}

/// How long it lasts still, a character for each month up to a year.
fn bar(days: Option<i64>, is_fancy: bool) -> String {
    let months = days.map_or(12, |days| (days + 29) / 30).clamp(0, 12);
    let (full, empty) = if is_fancy { ('█', '·') } else { ('#', '.') };
    (0..12)
        .map(|at| if at < months { full } else { empty })
        .collect()
}
