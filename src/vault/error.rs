//! [`VaultError`]: the outcomes of a vault request that a caller acts on.

use std::fmt;
use std::time::Duration;

use kvcert_pki::validity::rfc3339;

use super::permission::Permission;
use crate::identity::CredentialError;
use crate::transport::Unreachable;

/// Why a request to a vault failed. Messages of the service are included, made printable and cut
/// to size; they carry no secret.
#[derive(Debug)]
pub enum VaultError {
    /// No usable answer came.
    Unreachable {
        /// The vault's URL.
        vault: String,
        /// Why.
        source: Unreachable,
    },
    /// The challenge cannot be followed: following it could give a token away.
    Challenge {
        /// The vault's URL.
        vault: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Getting a token failed.
    SignIn(CredentialError),
    /// 401 although a token was sent.
    Unauthorized {
        /// What the service said.
        message: String,
        /// How many seconds this machine's clock is ahead of the service's, if that may be why.
        clock_ahead: Option<i64>,
    },
    /// 403.
    Forbidden {
        /// Which of the kinds.
        kind: Forbidden,
        /// The permission that the call needs.
        permission: Permission,
        /// What the service said.
        message: String,
    },
    /// 403 because the object, or this version, is disabled.
    Disabled {
        /// The object.
        object: String,
    },
    /// 404.
    NotFound {
        /// The object.
        object: String,
        /// What the service said.
        message: String,
    },
    /// 404, and it is among the deleted ones that can be recovered.
    Deleted {
        /// The object.
        object: String,
        /// When it was deleted, Unix seconds.
        deleted: Option<i64>,
        /// When it will be purged, Unix seconds.
        purge: Option<i64>,
    },
    /// 404, since the certificate that the secret belongs to has not been issued yet.
    NotIssued {
        /// The certificate.
        name: String,
        /// Whether it waits for a certificate that an authority outside of the vault makes.
        waits_for_merge: bool,
    },
    /// 409: the object is not in a state for this.
    Conflict {
        /// What it is in the middle of.
        kind: Conflict,
        /// The object.
        object: String,
        /// What the service said.
        message: String,
    },
    /// 400: the vault rejects the request.
    Rejected {
        /// The object.
        object: String,
        /// What the service said.
        message: String,
    },
    /// 429, after all retries.
    Throttled {
        /// How long the service asked to wait.
        retry_after: Option<Duration>,
    },
    /// 5xx, after all retries.
    ServiceFailed {
        /// The HTTP status.
        status: u16,
        /// What the service said.
        message: String,
    },
    /// A reply that Key Vault does not send.
    Unexpected {
        /// The HTTP status.
        status: u16,
        /// What is odd about it.
        problem: String,
    },
}

/// The kinds of 403, by `innererror.code` (Key Vault REST, "error codes").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forbidden {
    /// No access policy allows the call.
    AccessDenied,
    /// No role assignment allows the call.
    Rbac,
    /// A policy that the caller's kind of identity does not meet.
    Policy,
    /// The vault's firewall does not allow the caller's address.
    Firewall,
    /// Public network access is off: only the private endpoint answers.
    Connection,
    /// Not from Key Vault: a proxy or gateway refuses.
    NotTheVault,
    /// None of the kinds that kvcert knows.
    Other,
}

impl Forbidden {
    pub(super) fn from_code(code: Option<&str>) -> Self {
        match code {
            Some("AccessDenied") => Self::AccessDenied,
            Some("ForbiddenByRbac") => Self::Rbac,
            Some("ForbiddenByPolicy") => Self::Policy,
            Some("ForbiddenByFirewall") => Self::Firewall,
            Some("ForbiddenByConnection") => Self::Connection,
            _ => Self::Other,
        }
    }

    /// Why, in words.
    fn words(self) -> &'static str {
        match self {
            Self::AccessDenied => "no access policy of the vault allows this",
            Self::Rbac => "no role assignment allows this",
            Self::Policy => "a policy of the vault refuses this caller",
            Self::Firewall => "the vault's firewall blocks this address",
            Self::Connection => "the vault is reachable through its private endpoint only",
            Self::NotTheVault => "a proxy or gateway refused the request",
            Self::Other => "the vault refused",
        }
    }
}

/// The kinds of 409.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// A certificate of that name is being created, or waits to be merged.
    Pending,
    /// It is soft-deleted; its name is reserved until it is recovered or purged.
    Deleted,
    /// It is being deleted.
    BeingDeleted,
    /// It is being recovered.
    BeingRecovered,
    /// Something else.
    Other,
}

impl Conflict {
    /// A pending operation is told by the code alone, which is that of a 403.
    pub(super) fn from_codes(code: Option<&str>, inner: Option<&str>) -> Self {
        match (code, inner) {
            (_, Some("ObjectIsDeletedButRecoverable")) => Self::Deleted,
            (_, Some("ObjectIsBeingDeleted")) => Self::BeingDeleted,
            (_, Some("ObjectIsBeingRecovered")) => Self::BeingRecovered,
            (Some("Forbidden"), None) => Self::Pending,
            _ => Self::Other,
        }
    }

    /// Whether it passes by itself, in seconds.
    pub fn passes(self) -> bool {
        matches!(self, Self::BeingDeleted | Self::BeingRecovered)
    }

    /// Why, in words that follow the object.
    fn words(self) -> &'static str {
        match self {
            Self::Pending => "already has a pending operation",
            Self::Deleted => "is soft-deleted; its name is reserved until it is purged",
            Self::BeingDeleted => "is being deleted",
            Self::BeingRecovered => "is being recovered",
            Self::Other => "conflicts with what is in the vault",
        }
    }
}

impl fmt::Display for VaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { vault, source } if source.is_busy() => {
                write!(f, "the vault {vault} is busy")
            }
            Self::Unreachable { vault, .. } => write!(f, "cannot reach the vault {vault}"),
            Self::Challenge { vault, problem } => {
                write!(
                    f,
                    "the vault {vault} sent an authentication challenge that is not safe to follow: {problem}"
                )
            }
            Self::SignIn(_) => f.write_str("cannot sign in"),
            Self::Unauthorized {
                message,
                clock_ahead,
            } => {
                let clock = clock(*clock_ahead);
                write!(f, "the vault refused the token: {message}{clock}")
            }
            Self::Forbidden { kind, message, .. } => {
                write!(f, "{}: {message}", kind.words())
            }
            Self::Disabled { object } => write!(f, "{object} is disabled"),
            Self::NotFound { object, message } => write!(f, "{object} not found: {message}"),
            Self::Deleted {
                object,
                deleted,
                purge,
            } => {
                let on = deleted.map(|at| format!(" on {}", rfc3339(at)));
                let until = purge.map(|at| format!(" until {}", rfc3339(at)));
                let (on, until) = (on.unwrap_or_default(), until.unwrap_or_default());
                write!(f, "{object} was deleted{on}; it can be recovered{until}")
            }
            Self::NotIssued {
                name,
                waits_for_merge,
            } => {
                let what = match waits_for_merge {
                    true => "it waits for the certificate of its authority to be merged",
                    false => "its authority has not finished",
                };
                write!(f, "certificate `{name}` has not been issued yet: {what}")
            }
            Self::Conflict {
                kind,
                object,
                message,
            } => {
                write!(f, "{object} {}: {message}", kind.words())
            }
            Self::Rejected { object, message } => {
                write!(f, "the vault rejected the request for {object}: {message}")
            }
            Self::Throttled { .. } => {
                f.write_str("the vault kept throttling (429); gave up after all retries")
            }
            Self::ServiceFailed { status, message } => {
                write!(f, "the vault failed with HTTP {status}: {message}")
            }
            Self::Unexpected { status, problem } => {
                write!(
                    f,
                    "unexpected response from the vault (HTTP {status}): {problem}"
                )
            }
        }
    }
}

/// How far this machine's clock is off, if the service said what time it is there.
fn clock(ahead: Option<i64>) -> String {
    match ahead {
        Some(seconds @ 0..) => format!(" (this machine's clock is {seconds} s ahead)"),
        Some(seconds) => format!(" (this machine's clock is {} s behind)", -seconds),
        None => String::new(),
    }
}

impl std::error::Error for VaultError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable { source, .. } => Some(source),
            Self::SignIn(source) => Some(source),
            _ => None,
        }
    }
}

impl From<CredentialError> for VaultError {
    fn from(error: CredentialError) -> Self {
        Self::SignIn(error)
    }
}
