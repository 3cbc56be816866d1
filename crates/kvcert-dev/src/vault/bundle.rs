//! The JSON of the service, field by field in its own order.

use aws_lc_rs::digest;
use kvcert_pki::sensitive::Sensitive;
use serde::Serialize;

use super::handler::Handler;
use crate::certificate::policy::Policy;
use crate::encoding::{self, base64, base64url};
use crate::keys::jwk::JsonWebKey;
use crate::keys::key_type::KeyType;
use crate::store::model::{
    CertificateContent, Collection, Content, KeyContent, Object, SecretContent, Tags, VaultRecord,
    Version,
};

/// A whole object, as `get` answers.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Bundle<'a> {
    Secret(SecretBundle<'a>),
    Key(Box<KeyBundle<'a>>),
    Certificate(Box<CertificateBundle<'a>>),
}

/// [SecretBundle](https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret#secretbundle).
#[derive(Serialize)]
pub(crate) struct SecretBundle<'a> {
    #[serde(
        with = "encoding::optional_secret_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) value: Option<&'a Sensitive<String>>,
    #[serde(rename = "contentType", skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<&'a str>,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    managed: Option<bool>,
    attributes: Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a Tags>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(rename = "previousVersion", skip_serializing_if = "Option::is_none")]
    previous: Option<&'a str>,
}

/// [KeyBundle](https://learn.microsoft.com/rest/api/keyvault/keys/get-key/get-key#keybundle).
#[derive(Serialize)]
pub(crate) struct KeyBundle<'a> {
    key: PublicKey<'a>,
    attributes: Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a Tags>,
    #[serde(skip_serializing_if = "Option::is_none")]
    managed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    release_policy: Option<&'a serde_json::Value>,
}

#[derive(Serialize)]
struct PublicKey<'a> {
    kid: String,
    kty: KeyType,
    key_ops: &'a [String],
    #[serde(flatten)]
    public: &'a JsonWebKey,
}

/// [CertificateBundle](https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate/get-certificate#certificatebundle).
#[derive(Serialize)]
pub(crate) struct CertificateBundle<'a> {
    id: String,
    /// Not there before the certificate is, as the next three.
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x5t: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cer: Option<String>,
    attributes: Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a Tags>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<PolicyBundle<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<Reference>,
    #[serde(rename = "preserveCertOrder", skip_serializing_if = "Option::is_none")]
    preserve_order: Option<bool>,
}

#[derive(Serialize)]
struct Reference {
    id: String,
}

/// [CertificatePolicy](https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate-policy/get-certificate-policy#certificatepolicy).
#[derive(Serialize)]
pub(crate) struct PolicyBundle<'a> {
    id: String,
    #[serde(flatten)]
    policy: &'a Policy,
}

/// A deleted object: when it was deleted comes first.
#[derive(Serialize)]
pub(crate) struct Deleted<T> {
    #[serde(rename = "recoveryId")]
    recovery_id: String,
    #[serde(rename = "deletedDate")]
    at: i64,
    #[serde(rename = "scheduledPurgeDate")]
    purge_at: i64,
    #[serde(flatten)]
    what: T,
}

/// An item of a list. Keys are named by `kid`, everything else by `id`.
#[derive(Serialize)]
pub(crate) struct Item<'a> {
    #[serde(rename = "contentType", skip_serializing_if = "Option::is_none")]
    content_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x5t: Option<String>,
    attributes: Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a Tags>,
    #[serde(skip_serializing_if = "Option::is_none")]
    managed: Option<bool>,
}

/// An item of a list of objects, deleted or not.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Listed<'a> {
    Active(Item<'a>),
    Deleted(Deleted<Item<'a>>),
}

/// A page of a list; `nextLink` is null on the last.
#[derive(Serialize)]
pub(crate) struct List<T> {
    pub(crate) value: Vec<T>,
    #[serde(rename = "nextLink")]
    pub(crate) next_link: Option<String>,
}

#[derive(Serialize)]
struct Attributes {
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    created: i64,
    updated: i64,
    #[serde(rename = "recoveryLevel")]
    recovery_level: &'static str,
    #[serde(rename = "recoverableDays")]
    recoverable_days: u8,
    /// Keys only, as is the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    exportable: Option<bool>,
    #[serde(rename = "hsmPlatform", skip_serializing_if = "Option::is_none")]
    hsm_platform: Option<&'static str>,
}

impl Attributes {
    fn of(record: &VaultRecord, version: &Version) -> Self {
        let key = match &version.content {
            Content::Key(key) => Some(key),
            Content::Secret(_) | Content::Certificate(_) => None,
        };
        Self {
            enabled: version.enabled,
            nbf: version.nbf,
            exp: version.exp,
            created: version.created,
            updated: version.updated,
            recovery_level: record.recovery_level(),
            recoverable_days: record.retention_days,
            exportable: key.map(|key| key.exportable),
            hsm_platform: key.map(|key| if key.kty.is_hsm() { "2" } else { "0" }),
        }
    }
}

impl Handler<'_> {
    /// An identifier, with the host that the client used.
    pub(crate) fn id(&self, collection: &str, name: &str, last: Option<&str>) -> String {
        let origin = self.call.origin();
        match last {
            Some(last) => format!("{origin}/{collection}/{name}/{last}"),
            None => format!("{origin}/{collection}/{name}"),
        }
    }

    /// The whole object, with its policy if it is a certificate; of a secret everything but the
    /// value.
    pub(crate) fn bundle<'a>(&self, object: &'a Object, version: &'a Version) -> Bundle<'a> {
        match &version.content {
            Content::Secret(secret) => Bundle::Secret(self.secret_bundle(object, version, secret)),
            Content::Key(key) => Bundle::Key(Box::new(self.key_bundle(object, version, key))),
            Content::Certificate(certificate) => Bundle::Certificate(Box::new(
                self.certificate_bundle(object, version, certificate),
            )),
        }
    }

    /// A secret, without its value.
    pub(crate) fn secret_bundle<'a>(
        &self,
        object: &'a Object,
        version: &'a Version,
        secret: &'a SecretContent,
    ) -> SecretBundle<'a> {
        let id = |collection| self.id(collection, &object.name, Some(&version.version));
        SecretBundle {
            value: None,
            content_type: secret.content_type.as_deref(),
            id: id("secrets"),
            managed: object.managed.then_some(true),
            attributes: Attributes::of(&self.record, version),
            tags: version.tags.as_ref(),
            kid: object.managed.then(|| id("keys")),
            previous: secret.previous.as_deref(),
        }
    }

    fn key_bundle<'a>(
        &self,
        object: &'a Object,
        version: &'a Version,
        key: &'a KeyContent,
    ) -> KeyBundle<'a> {
        KeyBundle {
            key: PublicKey {
                kid: self.id("keys", &object.name, Some(&version.version)),
                kty: key.kty,
                key_ops: &key.operations,
                public: &key.public,
            },
            attributes: Attributes::of(&self.record, version),
            tags: version.tags.as_ref(),
            managed: object.managed.then_some(true),
            release_policy: key.release_policy.as_ref(),
        }
    }

    fn certificate_bundle<'a>(
        &self,
        object: &'a Object,
        version: &'a Version,
        certificate: &CertificateContent,
    ) -> CertificateBundle<'a> {
        let name = &object.name;
        let id = |collection| self.id(collection, name, Some(&version.version));
        let part = object.certificate.as_ref();
        let pending = part.and_then(|part| part.pending.as_ref());
        CertificateBundle {
            id: id("certificates"),
            kid: certificate.leaf.is_some().then(|| id("keys")),
            sid: certificate.leaf.is_some().then(|| id("secrets")),
            x5t: certificate.leaf.as_deref().map(thumbprint),
            cer: certificate.leaf.as_ref().map(base64),
            attributes: Attributes::of(&self.record, version),
            tags: version.tags.as_ref(),
            policy: part.map(|part| self.policy_bundle(name, &part.policy)),
            pending: pending.map(|_| Reference {
                id: self.id("certificates", name, Some("pending")),
            }),
            preserve_order: part.and_then(|part| part.preserve_order),
        }
    }

    /// The policy of the certificate `name`.
    pub(crate) fn policy_bundle<'a>(&self, name: &str, policy: &'a Policy) -> PolicyBundle<'a> {
        PolicyBundle {
            id: self.id("certificates", name, Some("policy")),
            policy,
        }
    }

    /// Something deleted.
    pub(crate) fn deleted<T>(&self, object: &Object, what: T) -> Deleted<T> {
        let deletion = object.deleted.as_ref();
        Deleted {
            recovery_id: self.id(self.collection().deleted(), &object.name, None),
            at: deletion.map_or(0, |deletion| deletion.at),
            purge_at: deletion.map_or(0, |deletion| deletion.purge_at),
            what,
        }
    }

    /// An item of a list of objects.
    pub(crate) fn listed<'a>(&self, object: &Object, version: &'a Version) -> Listed<'a> {
        let item = self.item(object, version, false);
        match object.deleted {
            None => Listed::Active(item),
            Some(_) => Listed::Deleted(self.deleted(object, item)),
        }
    }

    /// An item of a list. `with_version` is for the list of one object's versions.
    pub(crate) fn item<'a>(
        &self,
        object: &Object,
        version: &'a Version,
        with_version: bool,
    ) -> Item<'a> {
        let own = with_version.then_some(&*version.version);
        let collection = self.collection();
        let id = Some(self.id(collection.plural(), &object.name, own));
        let mut item = Item {
            content_type: None,
            id: None,
            kid: None,
            x5t: None,
            attributes: Attributes::of(&self.record, version),
            tags: version.tags.as_ref(),
            managed: object.managed.then_some(true),
        };
        match collection {
            Collection::Keys => item.kid = id,
            Collection::Secrets | Collection::Certificates => item.id = id,
        }
        match &version.content {
            Content::Secret(secret) => item.content_type = secret.content_type.as_deref(),
            Content::Certificate(certificate) => {
                item.x5t = certificate.leaf.as_deref().map(thumbprint);
            }
            Content::Key(_) => {}
        }
        item
    }
}

impl CertificateBundle<'_> {
    /// One version by its number: the policy belongs to the name, so it does not come along.
    pub(crate) fn alone(mut self) -> Self {
        (self.policy, self.pending) = (None, None);
        self
    }
}

impl VaultRecord {
    /// What is possible with a deleted object.
    fn recovery_level(&self) -> &'static str {
        match (self.retention_days, self.purge_protection) {
            (90.., false) => "Recoverable+Purgeable",
            (90.., true) => "Recoverable",
            (_, false) => "CustomizedRecoverable+Purgeable",
            (_, true) => "CustomizedRecoverable",
        }
    }
}

/// SHA-1 of the certificate: the service's `x5t`.
fn thumbprint(der: &[u8]) -> String {
    base64url(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, der))
}
