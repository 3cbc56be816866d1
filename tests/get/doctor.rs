//! `kvcert doctor` says at which rung the way to a vault fails, and why.

use std::process::Command;

use serde_json::Value;

use crate::support::replay::{Replay, Reply};
use crate::support::{Scratch, dev, failure, run};

/// The names of the rungs that passed, where it stopped, and the reason.
#[track_caller]
fn climb(command: &mut Command) -> (i32, Vec<String>, Value, Value) {
    let (code, output, errors) = run(command);
    let report: Value = serde_json::from_str(&output).unwrap_or_else(|_| panic!("{errors}"));
    let rungs = report["rungs"].as_array().unwrap();
    let passed = rungs
        .iter()
        .filter(|rung| rung["outcome"] == "ok")
        .map(|rung| rung["name"].as_str().unwrap().to_owned())
        .collect();
    let reason = match code {
        0 => Value::Null,
        _ => failure(&errors)["reason"].clone(),
    };
    (code, passed, report["stoppedAt"].clone(), reason)
}

const ALL: [&str; 7] = ["name", "tcp", "tls", "challenge", "sign-in", "list", "get"];

#[track_caller]
fn stops(command: &mut Command, rung: &str, code: i32, reason: &str) {
    let (found, passed, stopped, why) = climb(command);
    assert_eq!((found, stopped, why), (code, rung.into(), reason.into()));
    let reached = ALL.iter().position(|name| *name == rung).unwrap();
    assert_eq!(passed, ALL[..reached]);
}

fn doctor(server: &Replay, folder: &Scratch) -> Command {
    server.kvcert(folder.path(), &["doctor"])
}

#[test]
fn to_the_top() {
    let folder = Scratch::new();
    let (code, passed, stopped, _) =
        climb(dev::kvcert(folder.path()).args(["--json", "doctor", "web"]));
    assert_eq!((code, stopped), (0, Value::Null));
    assert_eq!(passed, ALL);
    assert_eq!(
        folder
            .names()
            .iter()
            .filter(|name| name.starts_with("web"))
            .count(),
        0
    );
    let (code, text, errors) = run(dev::kvcert(folder.path()).arg("doctor"));
    assert_eq!((code, errors.as_str()), (0, ""));
    assert_eq!(text.lines().count(), ALL.len());
}

#[test]
fn at_every_rung() {
    let folder = Scratch::new();
    let server = Replay::vault(|_| Reply::refusal(403, "Forbidden", Some("ForbiddenByRbac")));

    let mut nowhere = crate::support::kvcert(folder.path());
    let url = "https://no-such-vault.vault.invalid";
    stops(
        nowhere.args(["--json", "doctor", "--vault", url]),
        "name",
        6,
        "unknown-host",
    );

    let mut closed = crate::support::kvcert(folder.path());
    let url = "https://x.vault.localhost:1";
    stops(
        closed.args(["--json", "doctor", "--vault", url]),
        "tcp",
        6,
        "connection-failed",
    );

    let mut untrusted = crate::support::kvcert(folder.path());
    untrusted.args(["--json", "doctor", "--vault", &server.url()]);
    stops(&mut untrusted, "tls", 6, "tls");

    let other = Replay::start(|_| Reply::challenge("https://vault.example"));
    stops(
        &mut doctor(&other, &folder),
        "challenge",
        4,
        "challenge-refused",
    );
    assert!(!other.got_a_token());

    let mut tokenless = doctor(&server, &folder);
    stops(
        tokenless.env_remove("KVCERT_ACCESS_TOKEN"),
        "sign-in",
        4,
        "no-credential",
    );
    let report: Value = serde_json::from_str(&run(&mut tokenless).1).unwrap();
    assert_eq!(report["rungs"][4]["detail"], "no way to sign in");

    stops(
        &mut doctor(&server, &folder),
        "list",
        5,
        "forbidden-by-rbac",
    );
}

/// The right to list is not needed to get: both are tried, and the first that failed is told.
#[test]
fn a_certificate_is_tried_without_the_list() {
    let folder = Scratch::new();
    let secret = dev_secret();
    let server = Replay::vault(move |seen| match seen.path.as_str() {
        "/certificates" => Reply::refusal(403, "Forbidden", Some("AccessDenied")),
        _ => Reply::json(secret.clone()),
    });
    let (code, passed, stopped, reason) =
        climb(&mut server.kvcert(folder.path(), &["doctor", "web"]));
    assert_eq!(
        (code, stopped, reason),
        (5, "list".into(), "access-denied".into())
    );
    assert_eq!(passed.last().unwrap(), "get");

    let command = &mut dev::kvcert(folder.path());
    let (code, _, stopped, reason) = climb(command.args(["--json", "doctor", "vaulted"]));
    assert_eq!(
        (code, stopped, reason),
        (7, "get".into(), "not-exportable".into())
    );
}

/// A certificate's secret, as `kvcert` gets it from the dev vault in its raw form.
fn dev_secret() -> Value {
    let folder = Scratch::new();
    let get = ["get", "web-pem", "--format", "raw", "--name", "raw"];
    assert_eq!(run(dev::kvcert(folder.path()).args(get)).0, 0);
    serde_json::json!({
        "value": std::fs::read_to_string(folder.join("raw.pem")).unwrap(),
        "id": "https://x.vault.localhost/secrets/web/0123456789abcdef0123456789abcdef",
        "managed": true,
    })
}
