//! The little that Azure CLI asks of Azure Resource Manager before it comes to a vault: where
//! everything is, and which subscriptions there are (none).

use axum::http::{Method, StatusCode};
use serde::Serialize;

use crate::http::call::Call;
use crate::http::hosts::{LOGIN_HOST, VAULT_SUFFIX};
use crate::http::reply::Reply;

/// Answers, if the path is one of Resource Manager's.
pub(crate) fn answer(call: &Call) -> Option<Reply> {
    let path: Vec<&str> = call
        .path
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    if call.method != Method::GET {
        return None;
    }
    match path[..] {
        ["metadata", "endpoints"] => Some(Reply::ok(&Metadata::new(call))),
        ["subscriptions" | "tenants"] => Some(match call.bearer() {
            Some(_) => Reply::ok(&List { value: [] }),
            None => Reply::error(
                StatusCode::UNAUTHORIZED,
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
            ),
        }),
        _ => None,
    }
}

/// What `az cloud register --endpoint-resource-manager` reads.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: &'static str,
    resource_manager: String,
    graph: String,
    microsoft_graph_resource_id: String,
    authentication: Authentication,
    suffixes: Suffixes,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Authentication {
    login_endpoint: String,
    audiences: [&'static str; 2],
    tenant: &'static str,
    identity_provider: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Suffixes {
    key_vault_dns: String,
}

impl Metadata {
    /// Everything is at the host that was asked, but the vaults.
    fn new(call: &Call) -> Self {
        let here = call.origin_of(LOGIN_HOST);
        let vaults = call.origin_of(VAULT_SUFFIX);
        Self {
            name: "KvcertDev",
            resource_manager: here.clone(),
            graph: here.clone(),
            microsoft_graph_resource_id: here.clone(),
            authentication: Authentication {
                login_endpoint: here,
                audiences: [
                    "https://management.core.windows.net/",
                    "https://management.azure.com/",
                ],
                tenant: "common",
                identity_provider: "AAD",
            },
            suffixes: Suffixes {
                key_vault_dns: vaults.replacen("https://", "", 1),
            },
        }
    }
}

#[derive(Serialize)]
struct List {
    value: [(); 0],
}
