//! [`GitHubActions`]: a job of GitHub Actions, whose repository the application trusts.
//! See "OpenID Connect reference" of GitHub Actions.

use kvcert_pki::sensitive::Sensitive;
use reqwest::{Method, Url};
use serde::Deserialize;

use super::cache::CacheKey;
use super::entra::Proof;
use super::{AccessToken, Application, CredentialError, Pending, TokenRequest, Way};
use crate::transport::Transport;

/// A job of GitHub Actions.
#[derive(Debug)]
pub struct GitHubActions {
    /// The application that trusts the repository.
    pub application: Application,
    /// `ACTIONS_ID_TOKEN_REQUEST_URL`.
    pub url: Url,
    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub token: Sensitive<String>,
}

impl Way for GitHubActions {
    fn name(&self) -> &'static str {
        "github"
    }

    fn cache_key(&self) -> Option<CacheKey> {
        Some(self.application.cache_key(self.name()))
    }

    fn token<'a>(&'a self, transport: &'a Transport, request: &'a TokenRequest) -> Pending<'a> {
        Box::pin(async move {
            // It lives for minutes: a new one for each exchange.
            let assertion = self.job_token(transport).await?;
            let proof = Proof::Assertion(&assertion);
            self.application.token(transport, request, proof).await
        })
    }
}

impl GitHubActions {
    /// What errors call GitHub's endpoint.
    pub const ENDPOINT: &str = "GitHub Actions";

    async fn job_token(&self, transport: &Transport) -> Result<Sensitive<String>, CredentialError> {
        #[derive(Deserialize)]
        struct JobToken {
            value: String,
        }
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("audience", AUDIENCE);
        let get = transport
            .request(Method::GET, url)
            .bearer_auth(self.token.expose());
        let endpoint = String::from(Self::ENDPOINT);
        let reply = match transport.send(get, MAX_REPLY).await {
            Ok(reply) => reply,
            Err(source) => return Err(CredentialError::Unreachable { endpoint, source }),
        };
        let refused = |message: String| CredentialError::Endpoint { endpoint, message };
        if !reply.status.is_success() {
            return Err(refused(format!("HTTP {}", reply.status.as_u16())));
        }
        let token = serde_json::from_slice::<JobToken>(&reply.body).ok();
        token
            .filter(|token| AccessToken::is_bearer(&token.value))
            .map(|token| Sensitive::new(token.value))
            .ok_or_else(|| refused(String::from("its answer is no token")))
    }
}

/// What Entra expects unless the application says otherwise.
const AUDIENCE: &str = "api://AzureADTokenExchange";
const MAX_REPLY: usize = 256 * 1024;
