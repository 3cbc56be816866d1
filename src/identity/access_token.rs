//! [`AccessToken`]: what a sign-in gives.

use std::time::{Duration, SystemTime};

use kvcert_pki::sensitive::Sensitive;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// An OAuth 2.0 bearer token (RFC 6750). Only the API that it is for may look inside.
#[derive(Debug)]
pub struct AccessToken {
    value: Sensitive<String>,
    not_after: Option<SystemTime>,
    is_cached: bool,
}

impl AccessToken {
    /// A token from elsewhere; when it expires is not known.
    pub fn given(value: String) -> Self {
        Self {
            value: Sensitive::new(value),
            not_after: None,
            is_cached: false,
        }
    }

    /// A token that can be used until `not_after`.
    pub fn expiring(value: String, not_after: SystemTime) -> Self {
        Self {
            value: Sensitive::new(value),
            not_after: Some(not_after),
            is_cached: false,
        }
    }

    /// A token that can be used until this time, Unix seconds.
    pub fn until(value: String, unix_seconds: u64) -> Self {
        let end = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(unix_seconds));
        Self {
            value: Sensitive::new(value),
            not_after: end,
            is_cached: false,
        }
    }

    /// Whether this can be a token at all: one run of visible ASCII (RFC 6750 section 2.1).
    pub fn is_bearer(text: &str) -> bool {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
    }

    /// The token itself.
    pub fn expose(&self) -> &str {
        self.value.expose()
    }

    /// The same token, as one that was cached by an earlier run.
    pub(crate) fn cached(self) -> Self {
        Self {
            is_cached: true,
            ..self
        }
    }

    /// Whether it was cached by an earlier run: it may have been revoked since, and a new one may
    /// do where this one is refused.
    pub(crate) fn is_cached(&self) -> bool {
        self.is_cached
    }

    /// When it expires, if that is known.
    pub fn not_after(&self) -> Option<SystemTime> {
        self.not_after
    }

    /// Whether the token can still be used at `now`, with some time to spare.
    pub fn fresh_at(&self, now: SystemTime) -> bool {
        self.not_after.is_none_or(|end| now + MARGIN < end)
    }
}

/// A number of seconds: a number at Entra's v2 endpoint, a string at v1 and at identity endpoints,
/// of which some give a date instead.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Number {
    Whole(u64),
    Text(String),
    /// What makes no sense is as good as nothing.
    Other(IgnoredAny),
}

impl Number {
    pub(crate) fn value(&self) -> Option<u64> {
        match self {
            Self::Whole(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            Self::Other(_) => None,
        }
    }
}

const MARGIN: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_it() {
        let now = SystemTime::UNIX_EPOCH;
        for token in [
            AccessToken::given(String::from("eyJ0.secret")),
            AccessToken::expiring(String::from("eyJ0.secret"), now),
        ] {
            assert!(!format!("{token:?} {token:#?}").contains("eyJ0"));
            assert_eq!(token.expose(), "eyJ0.secret");
        }
    }

    #[test]
    fn it_is_stale_before_it_expires() {
        let now = SystemTime::UNIX_EPOCH;
        let token = AccessToken::expiring(String::from("t"), now + 2 * MARGIN);
        assert!(token.fresh_at(now));
        assert!(!token.fresh_at(now + MARGIN));
        assert!(AccessToken::given(String::from("t")).fresh_at(now + 1000 * MARGIN));
    }
}
