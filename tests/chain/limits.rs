//! Files made to keep kvcert busy.

use std::time::{Duration, Instant};

use kvcert_pki::certificate::Certificate;
use kvcert_pki::chain::Chain;
use kvcert_pki::content_error::ContentError;

use crate::making::{issue, root};

const SOON: Duration = Duration::from_secs(10);

fn is_refused(certificates: Vec<Certificate>, limited: &str) {
    let start = Instant::now();
    match Chain::without_key(certificates).unwrap_err() {
        ContentError::OverLimit { what, .. } => assert_eq!(what, limited),
        error => panic!("{error}"),
    }
    assert!(start.elapsed() < SOON);
}

/// Of certificates with one name each could have issued each of the others.
#[test]
fn signatures_are_not_checked_without_end() {
    let same = (40..95).map(|key| root(("Same", key), 2040)).collect();
    is_refused(same, "signatures to check");
}

#[test]
fn certificates_are_not_compared_without_end() {
    let many: Vec<String> = (0..1001).map(|number| format!("Number {number}")).collect();
    let many = many
        .iter()
        .map(|name| issue((name, 40), ("Root", 41), 2040))
        .collect();
    is_refused(many, "certificates");
}

/// What a large organisation might put into one file is no reason to refuse it.
#[test]
fn a_system_full_of_roots_is_no_trouble() {
    let names: Vec<String> = (0..300).map(|number| format!("Root {number}")).collect();
    let roots = names.iter().map(|name| root((name, 40), 2040));
    let leaf = issue(("leaf", 41), (&names[7], 40), 2040);
    let certificates = roots.chain([leaf.clone()]).collect();
    let chain = Chain::without_key(certificates).unwrap();
    assert_eq!(*chain.leaf(), leaf);
    assert!(chain.reaches_root());
    assert_eq!(chain.certificates().len(), 2);
}
