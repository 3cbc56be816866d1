//! Key Vault: every request is signed in, routed and allowed before a handler sees it.

pub(crate) mod authentication;
pub(crate) mod authorization;
pub(crate) mod backup;
pub(crate) mod body;
pub(crate) mod bundle;
pub(crate) mod certificates;
pub(crate) mod crypto;
pub(crate) mod deleted;
pub(crate) mod handler;
pub(crate) mod issuers;
pub(crate) mod keys;
pub(crate) mod objects;
pub(crate) mod pending;
pub(crate) mod query;
pub(crate) mod refusal;
pub(crate) mod rotation;
pub(crate) mod route;
pub(crate) mod secrets;

use std::sync::Arc;

use axum::http::StatusCode;

use self::handler::Handler;
use self::query::Query;
use self::route::{Verb, route};
use crate::directory::Directory;
use crate::encoding;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::settings::Settings;
use crate::store::Store;
use crate::store::model::Collection;
use crate::tokens::claims::Claims;
use crate::tokens::token_key::TokenSigner;

/// All vaults of the store.
#[derive(Debug)]
pub(crate) struct KeyVault {
    pub(crate) store: Arc<Store>,
    /// Who has which rights.
    pub(crate) directory: Arc<Directory>,
    /// Whose tokens are taken.
    pub(crate) tokens: Arc<TokenSigner>,
    pub(crate) settings: Arc<Settings>,
}

impl KeyVault {
    /// Answers a request to `vault`, unless a `refusal` is to be given to everyone who is signed in.
    pub(crate) fn answer(&self, vault: &str, call: &Call, refusal: Option<Reply>) -> Reply {
        let record = match self.store.vault(vault) {
            Ok(Some(record)) => record,
            Ok(None) => {
                let message = format!("there is no vault `{vault}` here");
                return Reply::text(StatusCode::NOT_FOUND, &message);
            }
            Err(error) => return error.into(),
        };
        // The token first: clients send their first request without one, and without a body.
        self.authenticate(call)
            .and_then(|claims| refusal.map_or(Ok(claims), Err))
            .and_then(|claims| {
                let route = route(&call.wanted(), &call.path)?;
                authorization::check(&self.directory, vault, &route, &claims)?;
                pending::issue_due(&self.store, &self.settings, encoding::now_milliseconds())?;
                dispatch(&Handler {
                    store: &self.store,
                    settings: &self.settings,
                    vault,
                    record,
                    call,
                    query: Query::parse(&call.query)?,
                    route,
                    now: call.now,
                })
            })
            .unwrap_or_else(|refusal| refusal)
            .with_headers(HEADERS)
    }

    /// The claims of the request's token.
    ///
    /// # Errors
    /// The challenge that says where to get one.
    pub(crate) fn authenticate(&self, call: &Call) -> Result<Claims, Reply> {
        authentication::check(&self.directory.tenant, &self.tokens, call)
    }
}

/// Does what the request asks for.
fn dispatch(handler: &Handler<'_>) -> Result<Reply, Reply> {
    match (handler.route.operation.verb, handler.collection()) {
        (Verb::Get, _) => handler.get(),
        (Verb::List, _) => handler.list(),
        (Verb::ListVersions, _) => handler.list_versions(),
        (Verb::Update, _) => handler.update(),
        (Verb::Delete, _) => handler.delete(),
        (Verb::GetDeleted, _) => handler.get_deleted(),
        (Verb::ListDeleted, _) => handler.list_deleted(),
        (Verb::Recover, _) => handler.recover(),
        (Verb::Purge, _) => handler.purge(),
        (Verb::Backup, _) => handler.backup(),
        (Verb::Restore, _) => handler.restore(),
        (Verb::Set, _) => handler.set_secret(),
        (Verb::Create, Collection::Keys) => handler.create_key(),
        (Verb::Import, Collection::Keys) => handler.import_key(),
        (Verb::Rotate, _) => handler.rotate_key(),
        (Verb::GetRotationPolicy, _) => handler.get_rotation_policy(),
        (Verb::SetRotationPolicy, _) => handler.set_rotation_policy(),
        (Verb::Release, _) => handler.release_key(),
        (Verb::Use(operation), _) => handler.use_key(operation),
        (Verb::Create, _) => handler.create_certificate(),
        (Verb::Import, _) => handler.import_certificate(),
        (Verb::GetPolicy, _) => handler.get_policy(),
        (Verb::UpdatePolicy, _) => handler.update_policy(),
        (Verb::GetPending, _) => handler.get_pending(),
        (Verb::UpdatePending, _) => handler.update_pending(),
        (Verb::DeletePending, _) => handler.delete_pending(),
        (Verb::Merge, _) => handler.merge(),
        (Verb::GetContacts, _) => handler.get_contacts(),
        (Verb::SetContacts, _) => handler.set_contacts(),
        (Verb::DeleteContacts, _) => handler.delete_contacts(),
        (Verb::ListIssuers, _) => handler.list_issuers(),
        (Verb::GetIssuer, _) => handler.get_issuer(),
        (Verb::SetIssuer, _) => handler.set_issuer(),
        (Verb::UpdateIssuer, _) => handler.update_issuer(),
        (Verb::DeleteIssuer, _) => handler.delete_issuer(),
    }
}

const HEADERS: &[(&str, &str)] = &[
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
