//! Tokens: [`AccessToken`], and the requests to Entra that give one.

pub mod entra;

use std::time::{Duration, SystemTime};

use crate::sensitive::Sensitive;

/// An OAuth 2.0 bearer token (RFC 6750). Only the API that it is for may look inside.
#[derive(Debug)]
pub struct AccessToken {
    value: Sensitive<String>,
    not_after: Option<SystemTime>,
}

impl AccessToken {
    /// A token from elsewhere; when it expires is not known.
    pub(crate) fn given(value: String) -> Self {
        Self {
            value: Sensitive::new(value),
            not_after: None,
        }
    }

    pub(crate) fn expiring(value: String, not_after: SystemTime) -> Self {
        Self {
            value: Sensitive::new(value),
            not_after: Some(not_after),
        }
    }

    /// The token itself.
    pub fn expose(&self) -> &str {
        self.value.expose()
    }

    /// Whether the token can still be used at `now`, with some time to spare.
    pub fn fresh_at(&self, now: SystemTime) -> bool {
        self.not_after.is_none_or(|end| now + MARGIN < end)
    }
}

const MARGIN: Duration = Duration::from_secs(60);
