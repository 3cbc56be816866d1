//! [Permissions of applications](https://learn.microsoft.com/graph/api/resources/approleassignment):
//! an assignment *is* the administrator's consent.

use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::Task;
use super::error::GraphError;
use super::handler::Handler;
use crate::calendar::rfc3339;
use crate::directory::record::AppRoleAssignment;
use crate::encoding;
use crate::http::reply::Reply;

impl Handler<'_> {
    /// `/servicePrincipals/{principal}/appRoleAssignments…`
    pub(crate) fn grants(&self, principal: &str, rest: &[&str]) -> Result<Reply, GraphError> {
        self.principal(principal)?;
        match (&self.call.method, rest) {
            (&Method::GET, []) => self.list_grants(|grant| grant.principal_id == principal),
            (&Method::POST, []) => {
                let body: Body = self.read()?;
                if body.principal_id != principal {
                    return Err(GraphError::bad(
                        "The principalId is not the one of the path.",
                    ));
                }
                self.grant(&body)
            }
            (&Method::DELETE, [id]) => self.revoke(id, |grant| grant.principal_id == principal),
            _ => Err(GraphError::unknown(self.call)),
        }
    }

    /// `/servicePrincipals/{resource}/appRoleAssignedTo…`
    pub(crate) fn granted_at(&self, resource: &str, rest: &[&str]) -> Result<Reply, GraphError> {
        self.principal(resource)?;
        match (&self.call.method, rest) {
            (&Method::GET, []) => self.list_grants(|grant| grant.resource_id == resource),
            (&Method::POST, []) => {
                let body: Body = self.read()?;
                if body.resource_id != resource {
                    return Err(GraphError::bad(
                        "The resourceId is not the one of the path.",
                    ));
                }
                self.grant(&body)
            }
            (&Method::DELETE, [id]) => self.revoke(id, |grant| grant.resource_id == resource),
            _ => Err(GraphError::unknown(self.call)),
        }
    }

    fn list_grants(
        &self,
        wanted: impl Fn(&AppRoleAssignment) -> bool,
    ) -> Result<Reply, GraphError> {
        self.caller.may(Task::ReadGrants)?;
        let records = self.records();
        let found: Vec<AppRoleAssignment> = records
            .grants
            .iter()
            .filter(|grant| wanted(grant) && !self.directory.replication.hides(&grant.id))
            .cloned()
            .collect();
        drop(records);
        self.list(
            SET,
            found.iter().map(|grant| self.show_grant(grant)).collect(),
        )
    }

    fn grant(&self, body: &Body) -> Result<Reply, GraphError> {
        self.caller.may(Task::Grant)?;
        self.principal(&body.principal_id)?;
        self.principal(&body.resource_id)?;
        let roles = self
            .service(&body.resource_id)
            .map_or(&[][..], |service| service.roles);
        if !roles
            .iter()
            .any(|role| role.id.eq_ignore_ascii_case(&body.app_role_id))
        {
            return Err(GraphError::bad(
                "Permission being assigned was not found on application",
            ));
        }
        let same = |grant: &AppRoleAssignment| {
            grant.principal_id == body.principal_id
                && grant.resource_id == body.resource_id
                && grant.app_role_id.eq_ignore_ascii_case(&body.app_role_id)
        };
        if self.records().grants.iter().any(same) {
            return Err(GraphError::bad(
                "Permission being assigned already exists on the object",
            ));
        }
        let grant = AppRoleAssignment {
            id: encoding::base64url(encoding::random::<32>()?),
            principal_id: body.principal_id.clone(),
            resource_id: body.resource_id.clone(),
            app_role_id: body.app_role_id.to_ascii_lowercase(),
            created: self.call.now,
        };
        self.create(grant.clone())?;
        Ok(self.one(StatusCode::CREATED, SET, self.show_grant(&grant)))
    }

    fn revoke(
        &self,
        id: &str,
        belongs: impl Fn(&AppRoleAssignment) -> bool,
    ) -> Result<Reply, GraphError> {
        self.caller.may(Task::Grant)?;
        let grant: AppRoleAssignment = self.find(id)?;
        if !belongs(&grant) {
            return Err(GraphError::missing(id));
        }
        self.directory.remove::<AppRoleAssignment>(id)?;
        Ok(Self::no_content())
    }

    fn show_grant(&self, grant: &AppRoleAssignment) -> Value {
        let name = |id: &str| {
            let shown = self.principal(id).unwrap_or_default();
            shown["displayName"].clone()
        };
        json!({
            "id": grant.id,
            "deletedDateTime": null,
            "appRoleId": grant.app_role_id,
            "createdDateTime": rfc3339(grant.created),
            "principalDisplayName": name(&grant.principal_id),
            "principalId": grant.principal_id,
            "principalType": "ServicePrincipal",
            "resourceDisplayName": name(&grant.resource_id),
            "resourceId": grant.resource_id,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    principal_id: String,
    resource_id: String,
    app_role_id: String,
}

const SET: &str = "appRoleAssignments";
