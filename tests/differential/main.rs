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
mod prepared;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use conversation::{Conversation, Exchange};
use kvcert_dev::{DevVault, Options};
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
    for exchange in singles(&corpus) {
        let running = Running::serve(DevVault::open(nothing_in_it()).unwrap());
        let mut conversation = Conversation::with(&running).await;
        if !conversation.prepare(&exchange).await {
            continue;
        }
        exchanges += 1;
        for difference in conversation.have(&exchange).await {
            *found.entry(difference).or_insert(0) += 1;
        }
    }
    list::compare(exchanges, &found);
}

fn nothing_in_it() -> Options {
    Options {
        empty: true,
        ..Options::default()
    }
}

/// Refusals that were recorded alone and need nothing to be there. Some recordings have lost the
/// host and the start of the path.
fn single_refusals(corpus: &Path) -> Vec<Exchange> {
    let all = alone(corpus, &["challenge", "error"]);
    let all = all.filter(|exchange| [400, 401, 404, 405].contains(&exchange.response.status));
    let all: Vec<Exchange> = all.collect();
    assert!(all.len() > 70, "the recordings are somewhere else");
    all
}

/// What was recorded alone and is about something that has to be there first. Left out: storage
/// accounts and later pages of lists.
fn singles(corpus: &Path) -> Vec<Exchange> {
    let refused = alone(corpus, &["error"]);
    let refused = refused.filter(|exchange| [403, 409].contains(&exchange.response.status));
    let given = alone(corpus, FOLDERS);
    let given = given.filter(|exchange| exchange.response.status == 200);
    let all = refused.chain(given);
    let all = all.filter(|exchange| {
        !["storage", "skiptoken"]
            .iter()
            .any(|it| exchange.url().contains(it))
    });
    let all: Vec<Exchange> = all.collect();
    assert!(all.len() > 150, "the recordings are somewhere else");
    all
}

fn alone(corpus: &Path, folders: &[&str]) -> impl Iterator<Item = Exchange> {
    let mut files: Vec<_> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(corpus.join("kv").join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let all = files.into_iter().map(|file| conversation::read_one(&file));
    all.filter(Exchange::has_address)
}

const FOLDERS: &[&str] = &[
    "backup-restore",
    "certificate",
    "deleted",
    "import",
    "issuers-contacts",
    "key",
    "list",
    "pending",
    "policy",
    "secret-other",
    "secret-pem",
    "secret-pkcs12",
];
