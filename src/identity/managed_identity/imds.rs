//! The instance metadata service of virtual machines.
//! See "How to use managed identities for Azure resources on an Azure VM to acquire an access token".

use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{Method, StatusCode};

use super::{ManagedIdentity, reply};
use crate::identity::error::CredentialError;
use crate::transport::retry::{self, RetryPolicy};
use crate::transport::{Reply, Request, Transport};

impl ManagedIdentity {
    pub(super) async fn ask_imds(
        &self,
        transport: &Transport,
        resource: &str,
    ) -> Result<Reply, CredentialError> {
        if self.probe {
            self.probe_imds(transport).await?;
        }
        let url = self.url("2018-02-01", resource, "msi_res_id");
        let get = Request::get(url)
            .with_header("metadata", HeaderValue::from_static("true"))
            .with_policy(PATIENT);
        self.send(transport, get).await
    }

    /// One request without the header that IMDS insists on, which it refuses at once; what plays
    /// IMDS may give a token. Off Azure there is no answer, or the answer of something else at the
    /// same address: another cloud's service, a proxy, a page.
    async fn probe_imds(&self, transport: &Transport) -> Result<(), CredentialError> {
        let get = transport
            .request(Method::GET, self.endpoint.url().clone())
            .timeout(PROBE_TIME);
        match transport.send(get, super::MAX_REPLY).await {
            Ok(reply) if reply.status.is_success() => match reply::token(&reply.body) {
                Some(_) => Ok(()),
                None => Err(self.not_there(reply.status)),
            },
            Ok(reply) if reply::is_of_imds(&reply) => Ok(()),
            Ok(reply) => Err(self.not_there(reply.status)),
            Err(error) => Err(self.unreachable(error)),
        }
    }
}

/// All that a machine elsewhere may lose by looking for an identity.
const PROBE_TIME: Duration = Duration::from_secs(1);
/// A new identity takes a while to be known (404), and an update of IMDS takes up to 70 seconds,
/// in which it is gone (410): the five waits for it together take 124.
const PATIENT: RetryPolicy = RetryPolicy {
    tries: |status| match status.as_u16() {
        404 | 410 | 429 | 500.. => 5,
        _ => 0,
    },
    delay: |status, attempt| match status {
        StatusCode::GONE => 4 * retry::delay(attempt),
        _ => retry::delay(attempt),
    },
    ..RetryPolicy::READ
};
