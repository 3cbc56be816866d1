//! [`Transcript`]: a record of requests and replies, with every secret masked.
//!
//! Headers are shown with their values only if they are known to carry no secret. Bodies are shown
//! if they are JSON or a form; members that hold a secret are masked, and so is anything that looks
//! like a token.

use std::sync::{Arc, Mutex, PoisonError};

use kvcert_pki::text::printable;
use reqwest::Request;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::Serialize;
use serde_json::Value;

use super::{Reply, Unreachable};

/// One request and its reply. Safe to show.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The HTTP method.
    pub method: String,
    /// Where it went.
    pub url: String,
    /// Name and value of each header.
    pub request_headers: Vec<(String, String)>,
    /// The body, if it has one.
    pub request_body: Option<String>,
    /// The status, if there was a reply.
    pub status: Option<u16>,
    /// Name and value of each header.
    pub reply_headers: Vec<(String, String)>,
    /// The body, or why there is no reply.
    pub reply_body: Option<String>,
}

/// A record of requests and replies. Cheap to clone; all clones share one record.
#[derive(Debug, Clone, Default)]
pub struct Transcript(Arc<Mutex<Vec<Message>>>);

impl Transcript {
    /// The requests and replies so far, in the order in which they ended.
    pub fn messages(&self) -> Vec<Message> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Records a request, before it is sent.
    pub(super) fn begin(request: &Request) -> Message {
        let body = request.body().and_then(reqwest::Body::as_bytes);
        Message {
            method: request.method().to_string(),
            url: printable(request.url().as_str()),
            request_headers: headers(request.headers()),
            request_body: body.map(|bytes| shown(request.headers(), bytes)),
            status: None,
            reply_headers: Vec::new(),
            reply_body: None,
        }
    }

    /// Adds its result.
    pub(super) fn end(&self, mut message: Message, result: &Result<Reply, Unreachable>) {
        match result {
            Ok(reply) => {
                message.status = Some(reply.status.as_u16());
                message.reply_headers = headers(&reply.headers);
                message.reply_body =
                    (!reply.body.is_empty()).then(|| shown(&reply.headers, &reply.body));
            }
            Err(error) => message.reply_body = Some(error.to_string()),
        }
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        messages.push(message);
    }
}

fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = headers.iter().map(|(name, value)| {
        let name = name.as_str();
        let is_known = HARMLESS.contains(&name) || name.starts_with("x-ms-");
        let value = match value.to_str() {
            Ok(value) if is_known => printable(value),
            Ok(value) if value.starts_with("Bearer ") => format!("Bearer {MASK}"),
            _ => MASK.to_owned(),
        };
        (name.to_owned(), value)
    });
    shown.collect()
}

fn shown(headers: &HeaderMap, body: &[u8]) -> String {
    let kind = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let kind = kind.unwrap_or("no content type");
    if let Ok(mut value) = serde_json::from_slice::<Value>(body) {
        mask(&mut value);
        return serde_json::to_string_pretty(&value)
            .map(|text| text.lines().map(printable).collect::<Vec<_>>().join("\n"))
            .unwrap_or_default();
    }
    if kind.starts_with("application/x-www-form-urlencoded") {
        let text = String::from_utf8_lossy(body);
        let pairs = text.split('&').map(|pair| match pair.split_once('=') {
            Some((name, value)) if !is_harmless(name) || is_token(value) => {
                format!("{}={MASK}", printable(name))
            }
            _ => printable(pair),
        });
        return pairs.collect::<Vec<_>>().join("&\n");
    }
    format!("({} bytes of {})", body.len(), printable(kind))
}

/// Masks the members of `value` that hold a secret, in place.
fn mask(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if SECRET.contains(&name.as_str()) || is_token(text) => {
                        *text = format!("{MASK} ({} characters)", text.len());
                    }
                    member => mask(member),
                }
            }
        }
        Value::Array(members) => members.iter_mut().for_each(mask),
        Value::String(text) if is_token(text) => *text = MASK.to_owned(),
        _ => {}
    }
}

/// Whether a form's field carries nothing secret.
fn is_harmless(name: &str) -> bool {
    let fields = [
        "grant_type",
        "client_id",
        "scope",
        "resource",
        "client_assertion_type",
    ];
    fields.contains(&name)
}

/// Whether a text is a JSON Web Token, or a private key in PEM.
fn is_token(text: &str) -> bool {
    let is_jwt = text.starts_with("eyJ") && text.matches('.').count() >= 2;
    is_jwt || text.contains("PRIVATE KEY-----")
}

const MASK: &str = "***";
/// Headers that carry nothing secret, besides all of `x-ms-…`.
const HARMLESS: [&str; 14] = [
    "accept",
    "cache-control",
    "client-request-id",
    "content-length",
    "content-type",
    "date",
    "expires",
    "pragma",
    "retry-after",
    "server",
    "strict-transport-security",
    "user-agent",
    "www-authenticate",
    "x-content-type-options",
];
/// Members of JSON that hold a secret: a secret's value, tokens, and the private members of a JWK
/// (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
const SECRET: [&str; 17] = [
    "value",
    "access_token",
    "refresh_token",
    "id_token",
    "client_secret",
    "client_assertion",
    "device_code",
    "secretText",
    "pwd",
    "password",
    "k",
    "d",
    "p",
    "q",
    "dp",
    "dq",
    "qi",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked() {
        let json = br#"{"value":"MIIK","id":"https://v/secrets/web","key":{"d":"AQAB","n":"AA"},
            "other":"eyJ0.eyJh.c2ln","value2":[{"access_token":"abc"}]}"#;
        let text = shown(&HeaderMap::new(), json);
        for secret in ["MIIK", "AQAB", "eyJ0", "abc"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(
            text.contains("https://v/secrets/web") && text.contains("\"AA\""),
            "{text}"
        );
    }

    #[test]
    fn forms_and_headers_are_masked() {
        let mut map = HeaderMap::new();
        map.insert(
            "content-type",
            "application/x-www-form-urlencoded".parse().unwrap(),
        );
        map.insert("authorization", "Bearer abc".parse().unwrap());
        map.insert("x-identity-header", "def".parse().unwrap());
        let text = shown(
            &map,
            b"grant_type=client_credentials&client_secret=abc&scope=eyJ.a.b",
        );
        assert_eq!(
            text,
            "grant_type=client_credentials&\nclient_secret=***&\nscope=***"
        );
        let text = format!("{:?}", headers(&map));
        assert!(!text.contains("abc") && !text.contains("def"), "{text}");
    }
}
