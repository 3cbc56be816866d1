//! [`TokenError`]: why Entra gave no token.

use std::fmt;

use kvcert_pki::text::excerpt;
use serde::Deserialize;

use crate::transport::{Reply, Unreachable};

/// The AADSTS number in Entra's words, such as 7000215: the one reader of these.
pub(super) fn aadsts_code(message: &str) -> Option<u32> {
    let digits = message.split_once("AADSTS")?.1;
    let end = digits.find(|it: char| !it.is_ascii_digit());
    digits[..end.unwrap_or(digits.len())].parse().ok()
}

/// Why Entra gave no token.
#[derive(Debug)]
pub enum TokenError {
    /// No usable answer came.
    Unreachable {
        /// The authority.
        authority: String,
        /// Why.
        source: Unreachable,
    },
    /// Entra said no.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error's name (RFC 6749 section 5.2), such as `invalid_client`.
        error: String,
        /// The AADSTS number, such as 7000215.
        code: Option<u32>,
        /// What Entra said: the first line, which names the reason.
        message: String,
        /// How many seconds this machine's clock is ahead of Entra's.
        clock_ahead: Option<i64>,
    },
    /// An answer that Entra does not give.
    Nonsense {
        /// The HTTP status.
        status: u16,
    },
}

impl TokenError {
    pub(super) fn refused(reply: &Reply) -> Self {
        #[derive(Deserialize)]
        struct ErrorReply {
            error: String,
            #[serde(default)]
            error_description: String,
            #[serde(default)]
            error_codes: Vec<u32>,
        }
        let status = reply.status.as_u16();
        let Ok(found) = serde_json::from_slice::<ErrorReply>(&reply.body) else {
            return Self::Nonsense { status };
        };
        let (error, said) = (&found.error, &found.error_description);
        let code = found.error_codes.first().copied();
        Self::refused_with(status, error, said, code, reply.clock_ahead())
    }

    /// A refusal that came back by the browser, which has the number in the text only.
    pub(super) fn refused_in_redirect(error: &str, said: &str) -> Self {
        Self::refused_with(302, error, said, None, None)
    }

    fn refused_with(
        status: u16,
        error: &str,
        said: &str,
        code: Option<u32>,
        clock_ahead: Option<i64>,
    ) -> Self {
        let first_line = said.lines().next().filter(|line| !line.is_empty());
        let message = first_line.unwrap_or(error);
        Self::Refused {
            status,
            error: excerpt(error, 60),
            code: code.or_else(|| aadsts_code(message)),
            message: excerpt(message, 600),
            clock_ahead,
        }
    }

    /// The HTTP status of the reply, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } | Self::Nonsense { status } => Some(*status),
            Self::Unreachable { .. } => None,
        }
    }

    /// The AADSTS number, if Entra gave one.
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Refused { code, .. } => *code,
            _ => None,
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { authority, source } if source.is_busy() => {
                write!(f, "{authority} is busy")
            }
            Self::Unreachable { authority, .. } => {
                write!(f, "cannot reach {authority} to sign in")
            }
            Self::Refused { message, .. } => f.write_str(message),
            Self::Nonsense { status } => {
                write!(f, "the answer (HTTP {status}) is not one that Entra gives")
            }
        }
    }
}

impl std::error::Error for TokenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable { source, .. } => Some(source),
            _ => None,
        }
    }
}
