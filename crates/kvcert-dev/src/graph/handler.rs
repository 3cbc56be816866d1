//! One request to Graph by a known caller, with what every handler does.

use std::sync::RwLockReadGuard;

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::Caller;
use super::error::GraphError;
use super::query::Query;
use crate::directory::{Directory, Record, Records};
use crate::http::call::Call;
use crate::http::reply::Reply;

/// A request that is signed in. Each file of handlers adds the operations of its kind.
pub(crate) struct Handler<'a> {
    pub(crate) directory: &'a Directory,
    pub(crate) call: &'a Call,
    pub(crate) caller: Caller,
    pub(crate) query: Query,
}

impl<'a> Handler<'a> {
    pub(crate) fn records(&self) -> RwLockReadGuard<'a, Records> {
        self.directory.read()
    }

    /// A record by its identifier, once it has reached the replica that is asked.
    pub(crate) fn find<R: Record>(&self, id: &str) -> Result<R, GraphError> {
        let records = self.records();
        let found = R::all(&records).iter().find(|record| record.id() == id);
        found
            .filter(|_| !self.directory.replication.hides(id))
            .cloned()
            .ok_or_else(|| GraphError::missing(id))
    }

    /// Keeps a new record, which is not everywhere at once.
    pub(crate) fn create<R: Record>(&self, record: R) -> Result<(), GraphError> {
        self.directory.replication.begin(record.id());
        Ok(self.directory.put(record)?)
    }

    /// The body of the request.
    pub(crate) fn body(&self) -> Result<Value, GraphError> {
        serde_json::from_slice(&self.call.body)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| GraphError::bad("Unable to read JSON request payload."))
    }

    /// The body of an action.
    pub(crate) fn read<T: for<'de> Deserialize<'de>>(&self) -> Result<T, GraphError> {
        serde_json::from_slice(&self.call.body).map_err(|error| {
            GraphError::bad(&format!("Unable to read JSON request payload: {error}."))
        })
    }

    /// One object, with the selected properties and its context.
    pub(crate) fn one(&self, status: StatusCode, set: &str, object: Value) -> Reply {
        let mut object = self.query.cut(object);
        if let Value::Object(properties) = &mut object {
            let context = self.context(&format!("{set}{}/$entity", self.selection()));
            properties.insert(String::from("@odata.context"), context);
        }
        Reply::json(status, &object)
    }

    /// The objects that pass the filter.
    pub(crate) fn list(&self, set: &str, objects: Vec<Value>) -> Result<Reply, GraphError> {
        let mut value = Vec::new();
        for object in objects {
            if self.query.admits(&object)? {
                value.push(self.query.cut(object));
            }
        }
        value.truncate(self.query.top.unwrap_or(usize::MAX));
        let context = self.context(&format!("{set}{}", self.selection()));
        Ok(Reply::ok(
            &json!({"@odata.context": context, "value": value}),
        ))
    }

    fn context(&self, set: &str) -> Value {
        let origin = self.call.origin();
        Value::String(format!("{origin}/v1.0/$metadata#{set}"))
    }

    fn selection(&self) -> String {
        let names = self.query.select.as_ref();
        names.map_or_else(String::new, |names| format!("({})", names.join(",")))
    }

    pub(crate) fn no_content() -> Reply {
        Reply::empty(StatusCode::NO_CONTENT)
    }
}
