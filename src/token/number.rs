//! [`Number`]: how token endpoints tell a time.

use serde::Deserialize;

/// A number of seconds: a number at Entra's v2 endpoint, a string at v1 and at identity endpoints,
/// of which some give a date instead.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Number {
    Number(u64),
    Text(String),
}

impl Number {
    pub(crate) fn value(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
        }
    }
}
