//! [`VaultClient`]: sends requests to a vault and interprets the replies.

mod certificates;
mod judge;
mod lifecycle;
mod objects;
mod operation;
mod pages;
mod session;
mod with_raw;

use std::sync::{Arc, RwLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
pub use certificates::{Import, NewCertificate};
use judge::{Call, decode, unexpected};
pub use lifecycle::DeletedCertificate;
use objects::split_id;
pub use objects::{
    CertificateItem, CertificateObject, JwkPublic, KeyObject, MoreOfItem, SecretValue,
};
pub use operation::{IssueError, Operation, OperationStatus};
pub use pages::CertificatePages;
use reqwest::Url;
use serde::Serialize;
pub use session::Greeting;
use session::{Conversation, Session};
pub use with_raw::WithRaw;

use super::address::{ObjectName, VaultUrl, Version};

use super::error::VaultError;
use super::pacer::Pacer;
use super::permission::Permission;
use super::wire;
use crate::identity::Credential;
use crate::transport::{Reply, Request, Transport};

/// A client for one vault.
pub struct VaultClient {
    transport: Transport,
    vault: VaultUrl,
    credential: Arc<Credential>,
    /// Whether a flag, a variable or the program named the vault.
    is_named: bool,
    pacer: Pacer,
    session: RwLock<Session>,
    /// Held while signing in, so that requests side by side sign in once.
    signing_in: tokio::sync::Mutex<()>,
}

impl VaultClient {
    /// A client for `vault`. Nothing is sent yet.
    pub fn new(transport: Transport, vault: VaultUrl, credential: Arc<Credential>) -> Self {
        Self {
            transport,
            vault,
            credential,
            is_named: true,
            pacer: Pacer::new(Self::BUDGET),
            session: RwLock::default(),
            signing_in: tokio::sync::Mutex::default(),
        }
    }

    /// The calls in ten seconds that the service documents as a vault's limit, for all its callers
    /// together.
    pub const BUDGET: usize = 4000;

    /// The same client, which sends at most `calls` in any ten seconds, instead of
    /// [`BUDGET`](Self::BUDGET).
    pub fn with_budget(self, calls: usize) -> Self {
        Self {
            pacer: Pacer::new(calls),
            ..self
        }
    }

    /// The same client, for a vault that only a pasted identifier names: a token that does not say what
    /// it is for goes there only if the host is one of a cloud.
    pub fn by_identifier(self) -> Self {
        Self {
            is_named: false,
            ..self
        }
    }

    /// The vault.
    pub fn vault(&self) -> &VaultUrl {
        &self.vault
    }

    /// What the client signs in with.
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Gets a secret with its value: `GET /secrets/{name}/{version}`. A certificate's secret has
    /// the certificate's name and version, and is the only object with the private key.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn secret(
        &self,
        name: &ObjectName,
        version: Option<&Version>,
    ) -> Result<SecretValue, VaultError> {
        match self.object(Permission::GetSecret, name, version).await {
            Ok(reply) => SecretValue::from_reply(&reply, name, version),
            Err(VaultError::NotFound { object, message }) => {
                let reason = match self.deleted(name, &object).await {
                    Some(deleted) => Some(deleted),
                    None => self.not_issued(name).await,
                };
                Err(reason.unwrap_or(VaultError::NotFound { object, message }))
            }
            Err(error) => Err(error),
        }
    }

    /// Gets the certificate object, which has no private key: `GET /certificates/{name}/{version}`.
    ///
    /// # Errors
    /// Any [`VaultError`]; [`VaultError::NotIssued`] if there is no certificate yet.
    pub async fn certificate(
        &self,
        name: &ObjectName,
        version: Option<&Version>,
    ) -> Result<CertificateObject, VaultError> {
        let reply = self
            .object(Permission::GetCertificate, name, version)
            .await?;
        self.issued(name, &reply).await
    }

    async fn issued(
        &self,
        name: &ObjectName,
        reply: &Reply,
    ) -> Result<CertificateObject, VaultError> {
        match CertificateObject::from_reply(reply) {
            // The first version is visible before it is issued.
            Err(error @ VaultError::Conflict { .. }) => {
                Err(self.not_issued(name).await.unwrap_or(error))
            }
            object => object,
        }
    }

    /// Gets the key object, which can sign but never leaves the vault: `GET /keys/{name}/{version}`.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn key(
        &self,
        name: &ObjectName,
        version: Option<&Version>,
    ) -> Result<KeyObject, VaultError> {
        let reply = self.object(Permission::GetKey, name, version).await?;
        KeyObject::from_reply(&reply)
    }

    /// Signs a digest with a key in the vault: `POST /keys/{name}/{version}/sign`. `algorithm` is a
    /// JOSE name such as `PS256` (RFC 7518 section 3.1), and so is the form of the signature.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn sign(
        &self,
        name: &ObjectName,
        version: &Version,
        algorithm: &str,
        digest: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        #[derive(Serialize)]
        struct Sign<'a> {
            alg: &'a str,
            value: String,
        }
        let path = ["keys", name.as_str(), version.as_str(), "sign"];
        let body = Sign {
            alg: algorithm,
            value: URL_SAFE_NO_PAD.encode(digest),
        };
        let call = Call {
            object: format!("key `{name}` version `{version}`"),
            permission: Permission::Sign,
        };
        let request = Request::post(self.vault.join(&path, &[]), &body);
        let reply = self.exchange(request, &call).await?;
        let wire: wire::KeyOperationResult = decode(&reply)?;
        let odd = |problem: &str| unexpected(reply.status, problem);
        let kid = wire.kid.unwrap_or_default();
        let (_, signed_by) = split_id(&kid, "keys", reply.status)?;
        if signed_by.as_ref() != Some(version) {
            return Err(odd("it was signed with another version of the key"));
        }
        let value = wire.value.unwrap_or_default();
        let signature = URL_SAFE_NO_PAD.decode(value.trim_end_matches('='));
        signature.map_err(|_| odd("the signature is not base64url"))
    }

    /// Lists the vault's certificates, the current version of each, and those that have not been
    /// issued yet: `GET /certificates?includePending=true`.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn certificates(&self) -> Result<Vec<CertificateItem>, VaultError> {
        let first = pages::first(&self.vault, &[("includePending", "true")]);
        let mut pages = CertificatePages::new(self, first);
        let mut items = Vec::<CertificateItem>::new();
        while let Some(page) = pages.next().await? {
            if items.capacity() - items.len() < page.len() {
                // By a quarter instead of double: a list may be long.
                items.reserve_exact(page.len().max(items.len() / 4));
            }
            items.extend(page);
        }
        Ok(items)
    }

    /// Lists the vault's issued certificates, the current version of each, a page at a time.
    pub fn pages(&self) -> CertificatePages<'_> {
        CertificatePages::new(self, pages::first(&self.vault, &[]))
    }

    async fn object(
        &self,
        permission: Permission,
        name: &ObjectName,
        version: Option<&Version>,
    ) -> Result<Reply, VaultError> {
        let (collection, noun) = match permission {
            Permission::GetSecret => ("secrets", "secret"),
            Permission::GetKey => ("keys", "key"),
            _ => ("certificates", "certificate"),
        };
        let mut segments = vec![collection, name.as_str()];
        segments.extend(version.map(Version::as_str));
        let url = self.vault.join(&segments, &[]);
        let object = match version {
            Some(version) => format!("{noun} `{name}` version `{version}`"),
            None => format!("{noun} `{name}`"),
        };
        self.get(url, &Call { object, permission }).await
    }

    /// Whether a certificate of this name is still being created. Who may not look does not learn it.
    async fn not_issued(&self, name: &ObjectName) -> Option<VaultError> {
        let operation = self.pending(name).await.ok()?;
        (operation.status == OperationStatus::InProgress).then(|| VaultError::NotIssued {
            name: name.to_string(),
            waits_for_merge: operation.waits_for_merge(),
        })
    }

    /// Whether an object that was not found is soft-deleted, if the vault lets the caller see that.
    /// A certificate is deleted together with its secret.
    async fn deleted(&self, name: &ObjectName, object: &str) -> Option<VaultError> {
        let url = self.vault.join(&["deletedsecrets", name.as_str()], &[]);
        let call = Call {
            object: object.to_owned(),
            permission: Permission::GetSecret,
        };
        let reply = self.get(url, &call).await.ok()?;
        let deleted: wire::DeletedObject = decode(&reply).ok()?;
        let recoverable = deleted.recovery_id.is_some_and(|id| !id.is_empty());
        recoverable.then(|| VaultError::Deleted {
            object: object.to_owned(),
            deleted: deleted.deleted_date,
            purge: deleted.scheduled_purge_date,
        })
    }

    async fn get(&self, url: Url, call: &Call) -> Result<Reply, VaultError> {
        self.exchange(Request::get(url), call).await
    }

    /// Sends a request; signs in when asked to, and retries where that can help and does no harm.
    async fn exchange(&self, request: Request<'_>, call: &Call) -> Result<Reply, VaultError> {
        let mut conversation = Conversation::begin(self, call).await?;
        let request = request.with_policy(call.permission.retry_policy());
        self.transport.exchange(&request, &mut conversation).await
    }
}

impl std::fmt::Debug for VaultClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VaultClient")
            .field("vault", &self.vault)
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}
