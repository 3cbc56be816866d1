//! What the store keeps: vaults, objects and their versions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::devvault::encoding;
use crate::devvault::keys::{JsonWebKey, KeyType};
use crate::devvault::policy::Policy;
use crate::sensitive::Sensitive;

/// What is settled for a whole vault.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::devvault) struct VaultRecord {
    /// How long a deleted object can be recovered.
    pub(in crate::devvault) retention_days: u8,
    /// Whether deleted objects cannot be purged.
    #[serde(default)]
    pub(in crate::devvault) purge_protection: bool,
}

impl Default for VaultRecord {
    fn default() -> Self {
        Self {
            retention_days: 7,
            purge_protection: false,
        }
    }
}

/// A secret, a key or a certificate, by its name.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::devvault) struct Object {
    /// As it was spelt when it was made.
    pub(in crate::devvault) name: String,
    /// The version that answers when none is asked for.
    pub(in crate::devvault) current: String,
    /// A key or a secret that a certificate brought along.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(in crate::devvault) managed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::devvault) certificate: Option<CertificatePart>,
    /// The rotation policy of a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::devvault) rotation: Option<RotationPolicy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::devvault) deleted: Option<Deletion>,
}

impl Object {
    /// An object with nothing but a name and a version.
    pub(in crate::devvault) fn new(name: &str, current: &str) -> Self {
        Self {
            name: name.to_owned(),
            current: current.to_owned(),
            managed: false,
            certificate: None,
            rotation: None,
            deleted: None,
        }
    }
}

impl Object {
    /// What a pending certificate will be.
    pub(in crate::devvault) fn draft(&self) -> Option<&Draft> {
        let pending = self.certificate.as_ref()?.pending.as_ref()?;
        pending.draft.as_ref()
    }

    /// Is there a certificate already, or was the first one only asked for?
    pub(in crate::devvault) fn is_issued(&self) -> bool {
        self.certificate.as_ref().is_none_or(|part| part.issued)
    }

    /// Is a certificate on its way?
    pub(in crate::devvault) fn is_pending(&self) -> bool {
        self.draft().is_some()
    }
}

/// What only a certificate has.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::devvault) struct CertificatePart {
    pub(in crate::devvault) policy: Policy,
    /// Whether the current version holds a certificate. Until then it is there without one.
    pub(in crate::devvault) issued: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::devvault) pending: Option<Pending>,
    /// As it was asked for; said in every answer from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::devvault) preserve_order: Option<bool>,
}

/// A certificate that was asked for: the last one, even when it is there.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::devvault) struct Pending {
    pub(in crate::devvault) request_id: String,
    /// As the client spelt it.
    pub(in crate::devvault) issuer: String,
    #[serde(with = "encoding::bytes")]
    pub(in crate::devvault) csr: Vec<u8>,
    pub(in crate::devvault) cancellation_requested: bool,
    pub(in crate::devvault) status: Status,
    /// What the new version will be, kept until it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::devvault) draft: Option<Draft>,
}

/// How far a pending certificate is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::devvault) enum Status {
    InProgress,
    Completed,
    Cancelled,
    /// Why.
    Failed(String),
}

/// The version that a pending certificate will become.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::devvault) struct Draft {
    pub(in crate::devvault) version: String,
    /// The private key, PKCS#8.
    #[serde(with = "encoding::secret_bytes")]
    pub(in crate::devvault) key: Sensitive<Vec<u8>>,
    pub(in crate::devvault) enabled: bool,
    pub(in crate::devvault) tags: Option<Tags>,
    /// When it is issued, in milliseconds since 1970. `None`: when it is merged.
    pub(in crate::devvault) due: Option<i64>,
}

/// When an object was deleted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::devvault) struct Deletion {
    pub(in crate::devvault) at: i64,
    pub(in crate::devvault) purge_at: i64,
    /// Until then the deletion is under way; in milliseconds since 1970.
    pub(in crate::devvault) settled: i64,
}

/// Free words of the client's.
pub(in crate::devvault) type Tags = BTreeMap<String, String>;

/// One version of an object.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::devvault) struct Version {
    pub(in crate::devvault) version: String,
    pub(in crate::devvault) enabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::devvault) nbf: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::devvault) exp: Option<i64>,
    pub(in crate::devvault) created: i64,
    pub(in crate::devvault) updated: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::devvault) tags: Option<Tags>,
    pub(in crate::devvault) content: Content,
}

impl Version {
    /// Notes a change. Two states of a version never have the same time.
    pub(in crate::devvault) fn touch(&mut self, now: i64) {
        self.updated = now.max(self.updated + 1);
    }
}

/// What a version holds.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::devvault) enum Content {
    Secret(SecretContent),
    Key(Box<KeyContent>),
    Certificate(CertificateContent),
}

/// A secret's value.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::devvault) struct SecretContent {
    #[serde(with = "encoding::secret_text")]
    pub(in crate::devvault) value: Sensitive<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::devvault) content_type: Option<String>,
    /// The version before, if a certificate brought this one along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::devvault) previous: Option<String>,
}

/// A key, with its public part ready to be handed out.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::devvault) struct KeyContent {
    pub(in crate::devvault) kty: KeyType,
    pub(in crate::devvault) operations: Vec<String>,
    pub(in crate::devvault) public: JsonWebKey,
    /// PKCS#8.
    #[serde(with = "encoding::secret_bytes")]
    pub(in crate::devvault) private: Sensitive<Vec<u8>>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(in crate::devvault) exportable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::devvault) release_policy: Option<serde_json::Value>,
}

/// A certificate; its key and its secret are objects of the same name and version.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::devvault) struct CertificateContent {
    /// The end-entity certificate, DER. `None` while the first version is pending.
    #[serde(with = "encoding::optional_bytes")]
    pub(in crate::devvault) leaf: Option<Vec<u8>>,
}

/// [KeyRotationPolicy](https://learn.microsoft.com/rest/api/keyvault/keys/get-key-rotation-policy/get-key-rotation-policy#keyrotationpolicy),
/// but for its identifier.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::devvault) struct RotationPolicy {
    #[serde(rename = "lifetimeActions")]
    pub(in crate::devvault) lifetime_actions: Vec<serde_json::Value>,
    pub(in crate::devvault) attributes: RotationAttributes,
}

/// See [`RotationPolicy`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::devvault) struct RotationAttributes {
    #[serde(rename = "expiryTime", skip_serializing_if = "Option::is_none")]
    pub(in crate::devvault) expiry_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::devvault) created: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::devvault) updated: Option<i64>,
}

fn is_false(value: &bool) -> bool {
    !value
}
