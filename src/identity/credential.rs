//! [`Credential`]: several sources of tokens, tried in order until one gives a token.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use kvcert_pki::validity;
use tokio::sync::Mutex;

use super::access_token::AccessToken;
use super::cache::{CacheKey, TokenCache};
use super::error::{Attempt, CredentialError};
use super::token_source::{Audience, TokenRequest, TokenSource};
use crate::transport::Transport;

/// What happens while signing in; carries no secret.
#[derive(Debug)]
pub enum Event<'a> {
    /// A source gave no token.
    Attempt(&'a Attempt),
    /// A source gave a token.
    SignedIn(&'static str),
    /// A cached token of this source is used.
    Cached(&'static str),
}

/// Hears of every [`Event`].
pub type Observer = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// Sources of tokens, in order. The first that gives a token is asked for all others.
pub struct Credential {
    sources: Vec<Box<dyn TokenSource>>,
    winner: OnceLock<usize>,
    tokens: Mutex<HashMap<Audience, Arc<AccessToken>>>,
    observer: Option<Observer>,
    cache: Option<TokenCache>,
}

impl Credential {
    /// Signs in by the first of these sources that can.
    pub fn new(sources: Vec<Box<dyn TokenSource>>) -> Self {
        Self {
            sources,
            winner: OnceLock::new(),
            tokens: Mutex::default(),
            observer: None,
            cache: None,
        }
    }

    /// Signs in by this source.
    pub fn by(source: impl TokenSource + 'static) -> Self {
        Self::new(vec![Box::new(source)])
    }

    /// The same, which tells of every [`Event`].
    pub fn with_observer(self, observer: Observer) -> Self {
        Self {
            observer: Some(observer),
            ..self
        }
    }

    /// The same, with tokens that outlast the process.
    pub fn with_token_cache(self, cache: TokenCache) -> Self {
        Self {
            cache: Some(cache),
            ..self
        }
    }

    /// The name of the source that gave a token, once one did.
    pub fn winner(&self) -> Option<&'static str> {
        let source = self.sources.get(*self.winner.get()?)?;
        Some(source.name())
    }

    /// The one resource that there can be a token for, if the only source says so.
    pub(crate) fn only_resource(&self) -> Option<String> {
        match self.sources.as_slice() {
            [source] => source.only_resource(),
            _ => None,
        }
    }

    /// A token: the one at hand if it is fresh and no claims are asked for.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub async fn token(
        &self,
        transport: &Transport,
        request: &TokenRequest,
    ) -> Result<Arc<AccessToken>, CredentialError> {
        // Held while signing in: others wait meanwhile for the same token.
        let mut tokens = self.tokens.lock().await;
        if request.claims.is_none()
            && let Some(token) = tokens.get(&request.audience)
            && token.fresh_at(validity::clock())
        {
            return Ok(Arc::clone(token));
        }
        let token = Arc::new(self.sign_in(transport, request).await?);
        tokens.insert(request.audience.clone(), Arc::clone(&token));
        Ok(token)
    }

    /// Keeps a token that was refused from being used again.
    pub(crate) async fn forget(&self, token: &Arc<AccessToken>) {
        let mut tokens = self.tokens.lock().await;
        let audience = tokens
            .iter()
            .find_map(|(audience, it)| Arc::ptr_eq(it, token).then(|| audience.clone()));
        if let Some(audience) = audience {
            tokens.remove(&audience);
            self.forget_cached(&audience, token).await;
        }
    }

    async fn sign_in(
        &self,
        transport: &Transport,
        request: &TokenRequest,
    ) -> Result<AccessToken, CredentialError> {
        if let Some(source) = self.winner.get().and_then(|at| self.sources.get(*at)) {
            return self.ask(source.as_ref(), transport, request).await;
        }
        let cached_at = self.first_cached(request);
        let mut tried = Vec::new();
        for (at, source) in self.sources.iter().enumerate() {
            let result = if source.is_guess() && cached_at.is_some_and(|cached| cached > at) {
                Err(CredentialError::unavailable(NOT_THERE_BEFORE))
            } else {
                self.ask(source.as_ref(), transport, request).await
            };
            match result {
                Ok(token) => {
                    self.winner.get_or_init(|| at);
                    return Ok(token);
                }
                // The only source speaks for itself.
                Err(error) if self.sources.len() == 1 => return Err(error),
                Err(error) => {
                    let goes_on = error.is_unavailable() || source.may_fail();
                    let name = source.name();
                    let attempt = Attempt { name, error };
                    self.tell(&Event::Attempt(&attempt));
                    tried.push(attempt);
                    if !goes_on {
                        break;
                    }
                }
            }
        }
        Err(CredentialError::Tried(tried))
    }

    /// Asks the source, unless a token of it is cached. One that answers a claims challenge replaces
    /// the cached one.
    async fn ask(
        &self,
        source: &dyn TokenSource,
        transport: &Transport,
        request: &TokenRequest,
    ) -> Result<AccessToken, CredentialError> {
        let fetch = async || {
            let token = source.token(transport, request).await?;
            self.tell(&Event::SignedIn(source.name()));
            Ok(token)
        };
        let Some((cache, key)) = self.place(source, &request.audience) else {
            return fetch().await;
        };
        if request.claims.is_some() {
            let token = fetch().await?;
            cache.store(&key, &token).await;
            return Ok(token);
        }
        let is_known = self.winner().is_some();
        let mut fetched = false;
        let fetch = async || {
            fetched = true;
            fetch().await
        };
        let token = cache.token(&key, validity::clock(), fetch).await?;
        if !fetched && !is_known {
            self.tell(&Event::Cached(source.name()));
        }
        Ok(token)
    }

    /// The place of the first source of which a token is cached. A guess before it is not worth its
    /// time: what was not there within the life of a token is not there now.
    fn first_cached(&self, request: &TokenRequest) -> Option<usize> {
        if request.claims.is_some() {
            return None;
        }
        let now = validity::clock();
        let mut sources = self.sources.iter();
        sources.position(|source| {
            let place = self.place(source.as_ref(), &request.audience);
            place.is_some_and(|(cache, key)| cache.peek(&key, now).is_some())
        })
    }

    /// Removes a token that was refused.
    async fn forget_cached(&self, audience: &Audience, token: &AccessToken) {
        let source = self.winner.get().and_then(|at| self.sources.get(*at));
        if let Some((cache, key)) = source.and_then(|source| self.place(source.as_ref(), audience))
        {
            cache.remove(&key, token).await;
        }
    }

    fn place(
        &self,
        source: &dyn TokenSource,
        audience: &Audience,
    ) -> Option<(&TokenCache, CacheKey)> {
        let cache = self.cache.as_ref()?;
        let key = source.cache_key()?.with("resource", &audience.resource);
        let key = match &audience.tenant {
            Some(tenant) => key.with("resourceTenant", tenant),
            None => key,
        };
        Some((cache, key))
    }

    fn tell(&self, event: &Event<'_>) {
        if let Some(observer) = &self.observer {
            observer(event);
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("sources", &self.sources)
            .finish_non_exhaustive()
    }
}

/// Why a guess was not made.
const NOT_THERE_BEFORE: &str = "it was not there at an earlier sign-in, whose token is cached";
