//! `managed-identity`: the identity that a platform gives to what runs on it.
//!
//! Each platform serves tokens in a manner of its own; which one it is, the environment tells.

mod arc;
mod imds;
mod platform;
mod reply;

use std::path::PathBuf;

use kvcert_pki::sensitive::Sensitive;
pub use platform::Platform;
use reqwest::header::HeaderValue;
use reqwest::{StatusCode, Url};

use super::cache::CacheKey;
use super::error::{CredentialError, IdentityProblem};
use super::setup::UserAssigned;
use super::token_source::{Pending, TokenRequest, TokenSource};
use crate::transport::exchange::Service;
use crate::transport::retry::RetryPolicy;
use crate::transport::{Endpoint, Reply, Request, Transport, Unreachable};

/// The identity of a machine, an app, or a service.
#[derive(Debug)]
pub struct ManagedIdentity {
    /// Where kvcert runs.
    pub platform: Platform,
    /// Where its tokens come from.
    pub endpoint: Endpoint,
    /// What the platform wants to see (App Service, Azure ML).
    pub secret: Option<Sensitive<String>>,
    /// Where the agent of Azure Arc leaves its keys.
    pub arc_keys: PathBuf,
    /// The identity, if it is not the machine's own.
    pub identity: Option<UserAssigned>,
    /// Ask IMDS briefly whether it is there before relying on it.
    pub probe: bool,
}

impl TokenSource for ManagedIdentity {
    fn name(&self) -> &'static str {
        "managed-identity"
    }

    fn is_guess(&self) -> bool {
        self.probe
    }

    fn cache_key(&self) -> Option<CacheKey> {
        let key = CacheKey::new(self.name())
            .with("platform", self.platform)
            .with("endpoint", self.endpoint.url());
        Some(match &self.identity {
            Some(identity) => key.with("identity", identity),
            None => key,
        })
    }

    fn token<'a>(&'a self, transport: &'a Transport, request: &'a TokenRequest) -> Pending<'a> {
        Box::pin(async move {
            self.check_identity()?;
            let transport = transport
                .to_endpoint(&self.endpoint)
                .map_err(|source| self.unreachable(source))?;
            let resource = &request.audience.resource;
            let reply = match self.platform {
                Platform::AppService => self.ask_app_service(&transport, resource).await?,
                Platform::AzureArc => self.ask_arc(&transport, resource).await?,
                Platform::AzureMl => self.ask_machine_learning(&transport, resource).await?,
                Platform::CloudShell => self.ask_cloud_shell(&transport, resource).await?,
                Platform::Imds => self.ask_imds(&transport, resource).await?,
            };
            reply::token(&reply.body).ok_or_else(|| match self.is_own(&reply) {
                true => self.refused("its answer is no token"),
                false => self.not_there(reply.status),
            })
        })
    }
}

impl ManagedIdentity {
    /// <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>
    async fn ask_app_service(
        &self,
        transport: &Transport,
        resource: &str,
    ) -> Result<Reply, CredentialError> {
        let url = self.url("2019-08-01", resource, "mi_res_id");
        let secret = self.secret.as_ref().map_or("", |secret| secret.expose());
        let get = Request::get(url).with_header("x-identity-header", sensitive(secret)?);
        self.send(transport, get).await
    }

    /// The app service protocol of 2017, of which Azure ML kept its own names.
    async fn ask_machine_learning(
        &self,
        transport: &Transport,
        resource: &str,
    ) -> Result<Reply, CredentialError> {
        let mut url = self.endpoint.url().clone();
        url.query_pairs_mut()
            .append_pair("api-version", "2017-09-01")
            .append_pair("resource", resource);
        if let Some(UserAssigned::Client(id)) = &self.identity {
            url.query_pairs_mut().append_pair("clientid", id);
        }
        let secret = self.secret.as_ref().map_or("", |secret| secret.expose());
        let get = Request::get(url).with_header("secret", sensitive(secret)?);
        self.send(transport, get).await
    }

    async fn ask_cloud_shell(
        &self,
        transport: &Transport,
        resource: &str,
    ) -> Result<Reply, CredentialError> {
        let url = self.endpoint.url().clone();
        let post = Request::post_form(url, &[("resource", resource)], &[])
            .with_header("metadata", HeaderValue::from_static("true"))
            .with_policy(RetryPolicy::READ);
        self.send(transport, post).await
    }

    /// The endpoint with the usual query; the name of a resource id differs.
    fn url(&self, version: &str, resource: &str, resource_id: &str) -> Url {
        let identity = self.identity.as_ref().map(|identity| match identity {
            UserAssigned::Client(id) => ("client_id", id),
            UserAssigned::Object(id) => ("object_id", id),
            UserAssigned::Resource(id) => (resource_id, id),
        });
        let mut url = self.endpoint.url().clone();
        url.query_pairs_mut()
            .append_pair("api-version", version)
            .append_pair("resource", resource)
            .extend_pairs(identity);
        url
    }

    async fn send(
        &self,
        transport: &Transport,
        request: Request<'_>,
    ) -> Result<Reply, CredentialError> {
        let request = request.with_max_reply(MAX_REPLY);
        transport.exchange(&request, &mut &*self).await
    }

    fn refusal(&self, reply: &Reply) -> CredentialError {
        let status = reply.status;
        if !self.is_own(reply) {
            return self.not_there(status);
        }
        let message = reply::message(status.as_u16(), &reply.body);
        // IMDS is there on every machine of Azure; not every machine has an identity.
        let is_without = self.platform == Platform::Imds && status == StatusCode::BAD_REQUEST;
        let without = is_without.then_some(IdentityProblem::NotFound);
        match reply::problem(&message).or(without) {
            Some(problem) => CredentialError::Identity {
                platform: self.platform,
                identity: self.identity.clone(),
                problem,
                message,
            },
            None => CredentialError::Endpoint {
                endpoint: self.platform.to_string(),
                status: Some(status.as_u16()),
                message,
            },
        }
    }

    fn is_own(&self, reply: &Reply) -> bool {
        match self.platform {
            Platform::Imds => reply::is_of_imds(reply),
            _ => reply::is_of_a_service(reply),
        }
    }

    fn not_there(&self, status: StatusCode) -> CredentialError {
        CredentialError::NotThere {
            endpoint: self.endpoint.to_string(),
            service: self.platform.to_string(),
            status: status.as_u16(),
        }
    }

    /// Not every platform knows user-assigned identities, or all names for one.
    fn check_identity(&self) -> Result<(), CredentialError> {
        let known = match (self.platform, &self.identity) {
            (_, None) | (Platform::AppService | Platform::Imds, _) => true,
            (Platform::AzureMl, Some(UserAssigned::Client(_))) => true,
            (Platform::AzureMl | Platform::AzureArc | Platform::CloudShell, _) => false,
        };
        if known {
            return Ok(());
        }
        let platform = self.platform;
        Err(self.refused(match platform {
            Platform::AzureMl => "it names identities by client id only",
            _ => "it has no user-assigned identities",
        }))
    }

    fn refused(&self, message: impl Into<String>) -> CredentialError {
        CredentialError::Endpoint {
            endpoint: self.platform.to_string(),
            status: None,
            message: message.into(),
        }
    }

    fn unreachable(&self, source: Unreachable) -> CredentialError {
        // It was asked on the chance that it is there.
        if self.probe && self.platform == Platform::Imds && !source.is_busy() {
            let reason = format!("this is no machine of Azure: IMDS: {source}");
            return CredentialError::unavailable(reason);
        }
        CredentialError::Unreachable {
            endpoint: format!("{} ({})", self.platform, self.endpoint),
            source,
        }
    }
}

impl Service for &ManagedIdentity {
    type Error = CredentialError;

    /// The name of a resource, in Cloud Shell.
    const TAKES_BODY_WITHOUT_TOKEN: bool = true;

    fn is_own(&self, reply: &Reply) -> bool {
        ManagedIdentity::is_own(self, reply)
    }

    fn unreachable(&self, source: Unreachable) -> CredentialError {
        ManagedIdentity::unreachable(self, source)
    }

    fn refusal(&self, reply: &Reply) -> CredentialError {
        ManagedIdentity::refusal(self, reply)
    }
}

/// A header's value that shows in no log.
fn sensitive(secret: &str) -> Result<HeaderValue, CredentialError> {
    let mut value = HeaderValue::from_str(secret)
        .map_err(|_| CredentialError::unavailable("its secret is not fit for a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

const MAX_REPLY: usize = 256 * 1024;
