//! [`VaultClient`]: the one place where vault requests are sent and replies judged.

mod judge;
mod objects;
mod pages;
mod retry;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use reqwest::{Method, Url};

use super::{
    address::{ObjectName, VaultUrl, Version},
    challenge::Challenge,
    credential::{Audience, Credential},
    error::VaultError,
    pacer::Pacer,
};
use crate::{
    token::AccessToken,
    transport::{Reply, Transport},
};
pub use objects::{CertificateItem, CertificateObject, JwkPublic, KeyObject, SecretValue};
pub use pages::CertificatePages;

/// A vault, and the right to ask it.
pub struct VaultClient {
    transport: Transport,
    vault: VaultUrl,
    credential: Arc<Credential>,
    pacer: Pacer,
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
            pacer: Pacer::new(Self::BUDGET),
            token: RwLock::new(None),
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
        let reply = self.object("secrets", "secret", name, version).await?;
        SecretValue::from_reply(&reply, name, version)
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
            .object("certificates", "certificate", name, version)
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
        let reply = self.object("keys", "key", name, version).await?;
        KeyObject::from_reply(&reply)
    }

    /// Lists the vault's certificates, the current version of each: `GET /certificates`.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn certificates(&self) -> Result<Vec<CertificateItem>, VaultError> {
        let (mut pages, mut items) = (self.pages(), Vec::new());
        while let Some(page) = pages.next().await? {
            items.extend(page);
        }
        Ok(items)
    }

    /// Lists the vault's certificates, the current version of each, a page at a time.
    pub fn pages(&self) -> CertificatePages<'_> {
        CertificatePages::new(self)
    }

    async fn object(
        &self,
        collection: &str,
        noun: &str,
        name: &ObjectName,
        version: Option<&Version>,
    ) -> Result<Reply, VaultError> {
        let mut segments = vec![collection, name.as_str()];
        segments.extend(version.map(Version::as_str));
        let url = self.vault.join(&segments, &[]);
        let object = match version {
            Some(version) => format!("{noun} `{name}` version `{version}`"),
            None => format!("{noun} `{name}`"),
        };
        self.get(url, &object).await
    }

    /// Sends a GET, signs in when asked to, waits and tries again where that can help.
    async fn get(&self, url: Url, object: &str) -> Result<Reply, VaultError> {
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
            match judge::judge(&reply, object, attempt) {
                judge::Next::Done => return Ok(reply),
                judge::Next::SignIn if !signed_in_again => {
                    signed_in_again = true;
                    token = Some(self.answer(&reply, token.as_ref(), turn.take()).await?);
                }
                judge::Next::SignIn => return Err(judge::unauthorized(&reply)),
                judge::Next::Wait(asked) => {
                    let delay = asked.unwrap_or_else(|| retry::delay(attempt));
                    attempt += 1;
                    if retry::is_overloaded(reply.status) {
                        self.pacer.pause(delay);
                    }
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
        let permit = self.pacer.permit().await;
        match self.transport.send(request, MAX_REPLY).await {
            Ok(reply) => {
                permit.answered(retry::is_overloaded(reply.status));
                Ok(reply)
            }
            Err(source) => Err(VaultError::Unreachable {
                vault: self.vault.to_string(),
                source,
            }),
        }
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
        let header = reply.headers.get(reqwest::header::WWW_AUTHENTICATE);
        let header = header
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let Challenge { resource, tenant } = Challenge::parse(header, &self.vault)?;
        let _turn = match turn {
            Some(turn) => turn,
            None => self.signing_in.lock().await,
        };
        match self.fresh_token() {
            Some(token) if refused.is_none_or(|refused| !Arc::ptr_eq(refused, &token)) => Ok(token),
            _ => self.sign_in(Audience { resource, tenant }).await,
        }
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
