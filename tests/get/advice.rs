//! A refusal names what to change: for each call the least that it takes.

use serde_json::{Value, json};

use crate::support::replay::{Replay, Reply};
use crate::support::{Scratch, failure, run};

#[track_caller]
fn refused(server: &Replay, arguments: &[&str], code: i32, reason: &str) -> Value {
    let folder = Scratch::new();
    let (found, _, errors) = run(&mut server.kvcert(folder.path(), arguments));
    let error = failure(&errors);
    assert_eq!(
        (found, &error["reason"]),
        (code, &reason.into()),
        "{errors}"
    );
    error
}

#[track_caller]
fn advises(arguments: &[&str], inner: &'static str, reason: &str, words: &[&str]) {
    let server = Replay::vault(move |_| Reply::refusal(403, "Forbidden", Some(inner)));
    let error = refused(&server, arguments, 5, reason);
    let hint = error["hint"].as_str().unwrap();
    for word in words {
        assert!(hint.contains(word), "{word}: {hint}");
    }
}

#[test]
fn every_kind_of_forbidden_for_every_call() {
    let (get, list) = (&["get", "web"][..], &["list"][..]);
    let (rbac, policy) = ("ForbiddenByRbac", "AccessDenied");
    let secret = [
        "Key Vault Secrets User",
        "secrets/getSecret/action",
        "Certificate User",
    ];
    advises(get, rbac, "forbidden-by-rbac", &secret);
    let certificates = ["Key Vault Reader", "certificates/read", "Certificate User"];
    advises(list, rbac, "forbidden-by-rbac", &certificates);
    advises(get, policy, "access-denied", &["`secrets/get`"]);
    advises(list, policy, "access-denied", &["`certificates/list`"]);
    for (arguments, verb, role) in [
        (get, "`secrets/get`", "`Key Vault Secrets User`"),
        (list, "`certificates/list`", "`Key Vault Reader`"),
    ] {
        let policy = "ForbiddenByPolicy";
        advises(
            arguments,
            policy,
            "forbidden-by-policy",
            &["identity", verb],
        );
        advises(arguments, "SomethingNew", "forbidden", &[role, verb]);
        advises(
            arguments,
            "ForbiddenByFirewall",
            "forbidden-by-firewall",
            &["firewall", "Networking"],
        );
        advises(
            arguments,
            "ForbiddenByConnection",
            "forbidden-by-connection",
            &["network"],
        );
        advises(arguments, "SomethingNew", "forbidden", &["access control"]);
    }
}

#[test]
fn what_was_deleted_is_said_to_be() {
    let deleted = json!({
        "recoveryId": "https://x.vault.localhost/deletedsecrets/web",
        "deletedDate": 1_700_000_000,
        "scheduledPurgeDate": 1_707_776_000,
    });
    let serve = |look: Reply| {
        Replay::vault(move |seen| match seen.path.as_str() {
            "/deletedsecrets/web" => look.clone(),
            _ => Reply::refusal(404, "SecretNotFound", None),
        })
    };
    let error = refused(&serve(Reply::json(deleted)), &["get", "web"], 3, "deleted");
    let text = error.to_string();
    assert!(
        text.contains("2023-11-14") && text.contains("2024-02-12"),
        "{text}"
    );
    assert!(
        error["hint"].as_str().unwrap().contains("recover"),
        "{text}"
    );
    // Without the right to look, or with an odd answer, it is just not there.
    for look in [
        Reply::refusal(403, "Forbidden", Some("ForbiddenByRbac")),
        Reply::refusal(404, "SecretNotFound", None),
        Reply::json(json!({"value": "no deleted secret"})),
    ] {
        refused(&serve(look), &["get", "web"], 3, "not-found");
    }
}

#[test]
fn a_clock_that_is_off_is_named() {
    let serve = |date: &'static str| {
        Replay::start(move |seen| {
            let host = seen.host.clone();
            Reply::challenge(&crate::support::replay::resource(&host)).header("Date", date)
        })
    };
    let server = serve("Wed, 01 Jan 2020 00:00:00 GMT");
    let error = refused(&server, &["get", "web"], 4, "clock-off");
    assert!(error.to_string().contains("s ahead"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("clock"), "{error}");
    let server = serve("Fri, 01 Jan 2100 00:00:00 GMT");
    let error = refused(&server, &["get", "web"], 4, "clock-off");
    assert!(error.to_string().contains("s behind"), "{error}");
    refused(&serve("yesterday"), &["get", "web"], 4, "token-refused");
}
