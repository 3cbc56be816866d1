//! What the store keeps: vaults, objects and their versions.

use std::collections::BTreeMap;

use anyhow::{Context, anyhow};
use kvcert_pki::sensitive::Sensitive;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::certificate::policy::Policy;
use crate::encoding;
use crate::keys::jwk::JsonWebKey;
use crate::keys::key_type::KeyType;

/// The three kinds of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Collection {
    Certificates,
    Keys,
    Secrets,
}

impl Collection {
    /// As in a path.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::Certificates => "certificates",
            Self::Keys => "keys",
            Self::Secrets => "secrets",
        }
    }

    /// As in the path of what was deleted.
    pub(crate) fn deleted(self) -> &'static str {
        match self {
            Self::Certificates => "deletedcertificates",
            Self::Keys => "deletedkeys",
            Self::Secrets => "deletedsecrets",
        }
    }

    /// As in a message.
    pub(crate) fn singular(self) -> &'static str {
        match self {
            Self::Certificates => "certificate",
            Self::Keys => "key",
            Self::Secrets => "secret",
        }
    }

    /// As in an error code.
    pub(crate) fn capital(self) -> &'static str {
        match self {
            Self::Certificates => "Certificate",
            Self::Keys => "Key",
            Self::Secrets => "Secret",
        }
    }

    /// The collection that is spelt so.
    pub(crate) fn find(word: &str, spelling: fn(Self) -> &'static str) -> Option<Self> {
        [Self::Certificates, Self::Keys, Self::Secrets]
            .into_iter()
            .find(|collection| word.eq_ignore_ascii_case(spelling(*collection)))
    }
}

/// What is settled for a whole vault.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct VaultRecord {
    /// How long a deleted object can be recovered.
    pub(crate) retention_days: u8,
    /// Whether deleted objects cannot be purged.
    #[serde(default)]
    pub(crate) purge_protection: bool,
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
pub(crate) struct Object {
    /// As it was spelt when it was made.
    pub(crate) name: String,
    /// The version that answers when none is asked for.
    pub(crate) current: String,
    /// A key or a secret that a certificate brought along.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) managed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) certificate: Option<CertificatePart>,
    /// The rotation policy of a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rotation: Option<RotationPolicy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deleted: Option<Deletion>,
}

impl Object {
    /// An object with nothing but a name and a version.
    pub(crate) fn new(name: &str, current: &str) -> Self {
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
    pub(crate) fn draft(&self) -> Option<&Draft> {
        let pending = self.certificate.as_ref()?.pending.as_ref()?;
        pending.draft.as_ref()
    }

    /// Is there a certificate already, or was the first one only asked for?
    pub(crate) fn is_issued(&self) -> bool {
        self.certificate.as_ref().is_none_or(|part| part.issued)
    }

    /// Is a certificate on its way?
    pub(crate) fn is_pending(&self) -> bool {
        self.draft().is_some()
    }
}

/// What only a certificate has.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CertificatePart {
    pub(crate) policy: Policy,
    /// Whether the current version holds a certificate. Until then it is there without one.
    pub(crate) issued: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pending: Option<Pending>,
    /// As it was asked for; said in every answer from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) preserve_order: Option<bool>,
}

/// A certificate that was asked for: the last one, even when it is there.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) request_id: String,
    /// As the client spelt it.
    pub(crate) issuer: String,
    #[serde(with = "encoding::bytes")]
    pub(crate) csr: Vec<u8>,
    pub(crate) cancellation_requested: bool,
    pub(crate) status: Status,
    /// What the new version will be, kept until it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) draft: Option<Draft>,
}

/// How far a pending certificate is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    InProgress,
    Completed,
    Cancelled,
    /// Why.
    Failed(String),
}

/// The version that a pending certificate will become.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Draft {
    pub(crate) version: String,
    /// The private key, PKCS#8.
    #[serde(with = "encoding::secret_bytes")]
    pub(crate) key: Sensitive<Vec<u8>>,
    pub(crate) enabled: bool,
    pub(crate) tags: Option<Tags>,
    /// When it is issued, in milliseconds since 1970. `None`: when it is merged.
    pub(crate) due: Option<i64>,
}

/// When an object was deleted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Deletion {
    pub(crate) at: i64,
    pub(crate) purge_at: i64,
    /// Until then the deletion is under way; in milliseconds since 1970.
    pub(crate) settled: i64,
}

/// Free words of the client's.
pub(crate) type Tags = BTreeMap<String, String>;

/// One version of an object.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) version: String,
    pub(crate) enabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nbf: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) exp: Option<i64>,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tags: Option<Tags>,
    pub(crate) content: Content,
}

impl Version {
    /// Notes a change. Two states of a version never have the same time.
    pub(crate) fn touch(&mut self, now: i64) {
        self.updated = now.max(self.updated + 1);
    }
}

/// What a version holds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Content {
    Secret(SecretContent),
    Key(Box<KeyContent>),
    Certificate(CertificateContent),
}

/// A secret's value.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SecretContent {
    #[serde(with = "encoding::secret_text")]
    pub(crate) value: Sensitive<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<String>,
    /// The version before, if a certificate brought this one along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<String>,
}

/// A key, with its public part ready to be handed out.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeyContent {
    pub(crate) kty: KeyType,
    pub(crate) operations: Vec<String>,
    pub(crate) public: JsonWebKey,
    /// PKCS#8.
    #[serde(with = "encoding::secret_bytes")]
    pub(crate) private: Sensitive<Vec<u8>>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) exportable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) release_policy: Option<serde_json::Value>,
}

/// A certificate; its key and its secret are objects of the same name and version.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CertificateContent {
    /// The end-entity certificate, DER. `None` while the first version is pending.
    #[serde(with = "encoding::optional_bytes")]
    pub(crate) leaf: Option<Vec<u8>>,
}

/// [KeyRotationPolicy](https://learn.microsoft.com/rest/api/keyvault/keys/get-key-rotation-policy/get-key-rotation-policy#keyrotationpolicy),
/// but for its identifier.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RotationPolicy {
    #[serde(rename = "lifetimeActions")]
    pub(crate) lifetime_actions: Vec<serde_json::Value>,
    pub(crate) attributes: RotationAttributes,
}

/// See [`RotationPolicy`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RotationAttributes {
    #[serde(rename = "expiryTime", skip_serializing_if = "Option::is_none")]
    pub(crate) expiry_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) created: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) updated: Option<i64>,
}

/// As the store keeps a value.
pub(crate) fn encode(value: &impl Serialize) -> anyhow::Result<Vec<u8>> {
    serde_json::to_vec(value).context("cannot encode an object for the store")
}

/// The parser's own words may quote a value, so they are left out.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> anyhow::Result<T> {
    serde_json::from_slice(bytes).map_err(|_| anyhow!("the store holds something unreadable"))
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Is this the name of a vault (3 to 24 letters, digits and single hyphens)?
pub(crate) fn is_vault_name(name: &str) -> bool {
    (3..=24).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && !name.ends_with('-')
        && !name.contains("--")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vault_names() {
        assert!(is_vault_name("demo") && is_vault_name("a-1"));
        for bad in ["", "ab", "1ab", "a--b", "ab-", "a.b", &"a".repeat(25)] {
            assert!(!is_vault_name(bad), "{bad}");
        }
    }
}
