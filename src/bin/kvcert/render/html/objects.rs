//! The three objects of a certificate, drawn with what ties them together.

use kvcert::report::{CertificateReport, Outcome, Part, Tie};
use kvcert::transport::Message;
use maud::{Markup, html};

use super::timeline::Timeline;
use super::{badge, certificate, facts, file, foreign, tone};

pub(super) fn body(report: &CertificateReport, now: i64) -> Markup {
    let parts = &report.parts;
    let all = [
        ("Certificate", &parts.certificate),
        ("Key", &parts.key),
        ("Secret", &parts.secret),
    ];
    let timeline = Timeline::of(report.versions.iter().map(|it| &it.validity), now);
    html! {
        p class="lead" { (foreign(&report.vault)) }
        h1 { (foreign(&report.name)) }
        p { "One certificate, stored as three objects with the same name and version." }
        div class="picture" {
            (part("Certificate", &parts.certificate))
            (ties(report, ["certificate", "key"], "ties"))
            (part("Key", &parts.key))
            (ties(report, ["key", "secret"], "ties"))
            (part("Secret", &parts.secret))
            (ties(report, ["certificate", "secret"], "ties around"))
        }
        h2 { "Checks" }
        table class="stack card" {
            thead { tr { th scope="col" { "What" } th scope="col" { "Between" } th scope="col" { "Result" } th scope="col" { "Compared" } } }
            tbody { @for tie in &report.ties { tr {
                th scope="row" { (tie.what) }
                td { (tie.between[0]) " and " (tie.between[1]) }
                td { (sign(tie)) }
                td class="mono" { (foreign(&tie.detail)) }
            } } }
        }
        @for warning in &report.warnings { p class="warn" { "Warning: " (foreign(&warning.message)) } }
        h2 { "What each call returned" }
        @for (name, part) in all { (returned(name, part)) }
        @if let Some(leaf) = &report.leaf { h2 { "The certificate" } (certificate::card(leaf, None, now)) }
        @if !report.versions.is_empty() {
            h2 { "Versions" }
            div class="card" {
                @for row in &report.versions {
                    p { span class="mono" { (row.version) } " " (badge(row.validity.status.as_str(), tone(row.validity.status))) @if row.is_shown { " shown here" } }
                    (timeline.bar(&row.validity))
                }
                (timeline.scale())
            }
        }
        @if let Some(contents) = &report.contents { h2 { "Contents of the secret" } (file::sections(contents, now)) }
        @if let Some(http) = &report.http { h2 { "Requests and replies" } @for message in http { (exchange(message)) } }
    }
}

fn part(name: &str, part: &Part) -> Markup {
    let tone = match part.outcome {
        Outcome::Fetched => "good",
        Outcome::NotFetched => "faint",
        _ => "bad",
    };
    html! {
        section class="card part" {
            h2 { (name) " " (badge(part.outcome.name(), tone)) }
            p class="sub mono" { (part.call) }
            p { strong { "Holds " } (part.holds) "." }
            p { strong { "Never returns " } (part.never) "." }
            p class="sub" { "Requires " code { (part.permission.policy) } ", or the role " (part.permission.role) "." }
            @if let Some(problem) = &part.problem {
                p class="warn" { (foreign(&problem.message)) }
                @if let Some(role) = problem.role { p { "The role " strong { (role) } " is sufficient." } }
            }
        }
    }
}

fn ties(report: &CertificateReport, between: [&str; 2], class: &str) -> Markup {
    let is_here = |tie: &&Tie| {
        between.contains(&tie.between[0])
            && between.contains(&tie.between[1])
            && tie.between[0] != tie.between[1]
    };
    html! {
        ul class=(class) aria-label={ "Checks between " (between[0]) " and " (between[1]) } {
            @for tie in report.ties.iter().filter(is_here) { li { (badge(&format!("{} {}", mark(tie), tie.what), colour(tie))) } }
        }
    }
}

fn sign(tie: &Tie) -> Markup {
    let word = match tie.holds {
        Some(true) => "✓ yes",
        Some(false) => "✗ no",
        None => "· not checked",
    };
    badge(word, colour(tie))
}

fn mark(tie: &Tie) -> &'static str {
    match tie.holds {
        Some(true) => "✓",
        Some(false) => "✗",
        None => "·",
    }
}

fn colour(tie: &Tie) -> &'static str {
    match tie.holds {
        Some(true) => "good",
        Some(false) => "bad",
        None => "faint",
    }
}

fn returned(name: &str, part: &Part) -> Markup {
    html! {
        details {
            summary { (name) ": " code { (part.call) } }
            div class="inside" {
                (facts(&[("data action", html! { code { (part.permission.action) } })]))
                @if part.fields.is_empty() { p { "Nothing was returned." } } @else {
                    table class="stack" {
                        thead { tr { th scope="col" { "Field" } th scope="col" { "Value" } th scope="col" { "Meaning" } } }
                        tbody { @for field in &part.fields { tr {
                            th scope="row" class="mono" { (foreign(&field.name)) }
                            td class="mono" { (foreign(&field.value)) }
                            td { (foreign(&field.meaning)) }
                        } } }
                    }
                }
            }
        }
    }
}

fn exchange(message: &Message) -> Markup {
    let lines = |headers: &[(String, String)], body: Option<&str>| {
        let headers = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\n"));
        headers.collect::<String>() + &body.map(|body| format!("\n{body}")).unwrap_or_default()
    };
    let good = matches!(message.status, Some(200..300));
    let status = message
        .status
        .map_or_else(|| "no response".into(), |it| it.to_string());
    html! {
        details {
            summary { (message.method) " " (foreign(&message.url)) " " (badge(&status, if good { "good" } else { "doubtful" })) }
            div class="inside" {
                h3 { "Request" }
                pre { (lines(&message.request_headers, message.request_body.as_deref())) }
                h3 { "Reply" }
                pre { (lines(&message.reply_headers, message.reply_body.as_deref())) }
            }
        }
    }
}
