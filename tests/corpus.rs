//! Key stores that other projects made, read in place from the folder named by `KVCERT_CORPUS`:
//! each must read as its index, written by other programs, says.
#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test may panic"
)]

mod support;

use std::fs;

use kvcert_pki::content_error::ContentError;
use kvcert_pki::format::{self, Limits, Password};

#[test]
fn every_key_store_reads_as_the_index_says() {
    let Some(corpus) = support::corpus() else {
        return support::say("skipped the key stores: KVCERT_CORPUS is not set");
    };
    let index = fs::read(corpus.join("INDEX.json")).unwrap();
    let index: Vec<serde_json::Value> = serde_json::from_slice(&index).unwrap();
    let (mut paired, mut refused) = (0, 0);
    for record in index.iter().filter(|record| record["kind"] == "p12") {
        let name = record["file"].as_str().unwrap();
        let Ok(bytes) = fs::read(corpus.join(name)) else {
            continue;
        };
        let password = record["password"].as_str().unwrap_or_default();
        let password = Password::new(password.as_bytes().to_vec());
        let result = format::read(&bytes, &password, &Limits::default())
            .and_then(format::Contents::into_certified_key);
        match (record["expected"].as_str().unwrap(), result) {
            ("must_fail", Ok(_)) => panic!("{name}: it must not be read"),
            ("ok", Ok(certified)) => {
                let found = hex::encode(certified.chain().leaf().sha1());
                assert!(
                    leaves(record).is_none_or(|leaves| leaves.contains(&found)),
                    "{name}: {found}"
                );
                paired += 1;
            }
            ("ok", Err(error)) => {
                assert!(is_fair(&error), "{name}: {error}");
                refused += 1;
            }
            _ => refused += 1,
        }
    }
    support::say(&format!(
        "corpus: {paired} key stores read, {refused} refused as they should be"
    ));
    assert!(paired > 100, "only {paired}");
}

/// The thumbprints of the certificates that match a key, if the index knows.
fn leaves(record: &serde_json::Value) -> Option<Vec<String>> {
    let contents = &record["contents"];
    let certificate = |index: &serde_json::Value| {
        let index = usize::try_from(index.as_u64()?).ok()?;
        Some(contents["certs"][index]["sha1"].as_str()?.to_owned())
    };
    let leaves: Vec<String> = contents["leaf_index"]
        .as_array()?
        .iter()
        .filter_map(certificate)
        .collect();
    (!leaves.is_empty()).then_some(leaves)
}

/// Good key stores need not hold one certified key: some have none, some several, some an
/// algorithm that kvcert names but does not read.
fn is_fair(error: &ContentError) -> bool {
    matches!(
        error,
        ContentError::NoPrivateKey { .. }
            | ContentError::NoCertificate
            | ContentError::SeveralKeys { .. }
            | ContentError::Unsupported { .. }
    )
}
