//! The rotation policy of a key: kept and shown; a key is only rotated on request.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::handler::Handler;
use super::refusal;
use crate::calendar::Span;
use crate::http::reply::Reply;
use crate::store::model::{Collection, Object, RotationAttributes, RotationPolicy};

#[derive(Deserialize, Default)]
#[serde(default)]
struct NewPolicy {
    #[serde(rename = "lifetimeActions")]
    lifetime_actions: Option<Vec<Action>>,
    attributes: Option<NewAttributes>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct NewAttributes {
    #[serde(rename = "expiryTime")]
    expiry_time: Option<String>,
}

#[derive(Deserialize)]
struct Action {
    trigger: Option<Trigger>,
    action: Kind,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Trigger {
    #[serde(rename = "timeAfterCreate")]
    after_create: Option<String>,
    #[serde(rename = "timeBeforeExpiry")]
    before_expiry: Option<String>,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Serialize)]
struct PolicyBundle<'a> {
    id: String,
    #[serde(flatten)]
    policy: &'a RotationPolicy,
}

impl Handler<'_> {
    pub(crate) fn get_rotation_policy(&self) -> Result<Reply, Reply> {
        let object = self.object(&self.store.read()?)?;
        Ok(self.rotation_policy(&object))
    }

    pub(crate) fn set_rotation_policy(&self) -> Result<Reply, Reply> {
        let new: NewPolicy = self.read()?;
        let actions = new.lifetime_actions.unwrap_or_default();
        let actions = actions
            .iter()
            .map(Action::told)
            .collect::<Result<Vec<Value>, Reply>>()?;
        let expiry_time = new.attributes.unwrap_or_default().expiry_time;
        if let Some(time) = &expiry_time {
            let long = Span::parse(time).filter(|span| span.lasts_28_days());
            long.ok_or_else(|| refusal::invalid("attributes.expiryTime", ""))?;
        }
        self.store.write(|tables| {
            let mut object = self.object(tables)?;
            if object.managed {
                return Err(refusal::managed(Collection::Keys, "setrotationpolicy"));
            }
            let before = object.rotation.take();
            let created = before.and_then(|policy| policy.attributes.created);
            object.rotation = Some(RotationPolicy {
                lifetime_actions: with_notice(actions),
                attributes: RotationAttributes {
                    expiry_time,
                    created: Some(created.unwrap_or(self.now)),
                    updated: Some(self.now),
                },
            });
            tables.put_object(self.vault, Collection::Keys.plural(), &object)?;
            Ok(self.rotation_policy(&object))
        })
    }

    /// When a version of the key that is made now expires, by the policy.
    pub(crate) fn expiry_by_policy(&self, object: &Object) -> Option<i64> {
        let policy = object.rotation.as_ref()?;
        Span::parse(policy.attributes.expiry_time.as_deref()?)?.after(self.now)
    }

    fn rotation_policy(&self, object: &Object) -> Reply {
        let usual = RotationPolicy {
            lifetime_actions: with_notice(Vec::new()),
            attributes: RotationAttributes {
                expiry_time: None,
                created: None,
                updated: None,
            },
        };
        Reply::ok(&PolicyBundle {
            id: self.id("keys", &object.name, Some("rotationpolicy")),
            policy: object.rotation.as_ref().unwrap_or(&usual),
        })
    }
}

impl Action {
    fn told(&self) -> Result<Value, Reply> {
        let kind = match self.action.kind.to_ascii_lowercase().as_str() {
            "rotate" => "Rotate",
            "notify" => "Notify",
            _ => return Err(refusal::invalid("lifetimeActions", "")),
        };
        let trigger = self.trigger.as_ref();
        let trigger = match trigger.map(|it| (&it.after_create, &it.before_expiry)) {
            // Only a rotation may go by the time since the key was made.
            Some((Some(time), None)) if kind == "Rotate" && Span::parse(time).is_some() => {
                json!({"timeAfterCreate": time})
            }
            Some((None, Some(time))) if Span::parse(time).is_some() => {
                json!({"timeBeforeExpiry": time})
            }
            _ => return Err(refusal::invalid("lifetimeActions", "")),
        };
        Ok(json!({"trigger": trigger, "action": {"type": kind}}))
    }
}

/// The service notifies thirty days before a key expires, whatever else the policy says.
fn with_notice(mut actions: Vec<Value>) -> Vec<Value> {
    if !actions
        .iter()
        .any(|action| action["action"]["type"] == "Notify")
    {
        actions.push(json!({
            "trigger": {"timeBeforeExpiry": "P30D"},
            "action": {"type": "Notify"},
        }));
    }
    actions
}
