//! A server that never stops, and a command that does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::replay::{Replay, Reply, Seen, TOKEN, ca_file};
use crate::support::{Scratch, failure, kvcert, run};
use crate::{VERSION, good};

/// Another page, always.
fn page(number: usize, seen: &Seen, value: serde_json::Value) -> Reply {
    let next = format!("https://{}/certificates?page={number}", seen.host);
    Reply::json(json!({"value": value, "nextLink": next}))
}

#[test]
fn empty_pages_end() {
    let number = AtomicUsize::new(0);
    let server =
        Replay::vault(move |seen| page(number.fetch_add(1, Ordering::SeqCst), seen, json!([])));
    let folder = Scratch::new();
    let (code, _, errors) = run(&mut server.kvcert(folder.path(), &["list"]));
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (6, &"unexpected-reply".into()),
        "{errors}"
    );
    assert!(server.seen().len() < 510, "{}", server.seen().len());
}

#[test]
fn a_command_ends_at_its_deadline() {
    let number = AtomicUsize::new(0);
    let server = Replay::vault(move |seen| {
        std::thread::sleep(Duration::from_millis(300));
        page(number.fetch_add(1, Ordering::SeqCst), seen, json!([]))
    });
    let folder = Scratch::new();
    for command in [&["list"][..], &["get", "--all", "-o", "out"]] {
        let started = Instant::now();
        let arguments = [command, &["--deadline", "2s"]].concat();
        let (code, _, errors) = run(&mut server.kvcert(folder.path(), &arguments));
        let reason = &failure(&errors)["reason"];
        assert_eq!((code, reason), (6, &"deadline-passed".into()), "{errors}");
        assert!(started.elapsed() < Duration::from_secs(6));
    }
}

/// What was fetched until then is written, as on Ctrl-C.
#[test]
fn what_was_fetched_is_kept() {
    let server = Replay::vault(|seen| match seen.path.as_str() {
        "/certificates" => {
            let id =
                |name: &str| json!({"id": format!("https://{}/certificates/{name}", seen.host)});
            Reply::json(json!({"value": [id("web"), id("stuck")]}))
        }
        "/secrets/web" => {
            let mut secret = good();
            secret["id"] = json!(format!("https://{}/secrets/web/{VERSION}", seen.host));
            Reply::json(secret)
        }
        _ => Reply::slow(),
    });
    let folder = Scratch::new();
    let get = ["get", "--all", "-o", "out", "--deadline", "3s"];
    let (code, _, errors) = run(&mut server.kvcert(folder.path(), &get));
    assert_eq!(code, 6, "{errors}");
    assert!(errors.contains("deadline-passed"), "{errors}");
    assert!(folder.join("out/web.key").exists(), "{errors}");
}

/// A token that does not say what it is for goes to a host of a cloud, or to one that `--vault` names.
#[test]
fn an_opaque_token_does_not_follow_an_identifier() {
    let get = |with_vault: bool| {
        let server = Replay::vault(|_| Reply::json(good()));
        let folder = Scratch::new();
        let mut command = kvcert(folder.path());
        command
            .args(["--json", "get", "--verify", "off"])
            .arg(format!("{}/secrets/web", server.url()))
            .args(["-o", "out", "--ca-file"])
            .arg(ca_file(folder.path()))
            .env("KVCERT_ACCESS_TOKEN", TOKEN);
        if with_vault {
            command.args(["--vault", &server.url()]);
        }
        let (code, _, errors) = run(&mut command);
        (code, errors, server.got_a_token())
    };
    let (code, errors, got_a_token) = get(false);
    assert_eq!((code, got_a_token), (4, false), "{errors}");
    assert_eq!(failure(&errors)["reason"], "other-audience");
    let (code, errors, got_a_token) = get(true);
    assert_eq!((code, got_a_token), (0, true), "{errors}");
}
