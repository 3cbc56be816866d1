//! Enough of [Microsoft Graph](https://learn.microsoft.com/graph/api/overview) to register an
//! application: applications, service principals, permissions and directory roles.
//!
//! It works on the records of the directory, and asks for the permissions that Graph asks for.

pub(crate) mod applications;
pub(crate) mod caller;
pub(crate) mod credentials;
pub(crate) mod error;
pub(crate) mod federated;
pub(crate) mod grants;
pub(crate) mod handler;
pub(crate) mod principals;
pub(crate) mod query;
pub(crate) mod roles;

use std::sync::Arc;

use percent_encoding::percent_decode_str;

use self::caller::Caller;
use self::error::GraphError;
use self::handler::Handler;
use self::query::Query;
use crate::directory::Directory;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::tokens::token_key::TokenSigner;

/// Microsoft Graph of the one tenant.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) directory: Arc<Directory>,
    /// Whose tokens are taken.
    pub(crate) tokens: Arc<TokenSigner>,
}

impl Graph {
    /// Answers a request.
    pub(crate) fn answer(&self, call: &Call) -> Reply {
        self.handler(call)
            .and_then(|handler| dispatch(&handler))
            .unwrap_or_else(|error| error.reply(call))
    }

    fn handler<'a>(&'a self, call: &'a Call) -> Result<Handler<'a>, GraphError> {
        Ok(Handler {
            directory: &self.directory,
            call,
            caller: Caller::of(&self.directory, &self.tokens, call)?,
            query: Query::parse(call)?,
        })
    }
}

/// Does what the path asks for.
fn dispatch(handler: &Handler<'_>) -> Result<Reply, GraphError> {
    let call = handler.call;
    let decoded: Vec<String> = call
        .path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    let segments: Vec<&str> = decoded.iter().map(String::as_str).collect();
    let ["v1.0" | "beta", rest @ ..] = &segments[..] else {
        return Err(GraphError::unknown(call));
    };
    match rest {
        ["applications", rest @ ..] => handler.applications(rest),
        ["servicePrincipals", rest @ ..] => handler.principals(rest),
        ["roleManagement", "directory", rest @ ..] => handler.roles(rest),
        [first, rest @ ..] => by_alternate_key(handler, first, rest),
        [] => Err(GraphError::unknown(call)),
    }
}

/// `applications(appId='…')` is another name for `applications/{id}`.
fn by_alternate_key<'a>(
    handler: &Handler<'a>,
    first: &str,
    rest: &[&str],
) -> Result<Reply, GraphError> {
    let unknown = || GraphError::unknown(handler.call);
    let (collection, app_id) = query::alternate_key(first).ok_or_else(unknown)?;
    let (id, operation): (Option<String>, Operation<'a>) = match collection {
        "applications" => {
            let records = handler.records();
            let found = records.application(&app_id);
            (found.map(|one| one.id.clone()), Handler::applications)
        }
        "servicePrincipals" => (handler.principal_of(&app_id), Handler::principals),
        _ => return Err(unknown()),
    };
    let id = id.ok_or_else(|| GraphError::missing(&app_id))?;
    let mut segments = vec![&*id];
    segments.extend(rest);
    operation(handler, &segments)
}

/// What is done with the rest of a path.
type Operation<'a> = fn(&Handler<'a>, &[&str]) -> Result<Reply, GraphError>;
