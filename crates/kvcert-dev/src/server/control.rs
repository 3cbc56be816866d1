//! `/_dev/`: the dev vault's own endpoints, for tests and for `kvcert dev`. They need no token, so
//! they answer the user who started it only, on this machine, and no page of another site.

use axum::http::{HeaderMap, Method, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value};

use super::app_state::AppState;
use super::owner::{self, Connection};
use super::pages;
use crate::faults::Switches;
use crate::faults::effect::NAMES;
use crate::http::call::Call;
use crate::http::reply::Reply;

/// Answers a request to `/_dev/…`.
pub(crate) fn answer(state: &AppState, call: &Call, connection: Connection) -> Reply {
    let AppState { log, switches, .. } = state;
    if let Err(refusal) = expect_local(call, connection) {
        return refusal;
    }
    let code = &state.entra.start_code;
    if call.path == pages::SIGN_IN && call.method == Method::POST {
        return pages::sign_in(call, code);
    }
    if !owner::is_asking(call, code, connection) {
        return refuse(NOT_THE_OWNER);
    }
    let segments: Vec<&str> = call
        .path
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    match (&call.method, &segments[1..]) {
        (&Method::GET, ["requests"]) => log.reply(),
        (&Method::DELETE, ["requests"]) => {
            log.clear();
            log.reply()
        }
        (&Method::GET, ["switches"]) => show(switches),
        (&Method::PUT, ["switches"]) => changed(switches, set_all(switches, &call.body, true)),
        (&Method::POST, ["switches"]) => changed(switches, set_all(switches, &call.body, false)),
        (&Method::DELETE, ["switches"]) => {
            switches.clear_all();
            show(switches)
        }
        (&Method::PUT | &Method::POST, ["switches", name]) => changed(
            switches,
            read(&call.body).and_then(|value| switches.set(name, value)),
        ),
        (&Method::DELETE, ["switches", name]) => changed(switches, switches.clear(name)),
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

/// Lets this machine through, but no page of another site.
pub(crate) fn expect_local(call: &Call, connection: Connection) -> Result<(), Reply> {
    if !connection.is_local() {
        return Err(refuse("only this machine may ask for this"));
    }
    if is_from_another_site(&call.headers, &call.origin()) {
        return Err(refuse("no page of another site may ask for this"));
    }
    Ok(())
}

/// Browsers say where a request comes from. A client that says nothing is not a browser. `own` is the origin
/// that the request is for.
fn is_from_another_site(headers: &HeaderMap, own: &str) -> bool {
    let is_other = |site: &[u8]| site != b"same-origin" && site != b"none";
    if let Some(site) = headers.get("sec-fetch-site")
        && is_other(site.as_bytes())
    {
        return true;
    }
    let origin = headers.get(header::ORIGIN);
    origin.is_some_and(|origin| !origin.as_bytes().eq_ignore_ascii_case(own.as_bytes()))
}

/// Sets the switches that are named; the others go off if `only` these are to be on.
fn set_all(switches: &Switches, body: &[u8], only: bool) -> Result<(), String> {
    let Value::Object(settings) = read(body)? else {
        return Err(String::from(
            "the body must be an object: a switch, its setting",
        ));
    };
    if only {
        switches.clear_all();
    }
    set_each(switches, settings)
}

fn set_each(switches: &Switches, settings: Map<String, Value>) -> Result<(), String> {
    settings
        .into_iter()
        .try_for_each(|(name, value)| switches.set(&name, value))
}

/// An empty body is as good as `true`.
fn read(body: &[u8]) -> Result<Value, String> {
    if body.is_empty() {
        return Ok(Value::Bool(true));
    }
    serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))
}

fn changed(switches: &Switches, result: Result<(), String>) -> Reply {
    match result {
        Ok(()) => show(switches),
        Err(why) => Reply::bad(&why),
    }
}

fn show(switches: &Switches) -> Reply {
    Reply::ok(&State {
        switches: switches.state().into_iter().collect(),
        available: NAMES,
    })
}

fn refuse(why: &str) -> Reply {
    Reply::text(StatusCode::FORBIDDEN, why)
}

const NOT_THE_OWNER: &str = "only the user who started the dev vault may ask for this: send the \
    start-up code, which it shows when it starts, as a bearer token";

#[derive(Serialize)]
struct State {
    switches: Map<String, Value>,
    available: &'static [&'static str],
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://demo.vault.localhost:8443";

    #[track_caller]
    fn check(headers: &[(&'static str, &'static str)], from_another: bool) {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        assert_eq!(
            is_from_another_site(&headers, OWN),
            from_another,
            "{headers:?}"
        );
    }

    #[test]
    fn pages_of_other_sites_are_known_by_what_browsers_say() {
        check(&[], false);
        check(&[("origin", OWN)], false);
        check(&[("origin", "https://DEMO.vault.localhost:8443")], false);
        check(&[("origin", "https://example.com")], true);
        check(&[("origin", "https://demo.vault.localhost")], true);
        check(&[("origin", "https://other.vault.localhost:8443")], true);
        check(&[("origin", "http://demo.vault.localhost:8443")], true);
        check(&[("origin", "null")], true);
        check(&[("sec-fetch-site", "cross-site")], true);
        check(&[("sec-fetch-site", "same-site")], true);
        check(&[("sec-fetch-site", "none")], false);
        check(&[("sec-fetch-site", "same-origin")], false);
        check(&[("sec-fetch-site", "cross-site"), ("origin", OWN)], true);
    }
}
