//! Enough of [Microsoft Graph](https://learn.microsoft.com/graph/api/overview) to register an
//! application: applications, service principals, permissions and directory roles.
//!
//! It works on the records of [`crate::entra`], and asks for the permissions that Graph asks for.

mod applications;
mod caller;
mod credentials;
mod error;
mod federated;
mod grants;
mod principals;
mod proof;
mod query;
mod roles;

use axum::http::StatusCode;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use self::caller::Caller;
use self::error::Fault;
use self::query::Query;
pub(crate) use self::roles::directory_role;
use crate::directory::{Record, Records};
use crate::entra::Entra;
use crate::http::reply::Reply;
use crate::server::Call;

/// The host of the service.
pub(crate) const HOST: &str = "graph.localhost";

/// Answers a request to Graph.
pub(crate) fn answer(entra: &Entra, call: &Call) -> Reply {
    Desk::open(entra, call)
        .and_then(|desk| desk.answer())
        .unwrap_or_else(|fault| fault.reply(call))
}

/// One request of a known caller.
struct Desk<'a> {
    entra: &'a Entra,
    call: &'a Call,
    caller: Caller,
    query: Query,
}

impl<'a> Desk<'a> {
    fn open(entra: &'a Entra, call: &'a Call) -> Result<Self, Fault> {
        Ok(Self {
            entra,
            call,
            caller: Caller::of(entra, call)?,
            query: Query::parse(call)?,
        })
    }

    fn answer(&self) -> Result<Reply, Fault> {
        let decoded: Vec<String> = self
            .call
            .path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        let segments: Vec<&str> = decoded.iter().map(String::as_str).collect();
        let ["v1.0" | "beta", rest @ ..] = &segments[..] else {
            return Err(Fault::unknown(self.call));
        };
        match rest {
            ["applications", rest @ ..] => self.applications(rest),
            ["servicePrincipals", rest @ ..] => self.principals(rest),
            ["roleManagement", "directory", rest @ ..] => self.roles(rest),
            [first, rest @ ..] => self.by_alternate_key(first, rest),
            [] => Err(Fault::unknown(self.call)),
        }
    }

    /// `applications(appId='…')` is another name for `applications/{id}`.
    fn by_alternate_key(&self, first: &str, rest: &[&str]) -> Result<Reply, Fault> {
        let (collection, app_id) =
            query::alternate_key(first).ok_or_else(|| Fault::unknown(self.call))?;
        let found = match collection {
            "applications" => self.records().application(&app_id).map(|a| a.id.clone()),
            "servicePrincipals" => self.principal_of(&app_id),
            _ => return Err(Fault::unknown(self.call)),
        };
        let id = found.ok_or_else(|| Fault::missing(&app_id))?;
        let mut segments = vec![&*id];
        segments.extend(rest);
        match collection {
            "applications" => self.applications(&segments),
            _ => self.principals(&segments),
        }
    }

    fn records(&self) -> std::sync::RwLockReadGuard<'a, Records> {
        self.entra.directory.read()
    }

    /// A record by its identifier, once it has reached the replica that is asked.
    fn find<R: Record>(&self, id: &str) -> Result<R, Fault> {
        let records = self.records();
        let found = R::all(&records).iter().find(|record| record.id() == id);
        found
            .filter(|_| !self.entra.replication.hides(id))
            .cloned()
            .ok_or_else(|| Fault::missing(id))
    }

    /// Keeps a new record, which is not everywhere at once.
    fn create<R: Record>(&self, record: R) -> Result<(), Fault> {
        self.entra.replication.begin(record.id());
        Ok(self.entra.directory.put(record)?)
    }

    /// The body of the request.
    fn body(&self) -> Result<Value, Fault> {
        serde_json::from_slice(&self.call.body)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| Fault::bad("Unable to read JSON request payload."))
    }

    /// One object, with the selected properties and its context.
    fn one(&self, status: StatusCode, set: &str, object: Value) -> Reply {
        let mut object = self.query.cut(object);
        if let Value::Object(properties) = &mut object {
            let context = self.context(&format!("{set}{}/$entity", self.selection()));
            properties.insert(String::from("@odata.context"), context);
        }
        Reply::json(status, &object)
    }

    /// The objects that pass the filter.
    fn list(&self, set: &str, objects: Vec<Value>) -> Result<Reply, Fault> {
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

    fn no_content() -> Reply {
        Reply::empty(StatusCode::NO_CONTENT)
    }
}

/// A time as Graph writes it.
fn moment(unix: i64) -> Value {
    let at = time::OffsetDateTime::from_unix_timestamp(unix);
    let text = at
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
        .format(&time::format_description::well_known::Rfc3339);
    text.map_or(Value::Null, Value::String)
}
