//! What a reply means: done, sign in, wait, or an error.

use std::time::Duration;

use reqwest::{StatusCode, header::CONTENT_TYPE};
use serde::Deserialize;

use super::retry;
use crate::{
    text::excerpt,
    transport::Reply,
    vault::{
        error::{Forbidden, VaultError},
        wire::{ErrorBody, ErrorDetail},
    },
};

/// What to do about a reply.
pub(super) enum Next {
    Done,
    SignIn,
    /// For as long as the service asked, if it did.
    Wait(Option<Duration>),
    Fail(VaultError),
}

/// Judges by status first, then by the codes in the body, never by the words of a message.
/// `attempt` says how often the request has been sent again.
pub(super) fn judge(reply: &Reply, object: &str, attempt: usize) -> Next {
    match reply.status {
        StatusCode::OK => Next::Done,
        StatusCode::UNAUTHORIZED => Next::SignIn,
        status if attempt < retry::tries(status) => match retry::asked(&reply.headers) {
            Some(wait) if wait > LONGEST_WAIT => Next::Fail(error(reply, object)),
            wait => Next::Wait(wait),
        },
        _ => Next::Fail(error(reply, object)),
    }
}

/// Decodes a good reply.
pub(super) fn decode<'a, T: Deserialize<'a>>(reply: &'a Reply) -> Result<T, VaultError> {
    serde_json::from_slice(&reply.body).map_err(|e| {
        // serde's message may quote a value, which may be the secret; position and class do not.
        let problem = format!(
            "its JSON has {} at line {} column {}",
            match e.classify() {
                serde_json::error::Category::Eof => "no end",
                serde_json::error::Category::Data => "a field of another type",
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
        message: message(reply, &detail(reply)),
    }
}

pub(super) fn unexpected(status: StatusCode, problem: impl Into<String>) -> VaultError {
    VaultError::Unexpected {
        status: status.as_u16(),
        problem: problem.into(),
    }
}

fn error(reply: &Reply, object: &str) -> VaultError {
    let detail = detail(reply);
    let message = message(reply, &detail);
    let inner = detail
        .innererror
        .as_ref()
        .and_then(|inner| inner.code.as_deref());
    let object = object.to_owned();
    match reply.status {
        StatusCode::FORBIDDEN => match inner {
            Some("SecretDisabled" | "KeyDisabled" | "CertificateDisabled") => {
                VaultError::Disabled { object }
            }
            inner => VaultError::Forbidden {
                kind: Forbidden::from_code(inner),
                message,
            },
        },
        StatusCode::NOT_FOUND => VaultError::NotFound { object, message },
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

/// The error in the body, or nothing: a proxy on the way may answer in HTML.
fn detail(reply: &Reply) -> ErrorDetail {
    serde_json::from_slice::<ErrorBody>(&reply.body)
        .map(|body| body.error)
        .unwrap_or_default()
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

/// A service that asks for more is as good as down.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
