//! Getting a token: the flow, what it starts from, and where the token goes.

use std::fmt::Display;
use std::io;
use std::path::Path;

use kvcert::given::Given;
use kvcert::identity::InvalidToken;

use super::{Failure, Reason};

pub(crate) fn password_flow() -> Failure {
    let message =
        "Entra is retiring sign-ins by user name and password, which have no second factor";
    Failure::message(Reason::RetiredFlow, message).with_hint(
        "use `--flow browser` or `--flow device-code` for a person, a certificate for a program",
    )
}

pub(crate) fn implicit_flow() -> Failure {
    let message = "the implicit flow is retired: it puts tokens into the browser's address bar";
    Failure::message(Reason::RetiredFlow, message)
        .with_hint("use `--flow browser`, which is the authorization code flow with PKCE")
}

pub(crate) fn no_identity() -> Failure {
    Failure::message(Reason::NoIdentity, "no identity given").with_hint(
        "name a certificate or a file (`kvcert token CERT`), give `--client-secret-from SECRET`, or choose a `--flow`",
    )
}

pub(crate) fn not_a_default_scope(scope: &str) -> Failure {
    let scope = Given::from(scope);
    let message = format!("this flow needs the scope of a whole API, not {scope}");
    Failure::message(Reason::MalformedScope, message)
        .with_hint("give a scope that ends with `/.default`")
}

/// The flow starts from a token in the file of `flag`.
pub(crate) fn no_token(flag: &str) -> Failure {
    Failure::message(
        Reason::NoToken,
        "no token given: this flow requires an existing token",
    )
    .with_hint(format!(
        "give a file that holds the token with `{flag} FILE`"
    ))
}

pub(crate) fn not_a_token(flag: &str, problem: InvalidToken) -> Failure {
    let message = format!("no token given: the file of `{flag}` {problem}");
    Failure::message(Reason::InvalidToken, message).with_hint(format!(
        "give a file that holds the token with `{flag} FILE`"
    ))
}

/// What `--client-secret-from` names is empty, or `managed`: a certificate's.
pub(crate) fn not_a_client_secret(secret: impl Display, managed: bool) -> Failure {
    let message = format!("the secret `{secret}` is not a client secret");
    Failure::message(Reason::NotASecret, message).with_hint(match managed {
        true => "sign in with the certificate that it belongs to: `kvcert token CERT`",
        false => "store the value of the client secret in it",
    })
}

/// Entra refuses an expired certificate, in fewer words.
pub(crate) fn certificate_expired(what: &str) -> Failure {
    let message = format!("{what}; Entra refuses expired certificates");
    Failure::message(Reason::Expired, message).with_hint(
        "renew it in the vault and register the new one with the application; if it is not expired, set this machine's clock",
    )
}

/// What helps those who want files does not help here.
pub(crate) fn needs_key(failure: Failure) -> Failure {
    match failure.reason {
        Reason::NotExportable => failure.with_hint(
            "add `--sign-in-vault`: the vault signs with the key, which stays there (needs `keys/sign`)",
        ),
        Reason::NoPrivateKey => {
            failure.with_hint("name a certificate with its private key, which signs the request")
        }
        _ => failure,
    }
}

pub(crate) fn no_port(port: u16, error: io::Error) -> Failure {
    Failure::new(Reason::PortInUse, error)
        .context(format!("cannot listen on port {port} for the browser"))
        .with_hint("choose another port with `--redirect-port`, or leave it out")
}

pub(crate) fn to_terminal() -> Failure {
    let message = "not showing a token on a terminal";
    Failure::message(Reason::TokenToTerminal, message).with_hint(
        "pipe it to a program (`| pbcopy`, `--curl-config - | curl -K -`), read its claims with `--decode`, or add `--force`",
    )
}

pub(crate) fn no_runner() -> Failure {
    Failure::message(Reason::NoRunner, "GITHUB_ENV and GITHUB_OUTPUT are not set")
        .with_hint("use `--output github` in a step of a GitHub Actions job")
}

pub(crate) fn opaque() -> Failure {
    let message = "the token is not a JWT: only its API can read it";
    Failure::message(Reason::OpaqueToken, message).with_hint("leave out `--decode`")
}

/// The cache in `folder` could not be cleared.
pub(crate) fn cache(folder: &Path, error: impl Into<anyhow::Error>) -> Failure {
    Failure::new(Reason::TokenCache, error)
        .context(format!(
            "cannot remove the tokens in {}",
            Given::from(folder)
        ))
        .with_hint(
            "check that `--token-cache` names the directory of the tokens, and that it is yours",
        )
}

/// `exec` is to give the program a token, but not for which API.
pub(crate) fn exec_without_scope() -> Failure {
    Failure::message(Reason::NoScope, "no API given to get a token for").with_hint(EXEC_SCOPE)
}

/// `exec` is told an API, but not to give the program a token.
pub(crate) fn exec_without_token() -> Failure {
    let message = "`--scope` and `--for` require `--token`";
    Failure::message(Reason::NoScope, message).with_hint(EXEC_SCOPE)
}

const EXEC_SCOPE: &str = "give `--token` together with `--scope SCOPE` or `--for API`";
