//! An answer, before it goes out.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use http_body::{Frame, SizeHint};
use serde::Serialize;

use crate::encoding;

/// Status, headers and body. Refusals are replies too, so handlers return `Result<Reply, Reply>`.
pub(crate) struct Reply {
    status: StatusCode,
    content_type: &'static str,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
    cut_short: bool,
}

impl Reply {
    /// 200 and JSON.
    pub(crate) fn ok(value: &impl Serialize) -> Self {
        Self::json(StatusCode::OK, value)
    }

    /// Any status and JSON.
    pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self {
                status,
                content_type: "application/json; charset=utf-8",
                headers: Vec::new(),
                body,
                cut_short: false,
            },
            Err(_) => Self::text(
                StatusCode::INTERNAL_SERVER_ERROR,
                "cannot encode the answer",
            ),
        }
    }

    /// Plain text.
    pub(crate) fn text(status: StatusCode, text: &str) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            headers: Vec::new(),
            body: text.as_bytes().to_vec(),
            cut_short: false,
        }
    }

    /// A page.
    pub(crate) fn html(status: StatusCode, page: &str) -> Self {
        Self {
            content_type: "text/html; charset=utf-8",
            ..Self::text(status, page)
        }
    }

    /// The service's [error body](https://learn.microsoft.com/azure/key-vault/general/rest-error-codes).
    pub(crate) fn error(status: StatusCode, code: &str, message: &str) -> Self {
        Self::refusal(status, code, message, None)
    }

    /// 400: the request itself is wrong.
    pub(crate) fn bad(message: &str) -> Self {
        Self::error(StatusCode::BAD_REQUEST, "BadParameter", message)
    }

    /// 403, with the code that says why.
    pub(crate) fn forbidden(why: &str, message: &str) -> Self {
        Self::refusal(StatusCode::FORBIDDEN, "Forbidden", message, Some(why))
    }

    /// The status.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The body.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// The same answer with another body.
    pub(crate) fn with_body(self, body: Vec<u8>) -> Self {
        Self { body, ..self }
    }

    /// Only half of the body goes out, though the header promises all of it.
    pub(crate) fn cut_short(self) -> Self {
        Self {
            cut_short: true,
            ..self
        }
    }

    /// Adds a header. A value that cannot be one is left out.
    pub(crate) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// Adds headers that are always the same.
    pub(crate) fn with_headers(mut self, headers: &[(&'static str, &'static str)]) -> Self {
        for (name, value) in headers {
            let header = (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
            self.headers.push(header);
        }
        self
    }

    /// The answer as it goes out: with an identifier of its own, and the client's if `asked`, the
    /// headers of the request, has one.
    pub(crate) fn into_response(self, asked: Option<&HeaderMap>) -> Response<Body> {
        let body = if self.cut_short {
            Body::new(TruncatedBody::of(self.body))
        } else {
            Body::from(self.body)
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        if !self.content_type.is_empty() {
            let content_type = HeaderValue::from_static(self.content_type);
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, content_type);
        }
        let headers = response.headers_mut();
        headers.extend(self.headers);
        if let Ok(id) = encoding::guid()
            && let Ok(id) = HeaderValue::from_str(&id)
        {
            headers.insert(REQUEST_ID, id);
        }
        if let Some(id) = asked.and_then(|asked| asked.get(CLIENT_REQUEST_ID)) {
            headers.insert(CLIENT_REQUEST_ID, id.clone());
        }
        response
    }

    /// A status that says everything.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            content_type: "",
            headers: Vec::new(),
            body: Vec::new(),
            cut_short: false,
        }
    }

    /// The service's error body, with the code that says why.
    pub(crate) fn refusal(
        status: StatusCode,
        code: &str,
        message: &str,
        why: Option<&str>,
    ) -> Self {
        let error = ErrorDetail {
            code,
            message,
            innererror: why.map(|code| InnerError { code }),
        };
        Self::json(status, &ErrorBody { error })
    }
}

/// An internal error. Only its outermost words go out: causes may quote what is stored.
impl From<anyhow::Error> for Reply {
    fn from(error: anyhow::Error) -> Self {
        let message = format!("the dev vault failed: {error}");
        Self::error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            &message,
        )
    }
}

/// A body that ends too soon.
struct TruncatedBody {
    bytes: Option<Bytes>,
    promised: u64,
}

impl TruncatedBody {
    fn of(mut body: Vec<u8>) -> Self {
        let promised = body.len() as u64;
        body.truncate(body.len() / 2);
        Self {
            bytes: Some(body.into()),
            promised,
        }
    }
}

impl HttpBody for TruncatedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    /// The server takes the header `Content-Length` from this.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: ErrorDetail<'a>,
}

#[derive(Serialize)]
struct ErrorDetail<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    innererror: Option<InnerError<'a>>,
}

#[derive(Serialize)]
struct InnerError<'a> {
    code: &'a str,
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");
