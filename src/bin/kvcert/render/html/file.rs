//! A file taken apart.

use kvcert::report::{ChainFacts, FileReport, Reader, Verdict};
use kvcert_pki::format::anatomy::{
    Attribute, Bag, Block, Content, Encryption, Holds, Pfx, Structure,
};
use maud::{Markup, html};

use super::timeline::Timeline;
use super::{badge, certificate, facts, foreign};
use crate::render::words::{encryption_words, layers, mac_words, password, words};

pub(super) fn sections(report: &FileReport, now: i64) -> Markup {
    let timeline = Timeline::of(report.certificates.iter().map(|it| &it.validity), now);
    html! {
        p class="lead" {
            (report.bytes) " bytes" (layers(&report.layers))
        }
        h2 { "Structure" }
        (structure(report))
        @if !report.keys.is_empty() {
            h2 { "Private keys" }
            ul class="plain card" { @for key in &report.keys { li {
                strong { (key.key) }
                @if let Some(name) = &key.name { " called " (foreign(name)) }
                " belongs to "
                @if key.certificates.is_empty() { (badge("no certificate in this file", "bad")) }
                @for at in &key.certificates { (certificate_name(report, *at)) " " }
                "and is not shown."
            } } }
        }
        @for chain in &report.chains { (chain_section(chain, report)) }
        @if report.certificates.len() > 1 {
            h2 { "Validity" }
            div class="card" {
                @for it in &report.certificates { p { (foreign(&it.label)) } (timeline.bar(&it.validity)) }
                (timeline.scale())
            }
        }
        @if !report.certificates.is_empty() {
            h2 { "Certificates" }
            div class="grid" {
                @for (at, it) in report.certificates.iter().enumerate() { (certificate::card(it, Some(at + 1), now)) }
            }
        }
        (readers(&report.readers))
    }
}

fn certificate_name(report: &FileReport, at: usize) -> Markup {
    let label = report
        .certificates
        .get(at)
        .map_or("", |it| it.label.as_str());
    html! { (at + 1) ". " (foreign(label)) }
}

fn structure(report: &FileReport) -> Markup {
    match &report.structure {
        Structure::Pkcs12(pfx) => pfx_tree(pfx, report),
        Structure::Pem { blocks } | Structure::Parts { blocks } => html! {
            @for block in blocks { (block_tree(block, report)) }
        },
        Structure::Der { block } => block_tree(block, report),
    }
}

fn pfx_tree(pfx: &Pfx, report: &FileReport) -> Markup {
    let (opened, _) = password(pfx.opened_with);
    let integrity = match &pfx.mac {
        None => badge("no MAC: changes cannot be detected", "doubtful"),
        Some(mac) => html! {
            (mac_words(mac)) " "
            @match mac.holds {
                Some(true) => (badge("valid", "good")),
                Some(false) => (badge("wrong for this password", "bad")),
                None => (badge("cannot be checked", "doubtful")),
            }
        },
    };
    let rows = [
        ("format", html! { "PKCS#12 (RFC 7292), " (pfx.encoding) }),
        ("password", html! { (opened) }),
        ("integrity", integrity),
    ];
    html! {
        div class="card" { (facts(&rows)) }
        details open {
            summary { "authenticated safe" }
            div class="inside" {
                @for (at, content) in pfx.contents.iter().enumerate() { (content_tree(content, at + 1, report)) }
            }
        }
    }
}

fn content_tree(content: &Content, number: usize, report: &FileReport) -> Markup {
    html! {
        details open {
            summary { "content " (number) ": " (content.kind) }
            div class="inside" { (inside(content.encryption.as_ref(), &[], &content.holds, report)) }
        }
    }
}

fn bag_tree(bag: &Bag, report: &FileReport) -> Markup {
    html! {
        details open {
            summary { (bag.kind) @if let Some(what) = words(&bag.holds, report) { ": " (foreign(&what)) } }
            div class="inside" { (inside(bag.encryption.as_ref(), &bag.attributes, &bag.holds, report)) }
        }
    }
}

fn block_tree(block: &Block, report: &FileReport) -> Markup {
    html! {
        details open {
            summary { (foreign(&block.label)) @if let Some(what) = words(&block.holds, report) { ": " (foreign(&what)) } }
            div class="inside" {
                p { (block.bytes) " bytes" }
                (inside(block.encryption.as_ref(), &[], &block.holds, report))
            }
        }
    }
}

fn inside(
    encryption: Option<&Encryption>,
    attributes: &[Attribute],
    holds: &Holds,
    report: &FileReport,
) -> Markup {
    let mut rows = Vec::new();
    if let Some(it) = encryption {
        rows.push(("encrypted", html! { (encryption_words(it)) }));
    }
    for it in attributes {
        rows.push((it.name.as_str(), foreign(&it.value)));
    }
    match holds {
        Holds::Locked => rows.push((
            "locked",
            badge("none of the passwords tried opens it", "bad"),
        )),
        Holds::Unreadable { problem } => rows.push(("unreadable", foreign(problem))),
        Holds::Other { what } => rows.push(("contains", foreign(what))),
        _ => {}
    }
    if rows.is_empty() && !matches!(holds, Holds::Bags { .. } | Holds::Pkcs12 { .. }) {
        rows.push(("attributes", html! { "none" }));
    }
    html! {
        @if !rows.is_empty() { (facts(&rows)) }
        @match holds {
            Holds::Bags { bags } => { @for bag in bags { (bag_tree(bag, report)) } }
            Holds::Pkcs12 { pfx } => { (pfx_tree(pfx, report)) }
            _ => {}
        }
    }
}

fn chain_section(chain: &ChainFacts, report: &FileReport) -> Markup {
    let last = chain.certificates.len().saturating_sub(1);
    html! {
        h2 { "Chain" }
        div class="card" {
            ol class="chain" {
                @for (place, at) in chain.certificates.iter().enumerate() { li {
                    (certificate_name(report, *at)) " "
                    @if place < last { "is signed by" }
                    @else if chain.reaches_root { (badge("self-signed", "good")) }
                    @else { (badge("issuer not included", "doubtful")) }
                } }
            }
            @for finding in &chain.findings { p class="warn" { (foreign(&finding.message)) } }
        }
    }
}

fn readers(readers: &[Reader]) -> Markup {
    if readers.is_empty() {
        return html! {};
    }
    html! {
        h2 { "Programs that can read it, with the password" }
        div class="grid" { @for reader in readers { article class="card" {
            h3 { (reader.name) " " (verdict(reader.verdict)) }
            @for why in &reader.because { p { (foreign(why)) } }
            @if let Some(fix) = &reader.fix { p { "To convert it for this program:" } pre { (fix) } }
        } } }
    }
}

fn verdict(verdict: Verdict) -> Markup {
    match verdict {
        Verdict::Reads => badge("yes", "good"),
        Verdict::Perhaps => badge("maybe", "doubtful"),
        Verdict::Trips => badge("cannot read it", "bad"),
    }
}
