//! [`CertificatePolicy`]: how the vault creates, stores and renews a certificate. The fields are
//! those of the service's
//! [`CertificatePolicy`](https://learn.microsoft.com/rest/api/keyvault/certificates/create-certificate/create-certificate#certificatepolicy).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How the vault creates, stores and renews a certificate. What the service says beside the fields here
/// is in `other`, so that a policy that is read and sent again loses nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificatePolicy {
    /// The key.
    #[serde(rename = "key_props")]
    pub key: KeyProperties,
    /// The secret.
    #[serde(rename = "secret_props")]
    pub secret: SecretProperties,
    /// The certificate.
    #[serde(rename = "x509_props")]
    pub x509: X509Properties,
    /// What happens before it expires.
    #[serde(default)]
    pub lifetime_actions: Vec<LifetimeAction>,
    /// The issuer.
    pub issuer: Issuer,
    /// Fields that are not here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl CertificatePolicy {
    /// Whether it needs the newest version of the API.
    pub(super) fn needs_newest_version(&self) -> bool {
        let sans = &self.x509.sans;
        !sans.uris.is_empty() || !sans.ip_addresses.is_empty()
    }
}

/// The key of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyProperties {
    /// Whether the secret contains the private key, so that it can leave the vault.
    pub exportable: bool,
    /// `RSA`, `EC`, and `RSA-HSM` or `EC-HSM` for keys in hardware.
    #[serde(rename = "kty")]
    pub key_type: String,
    /// The size of an RSA key, bits.
    #[serde(rename = "key_size", skip_serializing_if = "Option::is_none")]
    pub size: Option<u32>,
    /// The curve of an EC key, such as `P-256`.
    #[serde(rename = "crv", skip_serializing_if = "Option::is_none")]
    pub curve: Option<String>,
    /// Whether the next version has the same key.
    #[serde(rename = "reuse_key", default)]
    pub reuse: bool,
}

/// The secret of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretProperties {
    /// `application/x-pkcs12` or `application/x-pem-file`.
    #[serde(rename = "contentType")]
    pub content_type: String,
}

/// The contents of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct X509Properties {
    /// The subject's distinguished name, such as `CN=web.example.com`; not needed for an import,
    /// whose certificate has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The subject alternative names.
    #[serde(default, skip_serializing_if = "SubjectAlternativeNames::is_empty")]
    pub sans: SubjectAlternativeNames,
    /// Extended key usages, as object identifiers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ekus: Vec<String>,
    /// Key usages, such as `digitalSignature`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_usage: Vec<String>,
    /// Its lifetime, months.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity_months: Option<u32>,
    /// Fields that are not here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Subject alternative names (RFC 5280 section 4.2.1.6).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectAlternativeNames {
    /// Host names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dns_names: Vec<String>,
    /// Mail addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<String>,
    /// User principal names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub upns: Vec<String>,
    /// URIs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uris: Vec<String>,
    /// IP addresses.
    #[serde(rename = "ipAddresses", default, skip_serializing_if = "Vec::is_empty")]
    pub ip_addresses: Vec<String>,
}

impl SubjectAlternativeNames {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What happens before a certificate expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifetimeAction {
    /// When it happens.
    pub trigger: Trigger,
    /// What happens.
    pub action: Action,
}

impl LifetimeAction {
    /// An action and its time.
    pub fn new(kind: ActionType, trigger: Trigger) -> Self {
        let action = Action { kind };
        Self { trigger, action }
    }
}

/// When a lifetime action happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// After this part of the lifetime, percent, 1 to 99.
    LifetimePercentage(u32),
    /// This many days before it expires.
    DaysBeforeExpiry(u32),
}

/// What a lifetime action does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// The kind of action.
    #[serde(rename = "action_type")]
    pub kind: ActionType,
}

/// The kinds of lifetime actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionType {
    /// Creates the next version.
    AutoRenew,
    /// Sends mail to the vault's contacts.
    EmailContacts,
}

/// The issuer of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuer {
    /// `Self`, `Unknown` (an external CA, whose certificate is merged), or an issuer that is
    /// configured in the vault.
    pub name: String,
    /// Fields that are not here, such as the type of certificate that a configured issuer knows.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Issuer {
    /// Self-signed by the vault.
    pub const SELF: &str = "Self";
    /// An external CA.
    pub const UNKNOWN: &str = "Unknown";

    /// The issuer of this name, without settings of its own.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            other: Map::new(),
        }
    }
}
