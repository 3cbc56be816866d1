//! [`VaultClient`]: the one place where vault requests are sent and replies judged.

mod certificates;
mod judge;
mod ladder;
mod lifecycle;
mod objects;
mod operation;
mod pages;
mod request;
mod seen;
mod sign;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::SystemTime;

pub use certificates::{Import, NewCertificate};
use judge::Call;
pub use ladder::Greeting;
pub use lifecycle::DeletedCertificate;
pub use objects::{CertificateItem, CertificateObject, JwkPublic, KeyObject, SecretValue};
pub use operation::{Operation, OperationStatus};
pub use pages::CertificatePages;
use request::Request;
use reqwest::Url;
pub use seen::Seen;

use super::address::{ObjectName, VaultUrl, Version};
use super::challenge::{self, Challenge};
use super::error::VaultError;
use super::pacer::Pacer;
use super::permission::Permission;
use super::wire;
use crate::identity::{AccessToken, Audience, Credential, TokenRequest};
use crate::transport::{Reply, Transport, retry};

/// A vault, and the right to ask it.
pub struct VaultClient {
    transport: Transport,
    vault: VaultUrl,
    credential: Arc<Credential>,
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
        let (mut pages, mut items) = (self.pages(), Vec::new());
        while let Some(page) = pages.next().await? {
            items.extend(page);
        }
        Ok(items)
    }

    /// Lists the vault's certificates, the current version of each, a page at a time.
    pub fn pages(&self) -> CertificatePages<'_> {
        CertificatePages::new(self, pages::first(&self.vault))
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
        let deleted: wire::DeletedObject = judge::decode(&reply).ok()?;
        let recoverable = deleted.recovery_id.is_some_and(|id| !id.is_empty());
        recoverable.then(|| VaultError::Deleted {
            object: object.to_owned(),
            deleted: deleted.deleted_date,
            purge: deleted.scheduled_purge_date,
        })
    }

    async fn get(&self, url: Url, call: &Call) -> Result<Reply, VaultError> {
        self.exchange(&Request::get(url), call).await
    }

    /// Sends a request, signs in when asked to, waits and tries again where that can help and
    /// does no harm.
    async fn exchange(&self, request: &Request, call: &Call) -> Result<Reply, VaultError> {
        let mut turn = self.turn_to_sign_in().await;
        let mut token = self.fresh_token();
        if let (Some(_), Some(audience)) = (&turn, self.known_audience()) {
            token = Some(self.sign_in(audience, None).await?);
            turn = None;
        }
        let mut answered = Answered::default();
        let (mut attempt, mut broke_off) = (0, false);
        loop {
            let reply = match self.send(request, token.as_deref()).await {
                Err(error) if !broke_off && judge::may_be_lost(&error, call.permission) => {
                    broke_off = true;
                    continue;
                }
                reply => reply?,
            };
            match judge::judge(&reply, call, attempt) {
                judge::Next::Done => return Ok(reply),
                judge::Next::SignIn => {
                    let refused = token.take();
                    let answer = self.answer(&reply, refused.as_ref(), turn.take(), &mut answered);
                    token = Some(answer.await?);
                }
                judge::Next::Wait(wait) => {
                    attempt += 1;
                    if retry::is_overloaded(reply.status) {
                        self.pacer.pause(wait);
                    }
                    tokio::time::sleep(wait).await;
                }
                judge::Next::Fail(error) => return Err(error),
            }
        }
    }

    async fn send(
        &self,
        request: &Request,
        token: Option<&AccessToken>,
    ) -> Result<Reply, VaultError> {
        let max_reply = request.max_reply;
        let mut request = request.build(&self.transport);
        if let Some(token) = token {
            request = request.bearer_auth(token.expose());
        }
        let permit = self.pacer.permit().await;
        let sent = self.transport.send(request, max_reply).await;
        let mut reply = sent.map_err(|source| VaultError::Unreachable {
            vault: self.vault.to_string(),
            source,
        })?;
        permit.answered(retry::is_overloaded(reply.status));
        if let Some(token) = token
            && !reply.status.is_success()
        {
            // What is shown of a refusal must not repeat the token, whoever echoes it.
            kvcert_pki::text::mask(&mut reply.body, token.expose().as_bytes());
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

    /// Where the vault's cloud is known, or the vault said before what it takes, a token can be
    /// had without being asked for it; also where the one token that there is says that it is for
    /// a parent of this vault, as a challenge would.
    fn known_audience(&self) -> Option<Audience> {
        if let Some(audience) = self.session().audience.clone() {
            return Some(audience);
        }
        let resource = self.vault.known_resource().or_else(|| {
            let stated = self.credential.only_resource();
            stated.filter(|resource| challenge::is_parent(resource, &self.vault))
        })?;
        let tenant = None;
        Some(Audience { resource, tenant })
    }

    /// Signs in as a 401 asks for: once for each of the two kinds of challenge, once more if the
    /// token that was refused had been kept from an earlier run, and only if no other request has
    /// got a token since `refused` was sent. A claims challenge (continuous
    /// access evaluation) says nothing of the audience, which is that of before.
    async fn answer(
        &self,
        reply: &Reply,
        refused: Option<&Arc<AccessToken>>,
        turn: Option<Turn<'_>>,
        answered: &mut Answered,
    ) -> Result<Arc<AccessToken>, VaultError> {
        let claims = challenge::claims(&header(reply));
        let kind = match claims {
            Some(_) => &mut answered.claims,
            None if refused.is_some_and(|token| token.is_kept()) => &mut answered.kept,
            None => &mut answered.plain,
        };
        if std::mem::replace(kind, true) {
            return Err(judge::unauthorized(reply));
        }
        let known = self.session().audience.clone();
        let audience = match known.filter(|_| claims.is_some()) {
            Some(audience) => audience,
            None => {
                let Challenge { resource, tenant } = self.challenge(reply)?;
                Audience { resource, tenant }
            }
        };
        let _turn = match turn {
            Some(turn) => turn,
            None => self.signing_in.lock().await,
        };
        let is_another =
            |token: &Arc<AccessToken>| refused.is_none_or(|it| !Arc::ptr_eq(it, token));
        if let Some(token) = self.fresh_token().filter(is_another) {
            return Ok(token);
        }
        if let Some(refused) = refused {
            self.forget(refused).await;
        }
        self.sign_in(audience, claims).await
    }

    fn challenge(&self, reply: &Reply) -> Result<Challenge, VaultError> {
        Challenge::parse(&header(reply), &self.vault)
    }

    fn fresh_token(&self) -> Option<Arc<AccessToken>> {
        let token = self.session().token.clone();
        token.filter(|token| token.fresh_at(SystemTime::now()))
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

/// The challenges in a 401: headers of one name are as good as one with commas (RFC 9110 section
/// 5.3).
fn header(reply: &Reply) -> String {
    let all = reply.headers.get_all(reqwest::header::WWW_AUTHENTICATE);
    let all: Vec<&str> = all.iter().filter_map(|one| one.to_str().ok()).collect();
    all.join(", ")
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
    kept: bool,
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
