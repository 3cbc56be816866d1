//! The server at the top: it reads the host of a request, lets the switches have their say, hands
//! the request to the service that answers there, and notes it in the log.

pub(crate) mod app_state;
pub(crate) mod control;
pub(crate) mod managed_identity;
pub(crate) mod owner;
pub(crate) mod pages;
pub(crate) mod resource_manager;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::anyhow;
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;

use self::app_state::AppState;
use self::owner::Connection;
use self::pages::{Page, PageSender};
use crate::faults::effect::Plan;
use crate::http::call::Call;
use crate::http::hosts::Host;
use crate::http::reply::Reply;

/// What the router needs.
struct Server {
    state: Arc<AppState>,
    /// Where browsers' pages are made, if they are.
    pages: Option<PageSender>,
    /// The port that it listens on.
    port: u16,
}

/// Every request goes one way, so that each one is checked and logged.
pub(crate) fn router(state: Arc<AppState>, pages: Option<PageSender>, port: u16) -> Router {
    let server = Arc::new(Server { state, pages, port });
    Router::new().fallback(handle).with_state(server)
}

async fn handle(
    State(server): State<Arc<Server>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let state = &server.state;
    let port = server.port;
    let connection = Connection { client, port };
    let call = match Call::receive(request, state.settings.now()).await {
        Ok(call) => call,
        Err(refusal) => return refusal.into_response(None),
    };
    let code = &state.entra.start_code;
    if let Some((pages, vault, page)) = server.page(&call) {
        let reply = pages::answer(pages, vault, page, &call, code, connection).await;
        return reply.into_response(None);
    }
    if call.path.starts_with(CONTROL) && call.host() != Host::Unknown {
        return control::answer(state, &call, connection).into_response(None);
    }
    let mut plan = plan(state, &call);
    // Even a sleep of zero length takes a millisecond.
    if !plan.latency.is_zero() {
        tokio::time::sleep(plan.latency).await;
    }
    let call = Arc::new(call);
    let reply = answer(state, &call, plan.refusal.take()).await;
    let reply = plan
        .mutations
        .iter()
        .fold(reply, |reply, mutation| mutation.apply(reply, &call));
    state.log.add(&call, reply.status(), plan.names);
    reply.into_response(Some(&call.headers))
}

/// The reply of the service at that host, or the `refusal` that a switch gives in its place.
async fn answer(state: &Arc<AppState>, call: &Arc<Call>, refusal: Option<Reply>) -> Reply {
    match call.host() {
        // A lookup is done at once. What writes waits for the disk, or makes keys.
        Host::Vault(_) if call.method != Method::GET => {
            let (state, call) = (Arc::clone(state), Arc::clone(call));
            tokio::task::spawn_blocking(move || in_vault(&state, &call, refusal))
                .await
                .unwrap_or_else(|_| anyhow!("a request ended early").into())
        }
        Host::Vault(_) => in_vault(state, call, refusal),
        Host::Login => refusal.unwrap_or_else(|| {
            resource_manager::answer(call)
                .unwrap_or_else(|| state.entra.answer(call))
                .with_headers(LOGIN_HEADERS)
        }),
        Host::Graph => {
            refusal.unwrap_or_else(|| state.graph.answer(call).with_headers(LOGIN_HEADERS))
        }
        Host::Server | Host::Unknown => Reply::text(
            StatusCode::NOT_FOUND,
            &format!("there is nothing at `{}`", call.host),
        ),
    }
}

impl Server {
    /// The page that a browser asks for, of which vault, and who makes it.
    fn page(&self, call: &Call) -> Option<(&PageSender, Option<String>, Page)> {
        let (pages, page) = (self.pages.as_ref()?, pages::wanted(call)?);
        let vault = match call.host() {
            Host::Vault(name) => {
                self.state.store.vault(name).ok()??;
                Some(name.to_owned())
            }
            Host::Server => None,
            Host::Login | Host::Graph | Host::Unknown => return None,
        };
        Some((pages, vault, page))
    }
}

/// What the switches make of a request. To one without a good token they do nothing: every client
/// sends one first, to learn where to sign in.
fn plan(state: &AppState, call: &Call) -> Plan {
    if state.switches.are_off() || call.is_for_a_vault() && state.vaults.authenticate(call).is_err()
    {
        return Plan::default();
    }
    state.switches.plan(call, &state.tokens)
}

fn in_vault(state: &AppState, call: &Call, refusal: Option<Reply>) -> Reply {
    let Host::Vault(vault) = call.host() else {
        return anyhow!("a request for no vault").into();
    };
    state.vaults.answer(vault, call, refusal)
}

/// The dev vault's own endpoints, at every host of the server.
const CONTROL: &str = "/_dev/";
const LOGIN_HEADERS: &[(&str, &str)] = &[
    ("cache-control", "no-store, no-cache"),
    ("pragma", "no-cache"),
    ("x-content-type-options", "nosniff"),
];
