//! What to do about a sign-in that failed.

use kvcert::identity::{AssertionError, Attempt, CredentialError, GitHubActions, TokenError};
use kvcert::vault::VaultError;

use super::{Failure, Reason, aadsts, unreachable};

impl From<CredentialError> for Failure {
    fn from(error: CredentialError) -> Self {
        let (reason, hint) = match error {
            CredentialError::Tried(tried) => return Self::from_attempts(tried),
            CredentialError::Authority(error) => return Self::from(error),
            CredentialError::Assertion(error) => return Self::from(error),
            CredentialError::OtherAudience { .. } => (
                Reason::OtherAudience,
                "get a token for the resource named above, or sign in another way; this one was not sent",
            ),
            CredentialError::OtherTenant { .. } => (
                Reason::OtherTenant,
                "set AZURE_TENANT_ID (or `--tenant`) to the vault's tenant",
            ),
            CredentialError::NotInstalled { program } => {
                let hint = format!(
                    "install `{program}` or add its directory to PATH; `--auth` chooses another way"
                );
                return Self::new(Reason::NotInstalled, error).with_hint(hint);
            }
            CredentialError::NotSignedIn { command, .. } => {
                return Self::new(Reason::NotSignedIn, error).with_hint(format!("run `{command}`"));
            }
            CredentialError::Program { program, .. } => {
                let hint = format!("check that `{program}` gets a token when you run it yourself");
                return Self::new(Reason::ProgramFailed, error).with_hint(hint);
            }
            CredentialError::Unreachable { ref source, .. } if source.is_busy() => {
                unreachable::advice(source)
            }
            CredentialError::Unreachable { ref endpoint, .. } => (
                Reason::NoIdentityEndpoint,
                in_a_job(endpoint).unwrap_or(
                    "managed identities exist only on Azure; choose another way with `--auth`",
                ),
            ),
            CredentialError::Endpoint { ref endpoint, .. } => (
                Reason::IdentityRefused,
                in_a_job(endpoint).unwrap_or(
                    "check that the identity is assigned here; `--identity` chooses one of several",
                ),
            ),
            CredentialError::File { .. } => (
                Reason::UnreadableCredentialFile,
                "check that the file exists and that you can read it",
            ),
            CredentialError::Claims { .. } => (
                Reason::ClaimsChallenge,
                "sign in again (for `az`: `az logout`, then `az login`), then run it again",
            ),
            CredentialError::NobodySignedIn(_) => (
                Reason::DeviceCode,
                "run it again, and sign in before the code expires",
            ),
            CredentialError::Unavailable { .. } => (Reason::NoCredential, NO_WAY),
        };
        Self::new(reason, error).with_hint(hint)
    }
}

/// What to do if the endpoint is that of GitHub's jobs.
fn in_a_job(endpoint: &str) -> Option<&'static str> {
    (endpoint == GitHubActions::ENDPOINT).then_some(
        "run it in a GitHub Actions job with `permissions: id-token: write`; the endpoint works over https, while the job runs",
    )
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Unreachable { ref source, .. } => {
                let (reason, hint) = unreachable::advice(source);
                Self::new(reason, error).with_hint(hint)
            }
            TokenError::Refused { .. } | TokenError::Nonsense { .. } => Self::from_refusal(error),
        }
    }
}

impl From<AssertionError> for Failure {
    fn from(error: AssertionError) -> Self {
        match error {
            AssertionError::Elsewhere(source) => match source.downcast::<VaultError>() {
                Ok(error) => Self::from(*error).context("the vault did not sign"),
                Err(source) => {
                    Self::new(Reason::UnfitCertificate, AssertionError::Elsewhere(source))
                }
            },
            error => Self::new(Reason::UnfitCertificate, error)
                .context("the certificate cannot sign in")
                .with_hint("sign in with an RSA certificate, or with a client secret"),
        }
    }
}

impl Failure {
    /// Entra's own words stay; the table of its numbers says what they come to.
    fn from_refusal(refused: TokenError) -> Self {
        let Some(known) = refused.code().and_then(aadsts::advice) else {
            let hint = match refused.code() {
                Some(_) => "look up the AADSTS number in the message",
                None => "check the tenant, the client id and the authority (AZURE_AUTHORITY_HOST)",
            };
            let error = anyhow::Error::new(refused).context("cannot sign in");
            return Self::new(Reason::SignInRefused, error).with_hint(hint);
        };
        let clock = clock_note(&refused);
        let error = anyhow::Error::new(refused);
        let error = match clock {
            Some(clock) => error.context(clock),
            None => error,
        };
        let error = error.context(format!("cannot sign in: {}", known.cause));
        Self::new(known.reason, error).with_hint(known.hint)
    }

    /// All that was tried, in order; what to do is what the way asks for that failed rather than
    /// was passed over.
    fn from_attempts(tried: Vec<Attempt>) -> Self {
        let lines: Vec<String> = tried.iter().map(ToString::to_string).collect();
        let failed = |attempt: &Attempt| !attempt.error.is_unavailable();
        let decisive = tried.into_iter().rfind(failed);
        let (what, failure) = match decisive {
            Some(attempt) => ("cannot sign in", Self::from(attempt.error)),
            None => {
                let what = "no way to sign in";
                let failure = Self::message(Reason::NoCredential, what);
                (what, failure.with_hint(NO_WAY))
            }
        };
        let causes = lines.into_iter().rev();
        let error = causes.fold(None, |below: Option<anyhow::Error>, line| match below {
            Some(below) => Some(below.context(line)),
            None => Some(anyhow::anyhow!(line)),
        });
        match error {
            Some(error) => Self {
                error: error.context(what),
                ..failure
            },
            None => failure,
        }
    }
}

/// How far the clock is off, where a refusal may be for the time.
fn clock_note(refused: &TokenError) -> Option<String> {
    let TokenError::Refused {
        code: Some(700_024 | 700_027),
        clock_ahead: Some(ahead),
        ..
    } = refused
    else {
        return None;
    };
    let direction = if *ahead < 0 { "behind" } else { "ahead of" };
    let seconds = ahead.unsigned_abs();
    Some(format!(
        "this machine's clock is {seconds} s {direction} Entra's"
    ))
}

const NO_WAY: &str = "run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or KVCERT_ACCESS_TOKEN; `kvcert --help` lists all ways to sign in (`--auth`)";
