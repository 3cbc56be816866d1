//! [Applications](https://learn.microsoft.com/graph/api/resources/application).

use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::caller::Task;
use super::credentials::{self, KeyCredentialBody};
use super::error::GraphError;
use super::handler::Handler;
use crate::calendar::rfc3339;
use crate::directory::record::{Application, PasswordCredential, ServicePrincipal};
use crate::encoding;
use crate::http::reply::Reply;

impl Handler<'_> {
    /// `/applications…`
    pub(crate) fn applications(&self, rest: &[&str]) -> Result<Reply, GraphError> {
        match (&self.call.method, rest) {
            (&Method::GET, []) => self.list_applications(),
            (&Method::POST, []) => self.create_application(),
            (&Method::GET, [id]) => {
                self.caller.may(Task::ReadApplications)?;
                let application: Application = self.find(id)?;
                let with_keys = self.query.selects("keyCredentials");
                let shown = show(&application, with_keys);
                Ok(self.one(StatusCode::OK, SET, shown))
            }
            (&Method::PATCH, [id]) => self.change_application(id),
            (&Method::DELETE, [id]) => self.delete_application(id),
            (&Method::POST, [id, "addKey"]) => self.add_key(id),
            (&Method::POST, [id, "removeKey"]) => self.remove_key(id),
            (&Method::POST, [id, "addPassword"]) => self.add_password(id),
            (&Method::POST, [id, "removePassword"]) => self.remove_password(id),
            (_, [id, "federatedIdentityCredentials", rest @ ..]) => self.federated(id, rest),
            _ => Err(GraphError::unknown(self.call)),
        }
    }

    fn list_applications(&self) -> Result<Reply, GraphError> {
        self.caller.may(Task::ReadApplications)?;
        let records = self.records();
        let there = records.applications.iter();
        let there = there.filter(|one| !self.directory.replication.hides(&one.id));
        // A list has no certificates, even if they are selected.
        self.list(
            SET,
            there.map(|application| show(application, false)).collect(),
        )
    }

    fn create_application(&self) -> Result<Reply, GraphError> {
        self.caller.may_register()?;
        let Value::Object(body) = self.body()? else {
            return Err(GraphError::bad("Unable to read JSON request payload."));
        };
        let mut application = Application {
            owner: Some(self.caller.oid.clone()),
            ..Application::new("", self.call.now)?
        };
        change(&mut application, body)?;
        if application.display_name.is_empty() {
            return Err(GraphError::bad(
                "The required property 'displayName' is missing or empty.",
            ));
        }
        self.create(application.clone())?;
        Ok(self.one(StatusCode::CREATED, SET, show(&application, true)))
    }

    fn change_application(&self, id: &str) -> Result<Reply, GraphError> {
        let Value::Object(body) = self.body()? else {
            return Err(GraphError::bad("Unable to read JSON request payload."));
        };
        self.edit(id, |application| {
            self.caller.may_change(application)?;
            change(application, body)
        })?;
        Ok(Self::no_content())
    }

    fn delete_application(&self, id: &str) -> Result<Reply, GraphError> {
        let application: Application = self.find(id)?;
        self.caller.may_change(&application)?;
        let principal = self.principal_of(&application.app_id);
        if let Some(principal) = principal {
            self.forget_principal(&principal)?;
            self.directory.remove::<ServicePrincipal>(&principal)?;
        }
        self.directory.remove::<Application>(id)?;
        Ok(Self::no_content())
    }

    /// An application may change its own certificates, if it proves that it has one.
    fn add_key(&self, id: &str) -> Result<Reply, GraphError> {
        let body: AddKey = self.read()?;
        let mut added = None;
        self.edit(id, |application| {
            self.may_roll(application, &body.proof)?;
            let credential = credentials::read(body.key_credential, &[])?;
            let mut others = application.certificates.iter();
            if others.any(|other| other.key_id == credential.key_id) {
                return Err(GraphError::bad(
                    "A key credential with this keyId exists already.",
                ));
            }
            application.certificates.push(credential.clone());
            added = Some(credential);
            Ok(())
        })?;
        let shown = added.map(|credential| credentials::key_json(&credential, false));
        let shown = shown.unwrap_or(Value::Null);
        Ok(self.one(StatusCode::OK, "microsoft.graph.keyCredential", shown))
    }

    fn remove_key(&self, id: &str) -> Result<Reply, GraphError> {
        let body: RemoveKey = self.read()?;
        self.edit(id, |application| {
            self.may_roll(application, &body.proof)?;
            let before = application.certificates.len();
            let removed = body.key_id.to_ascii_lowercase();
            application.certificates.retain(|one| one.key_id != removed);
            if application.certificates.len() < before {
                Ok(())
            } else {
                Err(GraphError::bad("No credentials found to be removed."))
            }
        })?;
        Ok(Self::no_content())
    }

    fn may_roll(&self, application: &Application, proof: &str) -> Result<(), GraphError> {
        if !application.app_id.eq_ignore_ascii_case(&self.caller.app_id) {
            self.caller.may_change(application)?;
        }
        credentials::check_proof(proof, application, self.call.now)
    }

    fn add_password(&self, id: &str) -> Result<Reply, GraphError> {
        let body: AddPassword = self.read()?;
        let asked = body.password_credential;
        let now = self.call.now;
        let start = credentials::time_of(asked.start_date_time.as_ref(), "Start")?.unwrap_or(now);
        let end = credentials::time_of(asked.end_date_time.as_ref(), "End")?;
        let end = end.unwrap_or(start + TWO_YEARS);
        let secret = zeroize::Zeroizing::new(encoding::base64url(encoding::random::<30>()?));
        let credential = PasswordCredential::new(&secret, asked.display_name, start, end)?;
        let mut shown = credentials::password_json(&credential);
        shown["secretText"] = Value::String(secret.to_string());
        self.edit(id, |application| {
            self.caller.may_change(application)?;
            application.secrets.push(credential);
            Ok(())
        })?;
        Ok(self.one(StatusCode::OK, "microsoft.graph.passwordCredential", shown))
    }

    fn remove_password(&self, id: &str) -> Result<Reply, GraphError> {
        let body: RemovePassword = self.read()?;
        self.edit(id, |application| {
            self.caller.may_change(application)?;
            let before = application.secrets.len();
            application
                .secrets
                .retain(|one| !one.key_id.eq_ignore_ascii_case(&body.key_id));
            if application.secrets.len() < before {
                Ok(())
            } else {
                Err(GraphError::bad(
                    "No password credential found with this keyId.",
                ))
            }
        })?;
        Ok(Self::no_content())
    }

    /// Changes an application that has reached the replica that is asked.
    pub(crate) fn edit(
        &self,
        id: &str,
        change: impl FnOnce(&mut Application) -> Result<(), GraphError>,
    ) -> Result<Application, GraphError> {
        self.find::<Application>(id)?;
        let changed = self.directory.update(id, change)?;
        changed.ok_or_else(|| GraphError::missing(id))
    }
}

/// Sets the properties of a body; others stay as they are, lists are replaced as a whole.
fn change(application: &mut Application, body: Map<String, Value>) -> Result<(), GraphError> {
    for (name, value) in body {
        let invalid =
            || GraphError::bad(&format!("Invalid value specified for property '{name}'."));
        match &*name {
            "displayName" => {
                let text = value.as_str().filter(|text| text.len() <= 256);
                application.display_name = text.ok_or_else(invalid)?.to_owned();
            }
            "keyCredentials" => {
                application.certificates =
                    credentials::read_all(&value, &application.certificates)?;
            }
            "signInAudience" => {
                application.sign_in_audience = value.as_str().ok_or_else(invalid)?.to_owned();
            }
            "identifierUris" => application.identifier_uris = texts(&value).ok_or_else(invalid)?,
            "requiredResourceAccess" if value.is_array() => {
                application.required_resource_access = value;
            }
            "isFallbackPublicClient" => {
                application.public_client = value.as_bool().unwrap_or_default();
            }
            "web" => application.redirect_uris = redirect_uris(&value).ok_or_else(invalid)?,
            "publicClient" => {
                application.native_redirect_uris = redirect_uris(&value).ok_or_else(invalid)?;
            }
            "passwordCredentials" if value.as_array().is_some_and(Vec::is_empty) => {
                application.secrets.clear();
            }
            known if KEPT.contains(&known) => {
                application.details.insert(name, value);
            }
            "id" | "appId" | "createdDateTime" | "publisherDomain" | "passwordCredentials" => {
                let message = format!("Property '{name}' is read-only and cannot be set.");
                return Err(GraphError::bad(&message));
            }
            other if other.starts_with('@') => {}
            _ => {
                let message = format!(
                    "One or more property values specified are invalid: the property '{name}' does \
                     not exist on type 'microsoft.graph.application'."
                );
                return Err(GraphError::bad(&message));
            }
        }
    }
    Ok(())
}

fn redirect_uris(value: &Value) -> Option<Vec<String>> {
    match value.get("redirectUris") {
        Some(list) => texts(list),
        None => Some(Vec::new()),
    }
}

/// A list of texts.
fn texts(value: &Value) -> Option<Vec<String>> {
    let list = value.as_array()?;
    list.iter()
        .map(|one| one.as_str().map(String::from))
        .collect()
}

/// An application as it goes out.
fn show(application: &Application, with_keys: bool) -> Value {
    let certificates = application.certificates.iter();
    let secrets = application.secrets.iter();
    let mut shown = json!({
        "id": application.id,
        "deletedDateTime": null,
        "appId": application.app_id,
        "createdDateTime": rfc3339(application.created),
        "description": null,
        "displayName": application.display_name,
        "identifierUris": application.identifier_uris,
        "isFallbackPublicClient": application.public_client.then_some(true),
        "keyCredentials": certificates
            .map(|one| credentials::key_json(one, with_keys))
            .collect::<Vec<Value>>(),
        "notes": null,
        "passwordCredentials": secrets.map(credentials::password_json).collect::<Vec<Value>>(),
        "publicClient": {"redirectUris": application.native_redirect_uris},
        "publisherDomain": crate::directory::tenant::DOMAIN,
        "requiredResourceAccess": application.required_resource_access,
        "signInAudience": application.sign_in_audience,
        "tags": [],
        "web": {"homePageUrl": null, "logoutUrl": null, "redirectUris": application.redirect_uris},
    });
    if let Value::Object(properties) = &mut shown {
        properties.extend(application.details.clone());
    }
    shown
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AddKey {
    key_credential: KeyCredentialBody,
    proof: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RemoveKey {
    key_id: String,
    proof: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AddPassword {
    password_credential: PasswordBody,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PasswordBody {
    display_name: Option<String>,
    start_date_time: Option<String>,
    end_date_time: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RemovePassword {
    key_id: String,
}

const SET: &str = "applications";
const TWO_YEARS: i64 = 2 * 365 * 86_400;
/// Properties that are kept as they are.
const KEPT: [&str; 12] = [
    "addIns",
    "api",
    "appRoles",
    "description",
    "groupMembershipClaims",
    "info",
    "notes",
    "optionalClaims",
    "parentalControlSettings",
    "samlMetadataUrl",
    "spa",
    "tags",
];
