//! What the identity endpoints answer. They differ in how they tell the end of a token.

use std::collections::HashMap;
use std::time::Duration;

use kvcert_pki::text::excerpt;
use kvcert_pki::validity;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::identity::access_token::{AccessToken, BearerToken, Number};
use crate::identity::error::IdentityProblem;
use crate::transport::Reply;

#[derive(Deserialize)]
struct TokenReply {
    access_token: BearerToken,
    expires_on: Option<Number>,
    expires_in: Option<Number>,
}

/// Reads a good answer.
pub(super) fn token(body: &[u8]) -> Option<AccessToken> {
    let reply: TokenReply = serde_json::from_slice(body).ok()?;
    let (on, within) = (reply.expires_on, reply.expires_in);
    if let Some(end) = on.as_ref().and_then(Number::value) {
        return Some(AccessToken::until(reply.access_token, end));
    }
    let Some(seconds) = within.as_ref().and_then(Number::value) else {
        return Some(AccessToken::given(reply.access_token));
    };
    let end = validity::clock() + Duration::from_secs(seconds.min(MAX_LIFETIME));
    Some(AccessToken::expiring(reply.access_token, end))
}

/// Whether IMDS gave this refusal: it says so in the header `Server`, or in the form of its errors.
/// A 400 is that of a request without its header, for which services that play IMDS have fewer words.
pub(super) fn is_of_imds(reply: &Reply) -> bool {
    #[derive(Deserialize)]
    struct Refusal {
        #[serde(rename = "error")]
        _error: String,
        error_description: Option<String>,
    }
    if reply
        .header("server")
        .is_some_and(|server| server.starts_with("IMDS"))
    {
        return true;
    }
    let refusal = serde_json::from_slice::<Refusal>(&reply.body);
    refusal.is_ok_and(|it| it.error_description.is_some() || reply.status.as_u16() == 400)
}

/// Whether a service that gives tokens can have given this refusal: they speak JSON, or say
/// nothing. A page and a redirect are of something else.
pub(super) fn is_of_a_service(reply: &Reply) -> bool {
    !reply.status.is_redirection()
        && (reply.body.trim_ascii().is_empty()
            || serde_json::from_slice::<HashMap<String, IgnoredAny>>(&reply.body).is_ok())
}

/// What is wrong with the identity that was asked for, if that is what the endpoint says.
pub(super) fn problem(message: &str) -> Option<IdentityProblem> {
    let message = message.to_ascii_lowercase();
    let says = |words: &str| message.contains(words);
    if says("multiple user assigned") || says("multiple user-assigned") {
        Some(IdentityProblem::Several)
    } else if says("identity not found")
        || says("no user assigned or delegated managed identity found")
        || says("no managed identity found")
        || says("no msi found")
        || says("unable to load the proper managed identity")
    {
        Some(IdentityProblem::NotFound)
    } else {
        None
    }
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
            format!("{} (HTTP {status})", excerpt(line, 600))
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
        let now = validity::clock();
        if let Some(seconds) = fresh_for {
            assert!(token.fresh_at(now + Duration::from_secs(seconds - 100)));
            assert!(!token.fresh_at(now + Duration::from_secs(seconds)));
        } else {
            assert!(token.fresh_at(now + Duration::from_secs(1 << 30)));
        }
    }

    #[test]
    fn every_way_to_tell_the_end() {
        let end = validity::now() + 3600;
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
