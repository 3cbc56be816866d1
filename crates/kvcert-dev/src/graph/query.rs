//! The part of [OData](https://learn.microsoft.com/graph/query-parameters) that is spoken here:
//! alternate keys, `$select`, and `$filter` with `eq` and `and`.

use serde_json::{Map, Value};

use super::error::GraphError;
use crate::http::call::Call;

/// The options of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) select: Option<Vec<String>>,
    /// Properties and the values they must have, all of them.
    pub(crate) filter: Vec<(String, String)>,
    pub(crate) top: Option<usize>,
}

impl Query {
    /// Reads the options of a request.
    pub(crate) fn parse(call: &Call) -> Result<Self, GraphError> {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(call.query.as_bytes()) {
            match &*name {
                "$select" => {
                    let names = value.split(',').map(|name| name.trim().to_owned());
                    query.select = Some(names.collect());
                }
                "$filter" => query.filter = filter(&value)?,
                "$top" => {
                    let number = value.parse().ok().filter(|top| (1..=999).contains(top));
                    let number =
                        number.ok_or_else(|| GraphError::bad("Invalid value for '$top'."))?;
                    query.top = Some(number);
                }
                "$count" | "$expand" | "$orderby" | "$format" => {}
                other if other.starts_with('$') => {
                    let message = format!("Unrecognized query option '{other}'.");
                    return Err(GraphError::bad(&message));
                }
                _ => {}
            }
        }
        Ok(query)
    }

    /// Was this property asked for by name?
    pub(crate) fn selects(&self, name: &str) -> bool {
        let selected = self.select.iter().flatten();
        selected.into_iter().any(|other| other == name)
    }

    /// Does the object have the values of the filter?
    pub(crate) fn admits(&self, object: &Value) -> Result<bool, GraphError> {
        for (name, expected) in &self.filter {
            let Some(value) = object[name].as_str() else {
                let message = format!("Unsupported Query: the property '{name}' has no filter.");
                return Err(GraphError::because("Request_UnsupportedQuery", &message));
            };
            if !value.eq_ignore_ascii_case(expected) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Leaves the selected properties only.
    pub(crate) fn cut(&self, object: Value) -> Value {
        match (&self.select, object) {
            (Some(names), Value::Object(all)) => {
                let kept: Map<String, Value> = all
                    .into_iter()
                    .filter(|(name, _)| names.contains(name))
                    .collect();
                Value::Object(kept)
            }
            (_, object) => object,
        }
    }
}

/// `appId eq 'x' and displayName eq 'y'`; a quote in a value is doubled.
fn filter(text: &str) -> Result<Vec<(String, String)>, GraphError> {
    let invalid = || GraphError::bad("Invalid filter clause");
    let mut found = Vec::new();
    let mut rest = text.trim();
    loop {
        let (name, after) = rest.split_once(' ').ok_or_else(invalid)?;
        let after = after.trim_start().strip_prefix("eq ").ok_or_else(invalid)?;
        let (value, after) = quoted(after.trim_start()).ok_or_else(invalid)?;
        found.push((name.to_owned(), value));
        rest = after.trim();
        if rest.is_empty() {
            return Ok(found);
        }
        rest = rest.strip_prefix("and ").ok_or_else(invalid)?.trim_start();
    }
}

/// A text in quotes, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('\'')?;
    let mut value = String::new();
    let mut rest = inner;
    loop {
        let (part, after) = rest.split_once('\'')?;
        value.push_str(part);
        match after.strip_prefix('\'') {
            Some(more) => {
                value.push('\'');
                rest = more;
            }
            None => return Some((value, after)),
        }
    }
}

/// `applications(appId='x')`: the collection and the property that names the object.
pub(crate) fn alternate_key(segment: &str) -> Option<(&str, String)> {
    let (collection, key) = segment.strip_suffix(')')?.split_once('(')?;
    let (value, rest) = quoted(key.strip_prefix("appId=")?)?;
    rest.is_empty().then_some((collection, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&[(&str, &str)]>) {
        let found = filter(text).ok();
        let expected = expected.map(|pairs| {
            let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
            pairs.iter().map(owned).collect::<Vec<_>>()
        });
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn filters() {
        check("appId eq 'x'", Some(&[("appId", "x")]));
        check(
            "a eq 'it''s' and b eq 'y'",
            Some(&[("a", "it's"), ("b", "y")]),
        );
        check("a eq ''", Some(&[("a", "")]));
        for broken in [
            "",
            "a",
            "a eq",
            "a eq x",
            "a ne 'x'",
            "a eq 'x",
            "a eq 'x' or b eq 'y'",
        ] {
            check(broken, None);
        }
    }

    #[test]
    fn alternate_keys() {
        let found = alternate_key("servicePrincipals(appId='x')");
        assert_eq!(found, Some(("servicePrincipals", String::from("x"))));
        for other in [
            "applications",
            "applications(id='x')",
            "applications(appId='x'",
        ] {
            assert_eq!(alternate_key(other), None);
        }
    }
}
