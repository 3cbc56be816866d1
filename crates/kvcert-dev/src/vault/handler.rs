//! One request to one vault, routed and allowed, with what every handler does.

use serde::de::DeserializeOwned;

use super::query::Query;
use super::route::Route;
use crate::encoding;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::settings::Settings;
use crate::store::Store;
use crate::store::model::{Collection, Object, VaultRecord, Version};

/// A request that its caller may make. Each file of handlers adds the operations of its kind.
pub(crate) struct Handler<'a> {
    pub(crate) store: &'a Store,
    pub(crate) settings: &'a Settings,
    pub(crate) vault: &'a str,
    pub(crate) record: VaultRecord,
    pub(crate) call: &'a Call,
    pub(crate) query: Query,
    pub(crate) route: Route,
    /// Seconds since 1970.
    pub(crate) now: i64,
}

impl Handler<'_> {
    pub(crate) fn collection(&self) -> Collection {
        self.route.operation.collection
    }

    pub(crate) fn name(&self) -> &str {
        &self.route.name
    }

    /// Milliseconds since 1970, of the machine's own clock: for delays, which the switch `clock` does not shorten.
    pub(crate) fn moment(&self) -> i64 {
        encoding::now_milliseconds()
    }

    /// Reads the body. Unknown members are ignored, as the service does.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Reply> {
        // The parser's own words may quote a value that is secret, so only the position is given.
        serde_json::from_slice(&self.call.body).map_err(|error| {
            Reply::bad(&format!(
                "The request body is not the JSON that is expected here: line {}, column {}.",
                error.line(),
                error.column()
            ))
        })
    }
}

/// An object and one of its versions.
pub(crate) type Found = (Object, Version);
