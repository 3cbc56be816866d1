//! Recorded conversations with the service (`KVCERT_CORPUS`), had again with the dev vault: status,
//! JSON fields and their types, names of headers, codes of errors. Where the two differ is listed
//! in `differences.md`, each with its reason; `UPDATE=1` counts anew and keeps the reasons.
#![cfg(feature = "dev-vault")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[allow(dead_code, reason = "made for another program of tests")]
#[path = "../devvault/running.rs"]
mod running;
#[path = "../support/mod.rs"]
mod support;

mod conversation;
mod difference;
mod list;

use std::{collections::BTreeMap, fs, path::Path};

use conversation::{Conversation, Exchange};
use running::Running;

#[tokio::test]
async fn the_dev_vault_differs_only_where_it_is_said_to() {
    let Some(corpus) = support::corpus() else {
        support::say("skipped the recorded conversations: KVCERT_CORPUS is not set");
        return;
    };
    let mut files: Vec<_> = fs::read_dir(corpus.join("kv/scenario"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() > 10, "the recordings are somewhere else");
    let mut found = BTreeMap::new();
    let mut exchanges = 0;
    for file in files {
        let recorded: Vec<Exchange> = conversation::read(&file);
        exchanges += recorded.len();
        let running = Running::start().await;
        let mut conversation = Conversation::with(&running).await;
        for exchange in &recorded {
            for difference in conversation.have(exchange).await {
                *found.entry(difference).or_insert(0) += 1;
            }
        }
    }
    let running = Running::start().await;
    for exchange in single_refusals(&corpus) {
        exchanges += 1;
        let mut conversation = Conversation::with(&running).await;
        for difference in conversation.have(&exchange).await {
            *found.entry(difference).or_insert(0) += 1;
        }
    }
    list::compare(exchanges, &found);
}

/// Refusals that were recorded alone. What they were about is not there any more, so that only
/// those are had again which need nothing to be there: not the conflicts, and not what was
/// forbidden or failed. Some recordings have lost the host and the start of the path.
fn single_refusals(corpus: &Path) -> Vec<Exchange> {
    let mut files: Vec<_> = ["kv/challenge", "kv/error"]
        .iter()
        .flat_map(|folder| fs::read_dir(corpus.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let all = files.iter().map(|file| conversation::read_one(file));
    let alone: Vec<Exchange> = all
        .filter(|exchange| exchange.has_address())
        .filter(|exchange| [400, 401, 404, 405].contains(&exchange.response.status))
        .collect();
    assert!(alone.len() > 70, "the recordings are somewhere else");
    alone
}
