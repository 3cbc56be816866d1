//! [`VaultClient`]: the one place where vault requests are sent and replies judged.

mod judge;
mod objects;

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    time::{Duration, SystemTime},
};

use reqwest::{Method, StatusCode, Url};

use super::{
    address::{ObjectName, VaultUrl, Version},
    challenge::{self, Challenge},
    credential::{Audience, Credential, TokenRequest},
    error::VaultError,
    wire,
};
use crate::{
    token::AccessToken,
    transport::{Reply, Transport},
};
pub use objects::{CertificateItem, CertificateObject, KeyObject, SecretValue};

/// A vault, and the right to ask it.
pub struct VaultClient {
    transport: Transport,
    vault: VaultUrl,
    credential: Arc<Credential>,
    session: RwLock<Session>,
}

impl VaultClient {
    /// A client for `vault`. Nothing is sent yet.
    pub fn new(transport: Transport, vault: VaultUrl, credential: Arc<Credential>) -> Self {
        Self {
            transport,
            vault,
            credential,
            session: RwLock::default(),
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
        let what = "the list of certificates";
        let mut url = self.vault.join(&["certificates"], &[]);
        let mut items = Vec::new();
        let mut seen = HashSet::new();
        let mut bytes_left = MAX_LIST;
        for _ in 0..MAX_PAGES {
            let reply = self.get(url.clone(), what).await?;
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
        let mut token = self.first_token().await?;
        let mut answered = Answered::default();
        let mut attempt = 0;
        loop {
            let reply = self.send(url.clone(), token.as_deref()).await?;
            let retries_left = RETRY_DELAYS.len() - attempt;
            match judge::judge(&reply, object, retries_left) {
                judge::Next::Done => return Ok(reply),
                judge::Next::SignIn => {
                    if let Some(refused) = &token {
                        self.forget(refused).await;
                    }
                    token = Some(self.answer_challenge(&reply, &mut answered).await?);
                }
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
        sent.map_err(|source| VaultError::Unreachable {
            vault: self.vault.to_string(),
            source,
        })
    }

    /// The token at hand. Where the vault's cloud is known, or the vault said before what it
    /// takes, one can be had without being asked.
    async fn first_token(&self) -> Result<Option<Arc<AccessToken>>, VaultError> {
        let session = self.session().clone();
        if let Some(token) = session.token
            && token.fresh_at(SystemTime::now())
        {
            return Ok(Some(token));
        }
        let at_once = || {
            let resource = self.vault.known_resource()?;
            let tenant = None;
            Some(Audience { resource, tenant })
        };
        match session.audience.or_else(at_once) {
            Some(audience) => self.sign_in(audience, None).await.map(Some),
            None => Ok(None),
        }
    }

    /// Signs in as a 401 asks for: once for each of the two kinds of challenge. A claims challenge
    /// (continuous access evaluation) says nothing of the audience, which is that of before.
    async fn answer_challenge(
        &self,
        reply: &Reply,
        answered: &mut Answered,
    ) -> Result<Arc<AccessToken>, VaultError> {
        let header = reply.headers.get(reqwest::header::WWW_AUTHENTICATE);
        let header = header
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let claims = challenge::claims(header);
        let kind = match claims {
            Some(_) => &mut answered.claims,
            None => &mut answered.plain,
        };
        if std::mem::replace(kind, true) {
            return Err(judge::unauthorized(reply));
        }
        let known = self.session().audience.clone();
        let audience = match known.filter(|_| claims.is_some()) {
            Some(audience) => audience,
            None => {
                let Challenge { resource, tenant } = Challenge::parse(header, &self.vault)?;
                Audience { resource, tenant }
            }
        };
        self.sign_in(audience, claims).await
    }

    async fn sign_in(
        &self,
        audience: Audience,
        claims: Option<String>,
    ) -> Result<Arc<AccessToken>, VaultError> {
        let request = TokenRequest { audience, claims };
        let token = self.credential.token(&self.transport, &request).await?;
        *self.session.write().unwrap_or_else(PoisonError::into_inner) = Session {
            audience: Some(request.audience),
            token: Some(Arc::clone(&token)),
        };
        Ok(token)
    }

    async fn forget(&self, refused: &Arc<AccessToken>) {
        self.credential.forget(refused).await;
        let mut session = self.session.write().unwrap_or_else(PoisonError::into_inner);
        session.token = None;
    }

    fn session(&self) -> RwLockReadGuard<'_, Session> {
        self.session.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What this host asked for, and the token it takes.
#[derive(Clone, Default)]
struct Session {
    audience: Option<Audience>,
    token: Option<Arc<AccessToken>>,
}

/// The kinds of challenge that were answered for one request.
#[derive(Default)]
struct Answered {
    plain: bool,
    claims: bool,
}

impl std::fmt::Debug for VaultClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VaultClient")
            .field("vault", &self.vault)
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}

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
