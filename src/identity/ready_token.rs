//! `token`: a bearer token obtained elsewhere.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::access_token::{AccessToken, BearerToken};
use super::error::CredentialError;
use super::setup::{Setup, SetupError};
use super::token_source::{Audience, Pending, TokenRequest, TokenSource};
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
        let found = stated_audience(self.0.expose())?;
        found
            .starts_with("https://")
            .then(|| found.trim_end_matches('/').to_owned())
    }

    fn token<'a>(&'a self, _: &'a Transport, request: &'a TokenRequest) -> Pending<'a> {
        let result = if request.claims.is_some() {
            Err(CredentialError::Claims { name: self.name() })
        } else {
            check_audience(self.0.expose(), &request.audience)
                .map(|()| AccessToken::given(self.0.duplicate()))
        };
        Box::pin(std::future::ready(result))
    }
}

/// A token that names its audience goes nowhere else. Only the vault may rely on what a token
/// says; a token that says nothing readable is left to the vault to judge.
fn check_audience(token: &str, audience: &Audience) -> Result<(), CredentialError> {
    let Some(found) = stated_audience(token) else {
        return Ok(());
    };
    let wanted = &audience.resource;
    let by_name = found.trim_end_matches('/').eq_ignore_ascii_case(wanted);
    let by_id = found == KEY_VAULT_APP && Cloud::is_vault_audience(wanted)
        || found == GRAPH_APP && Cloud::is_graph_audience(wanted);
    if by_name || by_id {
        return Ok(());
    }
    Err(CredentialError::OtherAudience {
        found: kvcert_pki::text::excerpt(&found, 100),
        wanted: wanted.clone(),
    })
}

/// The `aud` claim of a JWT (RFC 7519 section 4.1.3), if the token is one.
fn stated_audience(token: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Claims {
        aud: String,
    }
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let json = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice::<Claims>(&json)
        .ok()
        .map(|claims| claims.aud)
}

/// The application id of Key Vault, which tokens of the v2 format name as their audience.
const KEY_VAULT_APP: &str = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093";
/// That of Microsoft Graph.
const GRAPH_APP: &str = "00000003-0000-0000-c000-000000000000";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(payload: &str, resource: &str, allowed: bool) {
        let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload));
        let audience = Audience {
            resource: resource.to_owned(),
            tenant: None,
        };
        let result = check_audience(&token, &audience);
        assert_eq!(
            result.is_ok(),
            allowed,
            "{payload} at {resource}: {result:?}"
        );
    }

    #[test]
    fn a_token_goes_only_where_it_says() {
        let azure = "https://vault.azure.net";
        check(r#"{"aud":"https://vault.azure.net"}"#, azure, true);
        check(r#"{"aud":"https://vault.azure.net/"}"#, azure, true);
        check(
            r#"{"aud":"cfa8b339-82a2-471a-a3c9-0fc0be7a4093"}"#,
            azure,
            true,
        );
        check(
            r#"{"aud":"cfa8b339-82a2-471a-a3c9-0fc0be7a4093"}"#,
            "https://evil.example",
            false,
        );
        check(
            r#"{"aud":"https://vault.azure.net"}"#,
            "https://evil.example",
            false,
        );
        check(r#"{"aud":"https://graph.microsoft.com"}"#, azure, false);
        check(r#"{"sub":"nothing said"}"#, azure, true);
        let opaque = Audience {
            resource: azure.to_owned(),
            tenant: None,
        };
        assert!(check_audience("opaque", &opaque).is_ok());
        assert!(check_audience("a.b.c", &opaque).is_ok());
    }
}
