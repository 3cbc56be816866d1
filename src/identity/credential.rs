//! [`Credential`]: how to sign in to a vault: ways, tried in order until one gives a token.
//!
//! A [`Way`] is one method of getting tokens. The ways here are kvcert's own rather than those of
//! the `azure_identity` crate, which was tried at 1.0.0. It brings neither `ring` nor OpenSSL and
//! takes a foreign HTTP client, but:
//!
//! - Entra's refusals are lost: an `error_description` with a line break, as every real one has,
//!   ends as "expected a borrowed string". So does the AADSTS number that hints are made from.
//! - All its errors are of one kind, so that "not here" and "here, and it failed" look the same.
//! - It has no quick probe for IMDS, and no Arc, Azure ML, Cloud Shell, device code or GitHub.
//! - `az` and `azd` run in a shell, without a time limit; an `az` before 2.54 is refused.
//! - A token request cannot carry claims; tokens are not wiped; the environment is read anywhere.
//! - It adds 20 crates to the tree (Linux, without default features).
//!
//! [`Way`] is public and small, so that a program that has `azure_identity` anyway can wrap one
//! of its credentials in a few lines.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use tokio::sync::Mutex;

use super::cache::{CacheKey, TokenCache};
use super::error::{Attempt, CredentialError};
use super::{AccessToken, kept};
use crate::transport::Transport;

/// A method of getting tokens.
pub trait Way: fmt::Debug + Send + Sync {
    /// The name, as `--auth` takes it and the receipt shows it.
    fn name(&self) -> &'static str;

    /// Whether a failure leaves the next way its turn, as with the tools of a developer. Where a
    /// platform or a deployment was set up to sign in, its failure is to be seen.
    fn may_fail(&self) -> bool {
        false
    }

    /// Whether it is tried on the chance that it is there, at a price in time.
    fn is_guess(&self) -> bool {
        false
    }

    /// All that its tokens depend on besides the audience, so that a [`TokenCache`] may keep them;
    /// none if they are not to be kept, or if it cannot be told who would be signed in.
    fn cache_key(&self) -> Option<CacheKey> {
        None
    }

    /// The one resource that all its tokens are for, if it has but one token and that says so.
    fn only_resource(&self) -> Option<String> {
        None
    }

    /// Asks for a token.
    fn token<'a>(&'a self, transport: &'a Transport, request: &'a TokenRequest) -> Pending<'a>;
}

/// A token, later.
pub type Pending<'a> =
    Pin<Box<dyn Future<Output = Result<AccessToken, CredentialError>> + Send + 'a>>;

/// Whom a token is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Audience {
    /// The resource, such as `https://vault.azure.net`.
    pub resource: String,
    /// The tenant that the resource says it belongs to.
    pub tenant: Option<String>,
}

/// What a token must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// Whom it is for.
    pub audience: Audience,
    /// What a claims challenge asked for (JSON).
    pub claims: Option<String>,
}

impl TokenRequest {
    /// The resource as a scope of the v2 endpoint.
    pub fn scope(&self) -> String {
        format!("{}/.default", self.audience.resource)
    }
}

/// What happens on the way to a token; carries no secret.
#[derive(Debug)]
pub enum Event<'a> {
    /// A way gave no token.
    Attempt(&'a Attempt),
    /// A way gave a token.
    SignedIn(&'static str),
    /// A token was kept from an earlier sign-in by this way.
    Kept(&'static str),
}

/// Hears of every [`Event`].
pub type Observer = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// Ways to sign in, in order. The first that gives a token is asked for all others.
pub struct Credential {
    pub(super) ways: Vec<Box<dyn Way>>,
    pub(super) winner: OnceLock<usize>,
    tokens: Mutex<HashMap<Audience, Arc<AccessToken>>>,
    observer: Option<Observer>,
    pub(super) cache: Option<TokenCache>,
}

impl Credential {
    /// Signs in by the first of these ways that can.
    pub fn new(ways: Vec<Box<dyn Way>>) -> Self {
        Self {
            ways,
            winner: OnceLock::new(),
            tokens: Mutex::default(),
            observer: None,
            cache: None,
        }
    }

    /// Signs in by this way.
    pub fn by(way: impl Way + 'static) -> Self {
        Self::new(vec![Box::new(way)])
    }

    /// The same, with someone listening.
    pub fn observed_by(self, observer: Observer) -> Self {
        Self {
            observer: Some(observer),
            ..self
        }
    }

    /// The same, with tokens that outlast the process.
    pub fn kept_in(self, cache: TokenCache) -> Self {
        Self {
            cache: Some(cache),
            ..self
        }
    }

    /// The way that gave a token, once one did.
    pub fn winner(&self) -> Option<&'static str> {
        let way = self.ways.get(*self.winner.get()?)?;
        Some(way.name())
    }

    /// The one resource that there can be a token for, if the only way says so.
    pub(crate) fn only_resource(&self) -> Option<String> {
        match self.ways.as_slice() {
            [way] => way.only_resource(),
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
        // Held while signing in: whoever comes meanwhile waits for the same token.
        let mut tokens = self.tokens.lock().await;
        if request.claims.is_none()
            && let Some(token) = tokens.get(&request.audience)
            && token.fresh_at(SystemTime::now())
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
            self.forget_kept(&audience, token).await;
        }
    }

    async fn sign_in(
        &self,
        transport: &Transport,
        request: &TokenRequest,
    ) -> Result<AccessToken, CredentialError> {
        if let Some(way) = self.winner.get().and_then(|at| self.ways.get(*at)) {
            return self.ask(way.as_ref(), transport, request).await;
        }
        let kept_at = self.first_kept(request);
        let mut tried = Vec::new();
        for (at, way) in self.ways.iter().enumerate() {
            let result = if way.is_guess() && kept_at.is_some_and(|kept| kept > at) {
                Err(kept::not_there_before())
            } else {
                self.ask(way.as_ref(), transport, request).await
            };
            match result {
                Ok(token) => {
                    self.winner.get_or_init(|| at);
                    return Ok(token);
                }
                // The only way speaks for itself.
                Err(error) if self.ways.len() == 1 => return Err(error),
                Err(error) => {
                    let goes_on = error.is_unavailable() || way.may_fail();
                    let way = way.name();
                    let attempt = Attempt { way, error };
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

    pub(super) fn tell(&self, event: &Event<'_>) {
        if let Some(observer) = &self.observer {
            observer(event);
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("ways", &self.ways)
            .finish_non_exhaustive()
    }
}

/// A way that was considered and is not there.
#[derive(Debug)]
pub struct PassedOver {
    /// The way.
    pub way: &'static str,
    /// What is missing.
    pub reason: String,
}

impl Way for PassedOver {
    fn name(&self) -> &'static str {
        self.way
    }

    fn token<'a>(&'a self, _: &'a Transport, _: &'a TokenRequest) -> Pending<'a> {
        let error = CredentialError::unavailable(&self.reason);
        Box::pin(std::future::ready(Err(error)))
    }
}
