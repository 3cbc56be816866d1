//! Hosts that cannot be reached (name, connection, TLS), and services that ask to come back later.

use kvcert::transport::{Unreachable, UnreachableKind};

use super::Reason;

/// For the error of any service: which reason, and what to do.
pub(super) fn advice(error: &Unreachable) -> (Reason, &'static str) {
    match error.kind {
        UnreachableKind::UnknownHost => (
            Reason::UnknownHost,
            "check the vault's name and `--cloud`; the name of a deleted vault does not resolve",
        ),
        UnreachableKind::Tls if is_about_time(&error.detail) => (
            Reason::Tls,
            "check this machine's clock; if it is right, the server's certificate is outside its validity",
        ),
        UnreachableKind::Tls => (
            Reason::Tls,
            "if a proxy inspects TLS or the CA is private, give the CA's certificate with `--ca-file`",
        ),
        UnreachableKind::Refused => (
            Reason::ConnectionFailed,
            "check the network, the proxy and the port",
        ),
        UnreachableKind::TimedOut => (
            Reason::TimedOut,
            "try again, or allow more time with `--timeout`",
        ),
        UnreachableKind::Busy { status, .. } => (
            match status {
                429 => Reason::Throttled,
                _ => Reason::ServiceFailed,
            },
            "wait as long as the service asks, then run it again",
        ),
        UnreachableKind::TooLong | UnreachableKind::Broken => (
            Reason::BrokenReply,
            "check the URL and the proxy: the response is not a vault's",
        ),
    }
}

/// Whether TLS failed for a certificate that is expired, or not valid yet, as rustls puts it.
fn is_about_time(detail: &str) -> bool {
    let detail = detail.to_lowercase();
    ["expired", "not valid yet", "notvalidyet"]
        .iter()
        .any(|word| detail.contains(word))
}

/// For a service that answers with 5xx.
pub(super) const SERVICE_FAILED: &str =
    "run it again; if it keeps failing, check the Azure status page";
