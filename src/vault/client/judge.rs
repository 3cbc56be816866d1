//! What a reply means: an object, or an error. Decided by the status first, then by the codes in the
//! body, never by the words of a message.

use kvcert_pki::text::excerpt;
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;

use crate::transport::{Reply, retry};
use crate::vault::error::{Conflict, Forbidden, VaultError};
use crate::vault::permission::Permission;
use crate::vault::wire::{ErrorBody, ErrorDetail};

/// What a call is about, for error messages.
pub(super) struct Call {
    /// The object, such as "secret `web`".
    pub(super) object: String,
    pub(super) permission: Permission,
}

/// Decodes the body of a successful reply.
pub(super) fn decode<'a, T: Deserialize<'a>>(reply: &'a Reply) -> Result<T, VaultError> {
    let text = std::str::from_utf8(&reply.body)
        .map_err(|_| unexpected(reply.status, "its JSON is not UTF-8"))?;
    serde_json::from_str(text).map_err(|e| {
        // serde's message may quote a value, which may be the secret; position and class do not.
        let problem = format!(
            "its JSON has {} at line {} column {}",
            match e.classify() {
                serde_json::error::Category::Eof => "no end",
                serde_json::error::Category::Data => "a field of another type, or twice",
                _ => "a mistake",
            },
            e.line(),
            e.column()
        );
        unexpected(reply.status, problem)
    })
}

pub(super) fn unauthorized(reply: &Reply) -> VaultError {
    VaultError::Unauthorized {
        message: message(reply, &detail(reply).unwrap_or_default()),
        clock_ahead: clock_ahead(reply),
    }
}

pub(super) fn unexpected(status: StatusCode, problem: impl Into<String>) -> VaultError {
    VaultError::Unexpected {
        status: status.as_u16(),
        problem: problem.into(),
    }
}

/// What an unsuccessful reply means.
pub(super) fn refusal(reply: &Reply, call: &Call) -> VaultError {
    let found = detail(reply);
    let is_the_vault = found.is_some();
    let detail = found.unwrap_or_default();
    let message = message(reply, &detail);
    let inner = detail
        .innererror
        .as_ref()
        .and_then(|inner| inner.code.as_deref());
    let object = call.object.clone();
    match reply.status {
        StatusCode::FORBIDDEN => match inner {
            Some("SecretDisabled" | "KeyDisabled" | "CertificateDisabled") => {
                VaultError::Disabled { object }
            }
            inner => VaultError::Forbidden {
                kind: if is_the_vault {
                    Forbidden::from_code(inner)
                } else {
                    Forbidden::NotTheVault
                },
                permission: call.permission,
                message,
            },
        },
        StatusCode::NOT_FOUND => VaultError::NotFound { object, message },
        StatusCode::CONFLICT => VaultError::Conflict {
            kind: Conflict::from_codes(detail.code.as_deref(), inner),
            object,
            message,
        },
        StatusCode::BAD_REQUEST if is_the_vault => VaultError::Rejected { object, message },
        StatusCode::TOO_MANY_REQUESTS => VaultError::Throttled {
            retry_after: retry::asked(&reply.headers),
        },
        status if status.is_server_error() => VaultError::ServiceFailed {
            status: status.as_u16(),
            message,
        },
        status => unexpected(status, message),
    }
}

/// The error in the body, or nothing: a proxy may reply in HTML.
fn detail(reply: &Reply) -> Option<ErrorDetail> {
    serde_json::from_slice::<ErrorBody>(&reply.body)
        .ok()
        .map(|body| body.error)
}

/// How far this machine's clock is ahead of the service's, in seconds, where it is so far off that
/// tokens seem expired, or not valid yet.
pub(super) fn clock_ahead(reply: &Reply) -> Option<i64> {
    let ahead = reply.clock_ahead()?;
    (ahead.abs() > CLOCK_TOLERANCE).then_some(ahead)
}

fn message(reply: &Reply, detail: &ErrorDetail) -> String {
    if let Some(message) = &detail.message {
        let one_line = message.split_whitespace().collect::<Vec<_>>().join(" ");
        return excerpt(&one_line, 600);
    }
    if let Some(code) = &detail.code {
        return excerpt(code, 100);
    }
    let kind = reply
        .headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = excerpt(kind.unwrap_or("no content type"), 60);
    format!(
        "HTTP {} with a body that is not Key Vault's ({kind})",
        reply.status.as_u16()
    )
}

/// Entra and Key Vault allow five minutes.
const CLOCK_TOLERANCE: i64 = 240;
