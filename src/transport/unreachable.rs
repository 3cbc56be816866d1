//! [`Unreachable`]: there was no usable reply.

use std::error::Error;
use std::time::Duration;
use std::{fmt, io};

use kvcert_pki::text::excerpt;
use rustls::CertificateError;

use super::proxy::Proxy;

/// Why a request got no usable reply. Carries no URL, header or body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreachable {
    /// What kind of problem it is.
    pub kind: UnreachableKind,
    /// Details, in the words of the network library.
    pub detail: String,
    /// The proxy that the request went through.
    pub proxy: Option<Box<Proxy>>,
}

/// The kinds of problems. Each calls for a different fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnreachableKind {
    /// The host name does not resolve, as with a vault that does not exist or is deleted. With a
    /// proxy, it is the proxy's name.
    UnknownHost,
    /// Nothing listens there, or a firewall refuses the connection.
    Refused,
    /// The proxy wants to know who asks (407).
    ProxyAuthentication,
    /// The proxy did not open a connection to the host, or is not a proxy.
    ProxyRefused,
    /// There is no secure connection.
    Tls(TlsProblem),
    /// It took too long.
    TimedOut,
    /// The reply is larger than any legitimate one.
    TooLong,
    /// The reply ended early, or was not HTTP.
    Broken,
    /// The service has too much to do, or failed, and asks for more time than kvcert waits.
    Busy {
        /// The HTTP status, such as 429 or 503.
        status: u16,
        /// How long the service asks to wait (`Retry-After`).
        wait: Duration,
    },
}

/// Why there is no secure connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsProblem {
    /// The server's certificate is for another name.
    Name,
    /// It is by a certificate authority that is not trusted.
    Issuer,
    /// It has expired, or this machine's clock is ahead.
    Expired,
    /// It is not valid yet, or this machine's clock is behind.
    NotYetValid,
    /// What answers does not use TLS.
    NotTls,
    /// Anything else.
    Other,
}

impl Unreachable {
    /// A problem that no proxy has a part in.
    pub(crate) fn new(kind: UnreachableKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            proxy: None,
        }
    }

    pub(super) fn too_far() -> Self {
        let detail = "plain http reaches this machine and its link only";
        Self::new(UnreachableKind::Refused, detail)
    }

    pub(super) fn too_long(max_bytes: usize) -> Self {
        let detail = format!("the reply is longer than {max_bytes} bytes");
        Self::new(UnreachableKind::TooLong, detail)
    }

    pub(super) fn busy(status: u16, wait: Duration) -> Self {
        let kind = UnreachableKind::Busy { status, wait };
        Self::new(kind, format!("HTTP {status}"))
    }

    pub(super) fn through(self, proxy: Option<Proxy>) -> Self {
        let proxy = proxy.map(Box::new);
        Self { proxy, ..self }
    }

    /// Whether the service replied, and asked to come back later.
    pub fn is_busy(&self) -> bool {
        matches!(self.kind, UnreachableKind::Busy { .. })
    }

    /// The proxy, if it is what failed, and not what is behind it.
    pub fn failed_proxy(&self) -> Option<&Proxy> {
        use UnreachableKind::{ProxyAuthentication, ProxyRefused, Refused, UnknownHost};
        let is_the_proxys = matches!(
            self.kind,
            UnknownHost | Refused | ProxyAuthentication | ProxyRefused
        );
        self.proxy.as_deref().filter(|_| is_the_proxys)
    }
}

impl From<reqwest::Error> for Unreachable {
    fn from(error: reqwest::Error) -> Self {
        // The query of the URL may be confidential.
        let error = error.without_url();
        let tls = causes(&error).find_map(|cause| cause.downcast_ref::<rustls::Error>());
        match tls {
            Some(tls) => Self::new(UnreachableKind::Tls(problem(tls)), detail(tls)),
            None => Self::new(kind(&error), innermost(&error)),
        }
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use UnreachableKind::{
            Broken, Busy, ProxyAuthentication, ProxyRefused, Refused, TimedOut, Tls, TooLong,
            UnknownHost,
        };
        let what = match (self.kind, self.failed_proxy()) {
            (UnknownHost, Some(proxy)) => format!("the name of the {proxy} does not resolve"),
            (UnknownHost, None) => String::from("the host name does not resolve"),
            (Refused, Some(proxy)) => format!("the connection to the {proxy} failed"),
            (Refused, None) => String::from("the connection failed"),
            (ProxyAuthentication, Some(proxy)) => {
                return write!(
                    f,
                    "the {proxy} requires a user name and password (HTTP 407)"
                );
            }
            (ProxyAuthentication, None) => {
                return f.write_str("the proxy requires a user name and password (HTTP 407)");
            }
            (ProxyRefused, Some(proxy)) => format!("the {proxy} did not open a connection"),
            (ProxyRefused, None) => String::from("the proxy did not open a connection"),
            (Tls(_), _) => String::from("TLS failed"),
            (TimedOut, _) => match &self.proxy {
                Some(proxy) => format!("no answer in time through the {proxy}"),
                None => String::from("no answer in time"),
            },
            (TooLong, _) => return f.write_str(&self.detail),
            (Broken, _) => String::from("the reply ended early"),
            (Busy { wait, .. }, _) => {
                let seconds = wait.as_secs();
                return write!(f, "the service asks to wait {seconds} s ({})", self.detail);
            }
        };
        write!(f, "{what} ({})", self.detail)
    }
}

impl Error for Unreachable {}

fn kind(error: &reqwest::Error) -> UnreachableKind {
    if error.is_timeout() {
        return UnreachableKind::TimedOut;
    }
    for cause in causes(error) {
        // These have no type that others can name.
        let words = cause.to_string();
        if words.contains("dns error") {
            return UnreachableKind::UnknownHost;
        }
        match words.strip_prefix("tunnel error: ") {
            // The connection to the proxy: what is below says why.
            Some("failed to create underlying connection") | None => {}
            Some("proxy authorization required") => return UnreachableKind::ProxyAuthentication,
            Some(_) => return UnreachableKind::ProxyRefused,
        }
    }
    if error.is_connect() {
        UnreachableKind::Refused
    } else {
        UnreachableKind::Broken
    }
}

fn problem(error: &rustls::Error) -> TlsProblem {
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                TlsProblem::Name
            }
            // Of those without a name of their own, a certificate that is its own issuer is the
            // most frequent.
            CertificateError::UnknownIssuer
            | CertificateError::BadSignature
            | CertificateError::Other(_) => TlsProblem::Issuer,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                TlsProblem::Expired
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                TlsProblem::NotYetValid
            }
            _ => TlsProblem::Other,
        },
        rustls::Error::InvalidMessage(_) => TlsProblem::NotTls,
        _ => TlsProblem::Other,
    }
}

/// What TLS says; for another name, which names the certificate is for.
fn detail(error: &rustls::Error) -> String {
    let text = match error {
        rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext {
            presented,
            ..
        }) => {
            let plain = |name: &String| {
                let inside = name
                    .split_once("(\"")
                    .and_then(|(_, it)| it.strip_suffix("\")"));
                inside.unwrap_or(name).to_owned()
            };
            let names: Vec<String> = presented.iter().map(plain).collect();
            match names.is_empty() {
                true => String::from("the server's certificate is not for any name"),
                false => format!("the server's certificate is for {}", names.join(", ")),
            }
        }
        other => other.to_string(),
    };
    excerpt(&text, 300)
}

/// The error and what is below it, the most specific last.
fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let first: &'a (dyn Error + 'static) = error;
    std::iter::successors(Some(first), |cause| below(*cause))
}

/// The next cause. An `io::Error` skips its payload and returns the payload's source, but what TLS
/// reports is often such a payload, or the payload of one.
fn below<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let payload = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    payload.map_or_else(
        || error.source(),
        |payload| Some(payload as &(dyn Error + 'static)),
    )
}

/// The last cause is the most specific; the layers above only repeat that a request failed.
fn innermost(error: &reqwest::Error) -> String {
    let last = causes(error).last().map(ToString::to_string);
    excerpt(&last.unwrap_or_default(), 300)
}
