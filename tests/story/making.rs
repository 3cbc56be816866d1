//! Keys and certificates, made by openssl; and the vault's words about them.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::openssl;
use crate::support::replay::Reply;

pub const VERSION: &str = "0123456789abcdef0123456789abcdef";

/// Makes NAME.key and NAME.crt in `folder`, self-signed for a month; `key` is what openssl's
/// `-newkey` takes.
pub fn pair(folder: &Path, name: &str, key: &[&str]) {
    let (key_file, certificate) = (file(folder, name, "key"), file(folder, name, "crt"));
    let subject = format!("/CN={name}");
    let mut arguments = vec!["req", "-x509", "-nodes", "-days", "30", "-subj", &subject];
    arguments.extend(["-keyout", &key_file, "-out", &certificate, "-newkey"]);
    arguments.extend(key);
    openssl(&arguments);
}

pub fn file(folder: &Path, name: &str, ending: &str) -> String {
    let path = folder.join(format!("{name}.{ending}"));
    path.to_str().unwrap().to_owned()
}

/// The DER of a certificate file.
pub fn der(folder: &Path, name: &str) -> Vec<u8> {
    let (pem, der) = (file(folder, name, "crt"), file(folder, name, "der"));
    openssl(&["x509", "-in", &pem, "-outform", "DER", "-out", &der]);
    fs::read(der).unwrap()
}

/// A certificate object as the service words it.
pub fn bundle(host: &str, name: &str, der: &[u8]) -> Value {
    json!({
        "id": format!("https://{host}/certificates/{name}/{VERSION}"),
        "kid": format!("https://{host}/keys/{name}/{VERSION}"),
        "sid": format!("https://{host}/secrets/{name}/{VERSION}"),
        "cer": STANDARD.encode(der),
        "attributes": {"enabled": true, "created": 1_700_000_000},
    })
}

/// A key object as the service words it, of an RSA certificate file.
pub fn rsa_key(host: &str, name: &str, certificate: &str) -> Value {
    let text = openssl(&["x509", "-in", certificate, "-noout", "-modulus"]);
    let modulus = hex::decode(text.trim().trim_start_matches("Modulus=")).unwrap();
    json!({"key": {
        "kid": format!("https://{host}/keys/{name}/{VERSION}"),
        "kty": "RSA",
        "n": URL_SAFE_NO_PAD.encode(modulus),
        "e": "AQAB",
        "key_ops": ["sign", "verify"],
    }})
}

/// A pending operation as the service words it.
pub fn operation(status: &str, issuer: &str, csr: &[u8]) -> Value {
    json!({
        "id": "https://x/certificates/web/pending",
        "issuer": {"name": issuer},
        "csr": STANDARD.encode(csr),
        "cancellation_requested": false,
        "status": status,
        "status_details": "Certificate request is in progress.",
        "request_id": VERSION,
    })
}

pub fn not_found(kind: &str) -> Reply {
    Reply::refusal(404, kind, None)
}
