//! [`Call`]: one request to Graph, and every request that kvcert makes.
//! See "Microsoft Graph REST API v1.0".

use std::fmt;

use reqwest::Method;
use serde_json::{Value, json};

use super::KeyCredential;

/// A request to Graph that can be shown, and sent.
#[derive(Clone, PartialEq)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// Path and query below `/v1.0`, percent-encoded where it must be.
    pub path: String,
    /// What is sent along.
    pub body: Option<Value>,
    /// What the caller must have: an application permission of Graph.
    pub permission: &'static str,
}

impl Call {
    /// The applications with exactly this display name.
    pub fn applications_called(name: &str) -> Self {
        let filter = format!("displayName eq '{}'", name.replace('\'', "''"));
        let path = format!(
            "/applications?$filter={}&$select={APPLICATION}",
            escaped(&filter)
        );
        Self::get(path, READ_APPLICATIONS)
    }

    /// The application with this client id.
    pub fn application(app_id: &str) -> Self {
        let path = format!(
            "/applications(appId='{}')?$select={APPLICATION}",
            escaped(app_id)
        );
        Self::get(path, READ_APPLICATIONS)
    }

    /// The application with this object id, with its certificates: only a look at a single object
    /// gives their bytes.
    pub fn application_keys(id: &str) -> Self {
        let path = format!("/applications/{id}?$select={APPLICATION},keyCredentials");
        Self::get(path, READ_APPLICATIONS)
    }

    /// A new application.
    pub fn create_application(
        name: &str,
        tag: &str,
        credential: &KeyCredential,
        access: &Value,
    ) -> Self {
        let body = json!({
            "displayName": name,
            "signInAudience": "AzureADMyOrg",
            "tags": [tag],
            "keyCredentials": [credential.to_json()],
            "requiredResourceAccess": [access],
        });
        Self::send(
            Method::POST,
            "/applications".into(),
            body,
            WRITE_APPLICATIONS,
        )
    }

    /// Changes some properties of an application. A list is replaced as a whole.
    pub fn change_application(id: &str, changes: Value) -> Self {
        let path = format!("/applications/{id}");
        Self::send(Method::PATCH, path, changes, WRITE_APPLICATIONS)
    }

    /// All certificates that an application is to have.
    pub fn set_keys(id: &str, credentials: &[KeyCredential]) -> Self {
        let all: Vec<Value> = credentials.iter().map(KeyCredential::to_json).collect();
        Self::change_application(id, json!({ "keyCredentials": all }))
    }

    /// One more certificate, with a proof that the caller has the key of another one.
    pub fn add_key(id: &str, credential: &KeyCredential, proof: &str) -> Self {
        let body = json!({
            "keyCredential": credential.to_json(),
            "passwordCredential": null,
            "proof": proof,
        });
        Self::send(
            Method::POST,
            format!("/applications/{id}/addKey"),
            body,
            NONE,
        )
    }

    /// One certificate less, with a proof as in [`add_key`](Self::add_key).
    pub fn remove_key(id: &str, key_id: &str, proof: &str) -> Self {
        let body = json!({"keyId": key_id, "proof": proof});
        Self::send(
            Method::POST,
            format!("/applications/{id}/removeKey"),
            body,
            NONE,
        )
    }

    /// The service principal of an application, ours or Microsoft's.
    pub fn service_principal(app_id: &str) -> Self {
        let path = format!("/servicePrincipals(appId='{}')", escaped(app_id));
        let path = format!("{path}?$select=id,appId,displayName");
        Self::get(path, READ_APPLICATIONS)
    }

    /// A service principal for an application: its presence in the tenant.
    pub fn create_service_principal(app_id: &str) -> Self {
        let body = json!({ "appId": app_id });
        let path = String::from("/servicePrincipals");
        Self::send(Method::POST, path, body, WRITE_APPLICATIONS)
    }

    /// The application permissions that a service principal was granted.
    pub fn assignments(principal: &str) -> Self {
        let path = format!("/servicePrincipals/{principal}/appRoleAssignments");
        Self::get(path, READ_APPLICATIONS)
    }

    /// Grants an application permission. This is the administrator's consent.
    pub fn assign(principal: &str, resource: &str, role: &str) -> Self {
        let body = json!({
            "principalId": principal,
            "resourceId": resource,
            "appRoleId": role,
        });
        let path = format!("/servicePrincipals/{principal}/appRoleAssignments");
        Self::send(Method::POST, path, body, "AppRoleAssignment.ReadWrite.All")
    }

    /// The assignments of a directory role to a principal.
    pub fn role_assignments(principal: &str, role: &str) -> Self {
        let filter = format!("principalId eq '{principal}' and roleDefinitionId eq '{role}'");
        let path = format!("{ROLE_ASSIGNMENTS}?$filter={}", escaped(&filter));
        Self::get(path, "RoleManagement.Read.Directory")
    }

    /// Assigns a directory role for the whole tenant.
    pub fn assign_role(principal: &str, role: &str) -> Self {
        let body = json!({
            "principalId": principal,
            "roleDefinitionId": role,
            "directoryScopeId": "/",
        });
        let path = String::from(ROLE_ASSIGNMENTS);
        Self::send(
            Method::POST,
            path,
            body,
            "RoleManagement.ReadWrite.Directory",
        )
    }

    fn get(path: String, permission: &'static str) -> Self {
        Self {
            method: Method::GET,
            path,
            body: None,
            permission,
        }
    }

    fn send(method: Method, path: String, body: Value, permission: &'static str) -> Self {
        Self {
            method,
            path,
            body: Some(body),
            permission,
        }
    }
}

/// A body may have a proof in it.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({self})")
    }
}

/// Method and path.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} /v1.0{}", self.method, self.path)
    }
}

/// What stands in a query and would be read as something else (RFC 3986 section 2.1).
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~'".contains(&byte);
    let escape = |byte: u8| match plain(byte) {
        true => String::from(byte as char),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

const APPLICATION: &str = "id,appId,displayName,tags,requiredResourceAccess";
const ROLE_ASSIGNMENTS: &str = "/roleManagement/directory/roleAssignments";
const READ_APPLICATIONS: &str = "Application.Read.All";
const WRITE_APPLICATIONS: &str = "Application.ReadWrite.All";
/// An application may roll its own keys.
const NONE: &str = "Application.ReadWrite.OwnedBy";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out() {
        let call = Call::applications_called("it's & more");
        assert!(
            call.path
                .starts_with("/applications?$filter=displayName%20eq%20'it''s%20%26%20more'&"),
            "{call}"
        );
        let call = Call::application("a')/x?y='");
        assert!(
            call.path
                .starts_with("/applications(appId='a'%29%2Fx%3Fy%3D'')"),
            "{call}"
        );
    }
}
