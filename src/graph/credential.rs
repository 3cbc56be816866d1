//! [`KeyCredential`]: a certificate that an application may sign in with.
//! See [`keyCredential`](https://learn.microsoft.com/graph/api/resources/keycredential).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kvcert_pki::certificate::Certificate;
use kvcert_pki::validity::{Moment, Validity, parse_rfc3339, rfc3339};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A certificate of an application. What Graph said of it is kept as it is, to be written back
/// with the others: a list is replaced as a whole.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct KeyCredential(Map<String, Value>);

impl KeyCredential {
    /// A new one for `certificate`, valid as long as it.
    pub fn of(certificate: &Certificate) -> Self {
        let label = certificate.label();
        let name: String = label.chars().take(MAX_NAME).collect();
        let fields = json!({
            "type": "AsymmetricX509Cert",
            "usage": "Verify",
            "key": STANDARD.encode(certificate.der()),
            "customKeyIdentifier": STANDARD.encode(certificate.sha1()),
            "displayName": name,
            "startDateTime": rfc3339(certificate.not_before()),
            "endDateTime": rfc3339(certificate.not_after()),
        });
        match fields {
            Value::Object(fields) => Self(fields),
            _ => Self(Map::new()),
        }
    }

    /// Whether it has this SHA-1 thumbprint. Graph gives it in base64; portals and old tools have
    /// put it there in hexadecimal.
    pub fn has_thumbprint(&self, sha1: &[u8]) -> bool {
        self.thumbprint().as_deref() == Some(sha1)
    }

    /// The SHA-1 thumbprint: that of the certificate itself if Graph gave it.
    pub fn thumbprint(&self) -> Option<Vec<u8>> {
        if let Some(der) = self.text("key").and_then(|key| STANDARD.decode(key).ok()) {
            return Some(Certificate::sha1_of(&der).to_vec());
        }
        let stated = self.text("customKeyIdentifier")?;
        let is_hexadecimal = stated.len() == 40;
        let decoded = hex::decode(stated).ok().filter(|_| is_hexadecimal);
        decoded.or_else(|| STANDARD.decode(stated).ok())
    }

    /// Graph's name for it.
    pub fn key_id(&self) -> Option<&str> {
        self.text("keyId")
    }

    /// What people call it.
    pub fn display_name(&self) -> Option<String> {
        self.text("displayName")
            .map(|name| kvcert_pki::text::excerpt(name, MAX_NAME))
    }

    /// When it ends, as Graph says it (RFC 3339).
    pub fn end(&self) -> Option<String> {
        self.text("endDateTime")
            .map(|time| kvcert_pki::text::excerpt(time, 40))
    }

    /// What its times mean at `moment`; `None` without an end that can be read.
    pub fn validity(&self, moment: Moment) -> Option<Validity> {
        let time = |field| self.text(field).and_then(parse_rfc3339);
        let end = time("endDateTime")?;
        Some(Validity::new(time("startDateTime"), Some(end), moment))
    }

    /// What Graph takes: the documented fields that are there.
    pub(super) fn to_json(&self) -> Value {
        let known = FIELDS.iter().filter_map(|field| {
            let value = self.0.get(*field).filter(|value| !value.is_null())?;
            Some(((*field).to_owned(), value.clone()))
        });
        Value::Object(known.collect())
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field).and_then(Value::as_str)
    }
}

/// Those that may be written.
const FIELDS: [&str; 8] = [
    "customKeyIdentifier",
    "displayName",
    "endDateTime",
    "key",
    "keyId",
    "startDateTime",
    "type",
    "usage",
];
const MAX_NAME: usize = 90;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: Value) -> KeyCredential {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_thumbprint_comes_in_several_coats() {
        let sha1 = [7; 20];
        assert!(read(json!({"customKeyIdentifier": STANDARD.encode(sha1)})).has_thumbprint(&sha1));
        assert!(read(json!({"customKeyIdentifier": hex::encode(sha1)})).has_thumbprint(&sha1));
        assert!(!read(json!({"customKeyIdentifier": null})).has_thumbprint(&sha1));
        // The certificate itself is right where the stated thumbprint is not.
        let der = b"any bytes";
        let credential = read(json!({
            "key": STANDARD.encode(der),
            "customKeyIdentifier": STANDARD.encode(sha1),
        }));
        assert!(credential.has_thumbprint(&Certificate::sha1_of(der)));
        assert!(!credential.has_thumbprint(&sha1));
    }

    #[test]
    fn what_was_read_is_written_back() {
        let credential = read(json!({
            "keyId": "k", "key": "AA==", "displayName": null, "usage": "Verify",
            "type": "AsymmetricX509Cert", "hasExtendedValue": null,
            "startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2027-01-01T00:00:00Z",
        }));
        let expected = json!({
            "keyId": "k", "key": "AA==", "usage": "Verify", "type": "AsymmetricX509Cert",
            "startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2027-01-01T00:00:00Z",
        });
        assert_eq!(credential.to_json(), expected);
    }
}
