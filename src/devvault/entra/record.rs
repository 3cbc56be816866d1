//! What the tenant keeps: applications, service principals, users and what they were granted.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha1::{Digest, Sha1};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::devvault::encoding;

/// A [registered application](https://learn.microsoft.com/graph/api/resources/application).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::devvault) struct Application {
    /// The object identifier; the client identifier is another one.
    pub(in crate::devvault) id: String,
    pub(in crate::devvault) app_id: String,
    pub(in crate::devvault) display_name: String,
    pub(in crate::devvault) created: i64,
    pub(in crate::devvault) certificates: Vec<KeyCredential>,
    pub(in crate::devvault) secrets: Vec<PasswordCredential>,
    pub(in crate::devvault) federated: Vec<FederatedCredential>,
    /// Of web applications, which keep a secret.
    pub(in crate::devvault) redirect_uris: Vec<String>,
    /// Of programs on people's machines.
    pub(in crate::devvault) native_redirect_uris: Vec<String>,
    pub(in crate::devvault) identifier_uris: Vec<String>,
    /// Runs where no secret can be kept: it signs people in, and never itself.
    pub(in crate::devvault) public_client: bool,
    pub(in crate::devvault) sign_in_audience: String,
    pub(in crate::devvault) required_resource_access: Value,
    /// Properties that mean nothing here, as they were written.
    #[serde(default)]
    pub(in crate::devvault) details: Map<String, Value>,
    /// The principal that registered it, whom `Application.ReadWrite.OwnedBy` lets change it.
    pub(in crate::devvault) owner: Option<String>,
}

impl Application {
    /// An application with a name and nothing else.
    pub(in crate::devvault) fn new(display_name: &str, now: i64) -> anyhow::Result<Self> {
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
pub(in crate::devvault) struct KeyCredential {
    pub(in crate::devvault) key_id: String,
    pub(in crate::devvault) display_name: Option<String>,
    pub(in crate::devvault) usage: String,
    /// DER.
    #[serde(with = "encoding::bytes")]
    pub(in crate::devvault) certificate: Vec<u8>,
    #[serde(with = "encoding::bytes")]
    pub(in crate::devvault) custom_key_identifier: Vec<u8>,
    /// Unix seconds, as the end is.
    pub(in crate::devvault) start: i64,
    pub(in crate::devvault) end: i64,
}

impl KeyCredential {
    /// A certificate's own name, thumbprint and validity. `None` if it is none.
    pub(in crate::devvault) fn of(der: &[u8]) -> anyhow::Result<Option<Self>> {
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
pub(in crate::devvault) struct PasswordCredential {
    pub(in crate::devvault) key_id: String,
    pub(in crate::devvault) display_name: Option<String>,
    #[serde(with = "encoding::bytes")]
    pub(in crate::devvault) sha256: Vec<u8>,
    /// The first characters, which Entra shows to tell secrets apart.
    pub(in crate::devvault) hint: String,
    pub(in crate::devvault) start: i64,
    pub(in crate::devvault) end: i64,
}

/// Another issuer whose tokens are taken as proof
/// ([federatedIdentityCredential](https://learn.microsoft.com/graph/api/resources/federatedidentitycredential)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::devvault) struct FederatedCredential {
    pub(in crate::devvault) id: String,
    pub(in crate::devvault) name: String,
    pub(in crate::devvault) issuer: String,
    pub(in crate::devvault) subject: String,
    pub(in crate::devvault) audiences: Vec<String>,
}

/// Who acts in the tenant: an application's
/// [service principal](https://learn.microsoft.com/graph/api/resources/serviceprincipal), or a
/// managed identity, which has no application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::devvault) struct ServicePrincipal {
    pub(in crate::devvault) id: String,
    pub(in crate::devvault) app_id: String,
    pub(in crate::devvault) display_name: String,
    pub(in crate::devvault) kind: PrincipalKind,
    /// The Azure resource that a user-assigned managed identity is.
    #[serde(default)]
    pub(in crate::devvault) resource_id: Option<String>,
    pub(in crate::devvault) created: i64,
}

impl ServicePrincipal {
    /// The principal of an application.
    pub(in crate::devvault) fn of(application: &Application, now: i64) -> anyhow::Result<Self> {
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
    pub(in crate::devvault) fn managed(
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
pub(in crate::devvault) enum PrincipalKind {
    Application,
    ManagedIdentity,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::devvault) struct User {
    pub(in crate::devvault) id: String,
    /// The sign-in name, `someone@domain`.
    pub(in crate::devvault) upn: String,
    pub(in crate::devvault) display_name: String,
}

/// An application permission that was granted
/// ([appRoleAssignment](https://learn.microsoft.com/graph/api/resources/approleassignment)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::devvault) struct AppRoleAssignment {
    pub(in crate::devvault) id: String,
    pub(in crate::devvault) principal_id: String,
    pub(in crate::devvault) resource_id: String,
    pub(in crate::devvault) app_role_id: String,
    pub(in crate::devvault) created: i64,
}

/// A directory role that was assigned
/// ([unifiedRoleAssignment](https://learn.microsoft.com/graph/api/resources/unifiedroleassignment)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::devvault) struct RoleAssignment {
    pub(in crate::devvault) id: String,
    pub(in crate::devvault) principal_id: String,
    pub(in crate::devvault) role_definition_id: String,
    pub(in crate::devvault) directory_scope_id: String,
}

/// That an application may act for people at a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::devvault) struct Consent {
    pub(in crate::devvault) id: String,
    pub(in crate::devvault) client_app_id: String,
    pub(in crate::devvault) resource_app_id: String,
}

/// An issuer whose tokens can be checked: its name and its keys
/// ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517#section-5)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::devvault) struct TrustedIssuer {
    /// The claim `iss` of its tokens.
    pub(in crate::devvault) id: String,
    pub(in crate::devvault) keys: Vec<Value>,
}
