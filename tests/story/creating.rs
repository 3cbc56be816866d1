//! `kvcert create` and `merge` against answers as the service gives them.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::making::{bundle, der, file, not_found, operation, pair};
use crate::support::replay::{Replay, Reply, Seen};
use crate::support::{Scratch, failure, openssl, run};

/// A vault without the certificate `web`, until something is posted.
fn vault_without_it(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Replay {
    let posted = AtomicBool::new(false);
    Replay::vault(move |seen| {
        let is_posted = posted.fetch_or(seen.method == "POST", Ordering::Relaxed);
        match (seen.method.as_str(), seen.path.as_str()) {
            ("GET", "/certificates/web") if !is_posted => not_found("CertificateNotFound"),
            _ => answer(seen),
        }
    })
}

fn posts(server: &Replay) -> Vec<Seen> {
    let posts = server.seen().into_iter();
    posts
        .filter(|seen| seen.method != "GET" && seen.authorization.is_some())
        .collect()
}

fn body(seen: &Seen) -> Value {
    serde_json::from_slice(&seen.body).unwrap()
}

#[test]
fn it_waits_until_the_vault_has_issued() {
    let folder = Scratch::new();
    pair(folder.path(), "web", &["rsa:2048"]);
    let der = der(folder.path(), "web");
    let polls = AtomicUsize::new(0);
    let server = vault_without_it(
        move |seen| match (seen.method.as_str(), seen.path.as_str()) {
            ("POST", "/certificates/web/create") => {
                Reply::new(202, operation("inProgress", "Self", b"csr").to_string())
                    .header("Retry-After", "0")
            }
            ("GET", "/certificates/web/pending") => {
                let done = polls.fetch_add(1, Ordering::Relaxed) > 1;
                let status = if done { "completed" } else { "inProgress" };
                Reply::json(operation(status, "Self", b"csr")).header("Retry-After", "0")
            }
            ("GET", "/certificates/web") => Reply::json(bundle(&seen.host, "web", &der)),
            _ => not_found("NotFound"),
        },
    );
    let (code, output, errors) = run(&mut server.kvcert(folder.path(), &["create", "web"]));
    assert_eq!(code, 0, "{errors}");
    let receipt: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(receipt["outcome"], "created");
    assert_eq!(receipt["certificate"]["subject"], "CN=web");
    assert_eq!(receipt["certificate"]["key"], "RSA 2048");
    let posts = posts(&server);
    assert_eq!(posts.len(), 1);
    let expected = json!({"policy": {
        "key_props": {"exportable": false, "kty": "RSA", "key_size": 2048, "reuse_key": false},
        "secret_props": {"contentType": "application/x-pkcs12"},
        "x509_props": {
            "subject": "CN=web",
            "ekus": ["1.3.6.1.5.5.7.3.2"],
            "key_usage": ["digitalSignature", "keyEncipherment"],
            "validity_months": 12,
        },
        "lifetime_actions": [{
            "trigger": {"lifetime_percentage": 80},
            "action": {"action_type": "EmailContacts"},
        }],
        "issuer": {"name": "Self"},
    }});
    assert_eq!(body(&posts[0]), expected);
    assert_eq!(posts[0].header("content-type"), Some("application/json"));
}

/// A certificate for hosts is for TLS servers, unless `--eku` says otherwise.
#[test]
fn names_of_hosts_are_for_servers() {
    let folder = Scratch::new();
    let server = Replay::vault(|_| not_found("NotFound"));
    let dry = |flags: &[&str]| {
        let flags = [&["create", "web", "--dry-run"], flags].concat();
        let (code, output, errors) = run(&mut server.kvcert(folder.path(), &flags));
        assert_eq!(code, 0, "{errors}");
        let request: Value = serde_json::from_str(&output).unwrap();
        request["policy"]["x509_props"]["ekus"].clone()
    };
    let (for_servers, for_clients) = ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
    let both = json!([for_servers, for_clients]);
    assert_eq!(dry(&["--issuer", "Unknown", "--dns", "web.example"]), both);
    assert_eq!(dry(&["--ip", "192.0.2.1"]), both);
    assert_eq!(dry(&[]), json!([for_clients]));
    let own = ["--dns", "web.example", "--eku", "client"];
    assert_eq!(dry(&own), json!([for_clients]));
}

#[test]
fn every_flag_arrives() {
    let folder = Scratch::new();
    let server = Replay::vault(|_| not_found("NotFound"));
    let flags = [
        "create",
        "api",
        "--dry-run",
        "--subject",
        "CN=api.example.com, O=Example",
        "--dns",
        "api.example.com",
        "--dns",
        "api",
        "--email",
        "a@example.com",
        "--upn",
        "u@example.com",
        "--ip",
        "192.0.2.1",
        "--ip",
        "2001:db8::1",
        "--uri",
        "spiffe://example/api",
        "--months",
        "6",
        "--eku",
        "server",
        "--eku",
        "1.3.6.1.5.5.7.3.3",
        "--key",
        "p256k",
        "--exportable",
        "--reuse-key",
        "--content-type",
        "pem",
        "--key-usage",
        "digital-signature",
        "--key-usage",
        "key-cert-sign",
        "--key-usage",
        "crl-sign",
        "--renew",
        "auto",
        "--renew-at",
        "30d",
        "--tag",
        "team=web",
        "--tag",
        "a=b=c",
    ];
    let (code, output, errors) = run(&mut server.kvcert(folder.path(), &flags));
    assert_eq!(code, 0, "{errors}");
    let found: Value = serde_json::from_str(&output).unwrap();
    let expected = json!({
        "policy": {
            "key_props": {"exportable": true, "kty": "EC", "crv": "P-256K", "reuse_key": true},
            "secret_props": {"contentType": "application/x-pem-file"},
            "x509_props": {
                "subject": "CN=api.example.com, O=Example",
                "sans": {
                    "dns_names": ["api.example.com", "api"],
                    "emails": ["a@example.com"],
                    "upns": ["u@example.com"],
                    "uris": ["spiffe://example/api"],
                    "ipAddresses": ["192.0.2.1", "2001:db8::1"],
                },
                "ekus": ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.3"],
                "key_usage": ["digitalSignature", "keyCertSign", "cRLSign"],
                "validity_months": 6,
            },
            "lifetime_actions": [{
                "trigger": {"days_before_expiry": 30},
                "action": {"action_type": "AutoRenew"},
            }],
            "issuer": {"name": "Self"},
        },
        "tags": {"team": "web", "a": "b=c"},
    });
    assert_eq!(found, expected);
    assert!(server.seen().is_empty());
}

/// Addresses and URIs need an interface that knows them; without them the old one does.
#[test]
fn the_interface_is_as_new_as_it_must_be() {
    let folder = Scratch::new();
    for (flags, version) in [
        (&["create", "web"][..], "api-version=7.4"),
        (
            &["create", "web", "--ip", "192.0.2.1"],
            "api-version=2025-07-01",
        ),
    ] {
        let server = vault_without_it(|_| Reply::refusal(400, "BadParameter", None));
        let (code, _, errors) = run(&mut server.kvcert(folder.path(), flags));
        assert_eq!((code, &failure(&errors)["reason"]), (2, &json!("rejected")));
        assert_eq!(posts(&server).last().unwrap().query, version);
    }
}

#[test]
fn what_makes_no_sense_is_refused_at_once() {
    let folder = Scratch::new();
    let server = Replay::vault(|_| not_found("NotFound"));
    for flags in [
        &[
            "create",
            "web",
            "--key",
            "p256",
            "--key-usage",
            "key-encipherment",
        ][..],
        &["create", "web", "--hsm", "--exportable"],
        &["create", "web", "--issuer", "unknown", "--renew", "auto"],
        &["create", "web", "--subject", "web.example.com"],
        &["create", "web/0123456789abcdef0123456789abcdef"],
        &["create", "web", "--renew-at", "100%"],
        &["create", "web", "--if-expires-within", "soon"],
        &["create", "web", "--no-wait", "--wait", "1m"],
    ] {
        let (code, _, errors) = run(&mut server.kvcert(folder.path(), flags));
        assert_eq!(code, 2, "{flags:?}: {errors}");
        assert!(failure(&errors)["hint"].is_string(), "{errors}");
    }
    assert!(server.seen().is_empty());
}

/// What changes something is sent once, however it fails; only "not begun" is no failure.
#[test]
fn nothing_is_made_twice() {
    let folder = Scratch::new();
    for status in [500, 502, 503, 504, 408] {
        let server = vault_without_it(move |_| Reply::refusal(status, "InternalServerError", None));
        let (code, _, errors) = run(&mut server.kvcert(folder.path(), &["create", "web"]));
        assert_eq!(code, 6, "{errors}");
        assert_eq!(posts(&server).len(), 1, "{status}");
    }
    let server = Replay::script(vec![
        not_found("CertificateNotFound"),
        Reply::refusal(429, "Throttled", None).header("Retry-After", "0"),
        Reply::new(202, operation("inProgress", "Self", b"csr").to_string()),
    ]);
    let flags = ["create", "web", "--no-wait"];
    let (code, output, errors) = run(&mut server.kvcert(folder.path(), &flags));
    assert_eq!(code, 0, "{errors}");
    assert!(output.contains("\"started\""), "{output}");
    assert_eq!(posts(&server).len(), 2);
}

/// The next version of a certificate is created only on request. One that is exportable stays so:
/// a server that uses its key needs that of the next one too.
#[test]
fn a_certificate_that_exists_needs_a_word() {
    let folder = Scratch::new();
    pair(folder.path(), "web", &["rsa:2048"]);
    let der = der(folder.path(), "web");
    let server = Replay::vault(move |seen| match seen.method.as_str() {
        "POST" => Reply::new(202, operation("inProgress", "Self", b"csr").to_string()),
        _ if seen.path.ends_with("/policy") => Reply::json(policy()),
        _ => {
            let mut there = bundle(&seen.host, "web", &der);
            there["tags"] = json!({"owner": "web", "cost": "7"});
            Reply::json(there)
        }
    });
    let (code, _, errors) = run(&mut server.kvcert(folder.path(), &["create", "web"]));
    let error = failure(&errors);
    assert_eq!((code, &error["reason"]), (2, &json!("name-taken")));
    let hint = error["hint"].as_str().unwrap();
    assert!(
        hint.contains("--new-version") && hint.contains("--if-missing"),
        "{hint}"
    );
    assert!(posts(&server).is_empty());

    let plain = [
        &["create", "web", "--new-version", "--no-wait"][..],
        &["create", "web", "--if-expires-within", "99d", "--no-wait"],
    ];
    for flags in plain {
        let (code, _, errors) = run(&mut server.kvcert(folder.path(), flags));
        assert_eq!(code, 0, "{errors}");
        let created = body(posts(&server).last().unwrap());
        let mut expected = policy();
        expected.as_object_mut().unwrap().remove("id");
        expected.as_object_mut().unwrap().remove("attributes");
        let expected = json!({"policy": expected, "tags": {"owner": "web", "cost": "7"}});
        assert_eq!(created, expected, "{flags:?}");
    }
    let sent = posts(&server).len();
    let flags = [
        "create",
        "web",
        "--new-version",
        "--dry-run",
        "--months",
        "3",
        "--tag",
        "cost=8",
        "--key",
        "rsa3072",
        "--ip",
        "192.0.2.1",
    ];
    let (code, output, errors) = run(&mut server.kvcert(folder.path(), &flags));
    assert_eq!(code, 0, "{errors}");
    let planned: Value = serde_json::from_str(&output).unwrap();
    let mut expected = policy();
    expected.as_object_mut().unwrap().remove("id");
    expected.as_object_mut().unwrap().remove("attributes");
    expected["x509_props"]["validity_months"] = json!(3);
    expected["x509_props"]["sans"] = json!({"ipAddresses": ["192.0.2.1"]});
    expected["x509_props"]["key_usage"] = json!(["digitalSignature", "keyEncipherment"]);
    expected["key_props"]["key_size"] = json!(3072);
    expected["key_props"]["kty"] = json!("RSA");
    expected["key_props"].as_object_mut().unwrap().remove("crv");
    assert_eq!(
        planned,
        json!({"policy": expected, "tags": {"owner": "web", "cost": "8"}})
    );
    assert_eq!(posts(&server).len(), sent);
}

/// A next version needs a first one: a misspelt name creates nothing.
#[test]
fn a_name_that_is_not_there_has_no_next_version() {
    let folder = Scratch::new();
    let server = vault_without_it(|_| not_found("CertificateNotFound"));
    let flags = ["create", "web", "--new-version"];
    let (code, _, errors) = run(&mut server.kvcert(folder.path(), &flags));
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (3, &json!("not-found"))
    );
    assert!(posts(&server).is_empty());
}

/// The policy of a certificate from a CA, with fields that kvcert does not know.
fn policy() -> Value {
    json!({
        "id": "https://web/certificates/web/policy",
        "key_props": {"exportable": true, "kty": "EC", "crv": "P-384", "reuse_key": true},
        "secret_props": {"contentType": "application/x-pem-file"},
        "x509_props": {
            "subject": "CN=web.example.com,O=Example",
            "sans": {"dns_names": ["web.example.com", "www.example.com"]},
            "ekus": ["1.3.6.1.5.5.7.3.1"],
            "key_usage": ["digitalSignature"],
            "validity_months": 6,
            "basic_constraints": {"ca": false},
        },
        "lifetime_actions": [
            {"trigger": {"days_before_expiry": 20}, "action": {"action_type": "AutoRenew"}},
        ],
        "issuer": {"name": "DigiCert", "cty": "OV-SSL", "cert_transparency": true},
        "attributes": {"enabled": true, "created": 1_700_000_000, "updated": 1_700_000_000},
    })
}

#[test]
fn if_missing_leaves_what_is_there() {
    let folder = Scratch::new();
    pair(folder.path(), "web", &["rsa:2048"]);
    let der = der(folder.path(), "web");
    let server = Replay::vault(move |seen| match seen.path.as_str() {
        "/certificates/web/policy" => Reply::json(policy()),
        _ => Reply::json(bundle(&seen.host, "web", &der)),
    });
    for flags in [
        &["create", "web", "--if-missing"][..],
        &["create", "web", "--if-expires-within", "29d"],
        &[
            "create",
            "web",
            "--if-missing",
            "--if-expires-within",
            "10d",
        ],
    ] {
        let (code, output, errors) = run(&mut server.kvcert(folder.path(), flags));
        assert_eq!(code, 0, "{errors}");
        assert!(output.contains("\"present\""), "{output}");
    }
    assert!(posts(&server).is_empty());
    let flags = ["create", "web", "--if-expires-within", "31d"];
    run(&mut server.kvcert(folder.path(), &flags));
    assert_eq!(posts(&server).len(), 1);
}

/// A run that was killed, or someone else, has begun: that is told, or waited for.
#[test]
fn one_in_the_making_is_waited_for() {
    let folder = Scratch::new();
    pair(folder.path(), "web", &["rsa:2048"]);
    let der = der(folder.path(), "web");
    let issued = AtomicUsize::new(0);
    let server = Replay::vault(
        move |seen| match (seen.method.as_str(), seen.path.as_str()) {
            ("POST", _) => Reply::refusal(409, "Forbidden", None),
            ("GET", "/certificates/web/pending") => match issued.fetch_add(1, Ordering::Relaxed) {
                0 => not_found("PendingCertificateNotFound"),
                1 => {
                    Reply::json(operation("inProgress", "Self", b"csr")).header("Retry-After", "0")
                }
                _ => Reply::json(operation("completed", "Self", b"csr")),
            },
            _ if issued.load(Ordering::Relaxed) < 3 => not_found("CertificateNotFound"),
            _ => Reply::json(bundle(&seen.host, "web", &der)),
        },
    );
    let (code, _, errors) = run(&mut server.kvcert(folder.path(), &["create", "web"]));
    let told = failure(&errors);
    assert_eq!((code, &told["reason"]), (2, &json!("pending")));
    assert!(told["hint"].as_str().unwrap().contains("--if-missing"));
    let flags = ["create", "web", "--if-missing"];
    let (code, output, errors) = run(&mut server.kvcert(folder.path(), &flags));
    assert_eq!(code, 0, "{errors}");
    assert!(output.contains("\"created\""), "{output}");
}

#[test]
fn an_issuer_that_refuses_is_heard() {
    let folder = Scratch::new();
    let server = vault_without_it(|seen| {
        let mut failed = operation("failed", "DigiCert", b"csr");
        failed["error"] = json!({"code": "Request rejected", "message": "no such account"});
        match seen.method.as_str() {
            "POST" => Reply::new(202, operation("inProgress", "DigiCert", b"csr").to_string()),
            _ => Reply::json(failed),
        }
    });
    let flags = ["create", "web", "--issuer", "DigiCert"];
    let (code, _, errors) = run(&mut server.kvcert(folder.path(), &flags));
    assert_eq!(code, 6, "{errors}");
    assert!(errors.contains("no such account"), "{errors}");
    let server =
        vault_without_it(|_| Reply::new(202, operation("inProgress", "Self", b"csr").to_string()));
    let flags = ["create", "web", "--wait", "1s"];
    let (code, _, errors) = run(&mut server.kvcert(folder.path(), &flags));
    assert_eq!((code, &failure(&errors)["reason"]), (6, &json!("not-yet")));
}

/// The whole way with an authority outside: openssl is the authority.
#[test]
fn a_request_goes_out_and_the_certificate_comes_back() {
    let folder = Scratch::new();
    let at = |name: &str, ending: &str| file(folder.path(), name, ending);
    pair(folder.path(), "ca", &["rsa:2048"]);
    let (key, request) = (at("web", "key"), at("web", "req"));
    openssl(&[
        "req", "-new", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=web", "-keyout", &key,
        "-out", &request, "-outform", "DER",
    ]);
    let csr = fs::read(&request).unwrap();
    let merged = AtomicUsize::new(0);
    let bytes = csr.clone();
    let issued = folder.join("web.der");
    let server = vault_without_it(move |seen| {
        let there = || bundle(&seen.host, "web", &fs::read(&issued).unwrap());
        match (seen.method.as_str(), seen.path.as_str()) {
            ("POST", "/certificates/web/pending/merge") => {
                merged.fetch_add(1, Ordering::Relaxed);
                Reply::new(201, there().to_string())
            }
            ("POST", _) => Reply::new(202, operation("inProgress", "Unknown", &bytes).to_string()),
            ("GET", "/certificates/web") => Reply::json(there()),
            _ => {
                let done = merged.load(Ordering::Relaxed) > 0;
                let status = if done { "completed" } else { "inProgress" };
                Reply::json(operation(status, "Unknown", &bytes))
            }
        }
    });
    let flags = ["create", "web", "--issuer", "Unknown"];
    let (code, output, errors) = run(&mut server.kvcert(folder.path(), &flags));
    assert_eq!(code, 0, "{errors}");
    assert!(output.contains("\"requested\""), "{output}");
    openssl(&["req", "-in", &at("web", "csr"), "-noout", "-verify"]);
    assert_eq!(fs::read(folder.join("web.req")).unwrap(), csr);

    // Another key's certificate is refused before the vault sees it.
    pair(folder.path(), "other", &["rsa:2048"]);
    let flags = ["merge", "web", "other.crt"];
    let (code, _, errors) = run(&mut server.kvcert(folder.path(), &flags));
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (7, &json!("key-mismatch"))
    );

    let (ca, ca_key, chain) = (at("ca", "crt"), at("ca", "key"), at("chain", "pem"));
    openssl(&[
        "x509",
        "-req",
        "-in",
        &at("web", "csr"),
        "-CA",
        &ca,
        "-CAkey",
        &ca_key,
        "-days",
        "30",
        "-out",
        &at("web", "crt"),
    ]);
    let der = der(folder.path(), "web");
    let text = fs::read_to_string(&ca).unwrap() + &fs::read_to_string(at("web", "crt")).unwrap();
    fs::write(&chain, text).unwrap();
    let bundle = at("chain", "p7b");
    openssl(&["crl2pkcs7", "-nocrl", "-certfile", &chain, "-out", &bundle]);
    // What the CA sends back is none of these; and never is the key asked for.
    for (file, reason) in [("web.req", "not-a-key-store"), ("ca.key", "no-certificate")] {
        let (code, _, errors) = run(&mut server.kvcert(folder.path(), &["merge", "web", file]));
        let error = failure(&errors);
        assert_eq!((code, &error["reason"]), (7, &json!(reason)), "{file}");
        let hint = error["hint"].as_str().unwrap();
        assert!(
            hint.contains("give the certificate that the CA issued"),
            "{hint}"
        );
    }
    // Run twice: a run whose end was not seen can be repeated.
    for file in ["chain.p7b", "chain.pem"] {
        let flags = ["merge", "web", file];
        let (code, output, errors) = run(&mut server.kvcert(folder.path(), &flags));
        assert_eq!(code, 0, "{errors}");
        assert!(output.contains("\"merged\""), "{output}");
    }
    let merges: Vec<Value> = posts(&server)
        .iter()
        .filter(|seen| seen.path.ends_with("merge"))
        .map(body)
        .collect();
    let leaf_first = {
        use base64::Engine;
        use base64::engine::general_purpose::STANDARD;
        STANDARD.encode(der)
    };
    assert_eq!(merges.len(), 1);
    assert_eq!(merges[0]["x5c"][0], leaf_first);
    assert_eq!(merges[0]["x5c"].as_array().unwrap().len(), 2);
}
