//! A certificate of a vault: its three objects side by side, the checks, the fields.

use kvcert::report::{CertificateReport, Outcome, Part, VersionRow};
use kvcert::transport::Message;

use super::writer::{TextWriter, wrap};
use super::{certificate, file};
use crate::style::Tone;

pub(super) fn draw(report: &CertificateReport, out: &mut TextWriter) {
    let title = format!("{} in {}", report.name, report.vault);
    out.row("", "", &title, Tone::Strong);
    out.line(
        "",
        "one certificate, stored as three objects with the same name and version",
    );
    out.blank();
    let parts = &report.parts;
    let all = [
        ("CERTIFICATE", &parts.certificate),
        ("KEY", &parts.key),
        ("SECRET", &parts.secret),
    ];
    side_by_side(&all, out);
    out.heading("Checks");
    for tie in &report.ties {
        let [one, other] = tie.between;
        let text = format!("{:<11} {one} - {other}: {}", tie.what, tie.detail);
        out.check("  ", tie.holds, &text);
    }
    for warning in &report.warnings {
        out.row("! ", "  ", &warning.message, Tone::Warning);
    }
    for (name, part) in all {
        returned(name, part, &report.vault, out);
    }
    if let Some(leaf) = &report.leaf {
        out.heading("The certificate");
        out.row("  ", "  ", &leaf.label, Tone::Strong);
        certificate::body(leaf, "  ", out);
    }
    versions(&report.versions, out);
    if let Some(contents) = &report.contents {
        out.heading("Contents of the secret");
        file::draw(contents, out);
    }
    for message in report.http.iter().flatten() {
        exchange(message, out);
    }
}

/// Three boxes in 80 columns.
fn side_by_side(parts: &[(&str, &Part)], out: &mut TextWriter) {
    let cells: Vec<Vec<String>> = parts.iter().map(|(name, part)| cell(name, part)).collect();
    let [top, middle, bottom] = if out.is_fancy() {
        ["┌┬┐─", "│││ ", "└┴┘─"]
    } else {
        ["+++-", "||| ", "+++-"]
    };
    let rule = |signs: &str| {
        let signs: Vec<char> = signs.chars().collect();
        let side = signs[3].to_string().repeat(CELL + 2);
        format!(
            "{}{side}{}{side}{}{side}{}",
            signs[0], signs[1], signs[1], signs[2]
        )
    };
    out.line("", &rule(top));
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let bar = middle.chars().next().unwrap_or('|');
    for row in 0..height {
        let line = cells.iter().fold(bar.to_string(), |line, cell| {
            let text = cell.get(row).map_or("", String::as_str);
            format!("{line} {text:<CELL$} {bar}")
        });
        out.verbatim(&line);
    }
    out.line("", &rule(bottom));
}

fn cell(name: &str, part: &Part) -> Vec<String> {
    let mut lines = vec![format!("{name}: {}", part.outcome.name()), String::new()];
    let words = [
        ("holds ", part.holds),
        ("never returns ", part.never),
        ("policy ", part.permission.policy),
        ("role ", part.permission.role),
    ];
    for (label, text) in words {
        lines.extend(wrap(&format!("{label}{text}"), CELL));
    }
    lines
}

fn returned(name: &str, part: &Part, vault: &str, out: &mut TextWriter) {
    out.heading(&format!("{name}: {}", part.call));
    let permission = &part.permission;
    out.fact(
        "  ",
        "requires",
        &format!("{} ({})", permission.policy, permission.action),
    );
    if part.outcome == Outcome::NotFetched {
        out.fact("  ", "not fetched", "because of --public-only");
    }
    if let Some(problem) = &part.problem {
        out.fact_in("  ", part.outcome.name(), &problem.message, Tone::Bad);
        if let Some(role) = problem.role {
            out.fact("  ", "least role", role);
        }
    }
    for field in &part.fields {
        let value = match field.value.strip_prefix(vault.trim_end_matches('/')) {
            // The vault is the same for all of them, and is in the title.
            Some(path) => format!("...{path}"),
            None => shortened(&field.value),
        };
        out.line("  ", &format!("{}: {value}", field.name));
        if !field.meaning.is_empty() {
            out.row("      ", "      ", &field.meaning, Tone::Faint);
        }
    }
}

/// Nobody reads long keys and certificates in base64.
fn shortened(value: &str) -> String {
    let count = value.chars().count();
    if count <= LONG || value.contains(' ') {
        return value.to_owned();
    }
    let start: String = value.chars().take(24).collect();
    format!("{start}... ({count} characters)")
}

fn versions(rows: &[VersionRow], out: &mut TextWriter) {
    if rows.is_empty() {
        return;
    }
    out.heading("Versions");
    for row in rows {
        let validity = &row.validity;
        let text = format!(
            "{} {} to {} {}{}",
            row.version,
            validity.first_day(),
            validity.last_day(),
            validity.status,
            if row.is_shown { ", shown above" } else { "" }
        );
        let tone = Tone::of_status(validity.status);
        out.row("  ", "  ", &text, tone);
    }
}

fn exchange(message: &Message, out: &mut TextWriter) {
    out.heading(&format!("> {} {}", message.method, message.url));
    lines(
        "  > ",
        &message.request_headers,
        message.request_body.as_deref(),
        out,
    );
    let status = message
        .status
        .map_or_else(|| "no response".into(), |it| it.to_string());
    out.row("", "  ", &format!("< {status}"), Tone::Strong);
    lines(
        "  < ",
        &message.reply_headers,
        message.reply_body.as_deref(),
        out,
    );
}

fn lines(indent: &str, headers: &[(String, String)], body: Option<&str>, out: &mut TextWriter) {
    for (name, value) in headers {
        out.line(indent, &format!("{name}: {value}"));
    }
    for line in body.iter().flat_map(|body| body.lines()) {
        let text = line.trim_start();
        let depth = line.len() - text.len();
        out.line(&format!("{indent}{:depth$}", ""), text);
    }
}

/// The text in one of the three boxes, in columns: three boxes and four bars make 79.
const CELL: usize = 23;
/// The longest value that is shown whole.
const LONG: usize = 120;
