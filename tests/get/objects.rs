//! The three-object check: what belongs together passes, what does not is named.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::replay::{Replay, Reply};
use crate::support::{Scratch, failure, openssl, run};

const VERSION: &str = "0123456789abcdef0123456789abcdef";
const OTHER_VERSION: &str = "fedcba9876543210fedcba9876543210";

/// A certificate's secret, certificate and key object, as JSON. The key's members come from
/// openssl.
#[derive(Clone)]
struct Objects {
    secret: Value,
    certificate: Value,
    key: Value,
}

impl Objects {
    fn new(kind: &[&str]) -> Self {
        let scratch = Scratch::new();
        let at = |name: &str| scratch.join(name).display().to_string();
        let (key, leaf, der) = (at("key"), at("leaf"), at("der"));
        let make = [
            "-days", "9", "-subj", "/CN=web", "-keyout", &key, "-out", &leaf,
        ];
        openssl(&[&["req", "-x509", "-nodes", "-newkey"], kind, &make].concat());
        openssl(&["x509", "-in", &leaf, "-outform", "DER", "-out", &der]);
        let sha1 = openssl(&["x509", "-in", &leaf, "-noout", "-fingerprint", "-sha1"]);
        let sha1 = hex(sha1.split_once('=').unwrap().1);
        let read = |file: &str| std::fs::read(file).unwrap();
        let pem = String::from_utf8([read(&key), read(&leaf)].concat()).unwrap();
        Self {
            secret: json!({
                "value": pem,
                "contentType": "application/x-pem-file",
                "id": id("secrets", VERSION),
                "managed": true,
            }),
            certificate: json!({
                "id": id("certificates", VERSION),
                "cer": STANDARD.encode(read(&der)),
                "x5t": URL_SAFE_NO_PAD.encode(sha1),
            }),
            key: json!({ "key": jwk(&key, kind[0] == "ec") }),
        }
    }

    /// A vault with these objects; what `change` gives instead goes before.
    fn serve(self, change: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static) -> Replay {
        Replay::vault(move |seen| {
            let collection = seen.path.split('/').nth(1).unwrap();
            change(collection).unwrap_or_else(|| {
                Reply::json(match collection {
                    "secrets" => self.secret.clone(),
                    "certificates" => self.certificate.clone(),
                    _ => self.key.clone(),
                })
            })
        })
    }
}

fn id(collection: &str, version: &str) -> String {
    format!("https://x.vault.localhost/{collection}/web/{version}")
}

/// The public JWK of a key file.
fn jwk(key: &str, ec: bool) -> Value {
    let text = openssl(&["pkey", "-in", key, "-noout", "-text_pub"]);
    let after = |label: &str| text.split_once(label).unwrap().1;
    let mut jwk = if ec {
        let point = hex(after("pub:").split_once("ASN1").unwrap().0);
        let (x, y) = point[1..].split_at((point.len() - 1) / 2);
        json!({"kty": "EC-HSM", "crv": "P-384", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)})
    } else {
        let modulus = openssl(&["rsa", "-in", key, "-noout", "-modulus"]);
        let n = hex(modulus.split_once('=').unwrap().1);
        json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode(n), "e": "AQAB"})
    };
    jwk["kid"] = id("keys", VERSION).into();
    jwk["key_ops"] = json!(["sign"]);
    jwk
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().filter(char::is_ascii_hexdigit).collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

const RSA: &[&str] = &["rsa:2048"];
const EC: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"];

/// The receipt's checks of a run that works.
#[track_caller]
fn accepted(server: &Replay, verify: &str) -> Value {
    let folder = Scratch::new();
    let (code, receipt, errors) = run(&mut get(server, &folder, verify));
    assert_eq!(code, 0, "{errors}");
    let mut receipt: Value = serde_json::from_str(&receipt).unwrap();
    receipt["certificates"][0].take()
}

#[track_caller]
fn refused(server: &Replay, verify: &str, code: i32, reason: &str) -> String {
    let folder = Scratch::new();
    let (found, _, errors) = run(&mut get(server, &folder, verify));
    assert_eq!(
        (found, &failure(&errors)["reason"]),
        (code, &reason.into()),
        "{errors}"
    );
    assert!(!folder.join("out").exists());
    failure(&errors).to_string()
}

fn get(server: &Replay, folder: &Scratch, verify: &str) -> std::process::Command {
    server.kvcert(
        folder.path(),
        &["get", "web", "-o", "out", "--verify", verify],
    )
}

#[test]
fn what_belongs_together_agrees() {
    for kind in [RSA, EC] {
        let server = Objects::new(kind).serve(|_| None);
        let checks = accepted(&server, "require")["checks"].take();
        assert_eq!(checks["certificateObject"], "agrees");
        assert_eq!(checks["keyObject"], "agrees");
        // One refusal that names the resource, then each object once.
        let mut paths: Vec<String> = server.seen()[1..]
            .iter()
            .map(|it| it.path.clone())
            .collect();
        paths.sort();
        assert_eq!(paths, ["/certificates/web", "/keys/web", "/secrets/web"]);
    }
}

#[test]
fn without_the_check_there_is_one_request() {
    let server = Objects::new(EC).serve(|_| None);
    let checks = accepted(&server, "off")["checks"].take();
    assert_eq!(
        (&checks["certificateObject"], &checks["keyObject"]),
        (&"off".into(), &"off".into())
    );
    let paths: Vec<String> = server.seen()[1..]
        .iter()
        .map(|it| it.path.clone())
        .collect();
    assert_eq!(paths, ["/secrets/web"]);
}

#[test]
fn what_differs_is_named() {
    let (good, other) = (Objects::new(RSA), Objects::new(RSA));
    let check = |change: &dyn Fn(&mut Objects), words: &[&str]| {
        let mut objects = good.clone();
        change(&mut objects);
        let message = refused(&objects.serve(|_| None), "auto", 7, "objects-disagree");
        for word in words {
            assert!(message.contains(word), "{word}: {message}");
        }
    };
    check(
        &|it| it.certificate = other.certificate.clone(),
        &["certificate object holds the certificate", "the secret"],
    );
    check(
        &|it| it.certificate["x5t"] = other.certificate["x5t"].clone(),
        &["certificate object", "thumbprint"],
    );
    check(
        &|it| it.key = other.key.clone(),
        &["the key object's public key", "the certificate's"],
    );
    check(
        &|it| it.key = Objects::new(EC).key,
        &["the key object's public key (EC P-384)", "(RSA 2048)"],
    );
    check(
        &|it| it.certificate["id"] = id("certificates", OTHER_VERSION).into(),
        &["the certificate object is version", OTHER_VERSION, VERSION],
    );
    check(
        &|it| it.key["key"]["kid"] = id("keys", OTHER_VERSION).into(),
        &["the key object is version", OTHER_VERSION],
    );
}

/// The secret was read just after a new version was made, the others just before.
#[test]
fn a_version_made_meanwhile_is_no_disagreement() {
    let objects = Objects::new(EC);
    let mut before = objects.clone();
    before.certificate["id"] = id("certificates", OTHER_VERSION).into();
    let asked = Arc::new(AtomicUsize::new(0));
    let server = objects.serve(move |collection| {
        let first = collection == "certificates" && asked.fetch_add(1, Ordering::SeqCst) == 0;
        first.then(|| Reply::json(before.certificate.clone()))
    });
    assert_eq!(
        accepted(&server, "require")["checks"]["certificateObject"],
        "agrees"
    );
    let last = server.seen().pop().unwrap();
    assert!(last.path.ends_with(VERSION), "{}", last.path);
}

#[test]
fn what_may_not_be_looked_at_is_a_note_unless_it_is_required() {
    for (collection, field, inner) in [
        ("certificates", "certificateObject", "ForbiddenByRbac"),
        ("keys", "keyObject", "AccessDenied"),
        ("keys", "keyObject", "KeyDisabled"),
    ] {
        let serve = move || {
            Objects::new(EC).serve(move |asked| {
                (asked == collection).then(|| Reply::refusal(403, "Forbidden", Some(inner)))
            })
        };
        let receipt = accepted(&serve(), "auto");
        assert_eq!(receipt["checks"][field], "notAllowed");
        let notes = receipt["notes"].to_string();
        assert!(notes.contains("not compared with the"), "{notes}");
        let (code, reason) = match inner {
            "ForbiddenByRbac" => (5, "forbidden-by-rbac"),
            "AccessDenied" => (5, "access-denied"),
            _ => (3, "disabled"),
        };
        refused(&serve(), "require", code, reason);
    }
}

/// A PFX that someone stored as a plain secret has no other objects.
#[test]
fn a_plain_secret_has_nothing_to_be_compared_with() {
    let serve = |managed: bool| {
        let mut objects = Objects::new(EC);
        objects.secret["managed"] = managed.into();
        objects.serve(|asked| (asked != "secrets").then(|| Reply::refusal(404, "NotFound", None)))
    };
    let checks = accepted(&serve(false), "auto")["checks"].take();
    assert_eq!(checks["certificateObject"], "notThere");
    assert_eq!(checks["keyObject"], "notThere");
    refused(&serve(false), "require", 3, "not-found");
    refused(&serve(true), "auto", 3, "not-found");
}

/// Without the vault's asking: one request, or three side by side.
#[test]
fn a_token_that_says_whom_it_is_for_goes_at_once() {
    let server = Objects::new(&["rsa:2048"]).serve(|_| None);
    let token = |audience: &str| {
        let claims = json!({ "aud": audience }).to_string();
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    };
    let ours = token(&format!("https://vault.localhost:{}/", server.port));
    for (verify, requests) in [("off", 1), ("auto", 3), ("require", 3)] {
        let (folder, before) = (Scratch::new(), server.seen().len());
        let mut command = server.kvcert(folder.path(), &["get", "web", "--verify", verify]);
        let (code, _, errors) = run(command.env("KVCERT_ACCESS_TOKEN", &ours));
        assert_eq!(code, 0, "{errors}");
        assert_eq!(server.seen().len() - before, requests, "{verify}");
    }
    // For anything else than a parent of the vault it does not go.
    let server = Objects::new(&["rsa:2048"]).serve(|_| None);
    for audience in [
        "https://graph.microsoft.com",
        "https://localhost",
        "vault.localhost",
    ] {
        let folder = Scratch::new();
        let mut command = server.kvcert(folder.path(), &["get", "web"]);
        let (code, _, errors) = run(command.env("KVCERT_ACCESS_TOKEN", token(audience)));
        assert_eq!(
            (code, &failure(&errors)["reason"]),
            (4, &"other-audience".into())
        );
        assert!(!server.got_a_token(), "{audience}");
    }
}
