//! What all three collections have in common: get, list, update.

use axum::http::StatusCode;
use serde::Deserialize;

use super::body::{self, AttributesChange, TagsChange};
use super::bundle::{Bundle, Item, List, Listed};
use super::handler::{Found, Handler};
use super::refusal;
use crate::certificate::policy::ContentType;
use crate::certificate::policy::change::PolicyChange;
use crate::http::reply::Reply;
use crate::store::model::{Collection, Content, Object, SecretContent, Version};
use crate::store::tables::{Reading, WriteTables, lower};

/// What a client may change. Each collection has its own part of it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Change {
    attributes: Option<AttributesChange>,
    tags: TagsChange,
    #[serde(rename = "contentType")]
    content_type: Option<String>,
    key_ops: Option<Vec<String>>,
    release_policy: Option<serde_json::Value>,
    policy: Option<PolicyChange>,
}

impl Handler<'_> {
    pub(crate) fn get(&self) -> Result<Reply, Reply> {
        let (object, version) = self.find(&self.store.read()?)?;
        if let Content::Secret(secret) = &version.content {
            return self.secret_value(&object, &version, secret);
        }
        match self.bundle(&object, &version) {
            Bundle::Certificate(bundle) if self.asks_for_a_version() => {
                Ok(Reply::ok(&bundle.alone()))
            }
            bundle => Ok(Reply::ok(&bundle)),
        }
    }

    pub(crate) fn list(&self) -> Result<Reply, Reply> {
        let collection = self.collection();
        let wanted = |object: &Object| match collection {
            Collection::Certificates => self.query.include_pending || object.is_issued(),
            Collection::Keys | Collection::Secrets => true,
        };
        self.list_shelf(collection.plural(), wanted)
    }

    /// A page of a shelf.
    pub(crate) fn list_shelf(
        &self,
        shelf: &str,
        wanted: impl Fn(&Object) -> bool,
    ) -> Result<Reply, Reply> {
        let tables = self.store.read()?;
        let (after, limit) = (&self.query.after, self.query.lookup());
        let mut objects = tables.objects(self.vault, shelf, after, limit, wanted)?;
        let next_link = self.query.cut(self.call, &mut objects, |object: &Object| {
            lower(&object.name).into_owned()
        });
        let found = objects
            .into_iter()
            .map(|object| {
                self.current(&tables, &object)
                    .map(|version| (object, version))
            })
            .collect::<Result<Vec<Found>, Reply>>()?;
        let value: Vec<Listed<'_>> = found
            .iter()
            .map(|(object, version)| self.listed(object, version))
            .collect();
        Ok(Reply::ok(&List { value, next_link }))
    }

    /// Ordered by the identifier of the version, not by its age.
    pub(crate) fn list_versions(&self) -> Result<Reply, Reply> {
        let tables = self.store.read()?;
        let collection = self.collection();
        let object = match self.object(&tables) {
            // What is not there has no versions, which is no error.
            Err(refusal) if refusal.status() == StatusCode::NOT_FOUND => {
                return Ok(Reply::ok(&List::<Item<'_>> {
                    value: Vec::new(),
                    next_link: None,
                }));
            }
            object => object?,
        };
        let (after, limit) = (&self.query.after, self.query.lookup());
        let mut found =
            tables.versions(self.vault, collection.plural(), self.name(), after, limit)?;
        let next_link = self.query.cut(self.call, &mut found, |version: &Version| {
            version.version.clone()
        });
        let value: Vec<Item<'_>> = found
            .iter()
            .map(|version| self.item(&object, version, true))
            .collect();
        Ok(Reply::ok(&List { value, next_link }))
    }

    /// Changes everything but what the object is for.
    pub(crate) fn update(&self) -> Result<Reply, Reply> {
        let mut change: Change = self.read()?;
        let tags = body::tags(change.tags.take())?;
        self.store.write(|tables| {
            let (mut object, mut version) = self.find(tables)?;
            if object.managed {
                return Err(refusal::managed(self.collection(), "update"));
            }
            if let Some(policy) = change.policy.take()
                && let Some(part) = &mut object.certificate
            {
                let applied = part.policy.apply(policy, self.now);
                applied.map_err(|(property, why)| refusal::invalid(property, why))?;
            }
            self.change(&mut version, change)?;
            version.tags = tags.or_else(|| version.tags.take());
            version.touch(self.now);
            self.put(tables, &object, &version)?;
            self.mirror(tables, &object, &version)?;
            match self.bundle(&object, &version) {
                Bundle::Certificate(bundle) if self.asks_for_a_version() => {
                    Ok(Reply::ok(&bundle.alone()))
                }
                bundle => Ok(Reply::ok(&bundle)),
            }
        })
    }

    fn change(&self, version: &mut Version, change: Change) -> Result<(), Reply> {
        let attributes = change.attributes.unwrap_or_default();
        version.enabled = attributes.enabled.unwrap_or(version.enabled);
        match &mut version.content {
            // The validity of a certificate stands in the certificate.
            Content::Certificate(_) => return Ok(()),
            Content::Secret(secret) => {
                secret.content_type = super::secrets::content_type(change.content_type)?
                    .or_else(|| secret.content_type.take());
            }
            Content::Key(key) => {
                if let Some(operations) = change.key_ops {
                    super::keys::operations_are_known(&operations)?;
                    key.operations = operations;
                }
                if let Some(policy) = change.release_policy {
                    let before = key.release_policy.as_ref();
                    if before.is_some_and(|before| before["immutable"] == true) {
                        return Err(refusal::immutable_policy());
                    }
                    key.release_policy = Some(policy);
                }
            }
        }
        version.nbf = attributes.nbf.or(version.nbf);
        version.exp = attributes.exp.or(version.exp);
        Ok(())
    }

    /// A certificate's key and secret are enabled and disabled with it.
    fn mirror(
        &self,
        tables: &mut WriteTables<'_>,
        object: &Object,
        changed: &Version,
    ) -> Result<(), Reply> {
        if object.certificate.is_none() {
            return Ok(());
        }
        for collection in [Collection::Keys, Collection::Secrets] {
            let shelf = collection.plural();
            let found = tables.version(self.vault, shelf, &object.name, &changed.version)?;
            if let Some(mut version) = found {
                version.enabled = changed.enabled;
                version.updated = changed.updated;
                version.tags.clone_from(&changed.tags);
                tables.put_version(self.vault, shelf, &object.name, &version)?;
            }
        }
        Ok(())
    }

    fn secret_value(
        &self,
        object: &Object,
        version: &Version,
        secret: &SecretContent,
    ) -> Result<Reply, Reply> {
        if !version.enabled {
            return Err(refusal::disabled(Collection::Secrets, "get"));
        }
        let converted = self.converted(secret)?;
        let mut bundle = self.secret_bundle(object, version, secret);
        if converted.is_some() {
            bundle.content_type = Some(ContentType::Pem.name());
        }
        bundle.value = Some(converted.as_ref().unwrap_or(&secret.value));
        Ok(Reply::ok(&bundle))
    }

    fn asks_for_a_version(&self) -> bool {
        self.route.version.is_some()
    }

    /// The object that the request names.
    pub(crate) fn object(&self, tables: &impl Reading) -> Result<Object, Reply> {
        let shelf = self.collection().plural();
        tables
            .object(self.vault, shelf, self.name())?
            .ok_or_else(|| refusal::not_found(self.collection(), self.name()))
    }

    /// The object and the version that the request names; the current version if it names none.
    pub(crate) fn find(&self, tables: &impl Reading) -> Result<Found, Reply> {
        let object = self.object(tables)?;
        let Some(version) = &self.route.version else {
            let version = self.current(tables, &object)?;
            return Ok((object, version));
        };
        let shelf = self.collection().plural();
        let found = tables.version(self.vault, shelf, self.name(), version)?;
        let missing =
            || refusal::not_found(self.collection(), &format!("{}/{version}", self.name()));
        Ok((object, found.ok_or_else(missing)?))
    }

    /// The current version of an object.
    pub(crate) fn current(&self, tables: &impl Reading, object: &Object) -> Result<Version, Reply> {
        let (name, current) = (&object.name, &object.current);
        let found = tables.version(self.vault, self.collection().plural(), name, current)?;
        found.ok_or_else(|| anyhow::anyhow!("the current version of `{name}` is missing").into())
    }

    /// Keeps an object and one version of it.
    pub(crate) fn put(
        &self,
        tables: &mut WriteTables<'_>,
        object: &Object,
        version: &Version,
    ) -> Result<(), Reply> {
        let shelf = self.collection().plural();
        tables.put_object(self.vault, shelf, object)?;
        Ok(tables.put_version(self.vault, shelf, &object.name, version)?)
    }
}
