//! What to do about a sign-in that failed.

use std::borrow::Cow;

use kvcert::identity::{
    AssertionError, Attempt, CredentialError, GitHubActions, IdentityProblem, TokenError,
};
use kvcert::vault::VaultError;

use super::unreachable::Target;
use super::{Failure, Reason, aadsts, unreachable};

impl From<CredentialError> for Failure {
    fn from(error: CredentialError) -> Self {
        // What Entra said to a program or to an endpoint means the same.
        if let Some(known) = error.code().and_then(aadsts::advice)
            && !matches!(error, CredentialError::Authority(_))
        {
            let hint = remedy(&error).unwrap_or_else(|| known.hint.into());
            let cause = format!("cannot sign in: {}", known.cause);
            return Self::new(known.reason, error)
                .context(cause)
                .with_hint(hint);
        }
        let (reason, hint): (_, Cow<'static, str>) = match error {
            CredentialError::Tried(tried) => return Self::from_attempts(tried),
            CredentialError::Authority(error) => return Self::from(error),
            CredentialError::Assertion(error) => return Self::from(error),
            CredentialError::OtherAudience { .. } => (
                Reason::OtherAudience,
                "get a token for the resource named above, or sign in another way; this one was not sent".into(),
            ),
            CredentialError::NoAudience { .. } => (
                Reason::OtherAudience,
                "if the vault is yours, name it with `--vault` too".into(),
            ),
            CredentialError::OtherTenant { .. } => (
                Reason::OtherTenant,
                "set AZURE_TENANT_ID (or `--tenant`) to the vault's tenant".into(),
            ),
            CredentialError::OtherCloud { cloud, .. } => (
                Reason::OtherCloud,
                format!(
                    "if that is what you mean, add `--cloud {}`: the sign-in then goes to {}",
                    cloud.endpoints().name,
                    cloud.endpoints().authority
                )
                .into(),
            ),
            CredentialError::NotInstalled { ref found, program } => (
                Reason::NotInstalled,
                match found {
                    Some(path) => format!("make it executable: `chmod +x {}`", path.display()).into(),
                    None => format!(
                        "install `{program}` or add its directory to PATH; `--auth` chooses another way"
                    )
                    .into(),
                },
            ),
            CredentialError::NotSignedIn { ref command, .. } => {
                (Reason::NotSignedIn, run(command).into())
            }
            CredentialError::Program {
                program, timed_out, ..
            } => (
                Reason::ProgramFailed,
                match remedy(&error) {
                    Some(hint) => hint,
                    None if timed_out => format!(
                        "run `{program}` yourself to see why it hangs, or allow more time with `--timeout`"
                    )
                    .into(),
                    None => format!("check that `{program}` gets a token when you run it yourself")
                        .into(),
                },
            ),
            CredentialError::Unreachable { ref source, .. }
                if source.is_busy() || source.failed_proxy().is_some() =>
            {
                unreachable::advice(source, Target::Identity)
            }
            CredentialError::Unreachable { ref endpoint, .. } => (
                Reason::NoIdentityEndpoint,
                in_a_job(endpoint).unwrap_or(NO_ENDPOINT).into(),
            ),
            CredentialError::NotThere { .. } => (Reason::NoIdentityEndpoint, NO_ENDPOINT.into()),
            CredentialError::Identity {
                problem: IdentityProblem::Several,
                ..
            } => (Reason::IdentityRefused, CHOOSE_IDENTITY.into()),
            CredentialError::Identity { ref identity, .. } => (
                Reason::NoCredential,
                match identity {
                    Some(_) => "assign the identity to this machine, or check the id: `--identity` accepts a client id, `object:` and an object id, or a resource id; AZURE_CLIENT_ID names one too",
                    None => "assign an identity to this machine, or choose a user-assigned one with `--identity CLIENT-ID`; `--auth` chooses another way",
                }
                .into(),
            ),
            CredentialError::Endpoint {
                ref endpoint,
                status,
                ..
            } => match status.and_then(unreachable::refused_for_now) {
                Some((reason, hint)) => (reason, hint.into()),
                None => (
                    Reason::IdentityRefused,
                    in_a_job(endpoint).unwrap_or(CHECK_IDENTITY).into(),
                ),
            },
            CredentialError::File { .. } => (
                Reason::UnreadableCredentialFile,
                "check that the file exists and that you can read it".into(),
            ),
            CredentialError::Claims { .. } => (
                Reason::ClaimsChallenge,
                "sign in again (for `az`: `az logout`, then `az login`), then run it again".into(),
            ),
            CredentialError::NobodySignedIn(_) => (
                Reason::DeviceCode,
                "run it again, and sign in before the code expires".into(),
            ),
            CredentialError::Unavailable { .. } => (Reason::NoCredential, NO_WAY.into()),
        };
        Self::new(reason, error).with_hint(hint)
    }
}

/// The command that a program says to run.
fn remedy(error: &CredentialError) -> Option<Cow<'static, str>> {
    match error {
        CredentialError::Program {
            remedy: Some(command),
            ..
        } => Some(run(command).into()),
        _ => None,
    }
}

fn run(command: &str) -> String {
    match command.starts_with("az account set") {
        // It may be that the account has none.
        true => String::from(
            "run `az account set --subscription NAME`; without any subscription, `az login --allow-no-subscriptions`",
        ),
        false => format!("run `{command}`"),
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
                let (reason, hint) = unreachable::advice(source, Target::Authority);
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
        let (code, status) = (refused.code(), refused.status());
        let Some(known) = code.and_then(aadsts::advice) else {
            let (reason, hint) = match (status.and_then(unreachable::refused_for_now), code) {
                (Some((reason, hint)), _) => (reason, hint.into()),
                (None, Some(code)) => (Reason::SignInRefused, unknown_code(code)),
                (None, None) => (Reason::SignInRefused, CHECK_APPLICATION.into()),
            };
            let error = anyhow::Error::new(refused).context("cannot sign in");
            return Self::new(reason, error).with_hint(hint);
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
        // A machine that has identities, but not the one that is needed, is nearer than one that
        // has none.
        let nearly = |attempt: &Attempt| {
            matches!(
                attempt.error,
                CredentialError::Identity {
                    problem: IdentityProblem::Several,
                    ..
                }
            )
        };
        let decisive = tried.iter().rposition(failed);
        let decisive = decisive.or_else(|| tried.iter().rposition(nearly));
        let decisive = decisive.and_then(|at| tried.into_iter().nth(at));
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

/// For a number that the table does not have.
fn unknown_code(code: u32) -> Cow<'static, str> {
    format!(
        "read Entra's message above; the tenant's sign-in log has the attempt, with more about AADSTS{code}"
    )
    .into()
}

const NO_ENDPOINT: &str =
    "managed identities exist only on Azure; choose another way with `--auth`";
const CHOOSE_IDENTITY: &str = "choose one with `--identity CLIENT-ID`, or set AZURE_CLIENT_ID; a resource id (`/subscriptions/...`) works too";
const CHECK_IDENTITY: &str =
    "check that the identity is assigned here; `--identity` chooses one of several";
const CHECK_APPLICATION: &str =
    "check the tenant, the client id and the authority (AZURE_AUTHORITY_HOST)";
const NO_WAY: &str = "run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or KVCERT_ACCESS_TOKEN; `kvcert --help` lists all ways to sign in (`--auth`)";
