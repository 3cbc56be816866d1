//! What the tenant keeps: applications, service principals, users and what they were granted.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha1::{Digest, Sha1};
use sha2::Sha256;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::encoding;

/// A [registered application](https://learn.microsoft.com/graph/api/resources/application).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Application {
    /// The object identifier; the client identifier is another one.
    pub(crate) id: String,
    pub(crate) app_id: String,
    pub(crate) display_name: String,
    pub(crate) created: i64,
    pub(crate) certificates: Vec<KeyCredential>,
    pub(crate) secrets: Vec<PasswordCredential>,
    pub(crate) federated: Vec<FederatedCredential>,
    /// Of web applications, which keep a secret.
    pub(crate) redirect_uris: Vec<String>,
    /// Of programs on people's machines.
    pub(crate) native_redirect_uris: Vec<String>,
    pub(crate) identifier_uris: Vec<String>,
    /// Runs where no secret can be kept: it signs people in, and never itself.
    pub(crate) public_client: bool,
    pub(crate) sign_in_audience: String,
    pub(crate) required_resource_access: Value,
    /// Properties that mean nothing here, as they were written.
    #[serde(default)]
    pub(crate) details: Map<String, Value>,
    /// The principal that registered it, which may change it with `Application.ReadWrite.OwnedBy`.
    pub(crate) owner: Option<String>,
}

impl Application {
    /// An application with a name and nothing else.
    pub(crate) fn new(display_name: &str, now: i64) -> anyhow::Result<Self> {
        Ok(Self {
            id: encoding::guid()?,
            app_id: encoding::guid()?,
            display_name: display_name.to_owned(),
            created: now,
            certificates: Vec::new(),
            secrets: Vec::new(),
            federated: Vec::new(),
            redirect_uris: Vec::new(),
            native_redirect_uris: Vec::new(),
            identifier_uris: Vec::new(),
            public_client: false,
            sign_in_audience: String::from("AzureADMyOrg"),
            required_resource_access: Value::Array(Vec::new()),
            details: Map::new(),
            owner: None,
        })
    }
}

/// A certificate that signs assertions ([keyCredential](https://learn.microsoft.com/graph/api/resources/keycredential)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyCredential {
    pub(crate) key_id: String,
    pub(crate) display_name: Option<String>,
    pub(crate) usage: String,
    /// DER.
    #[serde(with = "encoding::bytes")]
    pub(crate) certificate: Vec<u8>,
    #[serde(with = "encoding::bytes")]
    pub(crate) custom_key_identifier: Vec<u8>,
    /// Unix seconds, as the end is.
    pub(crate) start: i64,
    pub(crate) end: i64,
}

impl KeyCredential {
    /// A certificate's own name, thumbprint and validity. `None` if it is not a certificate.
    pub(crate) fn of(der: &[u8]) -> anyhow::Result<Option<Self>> {
        let Ok((rest, certificate)) = X509Certificate::from_der(der) else {
            return Ok(None);
        };
        if !rest.is_empty() {
            return Ok(None);
        }
        let validity = certificate.validity();
        Ok(Some(Self {
            key_id: encoding::guid()?,
            display_name: Some(certificate.subject().to_string()),
            usage: String::from("Verify"),
            certificate: der.to_vec(),
            custom_key_identifier: Sha1::digest(der).to_vec(),
            start: validity.not_before.timestamp(),
            end: validity.not_after.timestamp(),
        }))
    }
}

/// A client secret: not the text itself but its SHA-256, for comparing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PasswordCredential {
    pub(crate) key_id: String,
    pub(crate) display_name: Option<String>,
    #[serde(with = "encoding::bytes")]
    pub(crate) sha256: Vec<u8>,
    /// The first characters, which Entra shows to tell secrets apart.
    pub(crate) hint: String,
    pub(crate) start: i64,
    pub(crate) end: i64,
}

impl PasswordCredential {
    /// The record of a new secret.
    pub(crate) fn new(
        secret: &str,
        name: Option<String>,
        start: i64,
        end: i64,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            key_id: encoding::guid()?,
            display_name: name,
            sha256: Sha256::digest(secret).to_vec(),
            hint: secret.chars().take(3).collect(),
            start,
            end,
        })
    }
}

/// Another issuer whose tokens are taken as proof
/// ([federatedIdentityCredential](https://learn.microsoft.com/graph/api/resources/federatedidentitycredential)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FederatedCredential {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) audiences: Vec<String>,
}

/// Who acts in the tenant: an application's
/// [service principal](https://learn.microsoft.com/graph/api/resources/serviceprincipal), or a
/// managed identity, which has no application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServicePrincipal {
    pub(crate) id: String,
    pub(crate) app_id: String,
    pub(crate) display_name: String,
    pub(crate) kind: PrincipalKind,
    /// The Azure resource that a user-assigned managed identity is.
    #[serde(default)]
    pub(crate) resource_id: Option<String>,
    pub(crate) created: i64,
}

impl ServicePrincipal {
    /// The principal of an application.
    pub(crate) fn of(application: &Application, now: i64) -> anyhow::Result<Self> {
        Ok(Self {
            id: encoding::guid()?,
            app_id: application.app_id.clone(),
            display_name: application.display_name.clone(),
            kind: PrincipalKind::Application,
            resource_id: None,
            created: now,
        })
    }

    /// A managed identity: that of the machine, or a user-assigned one.
    pub(crate) fn managed(
        name: &str,
        resource_id: Option<String>,
        now: i64,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            id: encoding::guid()?,
            app_id: encoding::guid()?,
            display_name: name.to_owned(),
            kind: PrincipalKind::ManagedIdentity,
            resource_id,
            created: now,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PrincipalKind {
    Application,
    ManagedIdentity,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) id: String,
    /// The sign-in name, `someone@domain`.
    pub(crate) upn: String,
    pub(crate) display_name: String,
}

/// An application permission that was granted
/// ([appRoleAssignment](https://learn.microsoft.com/graph/api/resources/approleassignment)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AppRoleAssignment {
    pub(crate) id: String,
    pub(crate) principal_id: String,
    pub(crate) resource_id: String,
    pub(crate) app_role_id: String,
    pub(crate) created: i64,
}

/// A directory role that was assigned
/// ([unifiedRoleAssignment](https://learn.microsoft.com/graph/api/resources/unifiedroleassignment)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoleAssignment {
    pub(crate) id: String,
    pub(crate) principal_id: String,
    pub(crate) role_definition_id: String,
    pub(crate) directory_scope_id: String,
}

/// That an application may act for people at a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Consent {
    pub(crate) id: String,
    pub(crate) client_app_id: String,
    pub(crate) resource_app_id: String,
}

/// An issuer whose tokens can be checked: its name and its keys
/// ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517#section-5)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TrustedIssuer {
    /// The claim `iss` of its tokens.
    pub(crate) id: String,
    pub(crate) keys: Vec<Value>,
}

/// A role that a principal has in a vault, or at one object of it
/// ([guide](https://learn.microsoft.com/azure/key-vault/general/rbac-guide)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VaultRole {
    pub(crate) id: String,
    pub(crate) principal_id: String,
    /// The name of a built-in role.
    pub(crate) role: String,
    /// The vault; `None` for all of them.
    pub(crate) vault: Option<String>,
    /// One object, such as `secrets/web`, instead of the whole vault.
    pub(crate) object: Option<String>,
}

/// The access policies of a vault that does without roles
/// ([legacy model](https://learn.microsoft.com/azure/key-vault/general/assign-access-policy)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VaultPolicies {
    /// The vault.
    pub(crate) id: String,
    pub(crate) policies: Vec<AccessPolicy>,
}

/// What one principal may do: the verbs for each kind of object, or `all`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessPolicy {
    pub(crate) principal_id: String,
    pub(crate) secrets: Vec<String>,
    pub(crate) keys: Vec<String>,
    pub(crate) certificates: Vec<String>,
}
