//! [Service principals](https://learn.microsoft.com/graph/api/resources/serviceprincipal): those of
//! the tenant's applications, its managed identities, and Microsoft's services.

use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::Task;
use super::error::GraphError;
use super::handler::Handler;
use crate::calendar::rfc3339;
use crate::directory::record::{
    AppRoleAssignment, PrincipalKind, RoleAssignment, ServicePrincipal,
};
use crate::directory::service::{SERVICES, Service};
use crate::http::reply::Reply;

impl Handler<'_> {
    /// `/servicePrincipals…`
    pub(crate) fn principals(&self, rest: &[&str]) -> Result<Reply, GraphError> {
        match (&self.call.method, rest) {
            (&Method::GET, []) => {
                self.caller.may(Task::ReadApplications)?;
                self.list(SET, self.all_principals())
            }
            (&Method::POST, []) => self.create_principal(),
            (&Method::GET, [id]) => {
                self.caller.may(Task::ReadApplications)?;
                let shown = self.principal(id)?;
                Ok(self.one(StatusCode::OK, SET, shown))
            }
            (&Method::DELETE, [id]) => {
                self.caller.may(Task::WriteApplications)?;
                self.find::<ServicePrincipal>(id)?;
                self.forget_principal(id)?;
                self.directory.remove::<ServicePrincipal>(id)?;
                Ok(Self::no_content())
            }
            (_, [id, "appRoleAssignments", rest @ ..]) => self.grants(id, rest),
            (_, [id, "appRoleAssignedTo", rest @ ..]) => self.granted_at(id, rest),
            _ => Err(GraphError::unknown(self.call)),
        }
    }

    /// The identifier of the principal of a client identifier, if it has arrived.
    pub(crate) fn principal_of(&self, app_id: &str) -> Option<String> {
        if let Some(service) = Service::by_app_id(app_id) {
            return Some(service.object_id(&self.directory.tenant.id));
        }
        let records = self.records();
        let found = records.principal(app_id)?;
        (!self.directory.replication.hides(&found.id)).then(|| found.id.clone())
    }

    /// A principal as JSON.
    pub(crate) fn principal(&self, id: &str) -> Result<Value, GraphError> {
        match self.service(id) {
            Some(service) => Ok(self.show_service(service)),
            None => Ok(show(&self.find::<ServicePrincipal>(id)?)),
        }
    }

    /// The service of Microsoft's whose principal this is.
    pub(crate) fn service(&self, id: &str) -> Option<&'static Service> {
        let tenant = &self.directory.tenant.id;
        SERVICES
            .iter()
            .find(|service| service.object_id(tenant) == id)
    }

    /// Takes away what a principal was granted.
    pub(crate) fn forget_principal(&self, id: &str) -> Result<(), GraphError> {
        let records = self.records();
        let grants = records.grants.iter();
        let grants: Vec<String> = grants
            .filter(|grant| grant.principal_id == id || grant.resource_id == id)
            .map(|grant| grant.id.clone())
            .collect();
        let roles = records.roles.iter().filter(|role| role.principal_id == id);
        let roles: Vec<String> = roles.map(|role| role.id.clone()).collect();
        drop(records);
        for grant in grants {
            self.directory.remove::<AppRoleAssignment>(&grant)?;
        }
        for role in roles {
            self.directory.remove::<RoleAssignment>(&role)?;
        }
        Ok(())
    }

    fn all_principals(&self) -> Vec<Value> {
        let records = self.records();
        let there = records.principals.iter();
        let there = there.filter(|one| !self.directory.replication.hides(&one.id));
        let services = SERVICES.iter().map(|service| self.show_service(service));
        there.map(show).chain(services).collect()
    }

    fn create_principal(&self) -> Result<Reply, GraphError> {
        let body: Body = self.read()?;
        let app_id = &body.app_id;
        if self.principal_of(app_id).is_some() || self.records().principal(app_id).is_some() {
            let message = format!(
                "The service principal cannot be created, updated, or restored because the service \
                 principal name {app_id} is already in use."
            );
            return Err(GraphError::conflict(&message));
        }
        let application = self.records().application(app_id).cloned();
        let application = application.filter(|one| !self.directory.replication.hides(&one.id));
        let Some(application) = application else {
            self.caller.may_register()?;
            let message = format!(
                "The appId '{app_id}' of the service principal does not reference a valid \
                 application object."
            );
            return Err(GraphError::because("NoBackingApplicationObject", &message));
        };
        self.caller.may_change(&application)?;
        let principal = ServicePrincipal::of(&application, self.call.now)?;
        self.create(principal.clone())?;
        Ok(self.one(StatusCode::CREATED, SET, show(&principal)))
    }

    fn show_service(&self, service: &Service) -> Value {
        let roles = service.roles.iter().map(|role| {
            json!({
                "allowedMemberTypes": ["Application"],
                "description": role.value,
                "displayName": role.value,
                "id": role.id,
                "isEnabled": true,
                "origin": "Application",
                "value": role.value,
            })
        });
        json!({
            "id": service.object_id(&self.directory.tenant.id),
            "deletedDateTime": null,
            "accountEnabled": true,
            "appDisplayName": service.name,
            "appId": service.app_id,
            "appOwnerOrganizationId": MICROSOFT,
            "appRoleAssignmentRequired": false,
            "appRoles": roles.collect::<Vec<Value>>(),
            "displayName": service.name,
            "keyCredentials": [],
            "passwordCredentials": [],
            "servicePrincipalNames": service.names().collect::<Vec<&str>>(),
            "servicePrincipalType": "Application",
            "tags": [],
        })
    }
}

fn show(principal: &ServicePrincipal) -> Value {
    json!({
        "id": principal.id,
        "deletedDateTime": null,
        "accountEnabled": true,
        "appDisplayName": principal.display_name,
        "appId": principal.app_id,
        "appRoleAssignmentRequired": false,
        "appRoles": [],
        "createdDateTime": rfc3339(principal.created),
        "displayName": principal.display_name,
        "keyCredentials": [],
        "passwordCredentials": [],
        "servicePrincipalNames": [principal.app_id],
        "servicePrincipalType": match principal.kind {
            PrincipalKind::Application => "Application",
            PrincipalKind::ManagedIdentity => "ManagedIdentity",
        },
        "tags": [],
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    app_id: String,
}

const SET: &str = "servicePrincipals";
/// The tenant that Microsoft's services belong to.
const MICROSOFT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";
