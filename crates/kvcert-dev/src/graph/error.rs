//! How Graph says no.

use axum::http::{StatusCode, header};
use serde::Serialize;

use crate::calendar::rfc3339;
use crate::encoding;
use crate::http::call::Call;
use crate::http::reply::Reply;

/// An [error](https://learn.microsoft.com/graph/errors) of Graph.
#[derive(Debug)]
pub(crate) struct GraphError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl GraphError {
    /// 400: the request itself is wrong.
    pub(crate) fn bad(message: &str) -> Self {
        Self::because("Request_BadRequest", message)
    }

    /// 400 with a code of its own.
    pub(crate) fn because(code: &'static str, message: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            message: message.to_owned(),
        }
    }

    /// 401: no token, or none that holds.
    pub(crate) fn token(message: &str) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            code: "InvalidAuthenticationToken",
            message: message.to_owned(),
        }
    }

    /// 403: the caller lacks the permission.
    pub(crate) fn denied() -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            code: "Authorization_RequestDenied",
            message: String::from("Insufficient privileges to complete the operation."),
        }
    }

    /// 404: there is no such object, or none yet.
    pub(crate) fn missing(id: &str) -> Self {
        let shown: String = id.chars().take(100).collect();
        Self {
            status: StatusCode::NOT_FOUND,
            code: "Request_ResourceNotFound",
            message: format!(
                "Resource '{shown}' does not exist or one of its queried reference-property \
                 objects are not present."
            ),
        }
    }

    /// 404: there is no such operation.
    pub(crate) fn unknown(call: &Call) -> Self {
        let message = format!("No operation for {} at '{}'.", call.method, call.path);
        Self {
            status: StatusCode::NOT_FOUND,
            ..Self::because("UnknownError", &message)
        }
    }

    /// 409: another object has that name.
    pub(crate) fn conflict(message: &str) -> Self {
        Self {
            status: StatusCode::CONFLICT,
            ..Self::because("Request_MultipleObjectsWithSameKeyValue", message)
        }
    }

    /// The error as JSON.
    pub(crate) fn reply(&self, call: &Call) -> Reply {
        let date = rfc3339(call.now);
        let sent = call.headers.get("client-request-id");
        let request_id = encoding::guid().unwrap_or_default();
        let client_request_id = sent
            .and_then(|id| id.to_str().ok())
            .map_or_else(|| request_id.clone(), String::from);
        let body = Body {
            error: Detail {
                code: self.code,
                message: &self.message,
                inner_error: Inner {
                    date: date.trim_end_matches('Z').to_owned(),
                    request_id,
                    client_request_id,
                },
            },
        };
        let reply = Reply::json(self.status, &body);
        match self.status {
            StatusCode::UNAUTHORIZED => reply.with_header(header::WWW_AUTHENTICATE, CHALLENGE),
            _ => reply,
        }
    }
}

/// An internal error. Only its outermost words go out: causes may quote what is stored.
impl From<anyhow::Error> for GraphError {
    fn from(error: anyhow::Error) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "Service_InternalServerError",
            message: format!("the dev vault failed: {error}"),
        }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error: Detail<'a>,
}

#[derive(Serialize)]
struct Detail<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(rename = "innerError")]
    inner_error: Inner,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Inner {
    date: String,
    request_id: String,
    client_request_id: String,
}

const CHALLENGE: &str = "Bearer realm=\"\", \
     authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
     client_id=\"00000003-0000-0000-c000-000000000000\"";
