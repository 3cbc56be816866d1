//! `differences.md`: what differs, how often, and why.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Compares what was found with the list, or with `UPDATE=1` writes it.
#[track_caller]
pub(crate) fn compare(exchanges: usize, found: &BTreeMap<String, usize>) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/differences.md");
    let listed = fs::read_to_string(&file).unwrap_or_default();
    let reasons: BTreeMap<&str, &str> = listed.lines().filter_map(reason).collect();
    let text = text(exchanges, found, &reasons);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, &text).unwrap();
    } else {
        assert!(
            text == listed,
            "`UPDATE=1 cargo test --test differential` writes the list anew; it would be:\n{text}"
        );
    }
    let unexplained: Vec<&String> = found
        .keys()
        .filter(|difference| {
            reasons
                .get(difference.as_str())
                .is_none_or(|why| why.is_empty())
        })
        .collect();
    assert!(
        unexplained.is_empty(),
        "no reason is given for {unexplained:#?}"
    );
}

/// The difference and the reason of one line of the table.
fn reason(line: &str) -> Option<(&str, &str)> {
    let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
    let (_, difference) = (cells.next()?.parse::<usize>().ok()?, cells.next()?);
    Some((difference, cells.next().unwrap_or_default().trim()))
}

fn text(
    exchanges: usize,
    found: &BTreeMap<String, usize>,
    reasons: &BTreeMap<&str, &str>,
) -> String {
    let mut text = format!(
        "# Where the dev vault differs from recordings of the service\n\n\
         Of {exchanges} exchanges recorded from 2019 to 2022. Left out: identifiers, times, key \
         material, and headers of\nHTTP and of what stood before the service. `cargo test --test \
         differential` keeps this true.\n\n| times | difference | why |\n|---|---|---|\n"
    );
    for (difference, times) in found {
        let why = reasons
            .get(difference.as_str())
            .copied()
            .unwrap_or_default();
        let _ = writeln!(text, "| {times} | {difference} | {why} |");
    }
    text
}
