//! Text around certificates and keys: JSON, YAML and lists of variables. What their values are
//! called does not matter, but for a password, which is for what stands beside it.

use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use saphyr_parser::{Event, Parser};
use serde_json::Value as Json;
use zeroize::Zeroizing;

use super::{Password, jwk};
use crate::content_error::Foreign;

/// A value long enough for a certificate or key.
pub(super) struct Value {
    pub(super) text: Zeroizing<String>,
    /// The password that stands beside it.
    pub(super) password: Option<Rc<Password>>,
}

/// The values of JSON, and what it is if there is nothing to read in them; `None` if `text` is no
/// JSON.
pub(super) fn json(text: &str) -> Option<(Vec<Value>, Foreign)> {
    if !text.starts_with(['{', '[', '"']) || has_too_many_parts(text) {
        return None;
    }
    let json: Json = serde_json::from_str(text).ok()?;
    let has = |field: &str| json.get(field).is_some();
    let foreign = if has("kty") {
        Foreign::Jwk
    } else if has("error") || has("code") && has("message") {
        Foreign::JsonError
    } else {
        Foreign::Markup("JSON")
    };
    let mut values = Vec::new();
    json_values(json, None, &mut values);
    Some((values, foreign))
}

fn json_values(json: Json, password: Option<&Rc<Password>>, values: &mut Vec<Value>) {
    match json {
        Json::String(text) => add(text, password, values),
        Json::Array(items) => {
            for item in items {
                json_values(item, password, values);
            }
        }
        Json::Object(fields) => {
            let own = fields
                .iter()
                .find(|(name, _)| is_password(name))
                .and_then(|(_, value)| value.as_str())
                .map(|text| Rc::new(Password::new(text.as_bytes().to_vec())));
            let password = own.as_ref().or(password);
            if let Some(key) = jwk::secret_der(&fields) {
                add(STANDARD.encode(&key), password, values);
            }
            for (_, value) in fields {
                json_values(value, password, values);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// The values of YAML, in any number of documents; none if `text` is no YAML. Nothing is expanded,
/// so that the values are never longer than the text.
pub(super) fn yaml(text: &str) -> Vec<Value> {
    let mut values = Vec::new();
    if has_too_many_parts(text) {
        return values;
    }
    // For each open mapping whether a key comes next; `None` for a sequence.
    let mut open: Vec<Option<bool>> = Vec::new();
    for event in Parser::new_from_str(text) {
        let Ok((event, _)) = event else {
            return Vec::new();
        };
        let is_key = open.last().copied().flatten() == Some(true);
        match event {
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
            }
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                turn(&mut open);
                open.push(matches!(event, Event::MappingStart(..)).then_some(true));
            }
            Event::Alias(_) => turn(&mut open),
            Event::Scalar(text, ..) => {
                turn(&mut open);
                if !is_key {
                    add(text.into_owned(), None, &mut values);
                }
            }
            _ => {}
        }
    }
    values
}

/// Whether there are more values than a file of certificates has, which would cost much memory.
fn has_too_many_parts(text: &str) -> bool {
    text.matches([',', '[', '{', ':']).count() > MOST_PARTS
}

/// After a key comes its value, and the other way round.
fn turn(open: &mut [Option<bool>]) {
    if let Some(Some(key_next)) = open.last_mut() {
        *key_next = !*key_next;
    }
}

/// The values of lines such as `NAME=value`.
pub(super) fn variables(text: &str) -> Vec<Value> {
    let mut values = Vec::new();
    for line in text.lines() {
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        let name = name.trim().trim_start_matches("export ");
        let name = name.trim_start_matches("set ").trim_start_matches("$env:");
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_-. ".contains(c);
        if name.len() < 128 && name.chars().all(is_name) {
            add(value.to_owned(), None, &mut values);
        }
    }
    values
}

fn add(text: String, password: Option<&Rc<Password>>, values: &mut Vec<Value>) {
    let text = Zeroizing::new(text);
    if text.len() >= LEAST {
        values.push(Value {
            text,
            password: password.cloned(),
        });
    }
}

fn is_password(name: &str) -> bool {
    ["password", "passphrase", "pfxPassword"]
        .iter()
        .any(|it| name.eq_ignore_ascii_case(it))
}

/// Objects, arrays and their members: more take much memory, and are no list of certificates.
const MOST_PARTS: usize = 500_000;
/// The shortest key, Ed25519 as PKCS#8, has 64 characters in base64.
const LEAST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: Vec<Value>, expected: &[char]) {
        let found: Vec<char> = values
            .iter()
            .map(|it| it.text.chars().next().unwrap())
            .collect();
        assert_eq!(found, expected);
        assert!(values.iter().all(|it| it.text.trim().len() == 64));
    }

    fn long(c: char) -> String {
        c.to_string().repeat(64)
    }

    #[test]
    fn values_of_json_know_the_password_beside_them() {
        let text = format!(
            r#"{{"a": "{}", "b": [{{"Password": "x", "data": "{}"}}], "c": {{"error": 1}}}}"#,
            long('1'),
            long('2'),
        );
        let (values, foreign) = json(&text).unwrap();
        assert_eq!(foreign, Foreign::Markup("JSON"));
        assert!(values[0].password.is_none());
        let password = values[1].password.as_ref().unwrap();
        assert!(password.is_same_as(&Password::new(b"x".to_vec())));
        check(values, &['1', '2']);
        assert_eq!(json("\"text\"").unwrap().0.len(), 0);
        assert_eq!(json(r#"{"error": {}}"#).unwrap().1, Foreign::JsonError);
        assert!(json("{ not json").is_none());
    }

    #[test]
    fn values_of_yaml_are_found_at_any_depth() {
        let text = format!(
            "---\nitems:\n- data: {{a: {}}}\n  {}: no\n- |\n  {}\n---\nb: >-\n  {}\nc: \"{}\"\n",
            long('1'),
            long('k'),
            long('2'),
            long('3'),
            long('4'),
        );
        check(yaml(&text), &['1', '2', '3', '4']);
        assert!(yaml("a: [").is_empty());
    }

    #[test]
    fn aliases_are_not_expanded() {
        let text = format!("a: &a [{}, b]\nc: [*a, *a, *a]\n", long('1'));
        check(yaml(&text), &['1']);
    }

    #[test]
    fn variables_may_be_exported() {
        let text = format!(
            "A={}\nexport B='x'\nexport C={}\nno\n",
            long('1'),
            long('2')
        );
        check(variables(&text), &['1', '2']);
    }
}
