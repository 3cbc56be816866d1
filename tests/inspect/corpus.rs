//! Every key store and PEM text of the corpus is taken apart as its index, written by other
//! programs, says.

use std::fs;
use std::path::Path;

use kvcert::report::FileReport;
use kvcert_pki::format::anatomy::{Anatomy, anatomy};
use kvcert_pki::format::{Limits, Password};
use kvcert_pki::validity::Moment;
use serde_json::Value;

use crate::support;

#[test]
fn every_key_store_is_built_as_the_index_says() {
    let Some(corpus) = support::corpus() else {
        return support::say("skipped the key stores: KVCERT_CORPUS is not set");
    };
    let mut seen = Seen::default();
    for record in index(&corpus) {
        let bytes = match record["kind"].as_str().unwrap() {
            "p12" => fs::read(corpus.join(text(&record["file"]))).ok(),
            "kv-secret-pkcs12" => secret_value(&corpus, &record),
            _ => None,
        };
        if let Some(bytes) = bytes {
            judge(&record, &bytes, &mut seen);
        }
    }
    support::say(&format!(
        "corpus: {} files taken apart: {} MACs, {} contents, {} bags, {} certificates, {} keys",
        seen.files, seen.macs, seen.contents, seen.bags, seen.certificates, seen.keys
    ));
    assert!(seen.files > 200 && seen.macs > 200, "too few files");
    assert!(seen.contents > 200 && seen.bags > 300, "too few parts");
    assert!(seen.certificates > 300 && seen.keys > 150, "too few");
}

#[test]
fn every_pem_text_has_the_blocks_of_the_index() {
    let Some(corpus) = support::corpus() else {
        return support::say("skipped the PEM texts: KVCERT_CORPUS is not set");
    };
    let (mut texts, mut blocks) = (0, 0);
    for record in index(&corpus) {
        if record["kind"] != "pem" {
            continue;
        }
        let file = text(&record["file"]);
        let Ok(bytes) = fs::read(corpus.join(file)) else {
            continue;
        };
        // Some are no PEM at all, and are kept because openssl refuses them.
        let Ok(anatomy) = open(&record, &bytes) else {
            continue;
        };
        let structure = serde_json::to_value(&anatomy.structure).unwrap();
        let Some(found) = structure["blocks"].as_array() else {
            continue;
        };
        let found: Vec<&str> = found.iter().map(|block| text(&block["label"])).collect();
        let labels = record["contents"]["labels"].as_array().unwrap();
        let labels: Vec<&str> = labels.iter().map(text).collect();
        assert_eq!(found, labels, "{file}");
        texts += 1;
        blocks += found.len();
    }
    support::say(&format!("corpus: {texts} PEM texts with {blocks} blocks"));
    assert!(
        texts > 150 && blocks > 200,
        "only {texts} texts, {blocks} blocks"
    );
}

#[derive(Default)]
struct Seen {
    files: usize,
    macs: usize,
    contents: usize,
    bags: usize,
    certificates: usize,
    keys: usize,
}

fn judge(record: &Value, bytes: &[u8], seen: &mut Seen) {
    let file = text(&record["file"]);
    let expected = &record["contents"];
    let anatomy = match open(record, bytes) {
        Ok(anatomy) => anatomy,
        Err(_) if !is_good(record) => return,
        Err(error) => panic!("{file}: {error}"),
    };
    let report = FileReport::new(file, "kvcert convert it", anatomy, Moment::default());
    let report = serde_json::to_value(&report).unwrap();
    seen.files += 1;
    judge_mac(file, &expected["mac"], &report["structure"]["mac"], seen);
    for (at, safe) in list(&expected["safes"]).iter().enumerate() {
        let content = &report["structure"]["contents"][at];
        // A MAC that does not hold leaves closed what its password would open.
        if !is_good(record) && content["holds"]["kind"] == "locked" {
            continue;
        }
        judge_content(&format!("{file}, content {at}"), safe, content, seen);
    }
    if !is_good(record) {
        return;
    }
    let sha1 = |it: &Value| text(&it["sha1"]).to_owned();
    let expected_certificates: Vec<_> = list(&expected["certs"]).iter().map(sha1).collect();
    let certificates = list(&report["certificates"]);
    let found: Vec<_> = certificates
        .iter()
        .map(|it| sha1(&it["thumbprints"]))
        .collect();
    for certificate in &expected_certificates {
        assert!(found.contains(certificate), "{file}: no {certificate}");
        seen.certificates += 1;
    }
    for (key, at) in list(&expected["keys"]).iter().zip(0..) {
        judge_key(file, key, &report["keys"][at], seen);
    }
    if list(&report["keys"]).len() < list(&expected["keys"]).len() {
        return; // DSA and its like, which kvcert names but does not read
    }
    for leaf in list(&expected["leaf_index"]) {
        let leaf = &expected_certificates[usize::try_from(leaf.as_u64().unwrap()).unwrap()];
        let of_key = |key: &Value| {
            let places = list(&key["certificates"]).iter();
            let mut places = places.map(|at| usize::try_from(at.as_u64().unwrap()).unwrap());
            places.any(|at| found[at] == *leaf)
        };
        assert!(list(&report["keys"]).iter().any(of_key), "{file}: {leaf}");
    }
}

fn judge_mac(file: &str, expected: &Value, found: &Value, seen: &mut Seen) {
    let Some(algorithm) = expected["alg"].as_str() else {
        return;
    };
    // The index has of PBMAC1 what its MacData says, which means nothing.
    if algorithm == "1.2.840.113549.1.5.14" {
        return assert!(text(&found["algorithm"]).starts_with("PBMAC1"), "{file}");
    }
    let name = match algorithm {
        "sha1" => "HMAC-SHA-1".to_owned(),
        "sha256" => "HMAC-SHA-256".to_owned(),
        "sha384" => "HMAC-SHA-384".to_owned(),
        "1.2.643.2.2.9" => "HMAC-GOST R 34.11-94".to_owned(),
        "1.3.6.1.4.1.1722.12.2.1.16" => "HMAC-BLAKE2b-512".to_owned(),
        other => format!("HMAC-{other}"),
    };
    assert_eq!(found["algorithm"], name, "{file}");
    assert_eq!(found["iterations"], expected["iterations"], "{file}");
    assert_eq!(found["saltBytes"], expected["salt_len"], "{file}");
    if expected["verified"] == true {
        assert_eq!(found["holds"], true, "{file}");
        seen.macs += 1;
    }
}

fn judge_content(place: &str, expected: &Value, found: &Value, seen: &mut Seen) {
    let kind = match text(&expected["type"]) {
        "encrypted_data" => "encryptedData",
        "enveloped_data" => "envelopedData",
        kind => kind,
    };
    assert_eq!(found["kind"], kind, "{place}");
    judge_encryption(place, expected, &found["encryption"]);
    seen.contents += 1;
    // Where the index has an error, its own reader gave up half-way.
    if expected["err"].is_string() || found["holds"]["kind"] != "bags" {
        return assert!(
            expected["err"].is_string() || list(&expected["bags"]).is_empty(),
            "{place}: {found}"
        );
    }
    let bags = list(&found["holds"]["bags"]);
    assert_eq!(bags.len(), list(&expected["bags"]).len(), "{place}");
    for (expected, found) in list(&expected["bags"]).iter().zip(bags) {
        judge_bag(place, expected, found, seen);
    }
}

fn judge_bag(place: &str, expected: &Value, found: &Value, seen: &mut Seen) {
    let kind = match text(&expected["type"]) {
        "pkcs8_shrouded_key_bag" => "pkcs8ShroudedKeyBag",
        "key_bag" => "keyBag",
        "cert_bag" => "certBag",
        "secret_bag" => "secretBag",
        "crl_bag" => "crlBag",
        kind => kind,
    };
    assert_eq!(found["kind"], kind, "{place}");
    judge_encryption(place, expected, &found["encryption"]);
    for (name, value) in expected["attrs"].as_object().into_iter().flatten() {
        let name = match name.as_str() {
            "MS CSP name" => "CSP name",
            // Without a value, and with an object identifier that the index names its own way.
            "MS local machine keyset" | "oracle trustedKeyUsage" => continue,
            name => name,
        };
        let mut attributes = list(&found["attributes"]).iter();
        let attribute = attributes.find(|it| it["name"] == name);
        let attribute = attribute.unwrap_or_else(|| panic!("{place}: no {name} in {found}"));
        let value = value.as_str().unwrap_or_default().trim_end_matches('\0');
        assert_eq!(attribute["value"], value, "{place}: {name}");
    }
    seen.bags += 1;
}

fn judge_encryption(place: &str, expected: &Value, found: &Value) {
    let Some(algorithm) = expected["enc"].as_str() else {
        return;
    };
    let cipher = match algorithm.rsplit('/').next().unwrap() {
        "pkcs12_sha1_rc2_40" => "RC2-40-CBC",
        "pkcs12_sha1_rc2_128" => "RC2-128-CBC",
        "pkcs12_sha1_tripledes_3key" | "tripledes_3key" => "3DES-CBC",
        "aes128_cbc" => "AES-128-CBC",
        "aes192_cbc" => "AES-192-CBC",
        "aes256_cbc" => "AES-256-CBC",
        "1.2.392.200011.61.1.1.1.2" => "Camellia-128-CBC",
        "1.2.392.200011.61.1.1.1.3" => "Camellia-192-CBC",
        "1.2.392.200011.61.1.1.1.4" => "Camellia-256-CBC",
        "1.2.643.2.2.21" => "GOST 28147-89",
        "1.2.840.113533.7.66.10" => return assert_eq!(found["cipher"], "CAST5-CBC", "{place}"),
        other => {
            // An algorithm that neither has a name for.
            let is_same = found["oid"] == other || found["cipher"] == other;
            return assert!(is_same, "{place}: {other}");
        }
    };
    assert_eq!(found["cipher"], cipher, "{place}");
    if let Some(prf) = algorithm.strip_prefix("PBES2/pbkdf2-") {
        let prf = prf.split('/').next().unwrap();
        let prf = match prf.strip_prefix("sha") {
            Some(size) => format!("PBKDF2 with HMAC-SHA-{size}"),
            None => "PBKDF2 with HMAC-GOST R 34.11-94".to_owned(),
        };
        assert_eq!(found["derivation"], prf, "{place}");
    }
    assert_eq!(found["iterations"], expected["iterations"], "{place}");
    assert_eq!(found["saltBytes"], expected["salt_len"], "{place}");
}

fn judge_key(file: &str, expected: &Value, found: &Value, seen: &mut Seen) {
    let (algorithm, bits) = (expected["alg"].as_str(), &expected["bits"]);
    match algorithm {
        Some("rsa") => assert_eq!(found["key"], format!("RSA {bits}"), "{file}"),
        Some("ec") => assert!(text(&found["key"]).starts_with("EC "), "{file}"),
        _ => return,
    }
    seen.keys += 1;
}

fn open(record: &Value, bytes: &[u8]) -> Result<Anatomy, kvcert_pki::content_error::ContentError> {
    let password = record["password"].as_str().unwrap_or_default();
    let password = Password::new(password.as_bytes().to_vec());
    anatomy(bytes, &password, &Limits::default())
}

/// Whether other programs read it.
fn is_good(record: &Value) -> bool {
    text(&record["expected"]).starts_with("ok")
}

/// What a recording of `GET /secrets/…` holds.
fn secret_value(corpus: &Path, record: &Value) -> Option<Vec<u8>> {
    let recording = fs::read(corpus.join(text(&record["file"]))).ok()?;
    let recording: Value = serde_json::from_slice(&recording).unwrap();
    let body: Value = serde_json::from_str(recording["response"]["body"].as_str()?).ok()?;
    body["value"]
        .as_str()
        .map(|value| value.as_bytes().to_vec())
}

fn index(corpus: &Path) -> Vec<Value> {
    let index = fs::read(corpus.join("INDEX.json")).unwrap();
    serde_json::from_slice(&index).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
