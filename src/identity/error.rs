//! [`CredentialError`]: why there is no token.

use std::path::PathBuf;
use std::{fmt, io};

use super::managed_identity::Platform;
use super::setup::UserAssigned;
use super::signer::AssertionError;
use super::token_error::{TokenError, aadsts_code};
use crate::cloud::Cloud;
use crate::transport::Unreachable;

/// Why there is no token.
#[derive(Debug)]
pub enum CredentialError {
    /// The source is not available: not configured, or not on this machine.
    Unavailable {
        /// What is missing.
        reason: String,
    },
    /// None of several sources gave a token.
    Tried(Vec<Attempt>),
    /// The program is not installed.
    NotInstalled {
        /// Its name.
        program: &'static str,
        /// A file of that name on the search path that cannot be executed.
        found: Option<PathBuf>,
    },
    /// No one is signed in to the program.
    NotSignedIn {
        /// Its name.
        program: &'static str,
        /// What it said.
        message: String,
        /// What to run to sign in.
        command: String,
    },
    /// The program did not start, did not end, or gave no token.
    Program {
        /// Its name.
        program: &'static str,
        /// What it said, without anything that looks like a token.
        message: String,
        /// What it says to run.
        remedy: Option<String>,
        /// Whether it ran out of time.
        timed_out: bool,
    },
    /// An identity endpoint cannot be reached.
    Unreachable {
        /// Which one.
        endpoint: String,
        /// Why.
        source: Unreachable,
    },
    /// Something else answers where the identity endpoint would be.
    NotThere {
        /// The address.
        endpoint: String,
        /// What should be there.
        service: String,
        /// The HTTP status of the answer.
        status: u16,
    },
    /// The identity endpoint does not have the identity, or has several.
    Identity {
        /// Whose endpoint.
        platform: Platform,
        /// The identity that was asked for; none for the machine's own.
        identity: Option<UserAssigned>,
        /// What is wrong with it.
        problem: IdentityProblem,
        /// What the endpoint said.
        message: String,
    },
    /// An identity endpoint said no.
    Endpoint {
        /// Which one.
        endpoint: String,
        /// The HTTP status, if that is why.
        status: Option<u16>,
        /// What it said.
        message: String,
    },
    /// A file that the sign-in needs.
    File {
        /// The file, as it may be shown.
        file: String,
        /// What is wrong with it.
        source: io::Error,
    },
    /// The certificate cannot sign.
    Assertion(AssertionError),
    /// The vault wants claims that this source cannot ask for.
    Claims {
        /// The source.
        name: &'static str,
    },
    /// A person was to sign in, and did not: too late, or declined.
    NobodySignedIn(&'static str),
    /// The given token is for something else; it was not sent.
    OtherAudience {
        /// What the token says it is for.
        found: String,
        /// What the vault takes.
        wanted: String,
    },
    /// The given token does not say what it is for, and nothing else says that it may go there.
    NoAudience {
        /// What the vault takes.
        wanted: String,
    },
    /// The application belongs to another tenant than the vault.
    OtherTenant {
        /// The application's tenant.
        ours: String,
        /// The vault's tenant.
        theirs: String,
    },
    /// The application signs in to another cloud than the one that the token is for; nothing was sent.
    OtherCloud {
        /// Where the application signs in.
        authority: String,
        /// What the token is for.
        resource: String,
        /// The cloud of that.
        cloud: Cloud,
    },
    /// The authority did not give one.
    Authority(TokenError),
}

/// Why an identity endpoint gave no token for an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityProblem {
    /// It is not assigned to the machine.
    NotFound,
    /// None was named, and there are several.
    Several,
}

/// A source that was tried, and why it gave no token.
#[derive(Debug)]
pub struct Attempt {
    /// The source's name.
    pub name: &'static str,
    /// Why not.
    pub error: CredentialError,
}

impl CredentialError {
    pub(super) fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable {
            reason: reason.into(),
        }
    }

    /// The AADSTS number, if Entra gave one: also to a program, or to an identity endpoint.
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Authority(refused) => refused.code(),
            Self::Program { message, .. }
            | Self::NotSignedIn { message, .. }
            | Self::Identity { message, .. }
            | Self::Endpoint { message, .. } => aadsts_code(message),
            _ => None,
        }
    }

    /// Whether the source is not available at all, so that another may be tried.
    pub fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Self::Unavailable { .. }
                | Self::NotInstalled { .. }
                | Self::NotSignedIn { .. }
                | Self::NotThere { .. }
                // IMDS is on every machine of Azure; an endpoint in the environment was set up.
                | Self::Identity {
                    platform: Platform::Imds,
                    ..
                }
        )
    }
}

impl fmt::Display for CredentialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable { reason } => f.write_str(reason),
            Self::Tried(_) => f.write_str("no way to sign in"),
            Self::NotInstalled {
                program,
                found: None,
            } => write!(f, "`{program}` is not installed"),
            Self::NotInstalled {
                found: Some(path), ..
            } => write!(f, "`{}` is not executable", path.display()),
            Self::NotSignedIn {
                program, message, ..
            } => write!(f, "no one is signed in to `{program}` ({message})"),
            Self::Program {
                program, message, ..
            } => write!(f, "`{program}` failed: {message}"),
            Self::Unreachable { endpoint, source } if source.is_busy() => {
                write!(f, "{endpoint} is busy")
            }
            Self::Unreachable { endpoint, .. } => write!(f, "cannot reach {endpoint}"),
            Self::NotThere {
                endpoint,
                service,
                status,
            } => write!(
                f,
                "no managed identity here: what answers at {endpoint} is not {service} (HTTP {status})"
            ),
            Self::Identity {
                identity,
                problem,
                message,
                ..
            } => match (problem, identity) {
                (IdentityProblem::Several, _) => {
                    write!(f, "this machine has several identities ({message})")
                }
                (IdentityProblem::NotFound, None) => {
                    write!(f, "this machine has no identity of its own ({message})")
                }
                (IdentityProblem::NotFound, Some(identity)) => {
                    write!(f, "this machine has no identity {identity} ({message})")
                }
            },
            Self::Endpoint {
                endpoint, message, ..
            } => write!(f, "{endpoint}: {message}"),
            Self::File { file, .. } => write!(f, "cannot read {file}"),
            Self::Assertion(_) => f.write_str("the certificate cannot sign in"),
            Self::Claims { name } => write!(
                f,
                "the vault wants a new sign-in (a claims challenge), which `{name}` cannot pass on"
            ),
            Self::NobodySignedIn(why) => f.write_str(why),
            Self::OtherTenant { ours, theirs } => write!(
                f,
                "the application is of tenant `{ours}`, the vault of tenant `{theirs}`"
            ),
            Self::OtherCloud {
                authority,
                resource,
                cloud,
            } => write!(
                f,
                "`{resource}` is in another cloud ({}) than the sign-in at {authority}",
                cloud.endpoints().name
            ),
            Self::NoAudience { wanted } => write!(
                f,
                "the access token does not say what it is for, so it was not sent where one for `{wanted}` is needed"
            ),
            Self::OtherAudience { found, wanted } => write!(
                f,
                "the access token is for `{found}`, but one for `{wanted}` is needed"
            ),
            Self::Authority(_) => f.write_str("the sign-in authority gave no token"),
        }
    }
}

impl std::error::Error for CredentialError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Authority(source) => Some(source),
            Self::Unreachable { source, .. } => Some(source),
            Self::File { source, .. } => Some(source),
            Self::Assertion(source) => Some(source),
            _ => None,
        }
    }
}

/// In a line: the source, whether it was skipped or failed, and why, down to the last cause.
impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = if self.error.is_unavailable() {
            "skipped"
        } else {
            "failed"
        };
        write!(f, "{}: {outcome}: {}", self.name, self.error)?;
        let mut cause = std::error::Error::source(&self.error);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl From<TokenError> for CredentialError {
    fn from(error: TokenError) -> Self {
        Self::Authority(error)
    }
}

impl From<AssertionError> for CredentialError {
    fn from(error: AssertionError) -> Self {
        Self::Assertion(error)
    }
}
