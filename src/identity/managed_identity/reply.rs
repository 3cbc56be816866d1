//! What the identity endpoints answer. They differ in how they tell the end of a token.

use std::time::{Duration, SystemTime};

use kvcert_pki::text::excerpt;
use serde::Deserialize;

use crate::identity::access_token::{AccessToken, Number};

#[derive(Deserialize)]
struct TokenReply {
    access_token: String,
    expires_on: Option<Number>,
    expires_in: Option<Number>,
}

/// Reads a good answer.
pub(super) fn token(body: &[u8]) -> Option<AccessToken> {
    let reply: TokenReply = serde_json::from_slice(body).ok()?;
    if !AccessToken::is_bearer(&reply.access_token) {
        return None;
    }
    let (on, within) = (reply.expires_on, reply.expires_in);
    if let Some(end) = on.as_ref().and_then(Number::value) {
        return Some(AccessToken::until(reply.access_token, end));
    }
    let Some(seconds) = within.as_ref().and_then(Number::value) else {
        return Some(AccessToken::given(reply.access_token));
    };
    let end = SystemTime::now() + Duration::from_secs(seconds.min(MAX_LIFETIME));
    Some(AccessToken::expiring(reply.access_token, end))
}

/// Reads a bad one: what the endpoint said, or the status.
pub(super) fn message(status: u16, body: &[u8]) -> String {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct ErrorReply {
        error: String,
        error_description: String,
        message: String,
    }
    // Some nest the error in an object; then the status has to do.
    let reply: ErrorReply = serde_json::from_slice(body).unwrap_or_default();
    let said = [reply.error_description, reply.message, reply.error];
    match said.iter().find(|text| !text.is_empty()) {
        Some(text) => {
            let line = text.lines().next().unwrap_or_default();
            format!("{} (HTTP {status})", excerpt(line, 300))
        }
        None => format!("HTTP {status}"),
    }
}

/// A day.
const MAX_LIFETIME: u64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, fresh_for: Option<u64>) {
        let token = token(body.as_bytes()).unwrap();
        assert_eq!(token.expose(), "t");
        let now = SystemTime::now();
        if let Some(seconds) = fresh_for {
            assert!(token.fresh_at(now + Duration::from_secs(seconds - 100)));
            assert!(!token.fresh_at(now + Duration::from_secs(seconds)));
        } else {
            assert!(token.fresh_at(now + Duration::from_secs(1 << 30)));
        }
    }

    #[test]
    fn every_way_to_tell_the_end() {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let end = now.unwrap().as_secs() + 3600;
        check(
            &format!(r#"{{"access_token":"t","expires_on":"{end}","expires_in":"1"}}"#),
            Some(3600),
        );
        check(
            &format!(r#"{{"access_token":"t","expires_on":{end}}}"#),
            Some(3600),
        );
        check(r#"{"access_token":"t","expires_in":"3600"}"#, Some(3600));
        check(r#"{"access_token":"t","expires_in":3600}"#, Some(3600));
        check(
            r#"{"access_token":"t","expires_on":"09/14/2017 00:00:00 PM +00:00","expires_in":3600}"#,
            Some(3600),
        );
        check(r#"{"access_token":"t"}"#, None);
        check(
            r#"{"access_token":"t","expires_on":18446744073709551615}"#,
            None,
        );
        assert!(token(b"{}").is_none());
        assert!(token(br#"{"access_token":""}"#).is_none());
        assert!(token(br#"{"access_token":"t\nu"}"#).is_none());
        assert!(token(b"<html>").is_none());
    }
}
