//! What many bodies of requests have in common: attributes and tags.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::http::reply::Reply;
use crate::store::model::Tags;

/// The attributes that a client may set.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AttributesChange {
    pub(crate) enabled: Option<bool>,
    pub(crate) nbf: Option<i64>,
    pub(crate) exp: Option<i64>,
    pub(crate) exportable: Option<bool>,
}

/// Checks the [limits](https://learn.microsoft.com/azure/key-vault/secrets/about-secrets#secret-tags)
/// of tags.
pub(crate) fn tags(tags: Option<BTreeMap<String, Option<String>>>) -> Result<Option<Tags>, Reply> {
    let Some(tags) = tags else { return Ok(None) };
    let tags: Tags = tags
        .into_iter()
        .map(|(name, value)| (name, value.unwrap_or_default()))
        .collect();
    let too_long = |text: &String| text.chars().count() > LONGEST_TAG;
    if tags.len() > MOST_TAGS {
        return Err(Reply::bad(&format!(
            "The number of tags is {}, and {MOST_TAGS} are allowed.",
            tags.len()
        )));
    }
    if tags
        .iter()
        .any(|(name, value)| too_long(name) || too_long(value))
    {
        Err(Reply::bad(&format!(
            "A tag is longer than {LONGEST_TAG} characters."
        )))
    } else {
        Ok(Some(tags))
    }
}

/// Tags as they come.
pub(crate) type TagsChange = Option<BTreeMap<String, Option<String>>>;

const MOST_TAGS: usize = 15;
const LONGEST_TAG: usize = 512;
