//! Ways to change a reply that would have been right.

use serde_json::{Map, Value};

use crate::certificate::secret_value;
use crate::http::call::Call;
use crate::http::reply::Reply;

/// A way to change a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ResponseMutation {
    /// Everything says that it is disabled.
    Disabled,
    /// Everything says that it has expired. The certificate itself stays as it is: the switch
    /// `clock` makes it expire.
    Expired,
    /// The certificates of a secret come last first.
    ReversedChain,
    /// A secret says that it is of this type; `None`: of the other type of certificate secrets.
    ContentType(Option<String>),
    /// Half of the body, though the header promises all of it.
    Truncate,
}

impl ResponseMutation {
    /// Changes a reply, unless it is a refusal.
    pub(crate) fn apply(&self, reply: Reply, call: &Call) -> Reply {
        if !reply.status().is_success() {
            return reply;
        }
        if *self == Self::Truncate {
            return reply.cut_short();
        }
        let Ok(Value::Object(mut body)) = serde_json::from_slice(reply.body()) else {
            return reply;
        };
        self.change_object(&mut body, call);
        if let Some(Value::Array(items)) = body.get_mut("value") {
            for item in items.iter_mut().filter_map(Value::as_object_mut) {
                self.change_object(item, call);
            }
        }
        match serde_json::to_vec(&body) {
            Ok(body) => reply.with_body(body),
            Err(_) => reply,
        }
    }

    fn change_object(&self, object: &mut Map<String, Value>, call: &Call) {
        match self {
            Self::Disabled => set_attribute(object, "enabled", Value::Bool(false)),
            Self::Expired => {
                set_attribute(object, "nbf", (call.now - 91 * DAY).into());
                set_attribute(object, "exp", (call.now - DAY).into());
            }
            Self::ReversedChain => {
                let is_pfx = object.get("contentType") == Some(&Value::from(PKCS12));
                if let Some(Value::String(value)) = object.get_mut("value") {
                    *value = if is_pfx {
                        // What is no PFX, whatever it says, stays as it is.
                        secret_value::reversed(value).unwrap_or_else(|_| value.clone())
                    } else {
                        reversed(value)
                    };
                }
            }
            Self::ContentType(wanted) => {
                if let Some(Value::String(found)) = object.get_mut("contentType") {
                    *found = wanted.clone().unwrap_or_else(|| other_type(found));
                }
            }
            Self::Truncate => {}
        }
    }
}

fn set_attribute(object: &mut Map<String, Value>, name: &str, value: Value) {
    if let Some(Value::Object(attributes)) = object.get_mut("attributes") {
        attributes.insert(name.to_owned(), value);
    }
}

fn other_type(found: &str) -> String {
    let other = match found {
        PEM => PKCS12,
        _ => PEM,
    };
    other.to_owned()
}

/// PEM with its certificates last first, the key where it was.
fn reversed(pem: &str) -> String {
    let Some(start) = pem.find(BEGIN) else {
        return pem.to_owned();
    };
    let (before, certificates) = pem.split_at(start);
    let mut blocks: Vec<&str> = certificates.split_inclusive(END).collect();
    let tail = match blocks.last() {
        Some(last) if !last.contains(BEGIN) => blocks.pop().unwrap_or_default(),
        _ => "",
    };
    blocks.reverse();
    before.to_owned() + &blocks.concat() + tail
}

const PEM: &str = "application/x-pem-file";
const PKCS12: &str = "application/x-pkcs12";
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----\n";
const DAY: i64 = 24 * 3600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_reversed_behind_its_key() {
        let block = |text: &str| format!("{BEGIN}\n{text}\n{END}");
        let key = "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n";
        let (a, b, c) = (block("AA=="), block("BB=="), block("CC=="));
        assert_eq!(
            reversed(&format!("{key}{a}{b}{c}")),
            format!("{key}{c}{b}{a}")
        );
        assert_eq!(reversed("no certificate"), "no certificate");
    }
}
