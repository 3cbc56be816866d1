//! Secrets: a new version, and the one conversion there is.

use kvcert_pki::sensitive::Sensitive;
use serde::Deserialize;

use super::body::{self, AttributesChange, TagsChange};
use super::handler::Handler;
use super::refusal;
use crate::certificate::policy::ContentType;
use crate::certificate::secret_value;
use crate::encoding;
use crate::http::reply::Reply;
use crate::store::model::{Collection, Content, Object, SecretContent, Version};
use crate::store::tables::Reading;

#[derive(Deserialize)]
struct NewSecret {
    value: Option<SecretText>,
    #[serde(rename = "contentType")]
    content_type: Option<String>,
    attributes: Option<AttributesChange>,
    #[serde(default)]
    tags: TagsChange,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct SecretText {
    #[serde(with = "encoding::secret_text")]
    text: Sensitive<String>,
}

impl Handler<'_> {
    /// A new version of a secret, or its first.
    pub(crate) fn set_secret(&self) -> Result<Reply, Reply> {
        let new: NewSecret = self.read()?;
        let value = new.value.ok_or_else(|| refusal::invalid("value", ""))?.text;
        if value.expose().len() > MOST_BYTES {
            return Err(refusal::invalid("value", "The value is longer than 25 KB"));
        }
        let attributes = new.attributes.unwrap_or_default();
        let content = Content::Secret(SecretContent {
            value,
            content_type: content_type(new.content_type)?,
            previous: None,
        });
        let version = Version {
            version: encoding::version()?,
            enabled: attributes.enabled.unwrap_or(true),
            nbf: attributes.nbf,
            exp: attributes.exp,
            created: self.now,
            updated: self.now,
            tags: body::tags(new.tags)?,
            content,
        };
        self.store.write(|tables| {
            let object = self.with_new_version(tables, &version, "set")?;
            self.put(tables, &object, &version)?;
            let Content::Secret(secret) = &version.content else {
                return Err(refusal::not_found(Collection::Secrets, self.name()));
            };
            let mut bundle = self.secret_bundle(&object, &version, secret);
            bundle.value = Some(&secret.value);
            Ok(Reply::ok(&bundle))
        })
    }

    /// The object that the request names with a new current version; a new object if there is none.
    pub(crate) fn with_new_version(
        &self,
        tables: &impl Reading,
        version: &Version,
        verb: &str,
    ) -> Result<Object, Reply> {
        let collection = self.collection();
        match tables.object(self.vault, collection.plural(), self.name())? {
            Some(object) if object.managed => Err(refusal::managed(collection, verb)),
            Some(mut object) => {
                object.current.clone_from(&version.version);
                Ok(object)
            }
            None => {
                self.is_free(tables, collection)?;
                Ok(Object::new(self.name(), &version.version))
            }
        }
    }

    /// The value in the format that `outContentType` asks for; `None` if it is stored that way.
    pub(crate) fn converted(
        &self,
        secret: &SecretContent,
    ) -> Result<Option<Sensitive<String>>, Reply> {
        let Some(wanted) = &self.query.out_content_type else {
            return Ok(None);
        };
        let wanted = ContentType::parse(wanted)
            .ok_or_else(|| Reply::bad("The query parameter outContentType is invalid."))?;
        let stored = secret.content_type.as_deref().and_then(ContentType::parse);
        match (stored, wanted) {
            (Some(stored), wanted) if stored == wanted => Ok(None),
            (Some(ContentType::Pkcs12), ContentType::Pem) => {
                let text = secret_value::to_pem(secret.value.expose());
                let text = text.map_err(|_| Reply::bad("Pkcs12 value is invalid."))?;
                Ok(Some(text))
            }
            _ => Err(Reply::bad(
                "The secret cannot be converted to the content type in outContentType.",
            )),
        }
    }
}

/// Checks a content type.
pub(crate) fn content_type(text: Option<String>) -> Result<Option<String>, Reply> {
    match text {
        Some(text) if text.chars().count() > LONGEST_CONTENT_TYPE => {
            Err(refusal::invalid("contentType", ""))
        }
        text => Ok(text),
    }
}

/// 25 KB, as the service counts them.
const MOST_BYTES: usize = 25_600;
const LONGEST_CONTENT_TYPE: usize = 255;
