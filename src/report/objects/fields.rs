//! [`Field`]: what a call returned, field by field, in a few words each.

use kvcert_pki::text::printable;
use kvcert_pki::validity::rfc3339;
use serde::Serialize;
use serde_json::Value;

/// One field of a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its name; inner ones are joined with dots, such as `attributes.exp`.
    pub name: String,
    /// Its value; lists are joined with commas. The value of a secret is not shown.
    pub value: String,
    /// What it is, in a few words; empty if kvcert does not know.
    pub meaning: String,
}

/// The fields of a reply in their order.
pub(super) fn of(document: &Value) -> Vec<Field> {
    let mut fields = Vec::new();
    collect("", document, &mut fields);
    fields
}

impl Field {
    /// The value of a secret, which is `length` bytes long.
    pub(super) fn hidden_value(length: usize) -> Self {
        Self {
            name: String::from("value"),
            value: format!("({length} characters, never shown)"),
            meaning: meaning("value", "").to_owned(),
        }
    }
}

fn collect(name: &str, value: &Value, fields: &mut Vec<Field>) {
    let text = match value {
        Value::Object(members) => {
            for (inner, member) in members {
                let inner = printable(inner);
                let name = if name.is_empty() {
                    inner
                } else {
                    format!("{name}.{inner}")
                };
                collect(&name, member, fields);
            }
            return;
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (at, item) in items.iter().enumerate() {
                collect(&format!("{name}[{at}]"), item, fields);
            }
            return;
        }
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        value => plain(value),
    };
    let last = name.rsplit('.').next().unwrap_or(name);
    let time = value
        .as_i64()
        .filter(|_| TIMES.contains(&last))
        .map(rfc3339);
    let words = meaning(name, last);
    fields.push(Field {
        meaning: match time {
            Some(time) => format!("{words}: {time}"),
            None => words.to_owned(),
        },
        value: printable(&text),
        name: name.to_owned(),
    });
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn meaning(name: &str, last: &str) -> &'static str {
    match name {
        "id" => "the identifier: vault, collection, name, version",
        "kid" => "the key object of the same version",
        "sid" => "the secret of the same version, which holds the private key",
        "x5t" => "SHA-1 of the certificate, base64url",
        "cer" => "the certificate alone, DER in base64",
        "value" => "PFX in base64, or PEM: the only place with the private key",
        "contentType" => "the format of the value",
        "managed" => "belongs to a certificate; change the certificate instead",
        "key.kid" => "the identifier: vault, collection, name, version",
        "key.kty" => "the kind of key",
        "key.key_ops" => "the operations that the vault allows",
        "key.n" => "RSA modulus, public",
        "key.e" => "RSA exponent, public",
        "key.crv" => "the curve",
        "key.x" | "key.y" => "the point on the curve, public",
        "policy.key_props.exportable" => "whether the private key can be exported",
        "policy.key_props.reuse_key" => "whether a renewal keeps the key",
        "policy.secret_props.contentType" => "PFX or PEM in the secret",
        "policy.x509_props.subject" => "the subject of the next version",
        "policy.x509_props.validity_months" => "lifetime of the next version, in months",
        "policy.issuer.name" => "who signs: Self, Unknown (merged by hand) or a CA",
        _ => match last {
            "enabled" => "whether it may be used",
            "nbf" => "not before",
            "exp" => "expires",
            "created" => "when this version was created",
            "updated" => "when it was last changed",
            "recoveryLevel" => "what happens on deletion",
            "recoverableDays" => "days in which it can be recovered after deletion",
            _ if name.starts_with("policy.") => "the policy for the next version",
            _ if name.starts_with("tags.") => "a tag",
            _ => "",
        },
    }
}

const TIMES: [&str; 4] = ["nbf", "exp", "created", "updated"];
