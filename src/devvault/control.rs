//! `/_dev/`: the dev vault's own endpoints, for tests and for `kvcert dev`. They need no token, so
//! they answer this machine only, and no page of another site.

use std::net::SocketAddr;

use axum::http::uri::Scheme;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use serde::Serialize;
use serde_json::{Map, Value};

use super::http::{Call, Site};
use super::reply::Reply;
use super::switches::NAMES;

/// Answers a request to `/_dev/…`.
pub(super) fn answer(site: &Site, call: &Call, peer: SocketAddr) -> Reply {
    if !peer.ip().is_loopback() {
        return refuse("only this machine may ask for this");
    }
    if is_from_another_site(&call.headers) {
        return refuse("no page of another site may ask for this");
    }
    let segments: Vec<&str> = call
        .path
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    match (&call.method, &segments[1..]) {
        (&Method::GET, ["requests"]) => site.log.reply(),
        (&Method::DELETE, ["requests"]) => {
            site.log.clear();
            site.log.reply()
        }
        (&Method::GET, ["switches"]) => state(site),
        (&Method::PUT, ["switches"]) => changed(site, set_all(site, &call.body, true)),
        (&Method::POST, ["switches"]) => changed(site, set_all(site, &call.body, false)),
        (&Method::DELETE, ["switches"]) => {
            site.switches.clear_all();
            state(site)
        }
        (&Method::PUT | &Method::POST, ["switches", name]) => changed(
            site,
            read(&call.body).and_then(|value| site.switches.set(name, value)),
        ),
        (&Method::DELETE, ["switches", name]) => changed(site, site.switches.clear(name)),
        (_, ["requests"] | ["switches"] | ["switches", _]) => Reply::text(
            StatusCode::METHOD_NOT_ALLOWED,
            "GET shows, PUT and POST set, DELETE clears",
        ),
        _ => Reply::text(
            StatusCode::NOT_FOUND,
            "there are only /_dev/requests and /_dev/switches",
        ),
    }
}

/// Browsers say where a request comes from. What says nothing is no browser.
fn is_from_another_site(headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    if let Some(site) = headers.get("sec-fetch-site")
        && !["same-origin", "none"]
            .map(str::as_bytes)
            .contains(&site.as_bytes())
    {
        return true;
    }
    let Some(origin) = text(header::ORIGIN) else {
        return false;
    };
    let authority = origin.parse::<Uri>().ok().and_then(|origin| {
        let parts = origin.into_parts();
        (parts.scheme? == Scheme::HTTPS).then_some(parts.authority?)
    });
    // HTTP/2 has no Host header; browsers that speak it send Sec-Fetch-Site.
    match (authority, text(header::HOST)) {
        (Some(authority), Some(host)) => !authority.as_str().eq_ignore_ascii_case(host),
        _ => true,
    }
}

/// Sets the switches that are named; the others go off if `only` these are to be on.
fn set_all(site: &Site, body: &[u8], only: bool) -> Result<(), String> {
    let Value::Object(settings) = read(body)? else {
        return Err(String::from(
            "the body must be an object: a switch, its setting",
        ));
    };
    if only {
        site.switches.clear_all();
    }
    set_each(site, settings)
}

fn set_each(site: &Site, settings: Map<String, Value>) -> Result<(), String> {
    settings
        .into_iter()
        .try_for_each(|(name, value)| site.switches.set(&name, value))
}

/// An empty body is as good as `true`.
fn read(body: &[u8]) -> Result<Value, String> {
    if body.is_empty() {
        return Ok(Value::Bool(true));
    }
    serde_json::from_slice(body).map_err(|error| format!("the body is no JSON: {error}"))
}

fn changed(site: &Site, result: Result<(), String>) -> Reply {
    match result {
        Ok(()) => state(site),
        Err(why) => Reply::bad(&why),
    }
}

fn state(site: &Site) -> Reply {
    Reply::ok(&State {
        switches: site.switches.state().into_iter().collect(),
        available: NAMES,
    })
}

fn refuse(why: &str) -> Reply {
    Reply::text(StatusCode::FORBIDDEN, why)
}

#[derive(Serialize)]
struct State {
    switches: Map<String, Value>,
    available: &'static [&'static str],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &'static str)], from_another: bool) {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        assert_eq!(is_from_another_site(&headers), from_another, "{headers:?}");
    }

    #[test]
    fn pages_of_other_sites_are_known_by_what_browsers_say() {
        let host = ("host", "demo.vault.localhost:8443");
        check(&[host], false);
        check(
            &[host, ("origin", "https://demo.vault.localhost:8443")],
            false,
        );
        check(&[host, ("origin", "https://example.com")], true);
        check(
            &[host, ("origin", "http://demo.vault.localhost:8443")],
            true,
        );
        check(&[host, ("origin", "null")], true);
        check(&[("origin", "https://demo.vault.localhost:8443")], true);
        check(&[host, ("sec-fetch-site", "cross-site")], true);
        check(&[host, ("sec-fetch-site", "same-site")], true);
        check(&[host, ("sec-fetch-site", "none")], false);
        check(&[host, ("sec-fetch-site", "same-origin")], false);
    }
}
