//! [`Operation`]: a certificate that is being created.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kvcert_pki::text::excerpt;

use super::{CertificateObject, VaultClient, judge};
use crate::polling::{Look, PollError, Polling};
use crate::transport::{Reply, retry};
use crate::vault::address::ObjectName;
use crate::vault::error::VaultError;
use crate::vault::wire;

/// A certificate that is being created.
/// See [`CertificateOperation`](https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate-operation/get-certificate-operation#certificateoperation).
#[derive(Debug)]
pub struct Operation {
    /// Its state.
    pub status: OperationStatus,
    /// What the service says about that.
    pub details: Option<String>,
    /// The certificate signing request (PKCS#10, RFC 2986), DER.
    pub request: Option<Vec<u8>>,
    /// The issuer: `Self`, `Unknown`, or one that is configured in the vault.
    pub issuer: String,
    /// How long the service asks to wait before asking again.
    pub retry_after: Option<Duration>,
}

/// The state of an [`Operation`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationStatus {
    /// Not done; with the issuer `Unknown` it waits for a merge.
    InProgress,
    /// The certificate is issued.
    Completed,
    /// Someone canceled it.
    Canceled,
    /// The issuer refused, or something else went wrong.
    Failed {
        /// What the service said.
        message: String,
    },
}

/// Why a certificate was not issued.
#[derive(Debug)]
pub enum IssueError {
    /// A request to the vault failed.
    Vault(VaultError),
    /// The issuer refused, or something else went wrong.
    Refused {
        /// Who was to issue it.
        issuer: String,
        /// What the service said.
        message: String,
    },
    /// Someone canceled it.
    Canceled,
    /// It waits until someone merges the certificate that a CA issued.
    WaitsForMerge,
}

impl From<VaultError> for IssueError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl VaultClient {
    /// Waits until the vault has issued what `operation` began.
    ///
    /// # Errors
    /// [`IssueError`], or that it took too long.
    pub async fn wait_until_issued(
        &self,
        name: &ObjectName,
        operation: Operation,
        polling: &Polling<'_>,
    ) -> Result<CertificateObject, PollError<IssueError>> {
        let mut known = Some(operation);
        let look = async || {
            let operation = match known.take() {
                Some(operation) => operation,
                None => self.pending(name).await?,
            };
            match operation.status {
                OperationStatus::Completed => {
                    let issued = self.certificate(name, None).await?;
                    Ok(Look::Done(issued))
                }
                OperationStatus::InProgress if operation.waits_for_merge() => {
                    Err(IssueError::WaitsForMerge)
                }
                OperationStatus::InProgress => Ok(Look::NotYet {
                    retry_after: operation.retry_after,
                }),
                OperationStatus::Canceled => Err(IssueError::Canceled),
                OperationStatus::Failed { message } => Err(IssueError::Refused {
                    issuer: operation.issuer,
                    message,
                }),
            }
        };
        polling.until(look).await
    }
}

impl Operation {
    /// Whether it waits until someone merges the certificate that a CA issued.
    pub fn waits_for_merge(&self) -> bool {
        self.status == OperationStatus::InProgress && self.issuer.eq_ignore_ascii_case("Unknown")
    }

    pub(super) fn from_reply(reply: &Reply) -> Result<Self, VaultError> {
        let wire: wire::CertificateOperation = judge::decode(reply)?;
        let odd = |what: &str| judge::unexpected(reply.status, format!("the operation {what}"));
        let status = wire.status.ok_or_else(|| odd("has no status"))?;
        let error = || {
            let error = wire.error.as_ref();
            let message = error.and_then(|e| e.message.as_ref().or(e.code.as_ref()));
            let message = message.or(wire.status_details.as_ref());
            message.map_or_else(
                || String::from("no reason given"),
                |text| excerpt(text, 600),
            )
        };
        Ok(Self {
            // `inProgress` on the wire, `InProgress` in the documents.
            status: match status.to_ascii_lowercase().as_str() {
                "inprogress" => OperationStatus::InProgress,
                "completed" => OperationStatus::Completed,
                "canceled" | "cancelled" => OperationStatus::Canceled,
                "failed" => OperationStatus::Failed { message: error() },
                other => {
                    let other = excerpt(other, 40);
                    return Err(odd(&format!("has the status `{other}`")));
                }
            },
            details: wire
                .status_details
                .as_deref()
                .map(|text| excerpt(text, 600)),
            request: wire
                .csr
                .map(|csr| STANDARD.decode(csr))
                .transpose()
                .map_err(|_| odd("has a signing request that is not base64"))?,
            issuer: wire
                .issuer
                .and_then(|issuer| issuer.name)
                .map_or_else(|| String::from("Unknown"), |name| excerpt(&name, 100)),
            retry_after: retry::asked(&reply.headers),
        })
    }
}
