//! The same pages where a dev vault serves them: with links, and with one more page that follows
//! its requests and turns its switches.

use kvcert::report::{CertificateReport, VaultReport};
use maud::{Markup, html};
use serde_json::Value;

use super::{foreign, objects, page_with, vault};

/// A whole vault.
pub(crate) fn whole(report: &VaultReport) -> String {
    let body = html! { (links()) (vault::body(report, Some(CERTIFICATES))) };
    page_with(&report.title(), &body, None)
}

/// A certificate.
pub(crate) fn certificate(report: &CertificateReport, now: i64) -> String {
    let body = html! { (links()) (objects::body(report, now)) };
    page_with(&report.name, &body, None)
}

/// Why there is no such page: `why` is what kvcert says of it.
pub(crate) fn failed(why: &str) -> String {
    let body = html! {
        (links())
        h1 { "Cannot show this page" }
        pre { (foreign(why)) }
        p { "If a switch is on, this is what clients get. " a href=(LIVE) { "Turn it off" } " and reload this page." }
    };
    page_with("Not available", &body, None)
}

/// The log and the switches, as `/_dev/requests` and `/_dev/switches` tell them.
pub(crate) fn live(log: &Value, state: &Value) -> String {
    let body = html! {
        (links())
        h1 { "Requests and switches" }
        p { "Each client first gets a 401 that says where to sign in, then fetches a token, then gets its 200. The certificate pages are clients too: open one and watch its requests here." }
        noscript { p class="warn" { "Without JavaScript, reload this page to update it, and set switches with kvcert dev set and kvcert dev clear." } }
        p id="said" class="warn" role="status" {}
        h2 { "Switches" }
        div class="card" {
            @for (name, value, what) in SWITCHES { p {
                button type="button" data-switch=(name) data-body=(value) aria-pressed=(state["switches"].get(name).is_some().to_string()) { (name) }
                " " (what)
            } }
            p { button type="button" { "Turn all off" } }
        }
        h2 { "Requests" }
        div class="card" {
            table class="stack" {
                thead { tr { th scope="col" { "Status" } th scope="col" { "Method" } th scope="col" { "Address" } th scope="col" { "Switches" } } }
                tbody id="requests" { @for request in last(log) { (row(request)) } }
            }
            p { button type="button" data-forget="yes" { "Clear log" } }
        }
    };
    page_with("Requests and switches", &body, Some(SCRIPT))
}

fn links() -> Markup {
    html! { nav { a href="/" { "Certificates" } " · " a href=(LIVE) { "Requests and switches" } } }
}

/// The last ones, latest first.
fn last(log: &Value) -> impl Iterator<Item = &Value> {
    let requests = log["requests"].as_array().into_iter().flatten();
    requests.rev().take(MOST_ROWS)
}

fn row(request: &Value) -> Markup {
    let text = |field: &str| request[field].as_str().unwrap_or_default().to_owned();
    let switches = request["switches"].as_array().into_iter().flatten();
    let switches: Vec<&str> = switches.filter_map(Value::as_str).collect();
    html! { tr {
        td class="number" { (request["status"]) }
        td { (text("method")) }
        td class="mono" { "https://" (text("host")) (text("path")) }
        td { (switches.join(", ")) }
    } }
}

const LIVE: &str = "/_dev/live";
const CERTIFICATES: &str = "/_dev/pages/";
const MOST_ROWS: usize = 100;
const SCRIPT: &str = include_str!("live.js");
/// The name of a switch, what it is set to, and what it does then.
const SWITCHES: [(&str, &str, &str); 14] = [
    ("throttle", "true", "429 to every request"),
    ("latency", "1000", "each request waits a second"),
    ("error", "true", "503 to every request"),
    ("forbid", "true", "403: no role permits it"),
    (
        "sign-in",
        "53003",
        "no token: blocked by conditional access",
    ),
    ("html", "true", "403 as an HTML page, as from a gateway"),
    ("disabled", "true", "every object is disabled"),
    ("expired", "true", "every object is expired"),
    (
        "reversed-chain",
        "true",
        "certificates in secrets are in reverse order",
    ),
    (
        "content-type",
        "true",
        "secrets state the wrong content type",
    ),
    ("truncate", "true", "responses are cut in half"),
    ("clock", "\"+40d\"", "the vault's clock is 40 days ahead"),
    ("soft-delete", "10000", "each deletion takes ten seconds"),
    (
        "issuance",
        "10000",
        "new certificates are pending for ten seconds",
    ),
];
