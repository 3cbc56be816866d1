//! Certificates, in a few lines each.

use kvcert::report::CertificateFacts;

use super::writer::TextWriter;
use crate::style::Tone;

/// A certificate under a number.
pub(super) fn draw(facts: &CertificateFacts, number: usize, out: &mut TextWriter) {
    let title = format!("{} ({})", facts.label, facts.role.name());
    let first = format!("  {number:<3}");
    out.row(&first, INDENT, &title, Tone::Strong);
    body(facts, INDENT, out);
}

/// All that is known of it, but for what it is called.
pub(super) fn body(facts: &CertificateFacts, indent: &str, out: &mut TextWriter) {
    if !facts.subject_alternative_names.is_empty() {
        out.fact(indent, "names", &facts.subject_alternative_names.join(", "));
    }
    let issuer = if facts.issuer == facts.subject {
        "itself (self-signed)"
    } else {
        &facts.issuer
    };
    out.fact(indent, "issuer", issuer);
    let validity = &facts.validity;
    let (from, until) = (validity.first_day(), validity.last_day());
    let days = format!("{from} to {until} ({validity})");
    out.fact_in(indent, "valid", &days, Tone::of_status(validity.status));
    let key = format!("{}, signed with {}", facts.key, facts.signature_algorithm);
    out.fact(indent, "key", &key);
    out.fact(indent, "usage", &purposes(facts));
    out.fact(indent, "serial", &facts.serial);
    let identifiers = [
        ("SKI", &facts.subject_key_identifier),
        ("AKI", &facts.authority_key_identifier),
    ];
    for (label, id) in identifiers {
        if let Some(id) = id {
            out.fact(indent, label, id);
        }
    }
    out.fact(indent, "SHA-1", &facts.thumbprints.sha1);
    // It takes two lines in any case: halves are easier to compare than a line and a digit.
    let sha256 = &facts.thumbprints.sha256;
    let (start, end) = sha256.split_at(sha256.len() / 2);
    out.fact(indent, "SHA-256", start);
    out.fact(indent, "", end);
    for warning in &facts.warnings {
        out.fact_in(indent, "warning", &warning.message, Tone::Doubtful);
    }
}

fn purposes(facts: &CertificateFacts) -> String {
    let mut parts = Vec::new();
    if facts.is_ca {
        let limit = facts
            .path_length
            .map_or_else(String::new, |length| format!(" (path length {length})"));
        parts.push(format!("certificate authority{limit}"));
    }
    parts.extend(facts.key_usage.iter().map(|usage| (*usage).to_owned()));
    parts.extend(facts.extended_key_usage.iter().cloned());
    if parts.is_empty() {
        return String::from("any: not restricted");
    }
    parts.join(", ")
}

const INDENT: &str = "     ";
