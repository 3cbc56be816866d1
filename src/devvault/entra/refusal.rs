//! How the sign-in says no.

use axum::http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;

use crate::devvault::encoding;
use crate::devvault::http::Call;
use crate::devvault::reply::Reply;

/// An [error](https://learn.microsoft.com/entra/identity-platform/reference-error-codes) of the sign-in.
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) error: &'static str,
    pub(super) number: u32,
    pub(super) message: String,
}

impl Refusal {
    /// The request is not as it must be.
    pub(super) fn request(number: u32, message: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error: "invalid_request",
            number,
            message: message.to_owned(),
        }
    }

    /// The refusal as JSON.
    pub(super) fn reply(&self, call: &Call) -> Reply {
        let number = self.number;
        let trace_id = encoding::guid().unwrap_or_default();
        let correlation_id = encoding::guid().unwrap_or_default();
        let timestamp = timestamp(OffsetDateTime::now_utc());
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
        };
        Reply::json(self.status, &body)
    }
}

/// `2026-01-02 03:04:05Z`
fn timestamp(at: OffsetDateTime) -> String {
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    let month = u8::from(month);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}

#[derive(Serialize)]
struct RefusalBody {
    error: &'static str,
    error_description: String,
    error_codes: [u32; 1],
    timestamp: String,
    trace_id: String,
    correlation_id: String,
    error_uri: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_has_all_its_zeros() {
        let at = OffsetDateTime::from_unix_timestamp(1_767_323_045).unwrap();
        assert_eq!(timestamp(at), "2026-01-02 03:04:05Z");
    }
}
