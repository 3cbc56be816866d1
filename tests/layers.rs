//! Who may use whom inside a crate, and the habits of the tree. What stands between the crates the
//! compiler holds.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

/// A crate's folder of sources, and its top modules with those that each may use besides itself.
type Rules = (
    &'static str,
    &'static [(&'static str, &'static [&'static str])],
);

const PKI: Rules = (
    "crates/kvcert-pki/src",
    &[
        ("sensitive", &[]),
        ("text", &[]),
        ("content_error", &[]),
        ("friendly_name", &["text"]),
        ("asn1", &["content_error"]),
        ("key", &["asn1", "content_error", "sensitive"]),
        (
            "certificate",
            &["content_error", "friendly_name", "key", "text"],
        ),
        ("validity", &["certificate"]),
        (
            "chain",
            &["certificate", "content_error", "key", "validity"],
        ),
        (
            "certified_key",
            &[
                "certificate",
                "chain",
                "content_error",
                "friendly_name",
                "key",
                "validity",
            ],
        ),
        (
            "format",
            &[
                "asn1",
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
    ],
);

const DEV: Rules = (
    "crates/kvcert-dev/src",
    &[
        ("ca", &["certificate", "encoding", "store"]),
        ("calendar", &[]),
        ("certificate", &["calendar", "encoding", "keys"]),
        (
            "dev_vault",
            &[
                "ca",
                "certificate",
                "directory",
                "encoding",
                "http",
                "running",
                "seed",
                "server",
                "settings",
                "store",
            ],
        ),
        ("directory", &["encoding", "http", "store", "tokens"]),
        ("encoding", &[]),
        (
            "entra",
            &["calendar", "directory", "encoding", "http", "tokens"],
        ),
        (
            "faults",
            &["certificate", "entra", "http", "settings", "tokens"],
        ),
        (
            "graph",
            &["calendar", "directory", "encoding", "http", "tokens"],
        ),
        ("http", &["encoding"]),
        ("keys", &["encoding"]),
        ("running", &["encoding"]),
        (
            "seed",
            &[
                "certificate",
                "directory",
                "encoding",
                "keys",
                "server",
                "store",
                "vault",
            ],
        ),
        (
            "server",
            &[
                "directory",
                "encoding",
                "entra",
                "faults",
                "graph",
                "http",
                "settings",
                "store",
                "tokens",
                "vault",
            ],
        ),
        ("settings", &["certificate", "encoding"]),
        ("store", &["certificate", "encoding", "keys"]),
        ("tokens", &["certificate", "encoding", "keys", "store"]),
        (
            "vault",
            &[
                "calendar",
                "certificate",
                "directory",
                "encoding",
                "http",
                "keys",
                "settings",
                "store",
                "tokens",
            ],
        ),
    ],
);

const LIBRARY: Rules = (
    "src",
    &[
        ("agreement", &["vault"]),
        ("cloud", &[]),
        ("convert", &["export", "given", "input"]),
        ("diagnosis", &["input", "retrieve", "transport", "vault"]),
        ("export", &["agreement", "given", "output"]),
        ("given", &[]),
        ("graph", &["identity", "polling", "transport"]),
        (
            "identity",
            &["cloud", "given", "input", "output", "transport"],
        ),
        ("input", &["given"]),
        ("output", &["given"]),
        ("polling", &[]),
        (
            "report",
            &[
                "agreement",
                "given",
                "input",
                "transport",
                "unpack",
                "vault",
            ],
        ),
        (
            "retrieve",
            &["agreement", "export", "given", "input", "unpack", "vault"],
        ),
        ("transport", &[]),
        ("unpack", &["input", "vault"]),
        (
            "vault",
            &["cloud", "given", "identity", "polling", "transport"],
        ),
    ],
);

const BINARY: Rules = (
    "src/bin/kvcert",
    &[
        ("cli", &["failure"]),
        (
            "commands",
            &["cli", "console", "failure", "quoted", "render", "session"],
        ),
        ("command_line", &["cli", "console", "failure"]),
        ("console", &["cli", "failure", "style"]),
        ("failure", &["quoted"]),
        ("quoted", &[]),
        ("render", &["style"]),
        ("session", &["cli", "console", "failure"]),
        ("style", &[]),
    ],
);

/// No module uses one that uses it, by whatever detour.
#[test]
fn the_rules_have_no_circle() {
    for (folder, rules) in [PKI, DEV, LIBRARY, BINARY] {
        let mut left: Vec<_> = rules.to_vec();
        while !left.is_empty() {
            let names: Vec<_> = left.iter().map(|(name, _)| *name).collect();
            let before = left.len();
            left.retain(|(_, uses)| uses.iter().any(|used| names.contains(used)));
            assert!(left.len() < before, "{folder}: a circle among {names:?}");
        }
    }
}

#[test]
fn nothing_points_back() {
    for (folder, rules) in [PKI, DEV, LIBRARY, BINARY] {
        for (file, source) in sources(folder) {
            let module = module_of(folder, &file);
            if ["lib", "bin", "main"].contains(&module.as_str()) {
                continue;
            }
            let rule = rules.iter().find(|(name, _)| *name == module);
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
}

/// The library does not know clap; it does not print and does not read the environment. (That one
/// place writes files is held by clippy's `disallowed_methods`.)
#[test]
fn one_place_each_prints_and_reads_the_environment() {
    for folder in ["src", "crates/kvcert-pki/src", "crates/kvcert-dev/src"] {
        for (file, source) in sources(folder) {
            let path = file.strip_prefix(root()).unwrap().to_string_lossy();
            let check = |word: &str, place: &str| {
                let here = code_lines(&source).any(|line| line.contains(word));
                assert!(!here || path.starts_with(place), "{path} has `{word}`");
            };
            check("io::stdout", "src/bin/kvcert/console");
            check("io::stderr", "src/bin/kvcert/console");
            check("println!", "src/bin/kvcert/console");
            check("env::var", "src/bin/kvcert/session");
            check("clap", "src/bin/");
        }
    }
}

/// A file has at most 400 lines without its tests.
#[test]
fn files_stay_small() {
    for (file, source) in all_sources() {
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

/// One import statement a module, as `rustfmt.toml` asks: what stable rustfmt cannot hold.
#[test]
fn imports_are_one_statement_a_module() {
    for (file, source) in all_sources() {
        let mut before = None;
        for line in source.lines().filter(|line| line.starts_with("use ")) {
            let nested = line.split_once("::{").is_some_and(|(path, group)| {
                path == "use crate" && group.contains("::") || group.contains('{')
            });
            assert!(!nested, "{}: {line}", file.display());
            let module = line.trim_end_matches(';').rsplit_once("::");
            let module = module.map(|(path, _)| path.to_owned());
            assert!(
                module.is_none() || before != module || line.contains('{'),
                "{}: two imports of one module: {line}",
                file.display()
            );
            before = module;
        }
    }
}

/// Imports come in three groups, each after a blank line: `std`, other crates, this crate.
#[test]
fn imports_come_in_three_groups() {
    for (file, source) in all_sources() {
        let mut last = None;
        let mut blank = false;
        let is_code = |line: &&str| line.ends_with('{') && !line.contains("use ");
        for line in source.lines().take_while(|line| !is_code(line)) {
            if let Some(path) = line.strip_prefix("use ") {
                let group = match identifier(path).as_str() {
                    "std" => 0,
                    "crate" | "super" | "self" => 2,
                    _ => 1,
                };
                let fits = last.is_none_or(|last| group == last || group > last && blank);
                assert!(fits, "{}: in the wrong group: {line}", file.display());
                last = Some(group);
                blank = false;
            }
            blank |= line.is_empty();
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file but those that are tests themselves.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs")
                && !path.to_string_lossy().ends_with("tests.rs")
            {
                found.push((path.clone(), fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(found.len() > 20, "the sources are somewhere else");
    found
}

fn all_sources() -> Vec<(PathBuf, String)> {
    let folders = ["src", "crates/kvcert-pki/src", "crates/kvcert-dev/src"];
    folders.iter().flat_map(|folder| sources(folder)).collect()
}

/// The top module that a file belongs to.
fn module_of(folder: &str, file: &Path) -> String {
    let below = file.strip_prefix(root().join(folder)).unwrap();
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
