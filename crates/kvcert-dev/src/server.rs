//! The edge: which host a request is for, its limits, the headers of the answer, the log.

pub(crate) mod control;
pub(crate) mod managed_identity;
pub(crate) mod pages;
mod resource_manager;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use anyhow::anyhow;
use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;

use self::pages::{Drawer, Page};
use crate::clock::Clock;
use crate::entra::Entra;
use crate::faults::{Plan, Spoiler, Switches};
use crate::http::log::Log;
use crate::http::reply::Reply;
use crate::settings::Settings;
use crate::store::Store;
use crate::vault::route::route;
use crate::vault::{Desk, authentication, authorization};
use crate::{encoding, graph};

/// Vaults are at `NAME.vault.localhost`, a subdomain of the resource that tokens are for.
pub(crate) const VAULT_SUFFIX: &str = "vault.localhost";
/// The small Entra.
pub(crate) const LOGIN_HOST: &str = "login.localhost";

/// What every request needs.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) store: Store,
    pub(crate) entra: Entra,
    pub(crate) log: Log,
    pub(crate) clock: Clock,
    pub(crate) settings: Arc<Settings>,
    pub(crate) switches: Switches,
    /// Who draws pages, if someone does.
    pub(crate) pages: OnceLock<Drawer>,
}

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
    /// The method that is meant: a client that can send no other than POST says in a
    /// [header](https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses#request-url)
    /// what it would send.
    fn wanted(&self) -> Method {
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
        matches!(self.place(), Place::Vault(_))
    }

    fn place(&self) -> Place<'_> {
        match self.host.strip_suffix(VAULT_SUFFIX) {
            Some(name) if !name.is_empty() => match name.strip_suffix('.') {
                Some(name) => Place::Vault(name),
                None => Place::Nowhere,
            },
            _ if self.host == LOGIN_HOST => Place::Login,
            _ if self.host == graph::HOST => Place::Graph,
            _ if OWN_HOSTS.contains(&&*self.host) => Place::Own,
            _ => Place::Nowhere,
        }
    }
}

/// Every request goes one way, so that each one is checked and logged.
pub(crate) fn app(site: Arc<Site>) -> Router {
    Router::new().fallback(handle).with_state(site)
}

async fn handle(
    State(site): State<Arc<Site>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let call = match receive(&site, request).await {
        Ok(call) => call,
        Err(refusal) => return respond(refusal, None),
    };
    if let Some((drawer, vault, page)) = page(&site, &call) {
        let reply = pages::answer(drawer, vault, page, &call, peer).await;
        return respond(reply, None);
    }
    if call.path.starts_with(CONTROL) && call.place() != Place::Nowhere {
        return respond(control::answer(&site, &call, peer), None);
    }
    let mut plan = plan(&site, &call);
    // Even a sleep of no length takes a millisecond.
    if !plan.latency.is_zero() {
        tokio::time::sleep(plan.latency).await;
    }
    let refusal = plan.refusal.take();
    let call = Arc::new(call);
    let reply = match call.place() {
        // A lookup is done at once. What writes waits for the disk, or makes keys.
        Place::Vault(_) if call.method != Method::GET => {
            let (site, call) = (Arc::clone(&site), Arc::clone(&call));
            tokio::task::spawn_blocking(move || in_vault(&site, &call, refusal))
                .await
                .unwrap_or_else(|_| anyhow!("a request ended early").into())
        }
        Place::Vault(_) => in_vault(&site, &call, refusal),
        Place::Login => refusal.unwrap_or_else(|| at_login(&site, &call)),
        Place::Graph => refusal.unwrap_or_else(|| at_graph(&site, &call)),
        Place::Own | Place::Nowhere => Reply::text(
            StatusCode::NOT_FOUND,
            &format!("there is nothing at `{}`", call.host),
        ),
    };
    let spoil = |reply, spoiler: &Spoiler| spoiler.spoil(reply, &call);
    let reply = plan.spoilers.iter().fold(reply, spoil);
    site.log.add(&call, reply.status(), plan.names);
    respond(reply, Some(&call))
}

/// The page that a browser asks for, of which vault, and who draws it.
fn page<'a>(site: &'a Site, call: &Call) -> Option<(&'a Drawer, Option<String>, Page)> {
    let (drawer, page) = (site.pages.get()?, pages::wanted(call)?);
    let vault = match call.place() {
        Place::Vault(name) => {
            site.store.vault(name).ok()??;
            Some(name.to_owned())
        }
        Place::Own => None,
        _ => return None,
    };
    Some((drawer, vault, page))
}

/// Reads a request.
pub(crate) async fn receive(site: &Site, request: Request) -> Result<Call, Reply> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY)
        .await
        .map_err(|_| Reply::text(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large"))?;
    Call::of(parts, body, site.clock.now())
        .ok_or_else(|| Reply::text(StatusCode::BAD_REQUEST, "no usable host name"))
}

/// What the switches make of a request. To one without a good token they do nothing: every client
/// starts with one, to hear where to sign in.
fn plan(site: &Site, call: &Call) -> Plan {
    if site.switches.are_off()
        || call.is_for_a_vault() && authentication::check(&site.entra, call).is_err()
    {
        return Plan::default();
    }
    site.switches.plan(call, &site.entra)
}

fn in_vault(site: &Site, call: &Call, refusal: Option<Reply>) -> Reply {
    let Place::Vault(vault) = call.place() else {
        return anyhow!("a request for no vault").into();
    };
    let record = match site.store.vault(vault) {
        Ok(Some(record)) => record,
        Ok(None) => {
            let message = format!("there is no vault `{vault}` here");
            return Reply::text(StatusCode::NOT_FOUND, &message);
        }
        Err(error) => return error.into(),
    };
    // The token first: clients send their first request without one, and without a body.
    authentication::check(&site.entra, call)
        .and_then(|claims| refusal.map_or(Ok(claims), Err))
        .and_then(|claims| {
            let route = route(&call.wanted(), &call.path)?;
            authorization::check(&site.entra, vault, &route, &claims)?;
            Desk::open(site, vault, record, call, route)?.answer()
        })
        .unwrap_or_else(|refusal| refusal)
        .with_headers(VAULT_HEADERS)
}

fn at_login(site: &Site, call: &Call) -> Reply {
    resource_manager::answer(call)
        .unwrap_or_else(|| site.entra.answer(call))
        .with_headers(LOGIN_HEADERS)
}

fn at_graph(site: &Site, call: &Call) -> Reply {
    graph::answer(&site.entra, call).with_headers(LOGIN_HEADERS)
}

/// Sends an answer.
pub(crate) fn respond(reply: Reply, call: Option<&Call>) -> Response {
    let mut response = reply.into_response();
    let headers = response.headers_mut();
    if let Ok(id) = encoding::guid()
        && let Ok(id) = HeaderValue::from_str(&id)
    {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(id) = call.and_then(|call| call.headers.get(CLIENT_REQUEST_ID)) {
        headers.insert(CLIENT_REQUEST_ID, id.clone());
    }
    response
}

/// The part of the server that a request is for.
#[derive(Debug, PartialEq, Eq)]
enum Place<'a> {
    Vault(&'a str),
    Login,
    Graph,
    /// A name of this server, where only `/_dev/` is.
    Own,
    Nowhere,
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

/// The dev vault's own endpoints, at every host of ours.
const CONTROL: &str = "/_dev/";
/// Room for the backup of an object with many versions.
const MAX_BODY: usize = 8 << 20;
const OWN_HOSTS: [&str; 4] = [VAULT_SUFFIX, "localhost", "127.0.0.1", "[::1]"];
const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");
const VAULT_HEADERS: &[(&str, &str)] = &[
    ("cache-control", "no-cache"),
    ("pragma", "no-cache"),
    ("expires", "-1"),
    (
        "strict-transport-security",
        "max-age=31536000;includeSubDomains",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-ms-keyvault-region", "localhost"),
    ("x-ms-keyvault-service-version", env!("CARGO_PKG_VERSION")),
    (
        "x-ms-keyvault-network-info",
        "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;",
    ),
];
const LOGIN_HEADERS: &[(&str, &str)] = &[
    ("cache-control", "no-store, no-cache"),
    ("pragma", "no-cache"),
    ("x-content-type-options", "nosniff"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, place: Place<'_>) {
        let request = Request::builder().uri("/secrets").header("host", host);
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(
            Call::of(parts, Bytes::new(), 0).unwrap().place(),
            place,
            "{host}"
        );
    }

    #[test]
    fn the_host_decides() {
        check("demo.vault.localhost:8443", Place::Vault("demo"));
        check("DEMO.vault.localhost", Place::Vault("demo"));
        check("login.localhost:8443", Place::Login);
        check("127.0.0.1:8443", Place::Own);
        check("[::1]:8443", Place::Own);
        check("vault.localhost", Place::Own);
        check("demovault.localhost", Place::Nowhere);
        check("example.com", Place::Nowhere);
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
