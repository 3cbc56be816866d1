//! [`GraphError`]: why a call to Graph failed.

use std::fmt;

use crate::identity::CredentialError;
use crate::transport::Unreachable;

/// Why a call to Graph failed. Its messages are made printable and cut to size.
#[derive(Debug)]
pub enum GraphError {
    /// No usable answer came.
    Unreachable {
        /// Graph's host.
        host: String,
        /// Why.
        source: Unreachable,
    },
    /// Getting a token for Graph failed.
    SignIn(CredentialError),
    /// 401 although a token was sent.
    Unauthorized {
        /// What Graph said.
        message: String,
    },
    /// 403: the caller lacks a right.
    Denied {
        /// The request.
        call: String,
        /// The application permission that it needs.
        permission: &'static str,
        /// What Graph said.
        message: String,
    },
    /// 404: not there, or not there yet.
    NotFound {
        /// The request.
        call: String,
        /// What Graph said.
        message: String,
    },
    /// Refused for another reason.
    Refused {
        /// The request.
        call: String,
        /// The HTTP status.
        status: u16,
        /// Graph's code, such as `Request_BadRequest`.
        code: String,
        /// What Graph said.
        message: String,
    },
    /// A reply that Graph does not send.
    Unexpected {
        /// The request.
        call: String,
        /// What is odd about it.
        problem: String,
    },
}

impl GraphError {
    /// Whether the object may be too new: it takes some seconds until every server knows it.
    pub fn may_be_too_early(&self) -> bool {
        match self {
            Self::NotFound { .. } => true,
            Self::Refused {
                status, message, ..
            } => {
                let message = message.to_ascii_lowercase();
                *status == 400
                    && [
                        "does not exist",
                        "not exist",
                        "not found",
                        "not present",
                        "does not reference",
                    ]
                    .iter()
                    .any(|words| message.contains(words))
            }
            _ => false,
        }
    }

    /// Whether the object already exists.
    pub fn already_exists(&self) -> bool {
        match self {
            Self::Refused { status: 409, .. } => true,
            Self::Refused {
                status: 400,
                message,
                ..
            } => {
                let message = message.to_ascii_lowercase();
                message.contains("already exist") || message.contains("conflicting object")
            }
            _ => false,
        }
    }
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { host, source } if source.is_busy() => {
                write!(f, "Microsoft Graph at {host} is busy")
            }
            Self::Unreachable { host, .. } => write!(f, "cannot reach Microsoft Graph at {host}"),
            Self::SignIn(_) => f.write_str("cannot sign in to Microsoft Graph"),
            Self::Unauthorized { message } => write!(f, "Graph refused the token: {message}"),
            Self::Denied { call, message, .. } => {
                write!(f, "Graph denied {call}: {message}")
            }
            Self::NotFound { call, message } => write!(f, "{call}: not found: {message}"),
            Self::Refused {
                call,
                status,
                code,
                message,
            } => write!(f, "{call}: HTTP {status} {code}: {message}"),
            Self::Unexpected { call, problem } => {
                write!(f, "unexpected response from Graph to {call}: {problem}")
            }
        }
    }
}

impl std::error::Error for GraphError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable { source, .. } => Some(source),
            Self::SignIn(source) => Some(source),
            _ => None,
        }
    }
}
