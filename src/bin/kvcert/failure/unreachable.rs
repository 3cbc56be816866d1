//! Hosts that cannot be reached (name, proxy, connection, TLS), and services that ask to come back
//! later.

use std::borrow::Cow;
use std::time::Duration;

use kvcert::cloud::Cloud;
use kvcert::transport::{Proxy, TlsProblem, Unreachable, UnreachableKind};

use super::{Failure, Reason};

/// What was to be reached.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target<'a> {
    /// A vault, by its URL.
    Vault(&'a str),
    /// The sign-in authority.
    Authority,
    /// The endpoint of a platform's identities.
    Identity,
    /// Microsoft Graph.
    Graph,
}

/// For the error of any service: which reason, and what to do.
pub(super) fn advice(error: &Unreachable, target: Target<'_>) -> (Reason, Cow<'static, str>) {
    if let Some(proxy) = error.failed_proxy() {
        return proxy_advice(error.kind, proxy);
    }
    let (reason, hint) = match error.kind {
        UnreachableKind::UnknownHost => (Reason::UnknownHost, unknown_host(target)),
        UnreachableKind::Tls(problem) => (Reason::Tls, tls(problem, error, target)),
        UnreachableKind::Refused => (
            Reason::ConnectionFailed,
            "check the network and the port; where a proxy is needed, set HTTPS_PROXY".into(),
        ),
        UnreachableKind::ProxyAuthentication | UnreachableKind::ProxyRefused => (
            Reason::ProxyRefused,
            "check the proxy that HTTPS_PROXY or ALL_PROXY names".into(),
        ),
        UnreachableKind::TimedOut => (
            Reason::TimedOut,
            "try again, or allow more time with `--timeout`".into(),
        ),
        UnreachableKind::Busy { status, .. } => (
            match status {
                429 => Reason::Throttled,
                _ => Reason::ServiceFailed,
            },
            "wait as long as the service asks, then run it again".into(),
        ),
        UnreachableKind::TooLong | UnreachableKind::Broken => (
            Reason::BrokenReply,
            "check the URL and the proxy: the response did not come from Azure".into(),
        ),
    };
    match private_link(error.kind, target) {
        Some(hint) => (reason, hint.into()),
        None => (reason, hint),
    }
}

/// The reason for a status with which a service refused to the end, if it may serve later.
pub(super) fn refused_for_now(status: u16) -> Option<(Reason, &'static str)> {
    match status {
        429 => Some((Reason::Throttled, THROTTLED)),
        500.. => Some((Reason::ServiceFailed, SERVICE_FAILED)),
        _ => None,
    }
}

fn proxy_advice(kind: UnreachableKind, proxy: &Proxy) -> (Reason, Cow<'static, str>) {
    let variable = proxy.variable;
    let (reason, what) = match kind {
        UnreachableKind::UnknownHost => (
            Reason::UnknownHost,
            format!("check the proxy's name in {variable}"),
        ),
        UnreachableKind::ProxyAuthentication => (
            Reason::ProxyRefused,
            format!("put user name and password into {variable}: `http://USER:PASSWORD@HOST:PORT`"),
        ),
        UnreachableKind::ProxyRefused => (
            Reason::ProxyRefused,
            format!(
                "check that {variable} names a proxy, and ask its administrator to allow the host"
            ),
        ),
        _ => (
            Reason::ConnectionFailed,
            format!("check the proxy's host and port in {variable}"),
        ),
    };
    let hint = format!("{what}; NO_PROXY lists hosts to reach without it");
    (reason, hint.into())
}

fn unknown_host(target: Target<'_>) -> Cow<'static, str> {
    match target {
        Target::Vault(_) => {
            "check the vault's name and `--cloud`; the name of a deleted vault does not resolve"
        }
        Target::Authority => {
            "check this machine's network and DNS, and AZURE_AUTHORITY_HOST and `--cloud` if they are set; where a proxy is needed, set HTTPS_PROXY"
        }
        Target::Identity => "check the variable that names the endpoint, or choose another `--auth`",
        Target::Graph => {
            "check this machine's network and DNS, and KVCERT_GRAPH and `--cloud` if they are set"
        }
    }
    .into()
}

fn tls(problem: TlsProblem, error: &Unreachable, target: Target<'_>) -> Cow<'static, str> {
    match problem {
        TlsProblem::Name => match target {
            Target::Vault(_) => {
                "use a name that the certificate is for, which for a vault is `--vault NAME`; if the name is right, a proxy or a wrong DNS entry leads elsewhere".into()
            }
            _ => "check the proxy and what the name resolves to: you reached another server".into(),
        },
        TlsProblem::Issuer => match &error.proxy {
            Some(proxy) => format!(
                "if the {proxy} inspects TLS, give its CA's certificate with `--ca-file`; or list the host in NO_PROXY"
            )
            .into(),
            None => {
                "if a proxy or firewall inspects TLS, or the CA is private, give the CA's certificate with `--ca-file`".into()
            }
        },
        TlsProblem::Expired => {
            "check this machine's clock; if it is right, the server's certificate has expired, and its operator must renew it".into()
        }
        TlsProblem::NotYetValid => {
            "check this machine's clock, which may be behind; if it is right, the server's certificate is not valid yet".into()
        }
        TlsProblem::NotTls => match &error.proxy {
            Some(proxy) => format!(
                "if the {proxy} speaks plain http, {} must begin with `http://`",
                proxy.variable
            )
            .into(),
            None => "check the port: the server there does not use TLS".into(),
        },
        TlsProblem::Other => {
            "check what is between this machine and the server: a firewall or proxy may break TLS".into()
        }
    }
}

/// A vault's name for private endpoints is for DNS only: no certificate has it.
fn private_link(kind: UnreachableKind, target: Target<'_>) -> Option<String> {
    let is_about_the_name = matches!(
        kind,
        UnreachableKind::Tls(TlsProblem::Name) | UnreachableKind::UnknownHost
    );
    let Target::Vault(vault) = target else {
        return None;
    };
    let host = vault.strip_prefix("https://")?.split(':').next()?;
    let host = Cloud::vault_host_of_alias(host).filter(|_| is_about_the_name)?;
    Some(format!(
        "use `https://{host}`: a private endpoint is reached by the vault's usual name, which the certificate is for"
    ))
}

/// For a service that throttled to the end.
pub(super) const THROTTLED: &str = "wait a minute, then run it again";
/// For a service that answers with 5xx.
pub(super) const SERVICE_FAILED: &str =
    "run it again; if it keeps failing, check the Azure status page";

/// The time of `--deadline` is over; `what` says what was done until then.
pub(crate) fn deadline_passed(limit: Duration, what: &str) -> Failure {
    let seconds = limit.as_secs();
    let message = format!("the command took longer than {seconds} s{what}");
    Failure::message(Reason::DeadlinePassed, message)
        .with_hint("give it more time with `--deadline TIME`; `-v` shows what takes so long")
}
