//! Two answers, compared.

use std::collections::BTreeSet;

use reqwest::Response;
use serde::Deserialize;
use serde_json::{Map, Value};

/// An answer.
#[derive(Deserialize)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Option<String>,
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Self {
        let names = response.headers().keys();
        let headers = names.map(|name| (name.to_string(), String::new()));
        Self {
            status: response.status().as_u16(),
            headers: headers.collect(),
            body: Some(response.text().await.unwrap()),
        }
    }

    /// Whether a client that polls would take both for the same: status, and how far it says it is.
    pub(crate) fn looks_like(&self, other: &Self) -> bool {
        let progress = |answer: &Self| answer.json().map(|body| body["status"].clone());
        self.status == other.status && progress(self) == progress(other)
    }

    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.header_names().contains(name)
    }

    fn json(&self) -> Option<Value> {
        serde_json::from_str(self.body.as_deref()?).ok()
    }

    fn header_names(&self) -> BTreeSet<String> {
        let names = self.headers.iter();
        let names = names.map(|(name, _)| name.to_ascii_lowercase());
        names
            .filter(|name| !OF_THE_SERVER.contains(&&**name))
            .collect()
    }
}

/// What the dev vault answers otherwise than the recording.
pub(crate) fn between(recorded: &Answer, ours: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    if recorded.status != ours.status {
        found.push(format!(
            "status {} instead of {}",
            ours.status, recorded.status
        ));
        return found;
    }
    let (theirs, own) = (recorded.header_names(), ours.header_names());
    found.extend(
        theirs
            .difference(&own)
            .map(|name| format!("no header {name}")),
    );
    found.extend(
        own.difference(&theirs)
            .map(|name| format!("a header {name}")),
    );
    match (recorded.json(), ours.json()) {
        (Some(theirs), Some(own)) => compare("", &theirs, &own, &mut found),
        (None, None) => {}
        (Some(_), None) => found.push("no JSON".to_owned()),
        (None, Some(_)) => found.push("JSON".to_owned()),
    }
    found
}

/// Fields and types; of errors the codes too.
fn compare(path: &str, theirs: &Value, own: &Value, found: &mut Vec<String>) {
    match (theirs, own) {
        (Value::Object(theirs), Value::Object(own)) => compare_objects(path, theirs, own, found),
        (Value::Array(theirs), Value::Array(own)) => {
            // Vaults hold different things: one of each kind is enough.
            if let (Some(theirs), Some(own)) = (theirs.first(), own.first()) {
                compare(&format!("{path}[]"), theirs, own, found);
            }
        }
        _ if kind(theirs) != kind(own) => found.push(format!(
            "`{path}` is {} instead of {}",
            kind(own),
            kind(theirs)
        )),
        _ if path.starts_with("error.") && path.ends_with("code") && theirs != own => {
            found.push(format!("`{path}` is {own} instead of {theirs}"));
        }
        _ => {}
    }
}

fn compare_objects(
    path: &str,
    theirs: &Map<String, Value>,
    own: &Map<String, Value>,
    found: &mut Vec<String>,
) {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    for (name, value) in theirs {
        match own.get(name) {
            Some(own) => compare(&below(name), value, own, found),
            None => found.push(format!("no `{}`", below(name))),
        }
    }
    let more = own.keys().filter(|name| !theirs.contains_key(*name));
    found.extend(more.map(|name| format!("a `{}`", below(name))));
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Headers of whatever stood before the service, of HTTP itself, and of those who recorded.
const OF_THE_SERVER: &[&str] = &[
    "connection",
    "content-length",
    "date",
    "reason_phrase",
    "server",
    "status",
    "transfer-encoding",
    "x-aspnet-version",
    "x-powered-by",
];
