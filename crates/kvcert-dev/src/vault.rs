//! Requests to a vault that have passed the token check.

pub(crate) mod authentication;
pub(crate) mod authorization;
mod backup;
mod body;
mod bundle;
mod certificates;
mod crypto;
mod deleted;
mod issuers;
mod keys;
mod objects;
pub(crate) mod pending;
pub(crate) mod query;
mod refusal;
mod rotation;
pub(crate) mod route;
mod secrets;

use self::query::Query;
use self::route::{Collection, Route, Verb};
use crate::encoding;
use crate::http::reply::Reply;
use crate::server::{Call, Site};
use crate::settings::Settings;
use crate::store::Store;
use crate::store::model::{Object, VaultRecord, Version};

/// One request to one vault.
pub(crate) struct Desk<'a> {
    pub(crate) store: &'a Store,
    pub(crate) settings: &'a Settings,
    pub(crate) vault: &'a str,
    pub(crate) record: VaultRecord,
    pub(crate) call: &'a Call,
    pub(crate) query: Query,
    pub(crate) route: Route,
    pub(crate) body: &'a [u8],
    /// Seconds since 1970.
    pub(crate) now: i64,
}

impl<'a> Desk<'a> {
    /// Reads what is asked for.
    pub(crate) fn open(
        site: &'a Site,
        vault: &'a str,
        record: VaultRecord,
        call: &'a Call,
        route: Route,
    ) -> Result<Self, Reply> {
        pending::issue_due(site, encoding::now_milliseconds())?;
        Ok(Self {
            store: &site.store,
            settings: &site.settings,
            vault,
            record,
            call,
            query: Query::parse(&call.query)?,
            route,
            body: &call.body,
            now: call.now,
        })
    }

    /// Does what the request asks for.
    pub(crate) fn answer(&self) -> Result<Reply, Reply> {
        match (self.route.operation.verb, self.collection()) {
            (Verb::Get, _) => self.get(),
            (Verb::List, _) => self.list(),
            (Verb::ListVersions, _) => self.list_versions(),
            (Verb::Update, _) => self.update(),
            (Verb::Delete, _) => self.delete(),
            (Verb::GetDeleted, _) => self.get_deleted(),
            (Verb::ListDeleted, _) => self.list_deleted(),
            (Verb::Recover, _) => self.recover(),
            (Verb::Purge, _) => self.purge(),
            (Verb::Backup, _) => self.backup(),
            (Verb::Restore, _) => self.restore(),
            (Verb::Set, _) => self.set_secret(),
            (Verb::Create, Collection::Keys) => self.create_key(),
            (Verb::Import, Collection::Keys) => self.import_key(),
            (Verb::Rotate, _) => self.rotate_key(),
            (Verb::GetRotationPolicy, _) => self.get_rotation_policy(),
            (Verb::SetRotationPolicy, _) => self.set_rotation_policy(),
            (Verb::Release, _) => self.release_key(),
            (
                Verb::Sign
                | Verb::Verify
                | Verb::Encrypt
                | Verb::Decrypt
                | Verb::WrapKey
                | Verb::UnwrapKey,
                _,
            ) => self.use_key(),
            (Verb::Create, _) => self.create_certificate(),
            (Verb::Import, _) => self.import_certificate(),
            (Verb::GetPolicy, _) => self.get_policy(),
            (Verb::UpdatePolicy, _) => self.update_policy(),
            (Verb::GetPending, _) => self.get_pending(),
            (Verb::UpdatePending, _) => self.update_pending(),
            (Verb::DeletePending, _) => self.delete_pending(),
            (Verb::Merge, _) => self.merge(),
            (Verb::GetContacts, _) => self.get_contacts(),
            (Verb::SetContacts, _) => self.set_contacts(),
            (Verb::DeleteContacts, _) => self.delete_contacts(),
            (Verb::ListIssuers, _) => self.list_issuers(),
            (Verb::GetIssuer, _) => self.get_issuer(),
            (Verb::SetIssuer, _) => self.set_issuer(),
            (Verb::UpdateIssuer, _) => self.update_issuer(),
            (Verb::DeleteIssuer, _) => self.delete_issuer(),
        }
    }

    fn collection(&self) -> Collection {
        self.route.operation.collection
    }

    fn name(&self) -> &str {
        &self.route.name
    }

    /// Milliseconds since 1970, of the machine's own clock: for delays, which nobody turns forward.
    fn moment(&self) -> i64 {
        encoding::now_milliseconds()
    }
}

/// An object and one of its versions.
type Found = (Object, Version);
