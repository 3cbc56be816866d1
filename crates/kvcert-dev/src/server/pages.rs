//! Pages for people, at `/` of a vault. Here it is decided who gets one; who serves the vault draws
//! them, as the dev vault itself knows nothing of what clients show.

use axum::http::{Method, StatusCode, header};
use tokio::sync::{mpsc, oneshot};

use super::control;
use super::owner::{self, Connection};
use crate::entra::start_code::StartCode;
use crate::http::call::Call;
use crate::http::reply::Reply;

/// What a page is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// A vault's certificates.
    Vault,
    /// One certificate, by its name as it was asked for.
    Certificate(String),
    /// The requests as they come, and the switches.
    Live,
}

/// A page that someone waits for.
#[derive(Debug)]
pub struct PageRequest {
    /// The vault's name; `None`: the one that the dev vault was started with.
    pub vault: Option<String>,
    /// The page.
    pub page: Page,
    answer: oneshot::Sender<(u16, String)>,
}

impl PageRequest {
    /// Sends the status and the HTML. Does nothing if nobody waits any more.
    pub fn answer(self, status: u16, html: String) {
        let _ = self.answer.send((status, html));
    }
}

/// Where requests for pages go.
pub(crate) type PageSender = mpsc::Sender<PageRequest>;

/// Where requests for pages go, and where they come from.
pub(crate) fn channel() -> (PageSender, mpsc::Receiver<PageRequest>) {
    mpsc::channel(MOST_WAITING)
}

/// The page that a browser asks for. Programs send a token, or do not ask for HTML.
pub(crate) fn wanted(call: &Call) -> Option<Page> {
    let accept = call.headers.get(header::ACCEPT)?.to_str().ok()?;
    let kinds = accept.split(',').map(|kind| kind.split(';').next());
    let mut kinds = kinds.flatten().map(str::trim);
    let is_browser = call.method == Method::GET
        && !call.headers.contains_key(header::AUTHORIZATION)
        && kinds.any(|kind| kind.eq_ignore_ascii_case("text/html"));
    if !is_browser {
        return None;
    }
    match call.path.as_str() {
        "/" => Some(Page::Vault),
        LIVE => Some(Page::Live),
        path => {
            let name = path.strip_prefix(CERTIFICATES)?;
            (!name.is_empty()).then(|| Page::Certificate(name.to_owned()))
        }
    }
}

/// Has the page drawn, for the user who started the dev vault only, on this machine, and for no page
/// of another site.
pub(crate) async fn answer(
    pages: &PageSender,
    vault: Option<String>,
    page: Page,
    call: &Call,
    code: &StartCode,
    connection: Connection,
) -> Reply {
    if let Err(refusal) = control::expect_local(call, connection) {
        return refusal;
    }
    if !owner::is_asking(call, code, connection) {
        return Reply::html(StatusCode::FORBIDDEN, START_CODE).with_headers(HEADERS);
    }
    let (answer, drawn) = oneshot::channel();
    let request = PageRequest {
        vault,
        page,
        answer,
    };
    let sent = pages.send(request).await.is_ok();
    match drawn.await {
        Ok((status, html)) if sent => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            Reply::html(status, &html).with_headers(HEADERS)
        }
        _ => Reply::text(StatusCode::SERVICE_UNAVAILABLE, "the dev vault is stopping"),
    }
}

/// Takes the start-up code from a browser that shows no other way whose it is.
pub(crate) fn sign_in(call: &Call, code: &StartCode) -> Reply {
    let mut fields = form_urlencoded::parse(&call.body);
    let given = fields.find(|(name, _)| name == "start_code");
    if !given.is_some_and(|(_, given)| code.is(&given)) {
        return Reply::html(StatusCode::FORBIDDEN, START_CODE).with_headers(HEADERS);
    }
    Reply::empty(StatusCode::SEE_OTHER)
        .with_header(header::LOCATION, "/")
        .with_header(header::SET_COOKIE, &owner::set_cookie(code))
}

/// Where browsers send the start-up code.
pub(crate) const SIGN_IN: &str = "/_dev/sign-in";
/// Asks for it. It tells a stranger nothing about the vault.
const START_CODE: &str = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
    <title>Start-up code</title><style>body{font:16px sans-serif;margin:3em auto;max-width:30em}</style>\
    </head><body><h1>Start-up code</h1><p>This page is for the user who started the dev vault. Enter the \
    code that <code>kvcert dev</code> shows when it starts.</p><form method=\"post\" \
    action=\"/_dev/sign-in\"><p><label>Code <input type=\"password\" name=\"start_code\" \
    autocomplete=\"off\" autofocus required></label> <button>Continue</button></p></form></body></html>";
const LIVE: &str = "/_dev/live";
const CERTIFICATES: &str = "/_dev/pages/";
const MOST_WAITING: usize = 16;
/// What a page may load, it says itself; that no other page may frame it, only a header can say.
const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", "frame-ancestors 'none'"),
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
];
