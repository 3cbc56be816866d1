//! Certificates that are related in awkward ways, in every order.

use kvcert_pki::chain::Chain;
use kvcert_pki::content_error::ContentError;

use crate::making::{in_every_order, issue, kinds, root, with_key};

const LEAF: (&str, usize) = ("leaf", 30);
const MIDDLE: (&str, usize) = ("Middle", 31);
const ROOT: (&str, usize) = ("Root", 32);
const OTHER: (&str, usize) = ("Other", 33);
const GONE: (&str, usize) = ("Gone", 34);
const UPPER: (&str, usize) = ("Upper", 35);

#[test]
fn of_a_cross_signed_pair_the_longer_lasting_is_taken() {
    let (root, other) = (root(ROOT, 2040), root(OTHER, 2040));
    let (short, long) = (issue(MIDDLE, ROOT, 2030), issue(MIDDLE, OTHER, 2035));
    let leaf = issue(LEAF, MIDDLE, 2028);
    in_every_order(&[&leaf, &short, &long, &root, &other], |certificates| {
        for chain in [
            with_key(LEAF.1, certificates).unwrap().into_chain(),
            Chain::without_key(certificates.to_vec()).unwrap(),
        ] {
            assert_eq!(
                chain.certificates(),
                [leaf.clone(), long.clone(), other.clone()]
            );
            assert_eq!(kinds(&chain), ["cross-signed", "stranger", "stranger"]);
        }
    });
}

#[test]
fn a_way_to_a_root_counts_more_than_lasting_long() {
    let root = root(ROOT, 2040);
    let (good, longer) = (issue(MIDDLE, ROOT, 2030), issue(MIDDLE, GONE, 2039));
    let leaf = issue(LEAF, MIDDLE, 2028);
    in_every_order(&[&leaf, &good, &longer, &root], |certificates| {
        let certified = with_key(LEAF.1, certificates).unwrap();
        assert_eq!(
            certified.chain().certificates(),
            [leaf.clone(), good.clone(), root.clone()]
        );
    });
}

/// The way to the root may fork again higher up, and not every branch leads there.
#[test]
fn a_way_to_a_root_is_found_behind_a_second_fork() {
    let root = root(ROOT, 2040);
    let (blind, upper) = (issue(UPPER, GONE, 2039), issue(UPPER, ROOT, 2030));
    let (good, longer) = (issue(MIDDLE, UPPER, 2030), issue(MIDDLE, GONE, 2039));
    let leaf = issue(LEAF, MIDDLE, 2028);
    let all = [&leaf, &good, &longer, &blind, &upper, &root];
    in_every_order(&all, |certificates| {
        let certified = with_key(LEAF.1, certificates).unwrap();
        let expected = [leaf.clone(), good.clone(), upper.clone(), root.clone()];
        assert_eq!(certified.chain().certificates(), expected);
        assert!(certified.chain().reaches_root());
    });
}

/// Neither key identifiers nor anything else but the signature tells these authorities apart.
#[test]
fn of_two_authorities_with_one_name_the_signer_is_taken() {
    let root = root(ROOT, 2040);
    let middle = issue(MIDDLE, ROOT, 2030);
    let twin = issue((MIDDLE.0, 36), ROOT, 2039);
    let twin_of_another_kind = issue((MIDDLE.0, 100), ROOT, 2039);
    let leaf = issue(LEAF, MIDDLE, 2028);
    let all = [&leaf, &middle, &twin, &twin_of_another_kind, &root];
    in_every_order(&all, |certificates| {
        let certified = with_key(LEAF.1, certificates).unwrap();
        let chain = certified.chain();
        assert_eq!(
            chain.certificates(),
            [leaf.clone(), middle.clone(), root.clone()]
        );
        assert_eq!(kinds(chain), ["stranger", "stranger"]);
        let ambiguous = Chain::without_key(certificates.to_vec()).unwrap_err();
        assert!(matches!(ambiguous, ContentError::AmbiguousLeaf { .. }));
    });
    in_every_order(
        &[&leaf, &twin, &twin_of_another_kind, &root],
        |certificates| {
            let certified = with_key(LEAF.1, certificates).unwrap();
            assert_eq!(
                certified.chain().certificates(),
                std::slice::from_ref(&leaf)
            );
            assert_eq!(kinds(certified.chain())[0], "incomplete-chain");
        },
    );
}

#[test]
fn authorities_that_issued_each_other_make_no_endless_chain() {
    let (middle, upper) = (issue(MIDDLE, UPPER, 2030), issue(UPPER, MIDDLE, 2031));
    let leaf = issue(LEAF, MIDDLE, 2028);
    in_every_order(&[&leaf, &middle, &upper], |certificates| {
        for chain in [
            with_key(LEAF.1, certificates).unwrap().into_chain(),
            Chain::without_key(certificates.to_vec()).unwrap(),
        ] {
            assert_eq!(
                chain.certificates(),
                [leaf.clone(), middle.clone(), upper.clone()]
            );
            assert!(!chain.reaches_root());
            assert_eq!(kinds(&chain), ["incomplete-chain"]);
        }
    });
    let alone = Chain::without_key(vec![middle, upper]).unwrap_err();
    assert!(matches!(alone, ContentError::AmbiguousLeaf { .. }));
}

#[test]
fn a_loop_is_left_where_a_root_is() {
    let root = root(ROOT, 2040);
    let (middle, upper) = (issue(MIDDLE, UPPER, 2039), issue(UPPER, MIDDLE, 2039));
    let way_out = issue(UPPER, ROOT, 2030);
    let leaf = issue(LEAF, MIDDLE, 2028);
    in_every_order(&[&leaf, &middle, &upper, &way_out, &root], |certificates| {
        let certified = with_key(LEAF.1, certificates).unwrap();
        let expected = [leaf.clone(), middle.clone(), way_out.clone(), root.clone()];
        assert_eq!(certified.chain().certificates(), expected);
    });
}

#[test]
fn of_a_renewed_leaf_the_newest_is_taken() {
    let (root, middle) = (root(ROOT, 2040), issue(MIDDLE, ROOT, 2035));
    let (old, new) = (issue(LEAF, MIDDLE, 2026), issue(LEAF, MIDDLE, 2028));
    in_every_order(&[&old, &new, &middle, &root], |certificates| {
        let certified = with_key(LEAF.1, certificates).unwrap();
        let chain = certified.chain();
        assert_eq!(
            chain.certificates(),
            [new.clone(), middle.clone(), root.clone()]
        );
        assert_eq!(chain.unrelated(), std::slice::from_ref(&old));
        let all: Vec<_> = certified.findings().map(|finding| finding.kind()).collect();
        assert_eq!(all, ["same-key", "stranger"]);
        let without_key = Chain::without_key(certificates.to_vec()).unwrap();
        assert_eq!(without_key.certificates(), chain.certificates());
    });
}

/// Two certificates of one key that end on the same day: one is taken, whatever the order.
#[test]
fn among_equals_the_order_does_not_matter() {
    let middle = issue(MIDDLE, ROOT, 2035);
    let (one, two) = (
        issue(LEAF, MIDDLE, 2028),
        issue(("also leaf", LEAF.1), MIDDLE, 2028),
    );
    let mut leaves = Vec::new();
    in_every_order(&[&one, &two, &middle], |certificates| {
        leaves.push(
            with_key(LEAF.1, certificates)
                .unwrap()
                .chain()
                .leaf()
                .clone(),
        );
    });
    assert!(leaves.iter().all(|leaf| *leaf == leaves[0]));
}
