//! Signing in: the challenge of a vault, and the token that is sent with requests.

use std::sync::{Arc, PoisonError, RwLockReadGuard};
use std::time::Duration;

use kvcert_pki::validity;
use reqwest::{Method, RequestBuilder, StatusCode};
use tokio::sync::MutexGuard;

use super::judge::{self, Call};
use super::{VaultClient, pages};
use crate::identity::{AccessToken, Audience, TokenRequest};
use crate::transport::exchange::Service;
use crate::transport::{Reply, Unreachable, www_authenticate};
use crate::vault::challenge::{Challenge, is_parent};
use crate::vault::error::VaultError;

/// The audience that this vault asked for, and a token for it.
#[derive(Clone, Default)]
pub(super) struct Session {
    audience: Option<Audience>,
    token: Option<Arc<AccessToken>>,
}

/// What a vault replies to a request without a token.
#[derive(Debug, Clone)]
pub struct Greeting {
    /// The audience that a token must have.
    pub resource: String,
    /// The tenant of the vault, if it says so.
    pub tenant: Option<String>,
    /// How many seconds this machine's clock is ahead, where that is too much.
    pub clock_ahead: Option<i64>,
}

/// One call to the vault, from the first try to the last.
pub(super) struct Conversation<'a> {
    client: &'a VaultClient,
    call: &'a Call,
    token: Option<Arc<AccessToken>>,
    /// Held while there is no token, until the vault has said which one it wants.
    turn: Option<Turn<'a>>,
    answered: Answered,
}

/// The kinds of challenge that were answered for one request.
#[derive(Default)]
struct Answered {
    plain: bool,
    claims: bool,
    cached: bool,
}

/// Held by the one request that signs in; others wait.
type Turn<'a> = MutexGuard<'a, ()>;

impl<'a> Conversation<'a> {
    /// Gets a token where it can be had without asking the vault.
    pub(super) async fn begin(client: &'a VaultClient, call: &'a Call) -> Result<Self, VaultError> {
        let mut turn = client.turn_to_sign_in().await;
        let mut token = client.fresh_token();
        if let (Some(_), Some(audience)) = (&turn, client.known_audience()) {
            token = Some(client.sign_in(audience, None).await?);
            turn = None;
        }
        Ok(Self {
            client,
            call,
            token,
            turn,
            answered: Answered::default(),
        })
    }
}

impl Service for Conversation<'_> {
    type Error = VaultError;

    async fn authorize(&mut self, request: RequestBuilder) -> Result<RequestBuilder, VaultError> {
        Ok(match &self.token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        })
    }

    /// Signs in as a 401 asks for: once for each of the two kinds of challenge, once more if the
    /// token that was refused came from the cache, and only if no other request has got a token
    /// since that one was sent. A claims challenge (continuous access evaluation) says nothing of
    /// the audience, which is that of before.
    async fn renew(&mut self, refusal: &Reply) -> Result<bool, VaultError> {
        let (client, refused) = (self.client, self.token.take());
        let header = www_authenticate::of(refusal);
        let claims = www_authenticate::claims(&header);
        let kind = match claims {
            Some(_) => &mut self.answered.claims,
            None if refused.as_ref().is_some_and(|token| token.is_cached()) => {
                &mut self.answered.cached
            }
            None => &mut self.answered.plain,
        };
        if std::mem::replace(kind, true) {
            return Err(judge::unauthorized(refusal));
        }
        let known = client.session().audience.clone();
        let audience = match known.filter(|_| claims.is_some()) {
            Some(audience) => audience,
            None => {
                let Challenge { resource, tenant } = Challenge::parse(&header, &client.vault)?;
                Audience { resource, tenant }
            }
        };
        let _turn = match self.turn.take() {
            Some(turn) => turn,
            None => client.signing_in.lock().await,
        };
        let is_another =
            |token: &Arc<AccessToken>| refused.as_ref().is_none_or(|it| !Arc::ptr_eq(it, token));
        let token = match client.fresh_token().filter(is_another) {
            Some(token) => token,
            None => {
                if let Some(refused) = &refused {
                    client.forget(refused).await;
                }
                client.sign_in(audience, claims).await?
            }
        };
        self.token = Some(token);
        Ok(true)
    }

    async fn pace(
        &self,
        sending: impl Future<Output = Result<Reply, Unreachable>>,
    ) -> Result<Reply, Unreachable> {
        self.client.pacer.pace(sending).await
    }

    fn pause(&self, wait: Duration) {
        self.client.pacer.pause(wait);
    }

    fn close(&self, wait: Duration, busy: &Unreachable) {
        self.client.pacer.close(wait, busy);
    }

    fn unreachable(&self, source: Unreachable) -> VaultError {
        self.client.unreachable(source)
    }

    fn unproven(&self, reply: &Reply) -> VaultError {
        let status = reply.status.as_u16();
        VaultError::Challenge {
            vault: self.client.vault.to_string(),
            problem: format!("it replied HTTP {status} instead of asking for a token"),
        }
    }

    fn refusal(&self, reply: &Reply) -> VaultError {
        judge::refusal(reply, self.call)
    }
}

impl VaultClient {
    /// Sends a request without a token, which the vault refuses with a challenge. Nothing secret is
    /// sent.
    ///
    /// # Errors
    /// [`VaultError::Unreachable`], [`VaultError::Challenge`], or any other refusal.
    pub async fn greet(&self) -> Result<Greeting, VaultError> {
        let get = self
            .transport
            .request(Method::GET, pages::first(&self.vault, &[]));
        let sent = self
            .pacer
            .pace(self.transport.send(get, MAX_GREETING))
            .await;
        let reply = sent.map_err(|source| self.unreachable(source))?;
        if reply.status != StatusCode::UNAUTHORIZED {
            return Err(judge::refusal(&reply, &pages::call()));
        }
        let Challenge { resource, tenant } =
            Challenge::parse(&www_authenticate::of(&reply), &self.vault)?;
        Ok(Greeting {
            resource,
            tenant,
            clock_ahead: judge::clock_ahead(&reply),
        })
    }

    /// Signs in for what `greeting` asks for; requests then go with that token.
    ///
    /// # Errors
    /// [`VaultError::SignIn`].
    pub async fn sign_in_for(&self, greeting: &Greeting) -> Result<(), VaultError> {
        let audience = Audience {
            resource: greeting.resource.clone(),
            tenant: greeting.tenant.clone(),
        };
        self.sign_in(audience, None).await.map(drop)
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

    /// Where the vault's cloud is known, or the vault said before what it accepts, a token can be
    /// had without being asked for it; also where the one token that there is says that it is for
    /// a parent of this vault, as a challenge would.
    fn known_audience(&self) -> Option<Audience> {
        if let Some(audience) = self.session().audience.clone() {
            return Some(audience);
        }
        let resource = self.vault.known_resource().or_else(|| {
            let stated = self.credential.only_resource();
            stated.filter(|resource| is_parent(resource, &self.vault))
        })?;
        let tenant = None;
        Some(Audience { resource, tenant })
    }

    fn fresh_token(&self) -> Option<Arc<AccessToken>> {
        let token = self.session().token.clone();
        token.filter(|token| token.fresh_at(validity::clock()))
    }

    async fn sign_in(
        &self,
        audience: Audience,
        claims: Option<String>,
    ) -> Result<Arc<AccessToken>, VaultError> {
        let request = TokenRequest {
            audience,
            claims,
            is_named: self.is_named,
        };
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

    fn unreachable(&self, source: Unreachable) -> VaultError {
        VaultError::Unreachable {
            vault: self.vault.to_string(),
            source,
        }
    }
}

/// Bytes.
const MAX_GREETING: usize = 1 << 20;
