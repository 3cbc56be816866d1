//! [Directory roles](https://learn.microsoft.com/graph/api/resources/unifiedroleassignment).

use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Desk;
use super::caller::Task;
use super::error::Fault;
use crate::directory::initial::GLOBAL_ADMINISTRATOR;
use crate::directory::record::RoleAssignment;
use crate::encoding;
use crate::http::reply::Reply;

impl Desk<'_> {
    /// `/roleManagement/directory…`
    pub(crate) fn roles(&self, rest: &[&str]) -> Result<Reply, Fault> {
        match (&self.call.method, rest) {
            (&Method::GET, ["roleDefinitions"]) => {
                self.caller.may(Task::ReadRoles)?;
                self.list(DEFINITIONS, ROLES.iter().map(definition).collect())
            }
            (&Method::GET, ["roleDefinitions", id]) => {
                self.caller.may(Task::ReadRoles)?;
                let found = ROLES.iter().find(|(template, _)| template == id);
                let found = found.ok_or_else(|| Fault::missing(id))?;
                Ok(self.one(StatusCode::OK, DEFINITIONS, definition(found)))
            }
            (&Method::GET, ["roleAssignments"]) => {
                self.caller.may(Task::ReadRoles)?;
                let records = self.records();
                let there = records.roles.iter();
                let there = there.filter(|one| !self.entra.replication.hides(&one.id));
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
                self.entra.directory.remove::<RoleAssignment>(id)?;
                Ok(Self::no_content())
            }
            _ => Err(Fault::unknown(self.call)),
        }
    }

    fn assign(&self) -> Result<Reply, Fault> {
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
        if !ROLES.iter().any(|(id, _)| *id == body.role_definition_id) {
            return Err(Fault::missing(&body.role_definition_id));
        }
        if body.directory_scope_id != "/" {
            return Err(Fault::bad(
                "The dev vault knows the directory scope '/' only.",
            ));
        }
        let same = |role: &RoleAssignment| {
            role.principal_id == body.principal_id
                && role.role_definition_id == body.role_definition_id
        };
        if self.records().roles.iter().any(same) {
            return Err(Fault::bad(
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

/// The identifier of the directory role with this name.
pub(crate) fn directory_role(name: &str) -> Option<&'static str> {
    let mut all = ROLES.iter();
    all.find(|(_, known)| *known == name).map(|(id, _)| *id)
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
/// The roles that matter to applications at Exchange, and those that hand out others
/// ([list](https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference)).
const ROLES: [(&str, &str); 12] = [
    (GLOBAL_ADMINISTRATOR, "Global Administrator"),
    (
        "29232cdf-9323-42fd-ade2-1d097af3e4de",
        "Exchange Administrator",
    ),
    (
        "31392ffb-586c-42d1-9346-e59415a2cc4e",
        "Exchange Recipient Administrator",
    ),
    ("f2ef992c-3afb-46b9-b7cf-a126ee74c451", "Global Reader"),
    (
        "17315797-102d-40b4-93e0-432062caca18",
        "Compliance Administrator",
    ),
    (
        "194ae4cb-b126-40b2-bd5b-6091b380977d",
        "Security Administrator",
    ),
    ("5d6b6bb7-de71-4623-b4af-96380a352509", "Security Reader"),
    (
        "729827e3-9c14-49f7-bb1b-9608f156bbb8",
        "Helpdesk Administrator",
    ),
    (
        "e8611ab8-c189-46e8-94e1-60213ab1f814",
        "Privileged Role Administrator",
    ),
    (
        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
        "Application Administrator",
    ),
    (
        "158c047a-c907-4556-b7ef-446551a6b5f7",
        "Cloud Application Administrator",
    ),
    (
        "f28a1f50-f6e7-4571-818b-6a12f2af6b6c",
        "SharePoint Administrator",
    ),
];
