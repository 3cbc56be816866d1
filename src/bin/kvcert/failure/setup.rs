//! A sign-in, or the application that a token is for, that is not set up: what is missing.

use std::io::ErrorKind;
use std::path::Path;

use kvcert::given::Given;
use kvcert::identity::{CertificateProblem, InvalidSetting, SetupError};

use super::{Failure, Kind, Reason};

impl From<SetupError> for Failure {
    fn from(error: SetupError) -> Self {
        match error {
            SetupError::Missing(names) => {
                let (names, advice) = match names.split_once("; ") {
                    Some((names, advice)) => (names, advice.to_owned()),
                    None if names == "KVCERT_ACCESS_TOKEN" => {
                        (&*names, format!("set {names}, or give `--token-file FILE`"))
                    }
                    None => (&*names, format!("set {names}")),
                };
                let message = format!("cannot sign in with the chosen `--auth`: {names} not set");
                Self::message(Reason::NoCredential, message).with_hint(advice)
            }
            SetupError::Setting(error) => error.into(),
            SetupError::Authority { .. } => Self::message(Reason::InvalidAuthority, error)
                .with_hint(
                    "set AZURE_AUTHORITY_HOST to a URL such as `https://login.microsoftonline.com`",
                ),
            SetupError::UnknownCredential => {
                let message =
                    "AZURE_TOKEN_CREDENTIALS names a credential that kvcert does not know";
                Self::message(Reason::UnknownCredential, message)
                    .with_hint("unset it, or choose a way to sign in with `--auth`")
            }
            SetupError::Token { .. } => Self::message(Reason::InvalidToken, error).with_hint(
                "give the token alone, on one line: `az account get-access-token --resource https://vault.azure.net --query accessToken -o tsv` prints one",
            ),
            SetupError::JobUrl => {
                let message = "ACTIONS_ID_TOKEN_REQUEST_URL is not a valid URL";
                Self::message(Reason::NoCredential, message)
                    .with_hint("use `--auth github` in a GitHub Actions job only")
            }
            SetupError::Certificate { path, problem } => certificate(&path, problem),
        }
    }
}

impl From<InvalidSetting> for Failure {
    fn from(error: InvalidSetting) -> Self {
        let name = error.name();
        let hint = match error.content() {
            Some(_) => format!(
                "set {name} to a path, name or id; write content to a file, and give the path of that"
            ),
            None => format!("set {name} to the value alone, on one line and without quotes"),
        };
        Self::new(Reason::InvalidSetting, error).with_hint(hint)
    }
}

/// Whatever is wrong with the file, the sign-in is what fails.
fn certificate(path: &Path, problem: CertificateProblem) -> Failure {
    let path = Given::from(path);
    let failure = match problem {
        CertificateProblem::Unreadable(error) => {
            let reason = match error.kind() {
                ErrorKind::NotFound => Reason::NoSuchFile,
                _ => Reason::UnreadableFile,
            };
            Failure::new(reason, error).context(format!("cannot read {path}"))
        }
        CertificateProblem::Content(error) => {
            Failure::from(error).context(format!("cannot sign in with {path}"))
        }
        CertificateProblem::Key(error) => {
            Failure::from(error).context(format!("cannot sign in with {path}"))
        }
    };
    let failure = failure.with_hint(
        "check AZURE_CLIENT_CERTIFICATE_PATH, a PEM or PFX file with an RSA key, and AZURE_CLIENT_CERTIFICATE_PASSWORD",
    );
    Failure {
        kind: Kind::SignIn,
        ..failure
    }
}

pub(crate) fn no_tenant() -> Failure {
    Failure::message(Reason::NoTenant, "no tenant given")
        .with_hint("give `--tenant`, a GUID or a domain")
}

/// No tenant or client id of the application.
pub(crate) fn no_application() -> Failure {
    Failure::message(Reason::NoApplication, "no application given").with_hint(
        "give its `--tenant` (a GUID or a domain) and its `--client-id`; AZURE_TENANT_ID and AZURE_CLIENT_ID say who signs in to the vault",
    )
}

pub(crate) fn no_scope() -> Failure {
    let message = "no API given to get a token for";
    Failure::message(Reason::NoScope, message)
        .with_hint("give `--for exchange|graph|arm|sharepoint|teams|key-vault`, or `--scope SCOPE`")
}

/// SharePoint has a host for each tenant.
pub(crate) fn no_sharepoint_host(domain: &str) -> Failure {
    let message = "no valid SharePoint host given";
    Failure::message(Reason::NoSharepointHost, message)
        .with_hint(format!("give `--sharepoint-host contoso.{domain}`"))
}
