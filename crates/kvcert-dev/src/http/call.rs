//! A request, read and within bounds.

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use tokio::time::timeout;

use super::bounds::PATIENCE;
use super::hosts::Host;
use super::reply::Reply;

/// A request. No `Debug`: its headers hold a token, its body perhaps a secret.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// When it came, by the dev vault's clock.
    pub(crate) now: i64,
}

impl Call {
    /// Reads a request that came at `now`.
    ///
    /// # Errors
    /// The reply to one that is too large, or names no host.
    pub(crate) async fn receive(request: Request, now: i64) -> Result<Self, Reply> {
        let (parts, body) = request.into_parts();
        let body = timeout(PATIENCE, to_bytes(body, MAX_BODY))
            .await
            .map_err(|_| Reply::text(StatusCode::REQUEST_TIMEOUT, "the request did not end"))?
            .map_err(|_| Reply::text(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large"))?;
        Self::of(parts, body, now)
            .ok_or_else(|| Reply::text(StatusCode::BAD_REQUEST, "no usable host name"))
    }

    /// The method that is meant: a client that can send no other than POST says in a
    /// [header](https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses#request-url)
    /// what it would send.
    pub(crate) fn wanted(&self) -> Method {
        let named = self.headers.get("x-http-method");
        let named = named.and_then(|name| Method::from_bytes(name.as_bytes()).ok());
        let tunnelled = [Method::PUT, Method::PATCH, Method::DELETE];
        match named.filter(|named| self.method == Method::POST && tunnelled.contains(named)) {
            Some(named) => named,
            None => self.method.clone(),
        }
    }

    /// Scheme, host and port as the client wrote them: the start of every identifier.
    pub(crate) fn origin(&self) -> String {
        self.origin_of(&self.host)
    }

    /// Another host of ours, as this client would reach it.
    pub(crate) fn origin_of(&self, host: &str) -> String {
        match self.port {
            Some(port) => format!("https://{host}:{port}"),
            None => format!("https://{host}"),
        }
    }

    fn of(parts: Parts, body: Bytes, now: i64) -> Option<Self> {
        let (host, port) = host_and_port(&parts)?;
        Some(Self {
            host,
            port,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            method: parts.method,
            headers: parts.headers,
            body,
            now,
        })
    }

    /// The token that came along, if any.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let value = self.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
    }

    /// Whether it is for a vault, not for the sign-in.
    pub(crate) fn is_for_a_vault(&self) -> bool {
        matches!(self.host(), Host::Vault(_))
    }

    /// What it is for.
    pub(crate) fn host(&self) -> Host<'_> {
        Host::of(&self.host)
    }
}

/// HTTP/2 has the host in the URI, HTTP/1.1 in a header.
fn host_and_port(parts: &Parts) -> Option<(String, Option<u16>)> {
    let authority = match parts.uri.authority() {
        Some(authority) => authority.clone(),
        None => {
            let host = parts.headers.get(header::HOST)?.to_str().ok()?;
            host.parse::<Uri>().ok()?.into_parts().authority?
        }
    };
    let (host, port) = (authority.host(), authority.port_u16());
    let whole = match port {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    // No user name before the host, nothing after it but a port.
    (authority.as_str() == whole).then(|| (host.to_ascii_lowercase(), port))
}

/// Room for the backup of an object with many versions.
const MAX_BODY: usize = 8 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, host: Host<'_>) {
        let request = Request::builder().uri("/secrets").header("host", name);
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(
            Call::of(parts, Bytes::new(), 0).unwrap().host(),
            host,
            "{name}"
        );
    }

    #[test]
    fn the_host_decides() {
        check("demo.vault.localhost:8443", Host::Vault("demo"));
        check("DEMO.vault.localhost", Host::Vault("demo"));
        check("login.localhost:8443", Host::Login);
        check("127.0.0.1:8443", Host::Server);
        check("[::1]:8443", Host::Server);
        check("vault.localhost", Host::Server);
        check("demovault.localhost", Host::Unknown);
        check("example.com", Host::Unknown);
    }

    #[test]
    fn a_broken_host_is_none() {
        for host in [
            "",
            " ",
            "[::1",
            "a b",
            "demo.vault.localhost:0x",
            "me@login.localhost",
        ] {
            let request = Request::builder().uri("/").header("host", host);
            let (parts, ()) = request.body(()).unwrap().into_parts();
            assert!(Call::of(parts, Bytes::new(), 0).is_none(), "{host}");
        }
    }
}
