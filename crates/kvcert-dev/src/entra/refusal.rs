//! How the sign-in says no.

use axum::http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;

use crate::encoding;
use crate::http::call::Call;
use crate::http::reply::Reply;

/// An [error](https://learn.microsoft.com/entra/identity-platform/reference-error-codes) of the sign-in.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    pub(crate) error: &'static str,
    pub(crate) number: u32,
    pub(crate) message: String,
    suberror: Option<&'static str>,
    /// JSON, as text.
    claims: Option<String>,
}

impl Refusal {
    /// The request is not as it must be.
    pub(crate) fn request(number: u32, message: &str) -> Self {
        Self::named("invalid_request", number, message)
    }

    /// The application did not prove who it is.
    pub(crate) fn client(number: u32, message: &str) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            ..Self::named("invalid_client", number, message)
        }
    }

    /// What was handed in for a token is not good for one.
    pub(crate) fn grant(number: u32, message: &str) -> Self {
        Self::named("invalid_grant", number, message)
    }

    /// An error by its name in [RFC 6749](https://www.rfc-editor.org/rfc/rfc6749#section-5.2) or
    /// its kin, with status 400.
    pub(crate) fn named(error: &'static str, number: u32, message: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error,
            number,
            message: message.to_owned(),
            suberror: None,
            claims: None,
        }
    }

    /// What kind of this error it is.
    pub(crate) fn with_suberror(self, suberror: &'static str) -> Self {
        let suberror = Some(suberror);
        Self { suberror, ..self }
    }

    /// What the next request is to ask for.
    pub(crate) fn with_claims(self, claims: &str) -> Self {
        let claims = Some(claims.to_owned());
        Self { claims, ..self }
    }

    /// A field is missing.
    pub(crate) fn missing(name: &str) -> Self {
        let message = format!("The request body must contain the following parameter: '{name}'.");
        Self::request(900144, &message)
    }

    /// The refusal as JSON.
    pub(crate) fn reply(&self, call: &Call) -> Reply {
        let number = self.number;
        let trace_id = encoding::guid().unwrap_or_default();
        let correlation_id = correlation_id(call);
        let timestamp = timestamp(call.now);
        let body = RefusalBody {
            error: self.error,
            error_description: format!(
                "AADSTS{number}: {}\r\nTrace ID: {trace_id}\r\nCorrelation ID: {correlation_id}\r\n\
                 Timestamp: {timestamp}",
                self.message
            ),
            error_codes: [number],
            timestamp,
            trace_id,
            correlation_id,
            error_uri: format!("{}/error?code={number}", call.origin()),
            suberror: self.suberror,
            claims: self.claims.as_deref(),
        };
        Reply::json(self.status, &body)
    }
}

/// An internal error. Only its outermost words go out: causes may quote what is stored.
impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            ..Self::named("server_error", 90033, &error.to_string())
        }
    }
}

/// The client's own identifier of the request, if it sent a usable one.
fn correlation_id(call: &Call) -> String {
    let sent = call.headers.get("client-request-id");
    sent.and_then(|id| id.to_str().ok())
        .filter(|id| id.len() == 36 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'))
        .map_or_else(|| encoding::guid().unwrap_or_default(), String::from)
}

/// `2026-01-02 03:04:05Z`
fn timestamp(now: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(now).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    let month = u8::from(month);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}

/// What assertions are refused with.
pub(crate) const REVIEW: &str = "Review the documentation at \
     https://learn.microsoft.com/entra/identity-platform/certificate-credentials .";

#[derive(Serialize)]
struct RefusalBody<'a> {
    error: &'static str,
    error_description: String,
    error_codes: [u32; 1],
    timestamp: String,
    trace_id: String,
    correlation_id: String,
    error_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    suberror: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_has_all_its_zeros() {
        assert_eq!(timestamp(1_767_323_045), "2026-01-02 03:04:05Z");
    }
}
