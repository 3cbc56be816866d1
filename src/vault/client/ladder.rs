//! The way to an answer in steps, for those who look for the one that fails.

use reqwest::StatusCode;

use super::{Audience, Challenge, Request, VaultClient, judge, pages};
use crate::vault::error::VaultError;

/// What a vault says to someone without a token.
#[derive(Debug)]
pub struct Greeting {
    /// The audience that a token must have.
    pub resource: String,
    /// The tenant of the vault, if it says so.
    pub tenant: Option<String>,
    /// How many seconds this machine's clock is ahead, where that is too much.
    pub clock_ahead: Option<i64>,
}

impl VaultClient {
    /// Asks without a token. The vault refuses, and says what it wants; nothing secret is sent.
    ///
    /// # Errors
    /// [`VaultError::Unreachable`], [`VaultError::Challenge`], or what the vault refuses even
    /// those who have not signed in.
    pub async fn greet(&self) -> Result<Greeting, VaultError> {
        let call = pages::call();
        let reply = self
            .send(&Request::get(pages::first(&self.vault)), None)
            .await?;
        if reply.status != StatusCode::UNAUTHORIZED {
            return Err(judge::refusal(&reply, &call));
        }
        let Challenge { resource, tenant } = self.challenge(&reply)?;
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
}
