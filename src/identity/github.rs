//! [`GitHubActions`]: a job of GitHub Actions, whose repository the application trusts.
//! See "OpenID Connect reference" of GitHub Actions.

use kvcert_pki::sensitive::Sensitive;
use reqwest::{RequestBuilder, Url};
use serde::Deserialize;

use super::cache::CacheKey;
use super::entra::Proof;
use super::{AccessToken, Application, CredentialError, Pending, TokenRequest, Way};
use crate::transport::retry::Service;
use crate::transport::{Reply, Request, Transport, Unreachable};

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
        let get = Request::get(url).with_max_reply(MAX_REPLY);
        let reply = transport.exchange(&get, &mut &*self).await?;
        let token = serde_json::from_slice::<JobToken>(&reply.body).ok();
        token
            .filter(|token| AccessToken::is_bearer(&token.value))
            .map(|token| Sensitive::new(token.value))
            .ok_or_else(|| refused("its answer is no token"))
    }
}

impl Service for &GitHubActions {
    type Error = CredentialError;

    async fn authorize(
        &mut self,
        request: RequestBuilder,
    ) -> Result<RequestBuilder, CredentialError> {
        Ok(request.bearer_auth(self.token.expose()))
    }

    fn unreachable(&self, source: Unreachable) -> CredentialError {
        let endpoint = String::from(GitHubActions::ENDPOINT);
        CredentialError::Unreachable { endpoint, source }
    }

    fn refusal(&self, reply: &Reply) -> CredentialError {
        refused(format!("HTTP {}", reply.status.as_u16()))
    }
}

fn refused(message: impl Into<String>) -> CredentialError {
    CredentialError::Endpoint {
        endpoint: String::from(GitHubActions::ENDPOINT),
        message: message.into(),
    }
}

/// What Entra expects unless the application says otherwise.
const AUDIENCE: &str = "api://AzureADTokenExchange";
const MAX_REPLY: usize = 256 * 1024;
