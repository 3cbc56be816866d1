//! `github`: a job of GitHub Actions, whose repository an application trusts.
//! See "OpenID Connect reference" of GitHub Actions.

use kvcert_pki::sensitive::Sensitive;
use reqwest::{RequestBuilder, Url};
use serde::Deserialize;

use super::access_token::BearerToken;
use super::application::{Application, FederatedToken, Fetching, Proof};
use super::error::CredentialError;
use super::setup::{Setup, SetupError};
use crate::transport::exchange::Service;
use crate::transport::{Reply, Request, Transport, Unreachable};

/// A job of GitHub Actions.
#[derive(Debug)]
pub struct GitHubActions {
    url: Url,
    token: Sensitive<String>,
}

pub(super) fn application(setup: &Setup<'_>) -> Result<Application, SetupError> {
    let variable = |name| (name, setup.get(name));
    let url = variable("ACTIONS_ID_TOKEN_REQUEST_URL");
    let token = variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN");
    let application = setup
        .application([url, token])
        .map_err(|error| match error {
            SetupError::Missing(names) => SetupError::Missing(format!(
                "{names}; the job needs `permissions: id-token: write`"
            )),
            error => error,
        })?;
    let job = GitHubActions {
        url: url
            .1
            .unwrap_or_default()
            .parse()
            .map_err(|_| SetupError::JobUrl)?,
        token: setup.secret(token.0),
    };
    Ok(Application {
        proof: Proof::Federated(Box::new(job)),
        ..application
    })
}

impl FederatedToken for GitHubActions {
    fn name(&self) -> &'static str {
        "github"
    }

    fn fetch<'a>(&'a self, transport: &'a Transport) -> Fetching<'a> {
        Box::pin(self.job_token(transport))
    }
}

impl GitHubActions {
    /// What errors call GitHub's endpoint.
    pub const ENDPOINT: &str = "GitHub Actions";

    async fn job_token(&self, transport: &Transport) -> Result<Sensitive<String>, CredentialError> {
        #[derive(Deserialize)]
        struct JobToken {
            value: BearerToken,
        }
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("audience", AUDIENCE);
        let get = Request::get(url).with_max_reply(MAX_REPLY);
        let reply = transport.exchange(&get, &mut &*self).await?;
        let token = serde_json::from_slice::<JobToken>(&reply.body).ok();
        token
            .map(|token| token.value.into_sensitive())
            .ok_or_else(|| refused(None, "its answer is no token"))
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
        let status = reply.status.as_u16();
        refused(Some(status), format!("HTTP {status}"))
    }
}

fn refused(status: Option<u16>, message: impl Into<String>) -> CredentialError {
    CredentialError::Endpoint {
        endpoint: String::from(GitHubActions::ENDPOINT),
        status,
        message: message.into(),
    }
}

/// What Entra expects unless the application says otherwise.
const AUDIENCE: &str = "api://AzureADTokenExchange";
const MAX_REPLY: usize = 256 * 1024;
