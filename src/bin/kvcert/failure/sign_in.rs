//! What to do about a sign-in that failed.

use kvcert::identity::{AssertionError, Attempt, CredentialError, GitHubActions, TokenError};
use kvcert::vault::VaultError;

use super::{Failure, Reason, aadsts};

impl From<CredentialError> for Failure {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::Tried(tried) => Self::from_attempts(tried),
            CredentialError::Authority(error) => Self::from(error),
            CredentialError::Assertion(error) => Self::from(error),
            error => {
                let (reason, hint) = advice(&error);
                Self::new(reason, error).with_hint(hint)
            }
        }
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Unreachable { authority, source } => {
                let failure = Self::from_unreachable(&source);
                let error = anyhow::Error::new(source)
                    .context(format!("cannot reach {authority} to sign in"));
                Self { error, ..failure }
            }
            TokenError::Assertion(error) => Self::from(error),
            TokenError::Ended(message) => Self::from(CredentialError::DeviceCode { message }),
            refused => Self::from_refusal(refused),
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
                Some(_) => "the AADSTS number in the message is the one to look up",
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

fn advice(error: &CredentialError) -> (Reason, String) {
    let (reason, hint) = match error {
        CredentialError::OtherAudience { .. } => (
            Reason::OtherAudience,
            "get a token for the resource that is named, or sign in otherwise; the one given was not sent",
        ),
        CredentialError::OtherTenant { .. } => (
            Reason::OtherTenant,
            "set AZURE_TENANT_ID (or `--tenant`) to the vault's tenant",
        ),
        CredentialError::NotInstalled { program } => {
            let hint = format!(
                "install `{program}` or add its folder to PATH; `--auth` chooses another way"
            );
            return (Reason::NotInstalled, hint);
        }
        CredentialError::NotSignedIn { command, .. } => {
            return (Reason::NotSignedIn, format!("run `{command}`"));
        }
        CredentialError::Program { program, .. } => {
            let hint = format!("see that `{program}` gives a token when you run it yourself");
            return (Reason::ProgramFailed, hint);
        }
        CredentialError::Unreachable { endpoint, .. } if endpoint == GitHubActions::ENDPOINT => {
            (Reason::NoIdentityEndpoint, IN_A_JOB)
        }
        CredentialError::Endpoint { endpoint, .. } if endpoint == GitHubActions::ENDPOINT => {
            (Reason::IdentityRefused, IN_A_JOB)
        }
        CredentialError::Unreachable { .. } => (
            Reason::NoIdentityEndpoint,
            "a managed identity is there on Azure only; `--auth` chooses another way",
        ),
        CredentialError::Endpoint { .. } => (
            Reason::IdentityRefused,
            "see that the identity is assigned here; `--identity` chooses one of several",
        ),
        CredentialError::File { .. } => (
            Reason::UnreadableCredentialFile,
            "check that it is there and that you may read it",
        ),
        CredentialError::Claims { .. } => (
            Reason::ClaimsChallenge,
            "sign in anew (for `az`: `az logout`, then `az login`), then run it again",
        ),
        CredentialError::DeviceCode { .. } => (
            Reason::DeviceCode,
            "run it again, and sign in before the code expires",
        ),
        _ => (Reason::NoCredential, NO_WAY),
    };
    (reason, hint.to_owned())
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

const IN_A_JOB: &str = "only a job of GitHub Actions with `permissions: id-token: write` gets a token there, over https and while it runs";
const NO_WAY: &str = "run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or KVCERT_ACCESS_TOKEN; `kvcert --help` lists all ways (`--auth`)";
