//! The instance metadata service of virtual machines.
//! See "How to use managed identities for Azure resources on an Azure VM to acquire an access token".

use std::time::Duration;

use reqwest::Method;

use super::{ManagedIdentity, reply};
use crate::identity::CredentialError;
use crate::transport::{Reply, Transport, retry};

impl ManagedIdentity {
    pub(super) async fn ask_imds(
        &self,
        transport: &Transport,
        resource: &str,
    ) -> Result<Reply, CredentialError> {
        if self.probe {
            self.probe_imds(transport).await?;
        }
        let mut waits = WAITS.iter();
        loop {
            let url = self.url("2018-02-01", resource, "msi_res_id");
            let get = transport
                .request(Method::GET, url)
                .header("Metadata", "true");
            let reply = self.send(transport, get).await?;
            let status = reply.status.as_u16();
            // An update of IMDS takes up to 70 seconds.
            let factor = if status == 410 { 4 } else { 1 };
            let asked = retry::asked(&reply.headers);
            match waits.next().map(|wait| asked.unwrap_or(*wait * factor)) {
                Some(wait) if may_pass(status) && wait <= LONGEST_WAIT => {
                    tokio::time::sleep(wait).await;
                }
                _ => return Ok(reply),
            }
        }
    }

    /// One request without the header that IMDS insists on, which it refuses at once; what plays
    /// IMDS may give a token. Off Azure there is no answer, or the answer of another cloud's service
    /// at the same address.
    async fn probe_imds(&self, transport: &Transport) -> Result<(), CredentialError> {
        let get = transport
            .request(Method::GET, self.endpoint.url().clone())
            .timeout(PROBE_TIME);
        let reason = match transport.send(get, super::MAX_REPLY).await {
            Ok(reply) => match reply.status.as_u16() {
                400 | 410 | 429 | 500.. => return Ok(()),
                200 if reply::token(&reply.body).is_some() => return Ok(()),
                status => format!(
                    "what answers at {} is not IMDS (HTTP {status})",
                    self.endpoint
                ),
            },
            Err(error) => format!("this is no machine of Azure: IMDS: {error}"),
        };
        Err(CredentialError::unavailable(reason))
    }
}

fn may_pass(status: u16) -> bool {
    matches!(status, 404 | 410 | 429 | 500..)
}

/// All that a machine elsewhere may lose by looking for an identity.
const PROBE_TIME: Duration = Duration::from_secs(1);
/// The fifth wait for an update.
const LONGEST_WAIT: Duration = Duration::from_secs(64);
const WAITS: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
];
