//! `kvcert import` against answers as the service gives them.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::making::{VERSION, bundle, file, not_found, pair, rsa_key};
use crate::support::replay::{Replay, Reply};
use crate::support::{Scratch, failure, openssl, run};

/// A vault that keeps what is imported, and gives it back; `web.crt` is what it will be.
fn keeping(folder: &Path) -> (Replay, Arc<Mutex<Option<Value>>>) {
    let kept = Arc::new(Mutex::new(None::<Value>));
    let shelf = Arc::clone(&kept);
    let certificate = file(folder, "web", "crt");
    let der = crate::making::der(folder, "web");
    let server = Replay::vault(move |seen| {
        let mut kept = shelf.lock().unwrap();
        if seen.method == "POST" {
            *kept = Some(serde_json::from_slice(&seen.body).unwrap());
            return Reply::json(bundle(&seen.host, "web", &der));
        }
        let Some(import) = kept.as_ref() else {
            return not_found("CertificateNotFound");
        };
        match seen.path.split('/').nth(1).unwrap() {
            "certificates" => Reply::json(bundle(&seen.host, "web", &der)),
            "keys" => Reply::json(rsa_key(&seen.host, "web", &certificate)),
            _ => Reply::json(json!({
                "id": format!("https://{}/secrets/web/{VERSION}", seen.host),
                "value": import["value"],
                "contentType": import["policy"]["secret_props"]["contentType"],
                "managed": true,
                "kid": format!("https://{}/keys/web/{VERSION}", seen.host),
                "attributes": {"enabled": true},
            })),
        }
    });
    (server, kept)
}

fn import(server: &Replay, folder: &Path, arguments: &[&str]) -> (i32, Value, String) {
    let all: Vec<&str> = ["import", "web"]
        .into_iter()
        .chain(arguments.iter().copied())
        .collect();
    let (code, output, errors) = run(&mut server.kvcert(folder, &all));
    (
        code,
        serde_json::from_str(&output).unwrap_or_default(),
        errors,
    )
}

#[test]
fn pem_is_put_in_order_and_read_back() {
    let folder = Scratch::new();
    pair(folder.path(), "web", &["rsa:2048"]);
    // As an old program writes it: certificate first, a PKCS#1 key, CRLF.
    let (key, old) = (
        file(folder.path(), "web", "key"),
        file(folder.path(), "old", "key"),
    );
    openssl(&["rsa", "-in", &key, "-traditional", "-out", &old]);
    let text =
        fs::read_to_string(folder.join("web.crt")).unwrap() + &fs::read_to_string(&old).unwrap();
    fs::write(folder.join("web.pem"), text.replace('\n', "\r\n")).unwrap();

    let (server, kept) = keeping(folder.path());
    let (code, receipt, errors) = import(&server, folder.path(), &["web.pem", "--tag", "a=b"]);
    assert_eq!(code, 0, "{errors}");
    assert_eq!(receipt["outcome"], "imported");
    assert_eq!(receipt["checks"]["certificateObject"], "agrees");
    assert_eq!(receipt["checks"]["keyObject"], "agrees");
    let mut body = kept.lock().unwrap().clone().unwrap();
    let value = body["value"].take();
    let value = value.as_str().unwrap();
    assert!(value.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert!(!value.contains('\r') && value.ends_with("-----END CERTIFICATE-----\n"));
    let expected = json!({
        "value": null,
        "policy": {
            "key_props": {"exportable": true, "kty": "RSA", "key_size": 2048, "reuse_key": false},
            "secret_props": {"contentType": "application/x-pem-file"},
            "x509_props": {"key_usage": ["digitalSignature", "keyEncipherment"]},
            "lifetime_actions": [{
                "trigger": {"lifetime_percentage": 80},
                "action": {"action_type": "EmailContacts"},
            }],
            "issuer": {"name": "Unknown"},
        },
        "tags": {"a": "b"},
    });
    assert_eq!(body, expected);
    fs::write(folder.join("sent.pem"), value).unwrap();
    crate::support::pair(&folder.join("sent.pem"), &folder.join("sent.pem"));

    // The same again changes nothing.
    let (code, receipt, errors) = import(&server, folder.path(), &["web.pem"]);
    assert_eq!(code, 0, "{errors}");
    assert_eq!(receipt["outcome"], "unchanged");
    let posts = server.seen();
    let posts = posts.iter().filter(|seen| seen.method == "POST").count();
    assert_eq!(posts, 1);
}

#[test]
fn a_pfx_loses_its_password_on_the_way() {
    let folder = Scratch::new();
    pair(folder.path(), "web", &["rsa:2048"]);
    let at = |ending| file(folder.path(), "web", ending);
    openssl(&[
        "pkcs12",
        "-export",
        "-inkey",
        &at("key"),
        "-in",
        &at("crt"),
        "-out",
        &at("pfx"),
        "-passout",
        "pass:correct horse",
    ]);
    fs::write(folder.join("password"), "correct horse\n").unwrap();
    let (server, kept) = keeping(folder.path());
    let (code, _, errors) = import(&server, folder.path(), &["web.pfx"]);
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (7, &json!("wrong-password"))
    );
    let flags = ["web.pfx", "--password-file", "password", "--preserve-order"];
    let (code, receipt, errors) = import(&server, folder.path(), &flags);
    assert_eq!(code, 0, "{errors}");
    assert_eq!(receipt["contentType"], "application/x-pkcs12");
    let body = kept.lock().unwrap().clone().unwrap();
    assert_eq!(body["preserveCertOrder"], true);
    assert!(body.get("pwd").is_none());
    let pfx = STANDARD.decode(body["value"].as_str().unwrap()).unwrap();
    fs::write(folder.join("sent.pfx"), pfx).unwrap();
    let sent = folder.join("sent.pfx");
    let text = openssl(&[
        "pkcs12",
        "-in",
        sent.to_str().unwrap(),
        "-passin",
        "pass:",
        "-nodes",
    ]);
    fs::write(folder.join("sent.pem"), text).unwrap();
    crate::support::pair(&folder.join("sent.pem"), &folder.join("sent.pem"));
    let seen = server.seen();
    let post = seen.iter().find(|seen| seen.method == "POST").unwrap();
    assert_eq!(post.query, "api-version=2025-07-01");
    for seen in &seen {
        assert!(!String::from_utf8_lossy(&seen.body).contains("correct horse"));
    }
}

#[test]
fn an_ec_key_is_not_asked_to_wrap() {
    let folder = Scratch::new();
    pair(
        folder.path(),
        "web",
        &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
    );
    let text = fs::read_to_string(folder.join("web.key")).unwrap()
        + &fs::read_to_string(folder.join("web.crt")).unwrap();
    fs::write(folder.join("web.pem"), text).unwrap();
    let server = Replay::vault(|seen| match seen.method.as_str() {
        "POST" => Reply::refusal(400, "BadParameter", None),
        _ => not_found("CertificateNotFound"),
    });
    let (code, _, errors) = import(&server, folder.path(), &["web.pem", "--not-exportable"]);
    assert_eq!((code, &failure(&errors)["reason"]), (2, &json!("rejected")));
    let seen = server.seen();
    let post = seen.iter().rfind(|seen| seen.method == "POST").unwrap();
    let policy: Value = serde_json::from_slice(&post.body).unwrap();
    let policy = &policy["policy"];
    let expected = json!({"exportable": false, "kty": "EC", "crv": "P-384", "reuse_key": false});
    assert_eq!(policy["key_props"], expected);
    assert_eq!(
        policy["x509_props"]["key_usage"],
        json!(["digitalSignature"])
    );
}

#[test]
fn what_does_not_fit_never_leaves_the_machine() {
    let folder = Scratch::new();
    pair(folder.path(), "web", &["rsa:2048"]);
    pair(folder.path(), "other", &["rsa:2048"]);
    pair(folder.path(), "small", &["rsa:1024"]);
    pair(folder.path(), "new", &["ed25519"]);
    let join = |key: &str, certificate: &str, name: &str| {
        let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
        fs::write(folder.join(name), read(key) + &read(certificate)).unwrap();
    };
    join("other.key", "web.crt", "mixed.pem");
    join("small.key", "small.crt", "small.pem");
    join("new.key", "new.crt", "new.pem");
    let server = Replay::vault(|_| not_found("CertificateNotFound"));
    for (file, reason) in [
        ("mixed.pem", "key-mismatch"),
        ("web.crt", "no-private-key"),
        ("web.key", "no-certificate"),
        ("small.pem", "unsupported-key"),
        ("new.pem", "unsupported-key"),
    ] {
        let (code, _, errors) = import(&server, folder.path(), &[file]);
        assert_eq!(
            (code, &failure(&errors)["reason"]),
            (7, &json!(reason)),
            "{file}"
        );
    }
    assert!(server.seen().is_empty());
}
