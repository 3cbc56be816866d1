//! The bodies of requests.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Desk;
use crate::http::reply::Reply;
use crate::store::model::Tags;

impl Desk<'_> {
    /// Reads the body. Members that mean nothing here are passed over, as the service does.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Reply> {
        // The parser's own words may quote a value that is secret, so only its place is told.
        serde_json::from_slice(self.body).map_err(|error| {
            Reply::bad(&format!(
                "The request body is not the JSON that is expected here: line {}, column {}.",
                error.line(),
                error.column()
            ))
        })
    }
}

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
    match tags
        .iter()
        .any(|(name, value)| too_long(name) || too_long(value))
    {
        true => Err(Reply::bad(&format!(
            "A tag is longer than {LONGEST_TAG} characters."
        ))),
        false => Ok(Some(tags)),
    }
}

/// Tags as they come.
pub(crate) type TagsChange = Option<BTreeMap<String, Option<String>>>;

const MOST_TAGS: usize = 15;
const LONGEST_TAG: usize = 512;
