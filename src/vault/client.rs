//! [`VaultClient`]: the one place where vault requests are sent and replies judged.

mod judge;
mod ladder;
mod objects;

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use reqwest::{Method, StatusCode, Url};

use super::{
    address::{ObjectName, VaultUrl, Version},
    challenge::Challenge,
    credential::{Audience, Credential},
    error::VaultError,
    permission::Permission,
    wire,
};
use crate::{
    token::AccessToken,
    transport::{Reply, Transport},
};
use judge::Call;
pub use ladder::Greeting;
pub use objects::{CertificateItem, CertificateObject, JwkPublic, KeyObject, SecretValue};

/// A vault, and the right to ask it.
pub struct VaultClient {
    transport: Transport,
    vault: VaultUrl,
    credential: Arc<Credential>,
    token: RwLock<Option<Arc<AccessToken>>>,
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
            token: RwLock::new(None),
            signing_in: tokio::sync::Mutex::default(),
        }
    }

    /// The vault.
    pub fn vault(&self) -> &VaultUrl {
        &self.vault
    }

    /// How the client signs in.
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
                let deleted = self.deleted(name, &object).await;
                Err(deleted.unwrap_or(VaultError::NotFound { object, message }))
            }
            Err(error) => Err(error),
        }
    }

    /// Gets the certificate object, which has no private key: `GET /certificates/{name}/{version}`.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn certificate(
        &self,
        name: &ObjectName,
        version: Option<&Version>,
    ) -> Result<CertificateObject, VaultError> {
        let reply = self
            .object(Permission::GetCertificate, name, version)
            .await?;
        CertificateObject::from_reply(&reply)
    }

    /// Gets the key object, which can sign but never leaves: `GET /keys/{name}/{version}`.
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

    /// Lists the vault's certificates, the current version of each: `GET /certificates`.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn certificates(&self) -> Result<Vec<CertificateItem>, VaultError> {
        let what = "the list of certificates";
        let call = Call {
            object: what.to_owned(),
            permission: Permission::ListCertificates,
        };
        let mut url = self.vault.join(&["certificates"], &[]);
        let mut items = Vec::new();
        let mut seen = HashSet::new();
        let mut bytes_left = MAX_LIST;
        for _ in 0..MAX_PAGES {
            let reply = self.get(url.clone(), &call).await?;
            bytes_left = bytes_left
                .checked_sub(reply.body.len())
                .ok_or_else(|| judge::unexpected(reply.status, format!("{what} is too long")))?;
            let page: wire::Page<wire::CertificateItem> = judge::decode(&reply)?;
            for item in page.value {
                items.push(CertificateItem::from_wire(item, reply.status)?);
            }
            let Some(next) = page.next_link.filter(|next| !next.is_empty()) else {
                return Ok(items);
            };
            seen.insert(url);
            url = self.next_page(&seen, &next, reply.status)?;
        }
        Err(judge::unexpected(
            StatusCode::OK,
            format!("{what} does not end"),
        ))
    }

    /// A link to the next page must stay on this vault, for the token goes along, and lead on.
    fn next_page(
        &self,
        seen: &HashSet<Url>,
        next: &str,
        status: StatusCode,
    ) -> Result<Url, VaultError> {
        let next = Url::parse(next)
            .map_err(|_| judge::unexpected(status, "the link to the next page is no URL"))?;
        if !self.vault.holds(&next) {
            let problem = "the link to the next page leads to another host";
            return Err(judge::unexpected(status, problem));
        }
        if seen.contains(&next) {
            let problem = "the link to the next page leads back";
            return Err(judge::unexpected(status, problem));
        }
        Ok(next)
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

    /// Whether what was not found has been deleted and can be recovered, as far as the vault says
    /// so. A certificate is deleted together with its secret.
    async fn deleted(&self, name: &ObjectName, object: &str) -> Option<VaultError> {
        let url = self.vault.join(&["deletedsecrets", name.as_str()], &[]);
        let call = Call {
            object: object.to_owned(),
            permission: Permission::GetSecret,
        };
        let reply = self.get(url, &call).await.ok()?;
        let deleted: wire::DeletedSecret = judge::decode(&reply).ok()?;
        (!deleted.recovery_id.is_empty()).then(|| VaultError::Deleted {
            object: object.to_owned(),
            deleted: deleted.deleted_date,
            purge: deleted.scheduled_purge_date,
        })
    }

    /// Sends a GET, signs in when asked to, waits and tries again where that can help.
    async fn get(&self, url: Url, call: &Call) -> Result<Reply, VaultError> {
        let mut turn = self.turn_to_sign_in().await;
        let mut token = self.fresh_token();
        if let (Some(_), Some(audience)) = (&turn, self.known_audience()) {
            token = Some(self.sign_in(audience).await?);
            turn = None;
        }
        let mut signed_in_again = false;
        let mut attempt = 0;
        loop {
            let reply = self.send(url.clone(), token.as_deref()).await?;
            let retries_left = RETRY_DELAYS.len() - attempt;
            match judge::judge(&reply, call, retries_left) {
                judge::Next::Done => return Ok(reply),
                judge::Next::SignIn if !signed_in_again => {
                    signed_in_again = true;
                    token = Some(self.answer(&reply, token.as_ref(), turn.take()).await?);
                }
                judge::Next::SignIn => return Err(judge::unauthorized(&reply)),
                judge::Next::Wait(asked) => {
                    let delay = asked.unwrap_or(RETRY_DELAYS[attempt]);
                    attempt += 1;
                    tokio::time::sleep(delay).await;
                }
                judge::Next::Fail(error) => return Err(error),
            }
        }
    }

    async fn send(&self, url: Url, token: Option<&AccessToken>) -> Result<Reply, VaultError> {
        let mut request = self.transport.request(Method::GET, url);
        if let Some(token) = token {
            request = request.bearer_auth(token.expose());
        }
        let sent = self.transport.send(request, MAX_REPLY).await;
        let mut reply = sent.map_err(|source| VaultError::Unreachable {
            vault: self.vault.to_string(),
            source,
        })?;
        if let Some(token) = token
            && !reply.status.is_success()
        {
            // What is shown of a refusal must not repeat the token, whoever echoes it.
            crate::text::mask(&mut reply.body, token.expose().as_bytes());
        }
        Ok(reply)
    }

    /// Waits until nobody else is signing in; nothing if there is a token then. Requests side by
    /// side would otherwise all be refused first, and each sign in for itself.
    async fn turn_to_sign_in(&self) -> Option<Turn<'_>> {
        if self.fresh_token().is_some() {
            return None;
        }
        let turn = self.signing_in.lock().await;
        self.fresh_token().is_none().then_some(turn)
    }

    /// Where the vault's cloud is known, a token can be had without being asked for it.
    fn known_audience(&self) -> Option<Audience> {
        let resource = self.vault.known_resource()?;
        Some(Audience {
            resource,
            tenant: None,
        })
    }

    /// Gets the token that a 401 asks for, unless another request has got one since `refused` was
    /// sent.
    async fn answer(
        &self,
        reply: &Reply,
        refused: Option<&Arc<AccessToken>>,
        turn: Option<Turn<'_>>,
    ) -> Result<Arc<AccessToken>, VaultError> {
        let Challenge { resource, tenant } = self.challenge(reply)?;
        let _turn = match turn {
            Some(turn) => turn,
            None => self.signing_in.lock().await,
        };
        match self.fresh_token() {
            Some(token) if refused.is_none_or(|refused| !Arc::ptr_eq(refused, &token)) => Ok(token),
            _ => self.sign_in(Audience { resource, tenant }).await,
        }
    }

    fn challenge(&self, reply: &Reply) -> Result<Challenge, VaultError> {
        let header = reply.headers.get(reqwest::header::WWW_AUTHENTICATE);
        let header = header
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        Challenge::parse(header, &self.vault)
    }

    fn fresh_token(&self) -> Option<Arc<AccessToken>> {
        let token = self.token.read().unwrap_or_else(PoisonError::into_inner);
        token
            .clone()
            .filter(|token| token.fresh_at(SystemTime::now()))
    }

    async fn sign_in(&self, audience: Audience) -> Result<Arc<AccessToken>, VaultError> {
        let token = Arc::new(self.credential.token(&self.transport, &audience).await?);
        *self.token.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&token));
        Ok(token)
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

/// The right to sign in; others wait.
type Turn<'a> = tokio::sync::MutexGuard<'a, ()>;

/// A secret has at most 25 kB; a page of a list has 25 items. Anything near this is no vault.
const MAX_REPLY: usize = 1 << 20;
/// 25 certificates a page, of some 400 bytes each.
const MAX_PAGES: usize = 10_000;
const MAX_LIST: usize = 128 << 20;
/// The waits that the service's throttling guidance asks for.
const RETRY_DELAYS: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];
