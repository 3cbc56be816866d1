//! [`Request`]: a request that can be sent more than once.

use bytes::Bytes;
use kvcert_pki::text::mask;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Body, Method, Url};
use serde::Serialize;
use zeroize::Zeroizing;

use super::retry::RetryPolicy;

/// A request to a service. A JSON body may hold a secret: it is wiped when the last copy is
/// dropped, and copies share the bytes.
pub(crate) struct Request<'a> {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Bytes>,
    /// Secrets that are masked in a refusal, in case the service echoes them.
    secrets: Vec<&'a str>,
    /// Bytes.
    pub(super) max_reply: usize,
    pub(super) policy: RetryPolicy,
}

impl<'a> Request<'a> {
    /// A request without a body. Unless it is a GET, it counts as one that changes something.
    pub(crate) fn new(method: Method, url: Url) -> Self {
        let policy = match method {
            Method::GET => RetryPolicy::READ,
            _ => RetryPolicy::CHANGE,
        };
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
            secrets: Vec::new(),
            max_reply: MAX_REPLY,
            policy,
        }
    }

    pub(crate) fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    pub(crate) fn delete(url: Url) -> Self {
        Self::new(Method::DELETE, url)
    }

    /// An empty POST, as `backup` and `recover` are.
    pub(crate) fn post_empty(url: Url) -> Self {
        Self::new(Method::POST, url).with_header(CONTENT_LENGTH.as_str(), HeaderValue::from(0))
    }

    /// A POST of JSON.
    pub(crate) fn post(url: Url, body: &impl Serialize) -> Self {
        Self::new(Method::POST, url).with_json(body)
    }

    /// A POST of a form. The fields named in `secret` are masked in refusals.
    pub(crate) fn post_form(url: Url, fields: &[(&str, &'a str)], secret: &[&str]) -> Self {
        // The query of a URL is encoded as a form is (WHATWG URL section 5.2).
        let mut form = url.clone();
        form.query_pairs_mut().clear().extend_pairs(fields);
        let form = form.query().unwrap_or_default().to_owned();
        let secrets = fields.iter().filter(|(name, _)| secret.contains(name));
        Self {
            secrets: secrets.map(|(_, value)| *value).collect(),
            body: Some(Bytes::from_owner(Zeroizing::new(form.into_bytes()))),
            ..Self::new(Method::POST, url)
        }
        .with_content_type("application/x-www-form-urlencoded")
    }

    /// The same request, with a body of JSON.
    pub(crate) fn with_json(self, body: &impl Serialize) -> Self {
        // One buffer that is large enough: growing leaves copies behind. Strings and numbers always
        // become JSON.
        let mut json = Zeroizing::new(Vec::with_capacity(FIRST_BUFFER));
        serde_json::to_writer(&mut *json, body).unwrap_or_default();
        Self {
            body: Some(Bytes::from_owner(json)),
            ..self
        }
        .with_content_type("application/json")
    }

    /// The same request, with this header. A value that is marked as sensitive is masked in
    /// refusals.
    pub(crate) fn with_header(mut self, name: &'static str, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same request, whose reply may have so many bytes.
    pub(crate) fn with_max_reply(self, max_reply: usize) -> Self {
        Self { max_reply, ..self }
    }

    /// The same request, sent again as `policy` says.
    pub(crate) fn with_policy(self, policy: RetryPolicy) -> Self {
        Self { policy, ..self }
    }

    fn with_content_type(self, kind: &'static str) -> Self {
        self.with_header(CONTENT_TYPE.as_str(), HeaderValue::from_static(kind))
    }

    /// The request for one try.
    pub(super) fn to_send(&self) -> reqwest::Request {
        let mut request = reqwest::Request::new(self.method.clone(), self.url.clone());
        *request.headers_mut() = self.headers.clone();
        *request.body_mut() = self.body.clone().map(Body::from);
        request
    }

    /// Masks in a refusal the secrets of this request, which was sent with `headers`.
    pub(super) fn mask(&self, headers: &HeaderMap, refusal: &mut [u8]) {
        for secret in &self.secrets {
            mask(refusal, secret.as_bytes());
        }
        for (name, value) in headers.iter().filter(|(_, value)| value.is_sensitive()) {
            let value = value.as_bytes();
            // After the scheme, such as `Bearer` (RFC 9110 section 11.6.2).
            let scheme = value.iter().position(|byte| *byte == b' ');
            match scheme.filter(|_| *name == AUTHORIZATION) {
                Some(end) => mask(refusal, &value[end + 1..]),
                None => mask(refusal, value),
            }
        }
    }
}

/// An import contains a PFX of some kilobytes, and a restore can be larger.
const FIRST_BUFFER: usize = 64 * 1024;
/// A secret has at most 25 kB; a page of a list has 25 items. Anything near this is no vault.
const MAX_REPLY: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_encoded_and_their_secrets_masked() {
        let url: Url = "https://login.example/token?x=1".parse().unwrap();
        let secret = "a secret&of=some+length";
        let fields = [("client_id", "abc"), ("client_secret", secret)];
        let request = Request::post_form(url.clone(), &fields, &["client_secret"]);
        let sent = request.to_send();
        assert_eq!(*sent.url(), url);
        let body = sent.body().and_then(Body::as_bytes).unwrap();
        let expected = "client_id=abc&client_secret=a+secret%26of%3Dsome%2Blength";
        assert_eq!(String::from_utf8_lossy(body), expected);
        let mut refusal = format!("abc has the secret `{secret}`").into_bytes();
        request.mask(sent.headers(), &mut refusal);
        let refusal = String::from_utf8(refusal).unwrap();
        assert_eq!(refusal, "abc has the secret `***********************`");
    }

    #[test]
    fn sensitive_headers_are_masked() {
        let url: Url = "https://vault.example/".parse().unwrap();
        let mut headers = HeaderMap::new();
        for (name, value, is_sensitive) in [
            ("authorization", "Bearer eyJ0.a-token", true),
            ("x-identity-header", "header secret", true),
            ("accept", "application/json", false),
        ] {
            let mut value = HeaderValue::from_static(value);
            value.set_sensitive(is_sensitive);
            headers.insert(name, value);
        }
        let mut refusal = b"eyJ0.a-token, header secret, application/json".to_vec();
        Request::get(url).mask(&headers, &mut refusal);
        let refusal = String::from_utf8(refusal).unwrap();
        assert_eq!(refusal, "************, *************, application/json");
    }
}
