//! Names that would fool a reader or steer a terminal.

use serde_json::Value;

use crate::golden::inspect;

/// No line is wider than 80 columns, and nothing but printable text and line ends comes out.
#[track_caller]
pub fn is_harmless(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.len());
        for character in line.chars() {
            let steers = character.is_control()
                || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            assert!(!steers, "{character:?} in {line}");
        }
    }
}

#[test]
fn in_text_json_and_html() {
    for fixture in [
        "name-escapes.pfx",
        "name-rtl.pfx",
        "name-long.pfx",
        "name-newlines.pfx",
        "name-no-utf16.pfx",
        "name-path.pfx",
        "subject-with-escapes.pfx",
        "two-keys-names-with-escapes.pfx",
    ] {
        let fixture = format!("pkcs12/{fixture}");
        is_harmless(&inspect(&fixture, "", &[]));
        let json = inspect(&fixture, "", &["--json"]);
        for character in json.chars() {
            assert!(character == '\n' || !character.is_control(), "{fixture}");
        }
        let _: Value = serde_json::from_str(&json).unwrap();
        let page = inspect(&fixture, "", &["--html", "-"]);
        let steers =
            |c: &char| *c != '\n' && c.is_control() || ('\u{202a}'..='\u{202e}').contains(c);
        assert_eq!(page.chars().find(steers), None, "{fixture}");
        assert!(!page.contains("<script"), "{fixture}");
    }
}
