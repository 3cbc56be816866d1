//! [`TokenSource`]: what every way to sign in has in common.

use std::fmt;
use std::pin::Pin;

use super::access_token::AccessToken;
use super::cache::CacheKey;
use super::error::CredentialError;
use crate::transport::Transport;

/// One way to get access tokens.
pub trait TokenSource: fmt::Debug + Send + Sync {
    /// The name, as `--auth` accepts it and the receipt shows it.
    fn name(&self) -> &'static str;

    /// Whether the next source gets its turn after a failure, as with the tools of a developer. Where a
    /// platform or a deployment was set up to sign in, its failure is to be seen.
    fn may_fail(&self) -> bool {
        false
    }

    /// Whether it is tried on the chance that it is available, at a price in time.
    fn is_guess(&self) -> bool {
        false
    }

    /// All that its tokens depend on besides the audience, so that a [`TokenCache`] may hold them;
    /// none if they must not be cached, or if it is unknown who would be signed in.
    ///
    /// [`TokenCache`]: super::cache::TokenCache
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

/// A token's audience.
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
    /// The audience.
    pub audience: Audience,
    /// What a claims challenge asked for (JSON).
    pub claims: Option<String>,
    /// Whether the host that gets the token was named by a flag, a variable or the program, rather than
    /// by an identifier that someone pasted. A token that does not say what it is for goes nowhere
    /// else, but to the known hosts of a cloud.
    pub is_named: bool,
}

impl TokenRequest {
    /// The resource as a scope of the v2 endpoint.
    pub fn scope(&self) -> String {
        format!("{}/.default", self.audience.resource)
    }
}
