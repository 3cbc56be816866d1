//! `kvcert delete`, `recover`, `purge`, `backup` and `restore` against answers as the service
//! gives them.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::making::{bundle, not_found, pair};
use crate::support::replay::{Replay, Reply};
use crate::support::{self, Scratch, failure, run};

fn deleted() -> Value {
    json!({
        "recoveryId": "https://x/deletedcertificates/web",
        "deletedDate": 1_700_000_000,
        "scheduledPurgeDate": 1_700_604_800,
        "id": "https://x/certificates/web/1",
    })
}

#[test]
fn deleting_waits_until_it_can_be_seen() {
    let folder = Scratch::new();
    let looks = AtomicUsize::new(0);
    let server = Replay::vault(move |seen| match seen.method.as_str() {
        "DELETE" => Reply::json(deleted()),
        _ if looks.fetch_add(1, Ordering::Relaxed) == 0 => not_found("CertificateNotFound"),
        _ => Reply::json(deleted()),
    });
    let (code, _, errors) = run(&mut server.kvcert(folder.path(), &["delete", "web"]));
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (2, &json!("not-confirmed"))
    );
    assert!(server.seen().is_empty());
    let flags = ["delete", "web", "--yes"];
    let (code, output, errors) = run(&mut server.kvcert(folder.path(), &flags));
    assert_eq!(code, 0, "{errors}");
    let receipt: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(receipt["outcome"], "deleted");
    assert_eq!(receipt["recoverableUntil"], "2023-11-21T22:13:20Z");
}

/// A run that was killed after the vault heard it is run again.
#[test]
fn what_is_deleted_stays_deleted() {
    let folder = Scratch::new();
    let server = Replay::vault(|seen| match seen.path.as_str() {
        "/deletedcertificates/web" => Reply::json(deleted()),
        _ => not_found("CertificateNotFound"),
    });
    let flags = ["delete", "web", "--yes"];
    let (code, output, errors) = run(&mut server.kvcert(folder.path(), &flags));
    assert_eq!(code, 0, "{errors}");
    assert!(output.contains("\"deleted\""), "{output}");
    let flags = ["delete", "other", "--yes"];
    let (code, _, errors) = run(&mut server.kvcert(folder.path(), &flags));
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (3, &json!("not-found"))
    );
}

#[test]
fn recovering_waits_until_it_is_there() {
    let folder = Scratch::new();
    pair(folder.path(), "web", &["rsa:2048"]);
    let der = crate::making::der(folder.path(), "web");
    let looks = AtomicUsize::new(0);
    let server = Replay::vault(move |seen| match seen.method.as_str() {
        "POST" if seen.path == "/deletedcertificates/web/recover" => {
            Reply::json(bundle(&seen.host, "web", &der))
        }
        "GET" if looks.fetch_add(1, Ordering::Relaxed) > 0 => {
            Reply::json(bundle(&seen.host, "web", &der))
        }
        _ => not_found("CertificateNotFound"),
    });
    let (code, output, errors) = run(&mut server.kvcert(folder.path(), &["recover", "web"]));
    assert_eq!(code, 0, "{errors}");
    let receipt: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(receipt["outcome"], "recovered");
    assert_eq!(receipt["certificate"]["subject"], "CN=web");
}

#[test]
fn purging_waits_for_the_deletion_and_asks_first() {
    let folder = Scratch::new();
    let tries = AtomicUsize::new(0);
    let server = Replay::vault(move |seen| {
        assert_eq!(
            (seen.method.as_str(), seen.path.as_str()),
            ("DELETE", "/deletedcertificates/web")
        );
        match tries.fetch_add(1, Ordering::Relaxed) {
            0 => Reply::refusal(409, "Conflict", Some("ObjectIsBeingDeleted")),
            _ => Reply::new(204, ""),
        }
    });
    let (code, _, errors) = run(&mut server.kvcert(folder.path(), &["purge", "web"]));
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (2, &json!("not-confirmed"))
    );
    let flags = ["purge", "web", "--yes"];
    let (code, output, errors) = run(&mut server.kvcert(folder.path(), &flags));
    assert_eq!(code, 0, "{errors}");
    assert!(output.contains("\"purged\""), "{output}");
    let server = Replay::vault(|_| Reply::refusal(403, "Forbidden", Some("ForbiddenByRbac")));
    let (code, _, errors) = run(&mut server.kvcert(folder.path(), &flags));
    assert_eq!(code, 5, "{errors}");
    assert!(errors.contains("certificates/purge"), "{errors}");
}

#[test]
fn a_name_that_is_taken_says_by_what() {
    let folder = Scratch::new();
    let inner = Some("ObjectIsDeletedButRecoverable");
    let server = Replay::vault(move |_| Reply::refusal(409, "Conflict", inner));
    let (code, _, errors) = run(&mut server.kvcert(folder.path(), &["create", "web"]));
    let told = failure(&errors);
    assert_eq!((code, &told["reason"]), (3, &json!("deleted")));
    assert!(told["hint"].as_str().unwrap().contains("kvcert recover"));
}

#[test]
fn a_backup_is_private_and_comes_back() {
    let folder = Scratch::new();
    pair(folder.path(), "web", &["rsa:2048"]);
    let der = crate::making::der(folder.path(), "web");
    let server = Replay::vault(move |seen| match seen.path.as_str() {
        "/certificates/web/backup" => Reply::json(json!({"value": "JktleVZhdWx0LgA_-w"})),
        _ => Reply::json(bundle(&seen.host, "web", &der)),
    });
    let (code, output, errors) = run(&mut server.kvcert(folder.path(), &["backup", "web"]));
    assert_eq!(code, 0, "{errors}");
    let receipt: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(receipt["file"]["path"], "web.kvbackup");
    let backup = folder.join("web.kvbackup");
    assert_eq!(support::mode(&backup), 0o600);
    assert_eq!(fs::read(&backup).unwrap(), b"&KeyVault.\x00?\xfb");
    fs::write(folder.join("text"), "JktleVZhdWx0LgA_-w\n").unwrap();
    for file in ["web.kvbackup", "text"] {
        let (code, output, errors) = run(&mut server.kvcert(folder.path(), &["restore", file]));
        assert_eq!(code, 0, "{errors}");
        assert!(output.contains("\"restored\""), "{output}");
        let seen = server.seen();
        let post = seen.iter().rfind(|seen| seen.method == "POST").unwrap();
        let body: Value = serde_json::from_slice(&post.body).unwrap();
        assert_eq!(body, json!({"value": "JktleVZhdWx0LgA_-w"}), "{file}");
    }
    fs::write(&backup, "another").unwrap();
    let (code, _, errors) = run(&mut server.kvcert(folder.path(), &["backup", "web"]));
    assert_eq!((code, &failure(&errors)["reason"]), (8, &json!("exists")));
}
