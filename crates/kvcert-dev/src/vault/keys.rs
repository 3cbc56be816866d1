//! Keys: made, imported, rotated.

use kvcert_pki::sensitive::Sensitive;
use serde::Deserialize;

use super::body::{self, AttributesChange, TagsChange};
use super::handler::Handler;
use super::refusal;
use crate::encoding;
use crate::http::reply::Reply;
use crate::keys::curve::Curve;
use crate::keys::jwk::ImportedJwk;
use crate::keys::key_type::KeyType;
use crate::keys::spec::KeySpec;
use crate::store::model::{Collection, Content, KeyContent, Tags, Version};

#[derive(Deserialize, Default)]
#[serde(default)]
struct NewKey {
    kty: Option<String>,
    key_size: Option<u32>,
    crv: Option<String>,
    key_ops: Option<Vec<String>>,
    attributes: Option<AttributesChange>,
    tags: TagsChange,
    release_policy: Option<serde_json::Value>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ImportedKey {
    key: Option<ImportedJwk>,
    #[serde(rename = "Hsm", alias = "hsm")]
    hsm: Option<bool>,
    attributes: Option<AttributesChange>,
    tags: TagsChange,
    release_policy: Option<serde_json::Value>,
}

/// A key that is about to be kept.
struct Draft {
    kty: KeyType,
    private: Sensitive<Vec<u8>>,
    operations: Option<Vec<String>>,
    attributes: AttributesChange,
    tags: Option<Tags>,
    release_policy: Option<serde_json::Value>,
}

impl Handler<'_> {
    /// A new version of a key, or its first.
    pub(crate) fn create_key(&self) -> Result<Reply, Reply> {
        let new: NewKey = self.read()?;
        let kty = new
            .kty
            .as_deref()
            .ok_or_else(|| refusal::invalid("kty", ""))?;
        let kty = KeyType::parse(kty).ok_or_else(|| refusal::invalid("", ""))?;
        let spec = if kty.is_rsa() {
            KeySpec::Rsa(new.key_size.unwrap_or(2048))
        } else {
            KeySpec::Ec(curve(new.crv.as_deref(), new.key_size)?)
        };
        if !spec.is_usual() {
            return Err(refusal::invalid("key_size", ""));
        }
        let draft = Draft {
            kty,
            operations: new.key_ops.filter(|operations| !operations.is_empty()),
            attributes: new.attributes.unwrap_or_default(),
            tags: body::tags(new.tags)?,
            release_policy: new.release_policy,
            private: Sensitive::new(Vec::new()),
        };
        draft.check()?;
        let private = spec.generate()?;
        self.keep_key(Draft { private, ..draft }, "create")
    }

    /// A key that was made elsewhere.
    pub(crate) fn import_key(&self) -> Result<Reply, Reply> {
        let new: ImportedKey = self.read()?;
        let unusable = || Reply::bad("The property \"key\" must be a valid JsonWebKey object.");
        let key = new.key.ok_or_else(unusable)?;
        let kty = key
            .kty
            .as_deref()
            .and_then(KeyType::parse)
            .ok_or_else(unusable)?;
        let private = key.private_key(kty).map_err(|_| unusable())?;
        // The key may add up and still be of a kind that no vault takes, such as RSA with 1024 bits.
        let spec = KeySpec::of(private.expose()).map(|(spec, _)| spec);
        spec.ok()
            .filter(|spec| spec.is_usual())
            .ok_or_else(unusable)?;
        let draft = Draft {
            kty: if new.hsm == Some(true) {
                kty.in_hardware()
            } else {
                kty
            },
            private,
            operations: key.key_ops.filter(|operations| !operations.is_empty()),
            attributes: new.attributes.unwrap_or_default(),
            tags: body::tags(new.tags)?,
            release_policy: new.release_policy,
        };
        draft.check()?;
        self.keep_key(draft, "import")
    }

    /// A new version of the same kind as the current one.
    pub(crate) fn rotate_key(&self) -> Result<Reply, Reply> {
        let (object, current) = self.find(&self.store.read()?)?;
        if object.managed {
            return Err(refusal::managed(Collection::Keys, "rotate"));
        }
        let Content::Key(key) = current.content else {
            return Err(refusal::not_found(Collection::Keys, self.name()));
        };
        let (spec, _) = KeySpec::of(key.private.expose())?;
        let draft = Draft {
            kty: key.kty,
            private: spec.generate()?,
            operations: Some(key.operations),
            attributes: AttributesChange {
                exportable: Some(key.exportable),
                exp: self.expiry_by_policy(&object),
                ..AttributesChange::default()
            },
            tags: current.tags,
            release_policy: key.release_policy,
        };
        self.keep_key(draft, "rotate")
    }

    fn keep_key(&self, draft: Draft, verb: &str) -> Result<Reply, Reply> {
        let (_, public) = KeySpec::of(draft.private.expose())?;
        let attributes = draft.attributes;
        let content = KeyContent {
            kty: draft.kty,
            operations: draft
                .operations
                .unwrap_or_else(|| draft.kty.usual_operations()),
            public,
            private: draft.private,
            exportable: attributes.exportable.unwrap_or(false),
            release_policy: draft.release_policy,
        };
        let version = Version {
            version: encoding::version()?,
            enabled: attributes.enabled.unwrap_or(true),
            nbf: attributes.nbf,
            exp: attributes.exp,
            created: self.now,
            updated: self.now,
            tags: draft.tags,
            content: Content::Key(Box::new(content)),
        };
        self.store.write(|tables| {
            let object = self.with_new_version(tables, &version, verb)?;
            self.put(tables, &object, &version)?;
            Ok(Reply::ok(&self.bundle(&object, &version)))
        })
    }
}

impl Draft {
    fn check(&self) -> Result<(), Reply> {
        if let Some(operations) = &self.operations {
            operations_are_known(operations)?;
        }
        match (self.attributes.exportable, &self.release_policy) {
            (Some(true), None) => Err(Reply::bad(
                "AKV.SKR.1004: Exportable keys must have release policy.",
            )),
            (None | Some(false), Some(_)) => Err(Reply::bad(
                "AKV.SKR.1005: Non-exportable keys must not have release policy.",
            )),
            _ => Ok(()),
        }
    }
}

/// Refuses unknown key operations.
pub(crate) fn operations_are_known(operations: &[String]) -> Result<(), Reply> {
    let known = |word: &String| OPERATIONS.contains(&&**word);
    if operations.iter().all(known) {
        Ok(())
    } else {
        Err(refusal::invalid("key_ops", ""))
    }
}

fn curve(name: Option<&str>, size: Option<u32>) -> Result<Curve, Reply> {
    match (name, size) {
        (Some(name), _) => Curve::parse(name).ok_or_else(|| refusal::invalid("crv", "")),
        (None, None | Some(256)) => Ok(Curve::P256),
        (None, Some(384)) => Ok(Curve::P384),
        (None, Some(521)) => Ok(Curve::P521),
        (None, Some(_)) => Err(refusal::invalid("key_size", "")),
    }
}

const OPERATIONS: [&str; 8] = [
    "encrypt",
    "decrypt",
    "sign",
    "verify",
    "wrapKey",
    "unwrapKey",
    "import",
    "export",
];
