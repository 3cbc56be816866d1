//! [`AccessToken`]: what a sign-in gives, and [`BearerToken`], its text.

use std::fmt;
use std::time::{Duration, SystemTime};

use kvcert_pki::sensitive::Sensitive;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The text of a token: letters, digits, `-._~+/`, and `=` at the end (RFC 6750 section 2.1). It is
/// checked wherever a token comes in, so that none can end a header, a quoted string of a shell or a
/// line of a configuration file.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct BearerToken(Sensitive<String>);

/// The text has characters that a bearer token cannot have, or is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotBearer;

impl TryFrom<String> for BearerToken {
    type Error = NotBearer;

    fn try_from(text: String) -> Result<Self, NotBearer> {
        let text = Sensitive::new(text);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
        let body = text.expose().trim_end_matches('=');
        match !body.is_empty() && body.bytes().all(plain) {
            true => Ok(Self(text)),
            false => Err(NotBearer),
        }
    }
}

impl BearerToken {
    /// The token itself.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Another copy of the token.
    pub(super) fn duplicate(&self) -> Self {
        Self(Sensitive::new(self.0.expose().clone()))
    }

    /// The token as any other secret.
    pub fn into_sensitive(self) -> Sensitive<String> {
        self.0
    }
}

impl fmt::Display for NotBearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is not a bearer token")
    }
}

impl std::error::Error for NotBearer {}

/// An OAuth 2.0 bearer token (RFC 6750). Only the API that it is for may look inside.
#[derive(Debug)]
pub struct AccessToken {
    value: BearerToken,
    not_after: Option<SystemTime>,
    is_cached: bool,
}

impl AccessToken {
    /// A token from elsewhere; when it expires is not known.
    pub fn given(value: BearerToken) -> Self {
        Self {
            value,
            not_after: None,
            is_cached: false,
        }
    }

    /// A token that can be used until `not_after`.
    pub fn expiring(value: BearerToken, not_after: SystemTime) -> Self {
        Self {
            value,
            not_after: Some(not_after),
            is_cached: false,
        }
    }

    /// A token that can be used until this time, Unix seconds.
    pub fn until(value: BearerToken, unix_seconds: u64) -> Self {
        let end = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(unix_seconds));
        Self {
            value,
            not_after: end,
            is_cached: false,
        }
    }

    /// The token itself.
    pub fn expose(&self) -> &str {
        self.value.expose()
    }

    /// A copy of its text.
    pub fn to_bearer(&self) -> BearerToken {
        self.value.duplicate()
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

    fn bearer(text: &str) -> BearerToken {
        text.to_owned().try_into().unwrap()
    }

    /// Every character, at the beginning, in the middle and at the end.
    #[test]
    fn a_token_has_the_characters_of_the_standard() {
        let allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
        let is_bearer = |text: String| {
            let from_json = serde_json::from_value::<BearerToken>(text.clone().into()).is_ok();
            assert_eq!(BearerToken::try_from(text).is_ok(), from_json);
            from_json
        };
        let all = (0..=0xffff).filter_map(char::from_u32);
        for character in all.chain(['\u{1f511}', '\u{e0041}', '\u{10ffff}']) {
            let expected = allowed.contains(character);
            for text in [format!("{character}ab"), format!("a{character}b")] {
                assert_eq!(is_bearer(text), expected, "{character:?}");
            }
            let at_end = expected || character == '=';
            assert_eq!(is_bearer(format!("ab{character}")), at_end, "{character:?}");
        }
        for (text, expected) in [("", false), ("=", false), ("a==", true), ("a=b", false)] {
            assert_eq!(is_bearer(text.to_owned()), expected, "{text}");
        }
    }

    #[test]
    fn debug_does_not_show_it() {
        let now = SystemTime::UNIX_EPOCH;
        for token in [
            AccessToken::given(bearer("eyJ0.secret")),
            AccessToken::expiring(bearer("eyJ0.secret"), now),
        ] {
            assert!(!format!("{token:?} {token:#?}").contains("eyJ0"));
            assert_eq!(token.expose(), "eyJ0.secret");
        }
    }

    #[test]
    fn it_is_stale_before_it_expires() {
        let now = SystemTime::UNIX_EPOCH;
        let token = AccessToken::expiring(bearer("t"), now + 2 * MARGIN);
        assert!(token.fresh_at(now));
        assert!(!token.fresh_at(now + MARGIN));
        assert!(AccessToken::given(bearer("t")).fresh_at(now + 1000 * MARGIN));
    }
}
