//! What to do about a sign-in that failed.

use super::{Failure, Kind};
use crate::{
    token::entra::TokenError,
    vault::credential::{Attempt, CredentialError},
};

impl From<CredentialError> for Failure {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::Tried(tried) => Self::from_attempts(tried),
            CredentialError::Authority(TokenError::Unreachable { authority, source }) => {
                let failure = Self::from_unreachable(&source);
                let error = anyhow::Error::new(source)
                    .context(format!("cannot reach {authority} to sign in"));
                Self { error, ..failure }
            }
            CredentialError::Authority(refused) => {
                let hint = token_advice(&refused);
                let error = anyhow::Error::new(refused).context("cannot sign in");
                Self::new(Kind::SignIn, "sign-in-refused", error).with_hint(hint)
            }
            error => {
                let (reason, hint) = advice(&error);
                Self::new(Kind::SignIn, reason, error).with_hint(hint)
            }
        }
    }
}

impl Failure {
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
                let failure = Self::message(Kind::SignIn, "no-credential", what);
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

fn advice(error: &CredentialError) -> (&'static str, String) {
    let (reason, hint) = match error {
        CredentialError::OtherAudience { .. } => (
            "other-audience",
            "get a token for the vault's resource, such as `https://vault.azure.net`; the one given was not sent",
        ),
        CredentialError::OtherTenant { .. } => (
            "other-tenant",
            "set AZURE_TENANT_ID (or `--tenant`) to the vault's tenant",
        ),
        CredentialError::NotInstalled { program } => {
            let hint = format!(
                "install `{program}` or add its folder to PATH; `--auth` chooses another way"
            );
            return ("not-installed", hint);
        }
        CredentialError::NotSignedIn { command, .. } => {
            return ("not-signed-in", format!("run `{command}`"));
        }
        CredentialError::Program { program, .. } => {
            let hint = format!("see that `{program}` gives a token when you run it yourself");
            return ("program-failed", hint);
        }
        CredentialError::Unreachable { .. } => (
            "no-identity-endpoint",
            "a managed identity is there on Azure only; `--auth` chooses another way",
        ),
        CredentialError::Endpoint { .. } => (
            "identity-refused",
            "see that the identity is assigned here; `--identity` chooses one of several",
        ),
        CredentialError::File { .. } => (
            "unreadable-file",
            "check that it is there and that you may read it",
        ),
        CredentialError::Assertion(_) => (
            "unfit-certificate",
            "sign in with an RSA certificate, or with a client secret",
        ),
        CredentialError::Claims { .. } => (
            "claims-challenge",
            "sign in anew (for `az`: `az logout`, then `az login`), then run it again",
        ),
        CredentialError::DeviceCode { .. } => (
            "device-code",
            "run it again, and use the code before it expires",
        ),
        _ => ("no-credential", NO_WAY),
    };
    (reason, hint.to_owned())
}

fn token_advice(error: &TokenError) -> &'static str {
    let TokenError::Refused {
        code: Some(code), ..
    } = error
    else {
        return "check the tenant, the client id and the authority (AZURE_AUTHORITY_HOST)";
    };
    match code {
        7_000_215 => "AZURE_CLIENT_SECRET must hold the secret's value, not its id",
        7_000_222 => "the client secret has expired: make a new one for the application",
        700_016 => "check AZURE_CLIENT_ID, and that the application is in this tenant",
        700_213 | 70_021 => {
            "the application needs a federated credential with the issuer, subject and audience that the message shows"
        }
        700_027 => {
            "register the certificate with the application; the message names its thumbprint"
        }
        700_024 => "check this machine's clock; the assertion is not valid now",
        90_002 => "check AZURE_TENANT_ID (or `--tenant`)",
        _ => "the AADSTS number in the message is the one to look up",
    }
}

const NO_WAY: &str = "run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or KVCERT_ACCESS_TOKEN; `kvcert --help` lists all ways (`--auth`)";
