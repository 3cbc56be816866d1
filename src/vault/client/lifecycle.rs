//! Soft delete, purge, backup and restore of certificates.

use std::time::Duration;

use kvcert_pki::sensitive::Sensitive;
use serde::Serialize;

use super::certificates::certificate_call;
use super::judge::{self, Call};
use super::{CertificateObject, VaultClient};
use crate::polling::{Look, PollError, Polling};
use crate::transport::{Reply, Request};
use crate::vault::address::ObjectName;
use crate::vault::error::VaultError;
use crate::vault::permission::Permission;
use crate::vault::wire;

/// A soft-deleted certificate.
/// See [`DeletedCertificateBundle`](https://learn.microsoft.com/rest/api/keyvault/certificates/get-deleted-certificate/get-deleted-certificate#deletedcertificatebundle).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedCertificate {
    /// Whether it can be recovered: not in a vault without soft delete.
    pub recoverable: bool,
    /// When it was deleted, Unix seconds.
    pub deleted: Option<i64>,
    /// When it will be purged, Unix seconds.
    pub purge: Option<i64>,
}

impl VaultClient {
    /// Deletes a certificate, all its versions, its key and its secret:
    /// `DELETE /certificates/{name}`. It takes some seconds until it is listed as deleted.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn delete_certificate(
        &self,
        name: &ObjectName,
    ) -> Result<DeletedCertificate, VaultError> {
        let url = self.vault.join(&["certificates", name.as_str()], &[]);
        let call = certificate_call(name, Permission::DeleteCertificate);
        DeletedCertificate::from_reply(&self.exchange(Request::delete(url), &call).await?)
    }

    /// A deleted certificate: `GET /deletedcertificates/{name}`.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn deleted_certificate(
        &self,
        name: &ObjectName,
    ) -> Result<DeletedCertificate, VaultError> {
        let url = self.deleted_url(name, &[]);
        let call = deleted_call(name, Permission::GetCertificate);
        DeletedCertificate::from_reply(&self.get(url, &call).await?)
    }

    /// Starts to recover a deleted certificate: `POST /deletedcertificates/{name}/recover`. It takes
    /// some seconds until the certificate can be read again.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn recover_certificate(&self, name: &ObjectName) -> Result<(), VaultError> {
        let url = self.deleted_url(name, &["recover"]);
        let call = deleted_call(name, Permission::RecoverCertificate);
        let request = Request::post_empty(url);
        self.exchange(request, &call).await.map(drop)
    }

    /// Purges a deleted certificate, which cannot be undone: `DELETE /deletedcertificates/{name}`.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn purge_certificate(&self, name: &ObjectName) -> Result<(), VaultError> {
        let request = Request::delete(self.deleted_url(name, &[]));
        let call = deleted_call(name, Permission::PurgeCertificate);
        self.exchange(request, &call).await.map(drop)
    }

    /// Purges a certificate, as soon as a deletion in progress is done.
    ///
    /// # Errors
    /// Any [`VaultError`], or that it took too long.
    pub async fn purge_when_deleted(
        &self,
        name: &ObjectName,
        polling: &Polling<'_>,
    ) -> Result<(), PollError<VaultError>> {
        let look = async || match self.purge_certificate(name).await {
            Ok(()) => Ok(Look::Done(())),
            Err(VaultError::Conflict { kind, .. }) if kind.passes() => Ok(Look::later(POLL)),
            Err(error) => Err(error),
        };
        polling.until(look).await
    }

    /// Waits until a certificate is listed as deleted; nothing if the caller may not see that.
    ///
    /// # Errors
    /// Any [`VaultError`], or that it took too long.
    pub async fn wait_until_deleted(
        &self,
        name: &ObjectName,
        polling: &Polling<'_>,
    ) -> Result<Option<DeletedCertificate>, PollError<VaultError>> {
        let look = async || settled(self.deleted_certificate(name).await);
        polling.until(look).await
    }

    /// Waits until a recovered certificate can be read; nothing if the caller may not read it.
    ///
    /// # Errors
    /// Any [`VaultError`], or that it took too long.
    pub async fn wait_until_recovered(
        &self,
        name: &ObjectName,
        polling: &Polling<'_>,
    ) -> Result<Option<CertificateObject>, PollError<VaultError>> {
        let look = async || settled(self.certificate(name, None).await);
        polling.until(look).await
    }

    /// A backup of all versions, which only a vault of the same subscription and geography can
    /// read: `POST /certificates/{name}/backup`. It is base64url.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn back_up_certificate(
        &self,
        name: &ObjectName,
    ) -> Result<Sensitive<String>, VaultError> {
        let path = ["certificates", name.as_str(), "backup"];
        let request = Request::post_empty(self.vault.join(&path, &[])).with_max_reply(MAX_BACKUP);
        let call = certificate_call(name, Permission::BackUpCertificate);
        let reply = self.exchange(request, &call).await?;
        let backup: wire::Backup = judge::decode(&reply)?;
        let value = backup.value.filter(|value| !value.is_empty());
        let missing = || judge::unexpected(reply.status, "the backup has no value");
        value.map(Sensitive::new).ok_or_else(missing)
    }

    /// Restores a certificate with all its versions under its old name:
    /// `POST /certificates/restore`.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn restore_certificate(
        &self,
        backup: &Sensitive<String>,
    ) -> Result<CertificateObject, VaultError> {
        #[derive(Serialize)]
        struct Restore<'a> {
            value: &'a str,
        }
        let url = self.vault.join(&["certificates", "restore"], &[]);
        let value = backup.expose();
        let call = Call {
            object: String::from("the certificate in the backup"),
            permission: Permission::RestoreCertificate,
        };
        let request = Request::post(url, &Restore { value });
        CertificateObject::from_reply(&self.exchange(request, &call).await?)
    }

    fn deleted_url(&self, name: &ObjectName, rest: &[&str]) -> reqwest::Url {
        let mut path = vec!["deletedcertificates", name.as_str()];
        path.extend(rest);
        self.vault.join(&path, &[])
    }
}

impl DeletedCertificate {
    fn from_reply(reply: &Reply) -> Result<Self, VaultError> {
        let wire: wire::DeletedObject = judge::decode(reply)?;
        Ok(Self {
            recoverable: wire.recovery_id.is_some_and(|id| !id.is_empty()),
            deleted: wire.deleted_date,
            purge: wire.scheduled_purge_date,
        })
    }
}

/// What a reply means in the first seconds after a delete or a recover.
fn settled<T>(answer: Result<T, VaultError>) -> Result<Look<Option<T>>, VaultError> {
    match answer {
        Ok(found) => Ok(Look::Done(Some(found))),
        Err(VaultError::Forbidden { .. } | VaultError::Disabled { .. }) => Ok(Look::Done(None)),
        Err(VaultError::NotFound { .. } | VaultError::Deleted { .. }) => Ok(Look::later(POLL)),
        Err(VaultError::Conflict { kind, .. }) if kind.passes() => Ok(Look::later(POLL)),
        Err(error) => Err(error),
    }
}

fn deleted_call(name: &ObjectName, permission: Permission) -> Call {
    Call {
        object: format!("deleted certificate `{name}`"),
        permission,
    }
}

/// The time between two requests, as in the official clients.
const POLL: Duration = Duration::from_secs(2);
/// Bytes: a backup has up to 500 versions.
const MAX_BACKUP: usize = 32 << 20;
