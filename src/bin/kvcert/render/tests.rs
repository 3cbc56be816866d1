//! Names that would fool a reader, steer a terminal or break out of a page.

use std::fs;
use std::path::{Path, PathBuf};

use kvcert::report::{FileReport, Report};
use kvcert_pki::format::anatomy::anatomy;
use kvcert_pki::validity::Moment;

use super::html;
use super::text;
use crate::style::Style;

fn report(name: &str, bytes: &[u8]) -> Option<Report> {
    let anatomy = anatomy(bytes, &Default::default(), &Default::default()).ok()?;
    Some(Report::File(Box::new(FileReport::new(
        name,
        name,
        anatomy,
        Moment::default(),
    ))))
}

/// Whether a character steers a terminal or turns the direction of a line.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// No line is wider than 80 columns, and nothing but printable text and line ends comes out.
#[track_caller]
fn is_harmless(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.len());
        let steering = line.chars().find(|character| steers(*character));
        assert_eq!(steering, None, "{line}");
    }
}

/// Renders the fixture `chain.pem` as text, JSON and HTML under the file name `name`.
#[track_caller]
fn harmless(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pem/chain.pem");
    let bytes = fs::read(path).unwrap();
    let named = report(name, &bytes).unwrap();
    let (page, text) = (html::report(&named, 0), text::report(&named, Style::Plain));
    let json = serde_json::to_string(&named).unwrap();
    for shown in [&page, &text, &json] {
        let steering = shown.chars().find(|c| *c != '\n' && steers(*c));
        assert_eq!(steering, None, "{name:?}");
    }
    is_harmless(&text);
    let tags = |page: &str| page.matches('<').count();
    let plain = html::report(&report("plain", &bytes).unwrap(), 0);
    assert_eq!(tags(&page), tags(&plain), "{name}");
}

#[test]
fn markup_stays_text() {
    harmless("<script>alert(1)</script><img src=x onerror=alert(1)>\"'&--></title>");
}

#[test]
fn marks_of_direction_stay_where_they_are() {
    harmless("invoice\u{202e}fdp.exe\u{2066}\u{200f}");
}

#[test]
fn terminal_escapes_and_controls_do_nothing() {
    harmless("\x1b[31m\x1b]0;owned\x07\u{9b}2J\r\n\0\x08");
}

#[test]
fn ten_thousand_characters_do_no_harm() {
    harmless(&"x".repeat(10_240));
}

#[test]
fn every_fixture_is_shown_or_refused_without_harm() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let shown = show_all(&["pkcs12", "pem", "der", "base64", "other"].map(|it| fixtures.join(it)));
    assert!(shown > 50, "only {shown} fixtures could be shown");
}

#[test]
fn every_file_of_the_corpus_is_shown_or_refused_without_harm() {
    let Some(corpus) = std::env::var_os("KVCERT_CORPUS").map(PathBuf::from) else {
        eprintln!("skipped the corpus: KVCERT_CORPUS is not set");
        return;
    };
    let shown = show_all(&["p12", "pem"].map(|it| corpus.join(it)));
    assert!(shown > 100, "only {shown} files could be shown");
}

/// Shows every file below the folders as text; gives back how many could be read.
fn show_all(folders: &[PathBuf]) -> usize {
    let (mut folders, mut shown) = (folders.to_vec(), 0);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Some(report) = report(
                &path.file_name().unwrap().to_string_lossy(),
                &fs::read(&path).unwrap(),
            ) {
                is_harmless(&text::report(&report, Style::Plain));
                shown += 1;
            }
        }
    }
    shown
}
