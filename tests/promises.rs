//! Each promise in SECURITY.md names the tests that hold it, and these tests exist.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// A row: the promise, and the tests as file and name.
struct Promise {
    words: String,
    tests: Vec<(String, String)>,
}

/// The rows of all tables below this heading. A cell of tests has files and names in backticks; a
/// name belongs to the file before it.
fn promises(text: &str) -> Vec<Promise> {
    let (_, section) = text.split_once("## What kvcert promises\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| "));
    rows.filter(|line| !line.starts_with("| promise "))
        .map(|line| {
            let inside = line.strip_prefix("| ").and_then(|it| it.strip_suffix('|'));
            let (words, cell) = inside.unwrap().rsplit_once(" | ").unwrap();
            let mut file = None;
            let mut tests = Vec::new();
            for token in cell.split('`').skip(1).step_by(2) {
                if token.ends_with(".rs") {
                    file = Some(token);
                } else {
                    let file = file.unwrap_or_else(|| panic!("no file before {token}: {words}"));
                    tests.push((file.to_owned(), token.to_owned()));
                }
            }
            Promise {
                words: words.to_owned(),
                tests,
            }
        })
        .collect()
}

/// The functions of a file that are tests.
fn tests_in(source: &str) -> HashSet<&str> {
    let mut is_test = false;
    let mut names = HashSet::new();
    for line in source.lines().map(str::trim_start) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some((_, rest)) = line.split_once("fn ")
            && is_test
        {
            is_test = false;
            names.extend(rest.split('(').next());
        }
    }
    names
}

#[test]
fn each_promise_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let promises = promises(&text);
    assert!(promises.len() > 15, "only {} promises", promises.len());
    let mut wrong = Vec::new();
    for Promise { words, tests } in promises {
        if tests.is_empty() {
            wrong.push(format!("no test is named: {words}"));
        }
        for (file, name) in tests {
            let source = fs::read_to_string(root.join(&file)).unwrap_or_default();
            if !tests_in(&source).contains(name.as_str()) {
                wrong.push(format!("{file} has no test {name}: {words}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_tables_reads_tables() {
    let text = "\n## What kvcert promises\n\n| promise | test |\n|---|---|\n\
        | a `b` | `x.rs`: `one`, `two`; `y.rs`: `three` |\n| c | |\n\n## More\n| d | e |\n";
    let found = promises(text);
    let words: Vec<&str> = found.iter().map(|it| it.words.as_str()).collect();
    assert_eq!(words, ["a `b`", "c"]);
    let tests = found[0].tests.iter();
    let tests: Vec<String> = tests.map(|(file, name)| format!("{file} {name}")).collect();
    assert_eq!(tests, ["x.rs one", "x.rs two", "y.rs three"]);
    assert!(found[1].tests.is_empty());
    let source = "#[test]\nfn a() {}\nfn b() {}\n#[tokio::test]\n#[cfg(x)]\nasync fn c() {}\n";
    assert_eq!(tests_in(source), HashSet::from(["a", "c"]));
}
