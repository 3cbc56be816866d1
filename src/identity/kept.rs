//! Tokens that outlast the process, of the ways that allow it.

use std::time::SystemTime;

use super::cache::{CacheKey, TokenCache};
use super::{AccessToken, Audience, Credential, CredentialError, Event, TokenRequest, Way};
use crate::transport::Transport;

impl Credential {
    /// Asks the way, unless a token of it is kept. One that answers a claims challenge replaces
    /// the one that is kept.
    pub(super) async fn ask(
        &self,
        way: &dyn Way,
        transport: &Transport,
        request: &TokenRequest,
    ) -> Result<AccessToken, CredentialError> {
        let fetch = async || {
            let token = way.token(transport, request).await?;
            self.tell(&Event::SignedIn(way.name()));
            Ok(token)
        };
        let Some((cache, key)) = self.place(way, &request.audience) else {
            return fetch().await;
        };
        if request.claims.is_some() {
            let token = fetch().await?;
            cache.keep(&key, &token).await;
            return Ok(token);
        }
        let is_known = self.winner().is_some();
        let mut fetched = false;
        let fetch = async || {
            fetched = true;
            fetch().await
        };
        let token = cache.token(&key, SystemTime::now(), fetch).await?;
        if !fetched && !is_known {
            self.tell(&Event::Kept(way.name()));
        }
        Ok(token)
    }

    /// The place of the first way of which a token is kept. A guess before it is not worth its
    /// time: what was not there within the life of a token is not there now.
    pub(super) fn first_kept(&self, request: &TokenRequest) -> Option<usize> {
        if request.claims.is_some() {
            return None;
        }
        let now = SystemTime::now();
        let mut ways = self.ways.iter();
        ways.position(|way| {
            let place = self.place(way.as_ref(), &request.audience);
            place.is_some_and(|(cache, key)| cache.peek(&key, now).is_some())
        })
    }

    /// Removes a token that was refused.
    pub(super) async fn forget_kept(&self, audience: &Audience, token: &AccessToken) {
        let way = self.winner.get().and_then(|at| self.ways.get(*at));
        if let Some((cache, key)) = way.and_then(|way| self.place(way.as_ref(), audience)) {
            cache.remove(&key, token).await;
        }
    }

    fn place(&self, way: &dyn Way, audience: &Audience) -> Option<(&TokenCache, CacheKey)> {
        let cache = self.cache.as_ref()?;
        let key = way.cache_key()?.with("resource", &audience.resource);
        let key = match &audience.tenant {
            Some(tenant) => key.with("resourceTenant", tenant),
            None => key,
        };
        Some((cache, key))
    }
}

/// Why a guess was not made.
pub(super) fn not_there_before() -> CredentialError {
    CredentialError::unavailable("it was not there at an earlier sign-in, whose token is kept")
}
