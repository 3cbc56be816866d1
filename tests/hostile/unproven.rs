//! A host that has not asked for a token gets no body: no private key, no backup, no policy.

use std::path::Path;

use serde_json::json;

use crate::support::replay::{Replay, Reply, Seen, resource};
use crate::support::{Scratch, failure, run};
use crate::{VERSION, good};

/// What is in each body, and must stay here.
const COMMANDS: [&[&str]; 3] = [
    &["import", "web", "app.pem"],
    &["restore", "backup.blob"],
    &["create", "web", "--dns", "web.example"],
];

fn files(folder: &Path) {
    let secret = good();
    let pem = secret["value"].as_str().unwrap();
    std::fs::write(folder.join("app.pem"), pem).unwrap();
    std::fs::write(folder.join("backup.blob"), "a-backup-4711").unwrap();
}

/// Runs each of the commands against a server that answers so; all must fail for one of these reasons, and no
/// body may have arrived without a token.
#[track_caller]
fn gets_no_body(
    reasons: &[&str],
    answer: impl Fn(&Seen) -> Reply + Clone + Send + Sync + 'static,
) -> Vec<Seen> {
    let mut all = Vec::new();
    for command in COMMANDS {
        let server = Replay::start(answer.clone());
        let folder = Scratch::new();
        files(folder.path());
        let (code, _, errors) = run(&mut server.kvcert(folder.path(), command));
        assert_ne!(code, 0, "{command:?}");
        let reason = failure(&errors)["reason"].clone();
        let is_one = reasons.iter().any(|it| reason == *it);
        assert!(is_one, "{command:?}: {errors}");
        let seen = server.seen();
        for request in &seen {
            let has_body = !request.body.is_empty();
            assert!(!has_body || request.authorization.is_some(), "{request:?}");
        }
        all.extend(seen);
    }
    all
}

#[test]
fn without_a_challenge() {
    for status in [200, 201, 204, 302, 400, 404, 409, 412] {
        let seen = gets_no_body(&["challenge-refused"], move |seen| {
            match seen.method.as_str() {
                // So that each command goes on to its change.
                "GET" => Reply::refusal(404, "CertificateNotFound", None),
                _ => Reply::new(status, "{}").header("Location", "https://other.vault.localhost/"),
            }
        });
        assert!(seen.iter().all(|seen| seen.authorization.is_none()));
        let probes = seen.iter().filter(|seen| seen.method != "GET");
        assert_eq!(probes.count(), COMMANDS.len());
    }
}

#[test]
fn by_a_challenge_for_something_else() {
    let foreign = [
        "https://graph.microsoft.com",
        "https://vault.azure.net",
        "https://vault.localhost",
        "https://localhost",
    ];
    for asked in foreign {
        let seen = gets_no_body(&["challenge-refused"], move |seen| {
            match seen.method.as_str() {
                "GET" => Reply::refusal(404, "CertificateNotFound", None),
                _ => Reply::challenge(asked),
            }
        });
        assert!(seen.iter().all(|seen| seen.authorization.is_none()));
    }
}

/// A second challenge in the middle, for something else.
#[test]
fn by_another_challenge_in_the_middle() {
    gets_no_body(&["challenge-refused", "token-refused"], |seen| {
        match (seen.authorization.is_some(), seen.method.as_str()) {
            (false, _) => Reply::challenge(&resource(&seen.host)),
            (true, "GET") => Reply::refusal(404, "CertificateNotFound", None),
            (true, _) => Reply::challenge("https://graph.microsoft.com"),
        }
    });
}

#[test]
fn the_body_follows_the_challenge() {
    let server = Replay::start(|seen| match seen.authorization {
        None if seen.method == "GET" => Reply::refusal(404, "CertificateNotFound", None),
        None => Reply::challenge(&resource(&seen.host)),
        Some(_) => Reply::json(json!({
            "id": format!("https://x.vault.localhost/certificates/web/{VERSION}"),
        })),
    });
    let folder = Scratch::new();
    files(folder.path());
    run(&mut server.kvcert(folder.path(), &["import", "web", "app.pem"]));
    let posts = server.seen().into_iter().filter(|it| it.method == "POST");
    let posts: Vec<(bool, bool)> = posts
        .map(|it| (it.authorization.is_some(), it.body.is_empty()))
        .collect();
    assert_eq!(posts, [(false, true), (true, false)]);
}
