//! [`Request`]: what is sent, and can be sent again.

use bytes::Bytes;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder, Url};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::transport::Transport;

/// A request. Its body may hold a secret: it is wiped when the last copy is dropped, and copies
/// share the bytes.
pub(super) struct Request {
    method: Method,
    url: Url,
    body: Option<Bytes>,
    /// Bytes.
    pub(super) max_reply: usize,
}

impl Request {
    pub(super) fn get(url: Url) -> Self {
        Self::without_body(Method::GET, url)
    }

    pub(super) fn delete(url: Url) -> Self {
        Self::without_body(Method::DELETE, url)
    }

    /// A POST of nothing, as `backup` and `recover` are.
    pub(super) fn post_empty(url: Url) -> Self {
        Self {
            body: Some(Bytes::new()),
            ..Self::without_body(Method::POST, url)
        }
    }

    /// A POST of JSON.
    pub(super) fn post(url: Url, body: &impl Serialize) -> Self {
        // One buffer of enough room: one that grows leaves copies behind. Strings and numbers
        // always become JSON.
        let mut json = Zeroizing::new(Vec::with_capacity(FIRST_BUFFER));
        serde_json::to_writer(&mut *json, body).unwrap_or_default();
        Self {
            body: Some(Bytes::from_owner(json)),
            ..Self::without_body(Method::POST, url)
        }
    }

    fn without_body(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            body: None,
            max_reply: MAX_REPLY,
        }
    }

    /// The same, whose reply may be longer than others.
    pub(super) fn with_long_reply(self) -> Self {
        Self {
            max_reply: MAX_LONG_REPLY,
            ..self
        }
    }

    pub(super) fn build(&self, transport: &Transport) -> RequestBuilder {
        let request = transport.request(self.method.clone(), self.url.clone());
        match &self.body {
            Some(body) if body.is_empty() => request.header(CONTENT_LENGTH, 0),
            Some(body) => request
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone()),
            None => request,
        }
    }
}

/// An import has a PFX of some kilobytes in it, a backup of a certificate with many versions more.
const FIRST_BUFFER: usize = 64 * 1024;
/// A secret has at most 25 kB; a page of a list has 25 items. Anything near this is no vault.
const MAX_REPLY: usize = 1 << 20;
/// A backup has up to 500 versions.
const MAX_LONG_REPLY: usize = 32 << 20;
