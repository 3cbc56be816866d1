//! A whole vault, by expiry.

use kvcert::report::VaultReport;
use maud::{Markup, html};

use super::timeline::Timeline;
use super::{badge, foreign, tone};

/// `links` is what the address of a certificate's page begins with, if there are such pages.
pub(super) fn body(report: &VaultReport, links: Option<&str>) -> Markup {
    let rows = &report.certificates;
    let timeline = Timeline::of(rows.iter().map(|row| &row.validity), report.now);
    html! {
        p class="lead" { (rows.len()) " certificates, soonest to expire first" }
        h1 { (foreign(&report.title())) }
        div class="card" {
            (timeline.scale())
            table class="stack" {
                thead { tr { th scope="col" { "Certificate" } th scope="col" { "Expires" } th scope="col" { "Left" } th scope="col" { "Validity" } } }
                tbody { @for row in rows { tr {
                    th scope="row" { @match links {
                        Some(links) => a href={ (links) (row.name) } { (foreign(&row.name)) },
                        None => (foreign(&row.name)),
                    } }
                    td class="number" { (row.validity.last_day()) }
                    td { (badge(&row.validity.to_string(), tone(row.validity.status))) }
                    td class="wide" { @if !row.is_pending() { (timeline.bar(&row.validity)) } }
                } } }
            }
        }
    }
}
