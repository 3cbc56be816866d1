//! Who calls, and what they may do.

use super::error::GraphError;
use crate::directory::Directory;
use crate::directory::record::Application;
use crate::directory::role::GLOBAL_ADMINISTRATOR;
use crate::directory::service::GRAPH;
use crate::http::call::Call;
use crate::tokens::claims::Claims;
use crate::tokens::token_key::TokenSigner;

/// The holder of a token for Graph.
pub(crate) struct Caller {
    /// The client identifier of the application that calls.
    pub(crate) app_id: String,
    /// The principal.
    pub(crate) oid: String,
    roles: Vec<String>,
    is_administrator: bool,
}

/// A task at Graph, which some permissions allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    ReadApplications,
    WriteApplications,
    ReadGrants,
    Grant,
    ReadRoles,
    AssignRoles,
}

impl Task {
    /// The permissions that allow it, the least of them first
    /// ([reference](https://learn.microsoft.com/graph/permissions-reference)).
    fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::ReadApplications => &[
                "Application.Read.All",
                "Application.ReadWrite.All",
                "Application.ReadWrite.OwnedBy",
                "Directory.Read.All",
                "Directory.ReadWrite.All",
            ],
            Self::WriteApplications => &["Application.ReadWrite.All", "Directory.ReadWrite.All"],
            Self::ReadGrants => &[
                "Application.Read.All",
                "Application.ReadWrite.All",
                "AppRoleAssignment.ReadWrite.All",
                "Directory.Read.All",
                "Directory.ReadWrite.All",
            ],
            Self::Grant => &["AppRoleAssignment.ReadWrite.All"],
            Self::ReadRoles => &[
                "RoleManagement.Read.Directory",
                "RoleManagement.ReadWrite.Directory",
                "Directory.Read.All",
                "Directory.ReadWrite.All",
            ],
            Self::AssignRoles => &["RoleManagement.ReadWrite.Directory"],
        }
    }
}

impl Caller {
    /// Reads the token of a request.
    pub(crate) fn of(
        directory: &Directory,
        tokens: &TokenSigner,
        call: &Call,
    ) -> Result<Self, GraphError> {
        let token = call
            .bearer()
            .ok_or_else(|| GraphError::token("Access token is empty."))?;
        let claims = tokens.read(token).ok_or_else(|| {
            GraphError::token(
                "Access token validation failure. Invalid signature or malformed token.",
            )
        })?;
        if !is_for_graph(&claims, call) {
            let message = "Access token validation failure. Invalid audience.";
            return Err(GraphError::token(message));
        }
        if call.now < claims.nbf || call.now >= claims.exp {
            let message = "Lifetime validation failed, the token is expired.";
            return Err(GraphError::token(message));
        }
        let records = directory.read();
        let is_administrator = claims.scp.is_some()
            && records.roles.iter().any(|role| {
                role.principal_id == claims.oid && role.role_definition_id == GLOBAL_ADMINISTRATOR
            });
        Ok(Self {
            app_id: claims.appid,
            oid: claims.oid,
            roles: claims.roles,
            is_administrator,
        })
    }

    /// Lets the task through, or not.
    pub(crate) fn may(&self, task: Task) -> Result<(), GraphError> {
        let allowed = task.permissions();
        if self.is_administrator || allowed.iter().any(|one| self.has(one)) {
            Ok(())
        } else {
            Err(GraphError::denied())
        }
    }

    /// May this caller register applications?
    pub(crate) fn may_register(&self) -> Result<(), GraphError> {
        if self.has(OWNED_BY) {
            Ok(())
        } else {
            self.may(Task::WriteApplications)
        }
    }

    /// May this caller change that application?
    pub(crate) fn may_change(&self, application: &Application) -> Result<(), GraphError> {
        let owns = application.owner.as_ref() == Some(&self.oid);
        if owns && self.has(OWNED_BY) {
            Ok(())
        } else {
            self.may(Task::WriteApplications)
        }
    }

    fn has(&self, permission: &str) -> bool {
        self.roles.iter().any(|role| role == permission)
    }
}

fn is_for_graph(claims: &Claims, call: &Call) -> bool {
    let audience = claims.aud.trim_end_matches('/');
    audience == "https://graph.microsoft.com" || audience == GRAPH || audience == call.origin()
}

const OWNED_BY: &str = "Application.ReadWrite.OwnedBy";
