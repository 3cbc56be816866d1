//! The corpus, served: each recording at a vault of its own.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

use serde_json::Value;

use crate::support::replay::{Replay, Reply, TOKEN, ca_file, resource};
use crate::support::{self, Scratch};

/// A recording, and what the index says about it.
pub struct Recording {
    pub file: String,
    pub index: Value,
    pub exchange: Value,
}

impl Recording {
    pub fn expected(&self) -> &str {
        self.index["expected"].as_str().unwrap()
    }

    pub fn status(&self) -> u16 {
        self.exchange["response"]["status"]
            .as_u64()
            .unwrap()
            .try_into()
            .unwrap()
    }

    pub fn body(&self) -> &str {
        self.exchange["response"]["body"].as_str().unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.exchange["response"]["headers"].as_array()?;
        let named = |header: &&Value| header[0].as_str().unwrap().eq_ignore_ascii_case(name);
        headers.iter().find(named)?[1].as_str()
    }

    /// The name of the secret, out of the `id` in the reply.
    pub fn name(&self) -> String {
        let body: Value = serde_json::from_str(self.body()).unwrap();
        let id = body["id"].as_str().unwrap();
        id.split('/').nth(4).unwrap().to_owned()
    }

    /// Status and body as recorded. What may pass is to be tried again at once.
    pub fn reply(&self) -> Reply {
        let kind = self
            .header("content-type")
            .unwrap_or("application/octet-stream");
        let reply = Reply::new(self.status(), self.body()).header("Content-Type", kind);
        reply.header("Retry-After", "0")
    }
}

/// The recordings of some kinds; none, and a word about it, without a corpus.
pub fn recordings(kinds: &[&str]) -> Option<Vec<Recording>> {
    let Some(folder) = support::corpus() else {
        support::say(&format!("skipped {kinds:?}: KVCERT_CORPUS is not set"));
        return None;
    };
    let read = |file: PathBuf| serde_json::from_slice::<Value>(&fs::read(file).unwrap()).unwrap();
    let index = read(folder.join("INDEX.json"));
    let of_kind = |record: &&Value| kinds.contains(&record["kind"].as_str().unwrap());
    let recordings: Vec<Recording> = index
        .as_array()
        .unwrap()
        .iter()
        .filter(of_kind)
        .map(|index| {
            let file = index["file"].as_str().unwrap().to_owned();
            let exchange = read(folder.join(&file));
            Recording {
                file,
                index: index.clone(),
                exchange,
            }
        })
        .collect();
    assert!(!recordings.is_empty(), "the corpus has no {kinds:?}");
    Some(recordings)
}

/// Recorded challenges, to be met before anything else.
pub fn challenges() -> Vec<String> {
    let recordings = recordings(&["http-challenge"]).unwrap_or_default();
    let header = |recording: &Recording| recording.header("www-authenticate").unwrap().to_owned();
    recordings.iter().map(header).collect()
}

/// The challenge with the resource of the vault that answers on `host`.
pub fn challenge_of(host: &str, recorded: &str) -> Reply {
    let (before, _) = recorded.split_once("resource=\"").unwrap();
    let header = format!("{before}resource=\"{}\"", resource(host));
    Reply::refusal(401, "Unauthorized", None).header("WWW-Authenticate", &header)
}

/// Runs `check` on every recording, in a folder of its own, with the URL of a vault that sends a
/// recorded challenge and then what was recorded. Two at a time.
pub fn each(
    recordings: &[Recording],
    check: impl Fn(&Recording, &str, &Path) + Sync,
) -> &[Recording] {
    let challenges = challenges();
    let replies: Vec<Reply> = recordings.iter().map(Recording::reply).collect();
    let server = Replay::start(move |seen| {
        let number: usize = seen.host[1..].split('.').next().unwrap().parse().unwrap();
        match seen.authorization.as_deref() {
            None => challenge_of(&seen.host, &challenges[number % challenges.len()]),
            Some(token) => {
                assert_eq!(token, format!("Bearer {TOKEN}"));
                replies[number].clone()
            }
        }
    });
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(recording) = recordings.get(number) else {
                break;
            };
            let folder = Scratch::new();
            ca_file(folder.path());
            let vault = format!("https://r{number}.vault.localhost:{}", server.port);
            let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                check(recording, &vault, folder.path());
            }));
            if checked.is_err() {
                failed.lock().unwrap().push(recording.file.clone());
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let failed = failed.into_inner().unwrap();
    assert!(
        failed.is_empty(),
        "{} of {}: {failed:#?}",
        failed.len(),
        recordings.len()
    );
    recordings
}

/// kvcert in `folder`, for the vault, with a token.
pub fn kvcert(folder: &Path, vault: &str, arguments: &[&str]) -> (i32, String, String) {
    let mut command = support::kvcert(folder);
    command
        .args(["--json", "--ca-file", "ca.pem", "--vault", vault])
        .args(arguments);
    support::run(command.env("KVCERT_ACCESS_TOKEN", TOKEN))
}
