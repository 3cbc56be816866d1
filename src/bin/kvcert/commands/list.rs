//! `kvcert list`: the vault's certificates with their expiry.

use anstyle::{AnsiColor, Style};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use kvcert::vault::CertificateItem;
use kvcert_pki::text::rfc3339;
use serde::Serialize;

use super::export::{SECONDS_A_DAY, now};
use super::{Context, print_failed};
use crate::cli::{ListArgs, SortArg};
use crate::failure::Failure;
use crate::session::Session;

pub(super) async fn run(args: &ListArgs, context: &Context<'_>) -> Result<(), Failure> {
    let client = Session::new(context)?.vault(None)?;
    let mut items = client.certificates().await.map_err(|error| {
        Failure::from(error).context(format!("cannot list `{}`", client.vault()))
    })?;
    items.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
    if args.sort == SortArg::Expires {
        items.sort_by_key(|item| item.expires.unwrap_or(i64::MAX));
    }
    let rows: Vec<Row> = items.iter().map(|item| Row::new(item, now())).collect();
    let console = context.console;
    if console.is_json() {
        let list = List {
            vault: client.vault().to_string(),
            certificates: rows,
        };
        return console.json(&list).map_err(print_failed);
    }
    if rows.is_empty() {
        console.note(&format!("no certificates in {}", client.vault()));
        return Ok(());
    }
    console.result(&table(&rows)).map_err(print_failed)
}

/// The list in JSON.
#[derive(Serialize)]
struct List {
    vault: String,
    certificates: Vec<Row>,
}

/// One certificate: the current version.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    name: String,
    id: String,
    enabled: bool,
    status: &'static str,
    not_before: Option<String>,
    expires: Option<String>,
    days_left: Option<i64>,
    created: Option<String>,
    updated: Option<String>,
    /// SHA-1, lower-case hexadecimal.
    thumbprint: Option<String>,
}

impl Row {
    fn new(item: &CertificateItem, now: i64) -> Self {
        let left = item.expires.map(|end| end.saturating_sub(now));
        let thumbprint = item.x5t.as_deref().map(|x5t| x5t.trim_end_matches('='));
        Self {
            name: item.name.to_string(),
            id: item.id.clone(),
            enabled: item.enabled,
            status: match left {
                _ if !item.enabled => "disabled",
                Some(left) if left < 0 => "expired",
                Some(left) if left < SOON => "expires soon",
                _ => "valid",
            },
            not_before: item.not_before.map(rfc3339),
            expires: item.expires.map(rfc3339),
            days_left: left.map(|left| left.div_euclid(SECONDS_A_DAY)),
            created: item.created.map(rfc3339),
            updated: item.updated.map(rfc3339),
            thumbprint: thumbprint
                .and_then(|x5t| URL_SAFE_NO_PAD.decode(x5t).ok())
                .map(hex::encode),
        }
    }

    fn style(&self) -> Style {
        match self.status {
            "expired" => AnsiColor::Red.on_default(),
            "expires soon" => AnsiColor::Yellow.on_default(),
            "disabled" => Style::new().dimmed(),
            _ => Style::new(),
        }
    }
}

/// The table, each line in the colour of its row.
fn table(rows: &[Row]) -> String {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(["NAME", "EXPIRES", "DAYS", "STATUS", "THUMBPRINT (SHA-1)"]);
    for row in rows {
        table.add_row([
            row.name.as_str(),
            row.expires.as_deref().unwrap_or("never"),
            &row.days_left
                .map(|days| days.to_string())
                .unwrap_or_default(),
            row.status,
            row.thumbprint.as_deref().unwrap_or_default(),
        ]);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if index == DAYS {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let styles = std::iter::once(Style::new().bold()).chain(rows.iter().map(Row::style));
    let lines = table.to_string();
    lines
        .lines()
        .zip(styles)
        .fold(String::new(), |text, (line, style)| {
            text + &format!("{style}{}{style:#}\n", line.trim_end())
        })
}

/// The column that holds numbers.
const DAYS: usize = 2;
/// What is called soon.
const SOON: i64 = 30 * SECONDS_A_DAY;
