//! [`Unreachable`]: there was no usable reply.

use std::error::Error;
use std::time::Duration;
use std::{fmt, io};

/// Why a request got no usable reply. Carries no URL, header or body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreachable {
    /// What kind of problem it is.
    pub kind: UnreachableKind,
    /// Details, in the words of the network library.
    pub detail: String,
}

/// The kinds of problems. Each calls for a different fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnreachableKind {
    /// The host name does not resolve, as with a vault that does not exist or is deleted.
    UnknownHost,
    /// Nothing listens there, or a firewall refuses the connection.
    Refused,
    /// The server's certificate is not trusted, or TLS failed otherwise.
    Tls,
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

impl Unreachable {
    pub(super) fn too_far() -> Self {
        Self {
            kind: UnreachableKind::Refused,
            detail: String::from("plain http reaches this machine and its link only"),
        }
    }

    pub(super) fn too_long(max_bytes: usize) -> Self {
        Self {
            kind: UnreachableKind::TooLong,
            detail: format!("the reply is longer than {max_bytes} bytes"),
        }
    }

    pub(super) fn busy(status: u16, wait: Duration) -> Self {
        Self {
            kind: UnreachableKind::Busy { status, wait },
            detail: format!("HTTP {status}"),
        }
    }

    /// Whether the service replied, and asked to come back later.
    pub fn is_busy(&self) -> bool {
        matches!(self.kind, UnreachableKind::Busy { .. })
    }
}

impl From<reqwest::Error> for Unreachable {
    fn from(error: reqwest::Error) -> Self {
        // The query of the URL may be confidential.
        let error = error.without_url();
        let kind = kind(&error);
        Self {
            kind,
            detail: innermost(&error),
        }
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            UnreachableKind::UnknownHost => "the host name does not resolve",
            UnreachableKind::Refused => "the connection failed",
            UnreachableKind::Tls => "TLS failed",
            UnreachableKind::TimedOut => "no answer in time",
            UnreachableKind::TooLong => return f.write_str(&self.detail),
            UnreachableKind::Broken => "the reply ended early",
            UnreachableKind::Busy { wait, .. } => {
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
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(current) = cause {
        if current.is::<rustls::Error>() {
            return UnreachableKind::Tls;
        }
        if current.to_string().contains("dns error") {
            return UnreachableKind::UnknownHost;
        }
        cause = below(current);
    }
    if error.is_connect() {
        UnreachableKind::Refused
    } else {
        UnreachableKind::Broken
    }
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
    let mut cause: &(dyn Error + 'static) = error;
    while let Some(next) = below(cause) {
        cause = next;
    }
    kvcert_pki::text::excerpt(&cause.to_string(), 300)
}
