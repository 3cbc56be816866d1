//! A certificate on a card.

use kvcert::report::CertificateFacts;
use maud::{Markup, html};

use super::timeline::Timeline;
use super::{badge, facts, foreign, tone};

/// A card; `number` is its place among others.
pub(super) fn card(it: &CertificateFacts, number: Option<usize>, now: i64) -> Markup {
    let validity = &it.validity;
    let mut rows = Vec::new();
    if !it.subject_alternative_names.is_empty() {
        let names = html! { @for name in &it.subject_alternative_names { (foreign(name)) " " } };
        rows.push(("names", names));
    }
    let days = html! { (validity.first_day()) " to " (validity.last_day()) ", " (validity) };
    let signed = html! { (it.key) ", signed with " (it.signature_algorithm) };
    let mut uses: Vec<&str> = it.key_usage.clone();
    uses.extend(it.extended_key_usage.iter().map(String::as_str));
    if it.is_ca {
        uses.insert(0, "certificate authority");
    }
    let purposes = if uses.is_empty() {
        String::from("any: not restricted")
    } else {
        uses.join(", ")
    };
    let mono = |text: &str| html! { span class="mono" { (text) } };
    rows.extend([
        ("issuer", foreign(&it.issuer)),
        ("valid", days),
        ("key", signed),
        ("usage", html! { (purposes) }),
        ("serial", mono(&it.serial)),
    ]);
    for (name, id) in [
        ("key id (SKI)", &it.subject_key_identifier),
        ("issuer's (AKI)", &it.authority_key_identifier),
    ] {
        rows.extend(id.as_ref().map(|id| (name, mono(id))));
    }
    rows.push(("SHA-1", mono(&it.thumbprints.sha1)));
    rows.push(("SHA-256", mono(&it.thumbprints.sha256)));
    let timeline = Timeline::of(std::iter::once(validity), now);
    html! {
        article class="card" {
            h3 {
                @if let Some(number) = number { (number) ". " }
                (foreign(&it.label)) " " (badge(it.role.name(), "faint")) " " (badge(validity.status.as_str(), tone(validity.status)))
            }
            (timeline.bar(validity))
            @for warning in &it.warnings { p class="warn" { "Warning: " (foreign(&warning.message)) } }
            (facts(&rows))
        }
    }
}
