//! What stands in the certificates that the vault issues: names, extensions, keys.

use base64::prelude::{BASE64_STANDARD, Engine};
use reqwest::Method;
use serde_json::{Value, json};

use crate::certificates::completed;
use crate::openssl::{openssl, openssl_bytes, public_key_of_key, public_key_of_leaf, read_pfx};
use crate::running::{Running, TempFolder};

/// Asks for a certificate.
async fn begun(running: &Running, name: &str, policy: Value) -> Value {
    let path = format!("/certificates/{name}/create");
    let (status, reply) = running
        .call(Method::POST, &path, Some(json!({"policy": policy})))
        .await;
    assert_eq!(status, 202, "{reply}");
    reply
}

/// Asks for a certificate of the issuer `Self` and waits for it.
async fn issued(running: &Running, name: &str, policy: Value) -> Vec<u8> {
    begun(running, name, policy).await;
    assert_eq!(completed(running, name).await["status"], "completed");
    running.leaf(name).await
}

/// A request for a certificate that is to be signed elsewhere.
async fn requested(running: &Running, name: &str, policy: Value) -> Vec<u8> {
    let reply = begun(running, name, policy).await;
    BASE64_STANDARD
        .decode(reply["csr"].as_str().unwrap())
        .unwrap()
}

#[track_caller]
fn text_of(leaf: &[u8]) -> String {
    openssl(&["x509", "-inform", "DER", "-noout", "-text"], leaf)
}

/// The policy's text, and the name in the order of the certificate.
const SUBJECTS: [(&str, &str); 8] = [
    (
        "CN=web, OU=b, OU=a, DC=example, DC=net",
        "DC = net, DC = example, OU = a, OU = b, CN = web",
    ),
    (
        "C=US; S=WA; O=\"Test, Inc.\"",
        "O = \"Test, Inc.\", ST = WA, C = US",
    ),
    ("CN=a\\,b", "CN = \"a,b\""),
    ("CN=a\\2Cb\\3d", "CN = \"a,b=\""),
    ("CN=\"say \"\"x\"\"\"", "CN = say \\\"x\\\""),
    ("O=c, CN=a+OU=b", "CN = a + OU = b, O = c"),
    ("cn=*.example.com", "CN = *.example.com"),
    ("E=a@example.com", "emailAddress = a@example.com"),
];

#[tokio::test]
async fn the_subject_is_that_of_the_policy_the_other_way_round() {
    let running = Running::start().await;
    for (number, (text, expected)) in SUBJECTS.into_iter().enumerate() {
        let name = format!("subject-{number}");
        let policy = json!({"x509_props": {"subject": text}, "key_props": {"kty": "EC"}});
        let csr = requested(&running, &name, policy).await;
        let shown = ["-noout", "-subject", "-nameopt", "oneline"];
        let shown = [&["req", "-inform", "DER"], &shown[..]].concat();
        let subject = openssl(&shown, &csr);
        assert_eq!(
            subject.trim(),
            format!("subject={expected}"),
            "{text}: of the request"
        );
        let policy = running
            .until_found(&format!("/certificates/{name}/policy"))
            .await;
        assert_eq!(policy["x509_props"]["subject"], text);
    }
    let policy = json!({"x509_props": {"subject": SUBJECTS[0].0}, "key_props": {"kty": "EC"},
        "issuer": {"name": "Self"}});
    let leaf = issued(&running, "whole", policy).await;
    let names = ["-noout", "-subject", "-issuer", "-nameopt", "oneline"];
    let names = [&["x509", "-inform", "DER"], &names[..]].concat();
    let expected = SUBJECTS[0].1;
    assert_eq!(
        openssl(&names, &leaf),
        format!("subject={expected}\nissuer={expected}\n")
    );
}

#[tokio::test]
async fn what_is_no_subject_is_refused() {
    let running = Running::start().await;
    let long = format!("CN={}", "a".repeat(65));
    for text in ["web", "CN=a,,O=b", "CN=\"a", "C=USA", "XX=a", &long] {
        let policy = json!({"x509_props": {"subject": text}, "issuer": {"name": "Self"}});
        let body = Some(json!({"policy": policy}));
        let refused = running
            .call(Method::POST, "/certificates/bad/create", body)
            .await;
        let message =
            "Property policy.x509_props has invalid value. Invalid X.500 distinguished name\r\n";
        let expected = json!({"error": {"code": "BadParameter", "message": message}});
        assert_eq!(refused, (400, expected), "{text}");
    }
}

/// Extensions stand in the service's order, and only those are critical that are there.
#[tokio::test]
async fn the_extensions_are_those_of_the_service() {
    let running = Running::start().await;
    let x509 = json!({"subject": "CN=x", "sans": {"dns_names": ["x.example.com"]}});
    let policy = |issuer: &str| json!({"x509_props": x509, "key_props": {"kty": "EC", "crv": "P-384"}, "issuer": {"name": issuer}});
    let titles = |text: &str| -> Vec<String> {
        let lines = text.lines().map(str::trim);
        let titles = lines.filter_map(|line| line.strip_prefix("X509v3 "));
        let titles = titles.map(|title| title.trim().to_owned());
        titles.filter(|title| title != "extensions:").collect()
    };
    let leaf = issued(&running, "whole", policy("Self")).await;
    let expected = [
        "Key Usage: critical",
        "Basic Constraints:",
        "Extended Key Usage:",
        "Subject Alternative Name:",
        "Authority Key Identifier:",
        "Subject Key Identifier:",
    ];
    assert_eq!(titles(&text_of(&leaf)), expected);
    let csr = requested(&running, "asked", policy("Unknown")).await;
    let text = openssl(&["req", "-inform", "DER", "-noout", "-text"], &csr);
    let expected = [
        "Key Usage: critical",
        "Extended Key Usage:",
        "Subject Alternative Name:",
        "Basic Constraints:",
    ];
    assert_eq!(titles(&text), expected);

    let policy = json!({"x509_props": {"subject": "CN=ca", "basic_constraints": {"ca": true},
        "key_usage": ["keyCertSign"], "ekus": []}, "key_props": {"kty": "EC", "crv": "P-521"},
        "issuer": {"name": "Self"}});
    let text = text_of(&issued(&running, "ca", policy).await);
    assert!(text.contains("Basic Constraints: critical"), "{text}");
    assert!(text.contains("ecdsa-with-SHA512"), "{text}");
}

fn on_p256k(issuer: &str, content_type: &str) -> Value {
    json!({"x509_props": {"subject": "CN=koblitz", "key_usage": ["digitalSignature"]},
        "key_props": {"kty": "EC", "crv": "P-256K"}, "issuer": {"name": issuer},
        "secret_props": {"contentType": content_type}})
}

/// The service tells this curve by its numbers instead of its name, in certificate and key.
#[tokio::test]
async fn a_certificate_may_be_on_p_256k() {
    let running = Running::start().await;
    let leaf = issued(&running, "pfx", on_p256k("Self", "application/x-pkcs12")).await;
    let text = text_of(&leaf);
    assert!(text.contains("Field Type: prime-field"), "{text}");
    let pem = openssl(&["x509", "-inform", "DER"], &leaf);
    let folder = TempFolder::new("koblitz");
    let file = folder.0.join("leaf.pem").to_str().unwrap().to_owned();
    std::fs::write(&file, pem).unwrap();
    let verified = openssl(&["verify", "-check_ss_sig", "-CAfile", &file, &file], b"");
    assert!(verified.contains(": OK"), "{verified}");

    let bundle = running.until_found("/certificates/pfx").await;
    let props = &bundle["policy"]["key_props"];
    assert_eq!(
        (&props["crv"], &props["key_size"]),
        (&json!("P-256K"), &json!(256))
    );
    let key = running.until_found("/keys/pfx").await["key"].take();
    assert_eq!((&key["kty"], &key["crv"]), (&json!("EC"), &json!("P-256K")));
    let secret = read_pfx(&running.pfx("pfx").await);
    assert_eq!(public_key_of_key(&secret), public_key_of_leaf(&leaf));

    let leaf = issued(&running, "pem", on_p256k("Self", "application/x-pem-file")).await;
    let secret = running.secret("pem").await["value"].take();
    let secret = secret.as_str().unwrap();
    assert_eq!(public_key_of_key(secret), public_key_of_leaf(&leaf));
    let start = secret.find("-----BEGIN CERT").unwrap();
    let fields = openssl(&["asn1parse"], &secret.as_bytes()[..start]);
    // Numbers outside, nothing inside, and what Windows says of the key's use.
    assert!(fields.contains("prime-field") && fields.contains("cont [ 0 ]"));
    assert!(!fields.contains("secp256k1"), "{fields}");
}

#[tokio::test]
async fn what_is_on_p_256k_is_merged_and_imported() {
    let running = Running::start().await;
    let policy = on_p256k("Unknown", "application/x-pkcs12");
    let csr = requested(&running, "merged", policy).await;
    openssl(&["req", "-inform", "DER", "-verify", "-noout"], &csr);
    let folder = TempFolder::new("koblitz-merge");
    let path = |name: &str| folder.0.join(name).to_str().unwrap().to_owned();
    std::fs::write(path("csr"), &csr).unwrap();
    let curve = ["-pkeyopt", "ec_paramgen_curve:secp256k1", "-nodes"];
    let (key, certificate) = (path("ca.key"), path("ca.crt"));
    let made = [
        "-keyout",
        &key,
        "-out",
        &certificate,
        "-subj",
        "/CN=Test CA",
    ];
    let make = [&["req", "-x509", "-newkey", "ec"], &curve[..], &made].concat();
    openssl(&make, b"");
    let csr = path("csr");
    let sign = [
        "x509",
        "-req",
        "-inform",
        "DER",
        "-in",
        &csr,
        "-CA",
        &certificate,
    ];
    let sign = [
        &sign[..],
        &["-CAkey", &key, "-set_serial", "7", "-outform", "DER"],
    ]
    .concat();
    let leaf = openssl_bytes(&sign, b"");
    let body = json!({"x5c": [BASE64_STANDARD.encode(&leaf)]});
    let (status, reply) = running
        .call(
            Method::POST,
            "/certificates/merged/pending/merge",
            Some(body),
        )
        .await;
    assert_eq!(status, 201, "{reply}");
    let secret = running.secret("merged").await["value"].take();

    // What openssl made names the curve; what the vault made does not. Both are the same key.
    let files = ["-in", &certificate, "-inkey", &key, "-passout", "pass:x"];
    let pfx = openssl_bytes(&[&["pkcs12", "-export"], &files[..]].concat(), b"");
    let named =
        std::fs::read_to_string(&key).unwrap() + &std::fs::read_to_string(&certificate).unwrap();
    for (name, body) in [
        ("exported", json!({"value": secret})),
        (
            "pfx",
            json!({"value": BASE64_STANDARD.encode(pfx), "pwd": "x"}),
        ),
        ("pem", json!({"value": named})),
    ] {
        let path = format!("/certificates/{name}/import");
        let bundle = running.done(Method::POST, &path, body).await;
        assert_eq!(bundle["policy"]["key_props"]["crv"], "P-256K", "{name}");
        let leaf = running.leaf(name).await;
        let key = running.until_found(&format!("/keys/{name}")).await;
        assert_eq!(key["key"]["crv"], "P-256K", "{name}");
        if name != "pem" {
            let secret = read_pfx(&running.pfx(name).await);
            let (key, leaf) = (public_key_of_key(&secret), public_key_of_leaf(&leaf));
            assert_eq!(point_of(&key), point_of(&leaf), "{name}");
        }
    }
}

/// A public key, however its curve is told.
#[track_caller]
fn point_of(public: &str) -> String {
    let text = openssl(&["pkey", "-pubin", "-noout", "-text"], public.as_bytes());
    let start = text.find("pub:").unwrap();
    let lines = text[start..].lines().skip(1);
    let lines = lines.take_while(|line| line.starts_with("    "));
    lines.map(str::trim).collect()
}
