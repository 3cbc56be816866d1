//! The examples in `docs/` are what kvcert says, but for identifiers and dates.

use std::fs;
use std::path::Path;

use crate::support::{Scratch, dev, run};
use crate::vault::normal;

#[test]
fn how_key_vault_stores_a_certificate() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = path.join("docs/how-key-vault-stores-a-certificate.md");
    let text = fs::read_to_string(path).unwrap();
    let mut examples = 0;
    for block in text.split("```console\n$ kvcert --dev ").skip(1) {
        let (block, _) = block.split_once("\n```").unwrap();
        let (command, expected) = block.split_once('\n').unwrap();
        let folder = Scratch::new();
        let (code, output, errors) = run(dev::kvcert(folder.path()).args(command.split(' ')));
        assert_eq!((code, errors.as_str()), (0, ""), "{command}");
        check(command, &flat(expected), &flat(&output));
        examples += 1;
    }
    assert!(examples >= 9, "only {examples}");
}

/// Each stretch between `[...]` stands in the output, one after another.
#[track_caller]
fn check(command: &str, expected: &str, output: &str) {
    let mut rest = output;
    for part in expected.split("[...]") {
        let part = part.trim();
        let Some(at) = rest.find(part) else {
            panic!("`kvcert --dev {command}` does not say:\n{part}\nbut:\n{output}")
        };
        rest = &rest[at + part.len()..];
    }
}

/// All in one line, as the length of a port moves the ends of lines, and without what differs from
/// run to run.
fn flat(text: &str) -> String {
    let text = text.replace("localhost:8443", "localhost:PORT");
    let port = dev::access().vault_url.rsplit(':').next().unwrap();
    let text = text.replace(&format!("localhost:{port}"), "localhost:PORT");
    let mut words: Vec<String> = text.split_whitespace().map(normal).collect();
    // One day more in the very second in which the vault was made.
    for at in 1..words.len() {
        if words[at] == "days" {
            words[at - 1] = "~".into();
        }
    }
    words.join(" ")
}
