//! [Directory roles](https://learn.microsoft.com/graph/api/resources/unifiedroleassignment).

use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::Task;
use super::error::GraphError;
use super::handler::Handler;
use crate::directory::record::RoleAssignment;
use crate::directory::role;
use crate::encoding;
use crate::http::reply::Reply;

impl Handler<'_> {
    /// `/roleManagement/directory…`
    pub(crate) fn roles(&self, rest: &[&str]) -> Result<Reply, GraphError> {
        match (&self.call.method, rest) {
            (&Method::GET, ["roleDefinitions"]) => {
                self.caller.may(Task::ReadRoles)?;
                self.list(DEFINITIONS, role::ROLES.iter().map(definition).collect())
            }
            (&Method::GET, ["roleDefinitions", id]) => {
                self.caller.may(Task::ReadRoles)?;
                let found = role::ROLES.iter().find(|(template, _)| template == id);
                let found = found.ok_or_else(|| GraphError::missing(id))?;
                Ok(self.one(StatusCode::OK, DEFINITIONS, definition(found)))
            }
            (&Method::GET, ["roleAssignments"]) => {
                self.caller.may(Task::ReadRoles)?;
                let records = self.records();
                let there = records.roles.iter();
                let there = there.filter(|one| !self.directory.replication.hides(&one.id));
                self.list(ASSIGNMENTS, there.map(show).collect())
            }
            (&Method::GET, ["roleAssignments", id]) => {
                self.caller.may(Task::ReadRoles)?;
                let shown = show(&self.find::<RoleAssignment>(id)?);
                Ok(self.one(StatusCode::OK, ASSIGNMENTS, shown))
            }
            (&Method::POST, ["roleAssignments"]) => self.assign(),
            (&Method::DELETE, ["roleAssignments", id]) => {
                self.caller.may(Task::AssignRoles)?;
                self.find::<RoleAssignment>(id)?;
                self.directory.remove::<RoleAssignment>(id)?;
                Ok(Self::no_content())
            }
            _ => Err(GraphError::unknown(self.call)),
        }
    }

    fn assign(&self) -> Result<Reply, GraphError> {
        self.caller.may(Task::AssignRoles)?;
        let body: Body = self.read()?;
        let is_person = self
            .records()
            .users
            .iter()
            .any(|user| user.id == body.principal_id);
        if !is_person {
            self.principal(&body.principal_id)?;
        }
        if !role::ROLES
            .iter()
            .any(|(id, _)| *id == body.role_definition_id)
        {
            return Err(GraphError::missing(&body.role_definition_id));
        }
        if body.directory_scope_id != "/" {
            return Err(GraphError::bad(
                "The dev vault knows the directory scope '/' only.",
            ));
        }
        let same = |role: &RoleAssignment| {
            role.principal_id == body.principal_id
                && role.role_definition_id == body.role_definition_id
        };
        if self.records().roles.iter().any(same) {
            return Err(GraphError::bad(
                "A conflicting object with one or more of the specified property values is present \
                 in the directory.",
            ));
        }
        let role = RoleAssignment {
            id: encoding::base64url(encoding::random::<32>()?),
            principal_id: body.principal_id,
            role_definition_id: body.role_definition_id,
            directory_scope_id: body.directory_scope_id,
        };
        self.create(role.clone())?;
        Ok(self.one(StatusCode::CREATED, ASSIGNMENTS, show(&role)))
    }
}

fn show(role: &RoleAssignment) -> Value {
    json!({
        "id": role.id,
        "directoryScopeId": role.directory_scope_id,
        "principalId": role.principal_id,
        "roleDefinitionId": role.role_definition_id,
    })
}

fn definition((id, name): &(&str, &str)) -> Value {
    json!({
        "id": id,
        "displayName": name,
        "isBuiltIn": true,
        "isEnabled": true,
        "templateId": id,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    principal_id: String,
    role_definition_id: String,
    directory_scope_id: String,
}

const ASSIGNMENTS: &str = "roleManagement/directory/roleAssignments";
const DEFINITIONS: &str = "roleManagement/directory/roleDefinitions";
