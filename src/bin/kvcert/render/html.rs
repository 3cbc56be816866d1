//! As a page: one file that needs no network and no script.
//!
//! `maud` escapes all text; what comes from certificates and vaults goes through `foreign`, which
//! keeps its direction of writing to itself too. The only thing that is not escaped is the page's
//! own style sheet (and the live page's own script), and the policy of the page lets nothing else in.

mod certificate;
mod file;
mod objects;
pub(crate) mod served;
mod timeline;
mod vault;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kvcert::report::Report;
use kvcert_pki::validity::Status;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Any report, seen at `now` (Unix seconds).
pub(crate) fn report(report: &Report, now: i64) -> String {
    match report {
        Report::File(report) => {
            let body = html! { h1 { (foreign(&report.name)) } (file::sections(report, now)) };
            page(&report.name, &body)
        }
        Report::Certificate(report) => page(&report.name, &objects::body(report, now)),
        Report::Vault(report) => page(&report.vault, &vault::body(report, None)),
    }
}

fn page(title: &str, body: &Markup) -> String {
    page_with(title, body, None)
}

/// The script, if there is one, may ask the page's own host only.
fn page_with(title: &str, body: &Markup, script: Option<&str>) -> String {
    let hash = |text: &str| STANDARD.encode(digest(&SHA256, text.as_bytes()));
    let mut policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE)
    );
    if let Some(script) = script {
        policy += &format!("; script-src 'sha256-{}'; connect-src 'self'", hash(script));
    }
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                // No icon: browsers would ask the host for one.
                link rel="icon" href="data:,";
                title { (title) " – kvcert inspect" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main { (body) }
                @if let Some(script) = script { script { (PreEscaped(script)) } }
                footer { p { "Made by kvcert " (env!("CARGO_PKG_VERSION")) ". No private key is on this page." } }
            }
        }
    };
    page.into_string()
}

/// Text from a certificate or a vault.
fn foreign(text: &str) -> Markup {
    html! { bdi { (text) } }
}

/// A word or two with a colour that says how good it is.
fn badge(text: &str, tone: &str) -> Markup {
    html! { span class={ "badge " (tone) } { (text) } }
}

/// The colour of a status.
fn tone(status: Status) -> &'static str {
    match status {
        Status::Valid => "good",
        Status::Expired => "bad",
        Status::Disabled => "faint",
        Status::ExpiresSoon | Status::NotYetValid => "doubtful",
    }
}

/// A list of names and what they are.
fn facts(rows: &[(&str, Markup)]) -> Markup {
    html! {
        dl { @for (name, value) in rows { div { dt { (name) } dd { (value) } } } }
    }
}

const STYLE: &str = include_str!("html/style.css");
