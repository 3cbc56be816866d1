//! `token`: a bearer token obtained elsewhere.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::access_token::{AccessToken, BearerToken};
use super::error::CredentialError;
use super::setup::{Setup, SetupError};
use super::token_source::{Pending, TokenRequest, TokenSource};
use crate::cloud::Cloud;
use crate::transport::Transport;

/// A bearer token obtained elsewhere.
#[derive(Debug)]
pub struct ReadyToken(BearerToken);

impl ReadyToken {
    /// Uses this token.
    pub fn new(token: BearerToken) -> Self {
        Self(token)
    }

    /// The token of the options, or of `KVCERT_ACCESS_TOKEN`.
    pub(super) fn given(setup: &Setup<'_>) -> Result<Self, SetupError> {
        if let Some(token) = &setup.options.token {
            return Ok(Self(token.duplicate()));
        }
        let token = setup.get("KVCERT_ACCESS_TOKEN");
        let token = token.ok_or_else(|| SetupError::Missing("KVCERT_ACCESS_TOKEN".to_owned()))?;
        let token = BearerToken::from_pasted(token.as_bytes());
        token.map(Self).map_err(|problem| SetupError::Token {
            place: "KVCERT_ACCESS_TOKEN".to_owned(),
            problem,
        })
    }
}

impl TokenSource for ReadyToken {
    fn name(&self) -> &'static str {
        "token"
    }

    fn only_resource(&self) -> Option<String> {
        match stated_audiences(self.0.expose()).as_slice() {
            [only] if only.starts_with("https://") => Some(only.trim_end_matches('/').to_owned()),
            _ => None,
        }
    }

    fn token<'a>(&'a self, _: &'a Transport, request: &'a TokenRequest) -> Pending<'a> {
        let result = if request.claims.is_some() {
            Err(CredentialError::Claims { name: self.name() })
        } else {
            check_audience(self.0.expose(), request)
                .map(|()| AccessToken::given(self.0.duplicate()))
        };
        Box::pin(std::future::ready(result))
    }
}

/// A token that names its audience goes nowhere else. One that says nothing readable goes to the hosts
/// of a cloud, and to those that the user named.
fn check_audience(token: &str, request: &TokenRequest) -> Result<(), CredentialError> {
    let wanted = &request.audience.resource;
    let stated = stated_audiences(token);
    if stated.is_empty() {
        let is_known = Cloud::of_audience(wanted).is_some();
        return (is_known || request.is_named).then_some(()).ok_or_else(|| {
            let wanted = wanted.clone();
            CredentialError::NoAudience { wanted }
        });
    }
    let is_it = |found: &String| {
        let by_name = found.trim_end_matches('/').eq_ignore_ascii_case(wanted);
        let by_id = found == KEY_VAULT_APP && Cloud::is_vault_audience(wanted)
            || found == GRAPH_APP && Cloud::is_graph_audience(wanted);
        by_name || by_id
    };
    if stated.iter().any(is_it) {
        return Ok(());
    }
    Err(CredentialError::OtherAudience {
        found: kvcert_pki::text::excerpt(&stated.join(", "), 100),
        wanted: wanted.clone(),
    })
}

/// The `aud` claim of a JWT (RFC 7519 section 4.1.3), one or several, if the token is one.
fn stated_audiences(token: &str) -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct Claims {
        aud: Audiences,
    }
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Audiences {
        One(String),
        Several(Vec<String>),
    }
    let read = || {
        let mut parts = token.split('.');
        let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
        let json = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        serde_json::from_slice::<Claims>(&json).ok()
    };
    match read().map(|claims| claims.aud) {
        Some(Audiences::One(audience)) => vec![audience],
        Some(Audiences::Several(audiences)) => audiences,
        None => Vec::new(),
    }
}

/// The application id of Key Vault, which tokens of the v2 format name as their audience.
const KEY_VAULT_APP: &str = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093";
/// That of Microsoft Graph.
const GRAPH_APP: &str = "00000003-0000-0000-c000-000000000000";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::token_source::Audience;

    #[track_caller]
    fn goes(token: &str, resource: &str, is_named: bool, allowed: bool) {
        let request = TokenRequest {
            audience: Audience {
                resource: resource.to_owned(),
                tenant: None,
            },
            claims: None,
            is_named,
        };
        let result = check_audience(token, &request);
        assert_eq!(result.is_ok(), allowed, "{token} at {resource}: {result:?}");
    }

    #[track_caller]
    fn check(payload: &str, resource: &str, allowed: bool) {
        let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload));
        for is_named in [true, false] {
            goes(&token, resource, is_named, allowed);
        }
    }

    #[test]
    fn a_token_goes_only_where_it_says() {
        let (azure, evil) = ("https://vault.azure.net", "https://evil.example");
        check(r#"{"aud":"https://vault.azure.net"}"#, azure, true);
        check(r#"{"aud":"https://vault.azure.net/"}"#, azure, true);
        let by_id = r#"{"aud":"cfa8b339-82a2-471a-a3c9-0fc0be7a4093"}"#;
        check(by_id, azure, true);
        check(by_id, evil, false);
        check(r#"{"aud":"https://vault.azure.net"}"#, evil, false);
        check(r#"{"aud":"https://graph.microsoft.com"}"#, azure, false);
        let several = r#"{"aud":["https://a.example","https://vault.azure.net"]}"#;
        check(several, azure, true);
        check(several, evil, false);
        check(
            r#"{"aud":"https://vault.azure.net"}"#,
            "https://vault.azure.net:8443",
            false,
        );
    }

    #[test]
    fn a_token_that_says_nothing_goes_where_the_user_said() {
        let encoded = |payload: &str| format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload));
        let twice = r#"{"aud":"https://vault.azure.net","aud":"https://evil.example"}"#;
        for token in [
            String::from("opaque"),
            String::from("a.b.c"),
            encoded(r#"{"sub":"nothing said"}"#),
            encoded(r#"{"aud":[]}"#),
            encoded(r#"{"aud":7}"#),
            encoded(twice),
        ] {
            goes(&token, "https://vault.azure.net", false, true);
            goes(&token, "https://vault.azure.net:8443", false, false);
            goes(&token, "https://evil.example", false, false);
            goes(&token, "https://evil.example", true, true);
        }
    }
}
