//! Of several certificates that would do, the one that is valid now; and which are not.

use std::ops::RangeInclusive;

use kvcert_pki::certificate::Certificate;
use kvcert_pki::chain::Chain;
use kvcert_pki::content_error::ContentError;
use kvcert_pki::validity::Moment;

use crate::making::{in_every_order, issue_for, root, with_key};

const LEAF: (&str, usize) = ("Dated leaf", 60);
const ISSUER: (&str, usize) = ("Dated issuer", 61);
const ROOT: (&str, usize) = ("Dated root", 62);

fn leaf(years: RangeInclusive<i32>) -> Certificate {
    issue_for(LEAF, ISSUER, years)
}

fn issuer(years: RangeInclusive<i32>) -> Certificate {
    issue_for(ISSUER, ROOT, years)
}

#[track_caller]
fn check_leaf(certificates: &[&Certificate], best: &Certificate, told: &[&str]) {
    in_every_order(certificates, |order| {
        let certified = with_key(LEAF.1, order).unwrap();
        assert_eq!(certified.chain().leaf(), best);
        let mut found: Vec<String> = certified
            .findings()
            .filter(|finding| finding.kind() == "same-key")
            .map(|finding| finding.to_string())
            .collect();
        found.sort();
        assert_eq!(found.len(), told.len());
        for words in told {
            assert!(found.iter().any(|it| it.contains(words)), "{found:?}");
        }
    });
}

#[test]
fn the_leaf_is_the_one_that_is_valid_now() {
    let (old, short) = (leaf(2020..=2022), leaf(2021..=2040));
    let (long, future) = (leaf(2020..=2041), leaf(2045..=2050));
    check_leaf(
        &[&old, &short, &long, &future],
        &long,
        &[
            "has the same key as the leaf, but expired",
            "has the same key as the leaf, but does not last as long",
            "has the same key as the leaf, but is not valid before 2045-01-01T00:00:00Z",
        ],
    );
    // None is valid: what begins first will be; what has ended will not.
    let later = leaf(2046..=2060);
    check_leaf(&[&old, &future, &later], &future, &["expired", "2046"]);
    let older = leaf(2019..=2021);
    check_leaf(&[&older, &old], &old, &["(2021-12-31T00:00:00Z)"]);
}

/// Without the private key too, as long as there is only one key.
#[test]
fn a_renewed_leaf_is_found_without_its_key() {
    let (old, now, future) = (leaf(2020..=2022), leaf(2020..=2041), leaf(2045..=2050));
    let (above, top) = (issuer(2020..=2040), root(ROOT, 2044));
    in_every_order(&[&old, &now, &future, &above], |order| {
        let chain = Chain::without_key(order.to_vec()).unwrap();
        assert_eq!(chain.leaf(), &now);
    });
    let other = issue_for(("Another leaf", 64), ISSUER, 2020..=2041);
    let both = Chain::without_key(vec![old, other, above, top]).unwrap_err();
    assert!(matches!(both, ContentError::AmbiguousLeaf { .. }), "{both}");
}

#[track_caller]
fn check_issuer(certificates: &[&Certificate], expected: &[&Certificate]) {
    in_every_order(certificates, |order| {
        let certified = with_key(LEAF.1, order).unwrap();
        let chain: Vec<&Certificate> = certified.chain().certificates().iter().collect();
        assert_eq!(chain, expected);
    });
}

#[test]
fn the_issuer_is_the_one_that_is_valid_now() {
    let (leaf, top) = (leaf(2020..=2040), root(ROOT, 2044));
    let (old, now, future) = (
        issuer(2020..=2023),
        issuer(2020..=2040),
        issuer(2045..=2060),
    );
    check_issuer(&[&leaf, &old, &now, &future, &top], &[&leaf, &now, &top]);
    check_issuer(&[&leaf, &old, &future, &top], &[&leaf, &future, &top]);
    // The clients know the root; an issuer that has expired helps them no further.
    let elsewhere = issue_for(ISSUER, ("Another root", 63), 2020..=2030);
    check_issuer(&[&leaf, &old, &elsewhere, &top], &[&leaf, &elsewhere]);
}

#[test]
fn a_root_that_is_valid_counts_more_than_an_issuer_that_lasts_longer() {
    let leaf = leaf(2020..=2040);
    let other = ("Another root", 63);
    let gone = issue_for(other, other, 2020..=2021);
    let under_gone = issue_for(ISSUER, other, 2020..=2050);
    let (under_root, top) = (issuer(2020..=2040), root(ROOT, 2044));
    check_issuer(
        &[&leaf, &under_gone, &gone, &under_root, &top],
        &[&leaf, &under_root, &top],
    );
}

#[test]
fn every_link_outside_its_validity_is_told() {
    let chain = [
        leaf(2045..=2050),
        issuer(2020..=2023),
        issue_for(ROOT, ROOT, 2020..=2040),
    ];
    let certified = with_key(LEAF.1, &chain).unwrap();
    let lapses = certified.chain().lapses(Moment::default());
    let kinds: Vec<_> = lapses.iter().map(|lapse| lapse.kind()).collect();
    assert_eq!(kinds, ["not-yet-valid", "issuer-expired"]);
    assert_eq!(
        lapses[0].to_string(),
        "the certificate of `CN=Dated leaf` is not valid before 2045-01-01T00:00:00Z"
    );
    let issuer = lapses[1].to_string();
    assert!(issuer.starts_with("the issuer `CN=Dated issuer` in the chain expired "));
    assert!(issuer.ends_with(" days ago (2023-12-31T00:00:00Z)"));
}
