//! Vaults that lie, stall, ramble and lead elsewhere: kvcert fails in good order, leaves no file,
//! and shows its token to nobody else.
#![cfg(all(feature = "cli", feature = "dev-vault"))]
// The modules are private to this program; and clippy takes only the test functions themselves
// for tests, not what they are made of.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::disallowed_methods)]

mod bodies;
mod deadline;
mod elsewhere;
mod lists;
mod replies;
#[path = "../support/mod.rs"]
mod support;
mod unproven;
mod weather;

use std::path::Path;
use std::sync::OnceLock;

use serde_json::{Value, json};
use support::replay::{Replay, Reply};
use support::{Scratch, failure, run};

/// Runs `get web` against the server; it must fail so, and leave nothing. Gives back the failure.
#[track_caller]
fn refused(server: &Replay, code: i32, reason: &str) -> Value {
    refused_with(server, &[], code, reason)
}

#[track_caller]
fn refused_with(server: &Replay, more: &[&str], code: i32, reason: &str) -> Value {
    let folder = Scratch::new();
    let arguments = [&["get", "web", "-o", "out"], more].concat();
    let (found, _, errors) = run(&mut server.kvcert(folder.path(), &arguments));
    let error = failure(&errors);
    assert_eq!(
        (found, &error["reason"]),
        (code, &reason.into()),
        "{errors}"
    );
    assert!(error["hint"].is_string(), "{errors}");
    assert!(!folder.join("out").exists());
    error
}

/// Runs `get web` against the server; it must work.
#[track_caller]
fn accepted(server: &Replay) {
    let folder = Scratch::new();
    let (code, _, errors) = run(&mut server.kvcert(folder.path(), &["get", "web", "-o", "out"]));
    assert_eq!(code, 0, "{errors}");
    pair(folder.path());
}

#[track_caller]
fn pair(folder: &Path) {
    support::pair(&folder.join("out/web.crt"), &folder.join("out/web.key"));
}

/// The secret of a good certificate, `web`.
fn good() -> Value {
    static PEM: OnceLock<String> = OnceLock::new();
    let pem = PEM.get_or_init(|| {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new([String::from("web.example")]).unwrap();
        key.serialize_pem() + &params.self_signed(&key).unwrap().pem()
    });
    json!({
        "value": pem,
        "contentType": "application/x-pem-file",
        "id": format!("https://x.vault.localhost/secrets/web/{VERSION}"),
        "managed": true,
        "attributes": {"enabled": true},
    })
}

/// The good secret, with one field set, or without it.
fn altered(field: &str, value: Option<Value>) -> Reply {
    let mut secret = good();
    let fields = secret.as_object_mut().unwrap();
    match value {
        Some(value) => fields.insert(field.to_owned(), value),
        None => fields.remove(field),
    };
    Reply::json(secret)
}

const VERSION: &str = "0123456789abcdef0123456789abcdef";
