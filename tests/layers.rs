//! Who may use whom. The rules are those of the design; nothing points back.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A module and the modules of this crate that it may use, besides itself. A line a rule.
const MAY_USE: &[(&str, &[&str])] = &[
    ("sensitive", &[]),
    ("text", &[]),
    ("content_error", &[]),
    ("friendly_name", &["text"]),
    ("key", &["content_error", "sensitive"]),
    (
        "certificate",
        &["content_error", "friendly_name", "key", "text"],
    ),
    ("chain", &["certificate", "content_error", "key"]),
    (
        "certified_key",
        &[
            "certificate",
            "chain",
            "content_error",
            "friendly_name",
            "key",
        ],
    ),
    (
        "format",
        &[
            "certificate",
            "certified_key",
            "chain",
            "content_error",
            "friendly_name",
            "key",
            "sensitive",
            "text",
        ],
    ),
    ("agreement", &["certificate", "key", "vault"]),
    ("output", &["sensitive"]),
    ("transport", &["text"]),
    (
        "token",
        &[
            "certificate",
            "certified_key",
            "key",
            "output",
            "sensitive",
            "text",
            "transport",
        ],
    ),
    ("vault", &["key", "sensitive", "text", "token", "transport"]),
    (
        "graph",
        &["certificate", "text", "token", "transport", "vault"],
    ),
    ("unpack", &["content_error", "format", "vault"]),
    ("devvault", &["sensitive"]),
    ("cli", &["failure", "vault"]),
    ("settings", &["cli", "failure", "vault"]),
    (
        "failure",
        &[
            "hardening",
            "content_error",
            "graph",
            "output",
            "token",
            "transport",
            "vault",
        ],
    ),
    ("console", &["cli", "failure", "transport"]),
    ("hardening", &[]),
    (
        "view",
        &[
            "agreement",
            "certificate",
            "chain",
            "format",
            "key",
            "text",
            "transport",
            "vault",
        ],
    ),
];

/// These may use everything.
const FREE: &[&str] = &["commands", "main", "lib"];

/// Only these may know the command line's modules.
const COMMAND_LINE: &[&str] = &["cli", "settings", "failure", "console", "hardening"];

#[test]
fn nothing_points_back() {
    for (file, source) in sources() {
        let module = module_of(&file);
        if FREE.contains(&module.as_str()) {
            continue;
        }
        let rule = MAY_USE.iter().find(|(name, _)| *name == module);
        let (_, allowed) = rule.unwrap_or_else(|| panic!("no rule for `{module}`: add one"));
        for used in uses(&source) {
            let permitted = used == module || allowed.contains(&used.as_str());
            assert!(
                permitted,
                "{} uses `{used}`, which `{module}` may not",
                file.display()
            );
        }
    }
}

#[test]
fn the_library_does_not_know_the_command_line() {
    for (module, allowed) in MAY_USE {
        if !COMMAND_LINE.contains(module) {
            let known = allowed.iter().find(|used| COMMAND_LINE.contains(used));
            assert_eq!(known, None, "`{module}` knows the command line");
        }
    }
}

/// One place prints, one reads the environment. (That one place writes files is held by clippy's
/// `disallowed_methods`.)
#[test]
fn one_place_each_prints_and_reads_the_environment() {
    for (file, source) in sources() {
        let module = module_of(&file);
        let check = |word: &str, place: &str| {
            let here = code_lines(&source).any(|line| line.contains(word));
            assert!(!here || module == place, "{} has `{word}`", file.display());
        };
        check("io::stdout", "console");
        check("io::stderr", "console");
        check("println!", "console");
        check("env::var", "settings");
    }
}

/// A file has at most 400 lines without its tests.
#[test]
fn files_stay_small() {
    for (file, source) in sources() {
        let lines = source
            .lines()
            .take_while(|line| !line.starts_with("#[cfg(test)]"))
            .count();
        assert!(
            lines <= 400,
            "{} has {lines} lines without its tests",
            file.display()
        );
    }
}

/// Every source file but those that are tests themselves.
fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.to_string_lossy().ends_with("_tests.rs") {
                found.push((path.clone(), fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(found.len() > 40, "the sources are somewhere else");
    found
}

/// The top module that a file belongs to.
fn module_of(file: &Path) -> String {
    let below = file
        .strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
        .unwrap();
    let first = below.iter().next().unwrap().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The top modules named in `crate::…` paths, also inside `use crate::{a, b::c}`.
fn uses(source: &str) -> Vec<String> {
    let code: String = code_lines(source).collect::<Vec<_>>().join(" ");
    let mut found = Vec::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            Some(group) => found.extend(group_members(group)),
            None => found.push(identifier(after)),
        }
    }
    found
}

/// The first identifiers of the members of a `{…}` group, of which nested ones do not count.
fn group_members(group: &str) -> Vec<String> {
    let mut members = Vec::new();
    let mut depth = 0;
    let mut start = true;
    for (at, character) in group.char_indices() {
        match character {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            c if start && !c.is_whitespace() => {
                members.push(identifier(&group[at..]));
                start = false;
            }
            _ => {}
        }
    }
    members
}

fn identifier(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

fn code_lines(source: &str) -> impl Iterator<Item = &str> {
    let without_tests = source
        .lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"));
    without_tests.filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn the_reader_of_uses_reads_uses() {
    let source = "use crate::{\n    a,\n    b::{c, d},\n    e::f,\n};\nlet x = crate::g::h();\n// crate::no\n";
    assert_eq!(uses(source), ["a", "b", "e", "g"]);
}
