//! Switches: ways to make the dev vault fail, for learners and for tests. All are off at the start.
//!
//! A switch is set at `/_dev/switches`, with `kvcert dev set`, or in `[switches]` of a seed file.

pub(crate) mod effect;
pub(crate) mod mutation;
pub(crate) mod refusal;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::effect::{Effect, NAMES, Plan};
use crate::http::call::Call;
use crate::settings::Settings;
use crate::tokens::token_key::TokenSigner;

/// All the switches.
#[derive(Debug)]
pub(crate) struct Switches {
    settings: Arc<Settings>,
    on: Mutex<BTreeMap<String, Switch>>,
}

/// How a switch is set, as it is written.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Setting {
    /// What it means depends on the switch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    /// The start of the paths it is for; a host name may come first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// For how many requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<u64>,
    /// Seconds, for the header.
    #[serde(
        default,
        alias = "retry_after",
        skip_serializing_if = "Option::is_none"
    )]
    retry_after: Option<u32>,
}

impl Setting {
    /// Reads `true`, a number or a word as the value alone. `None`: the switch is to be off.
    fn read(written: Value) -> Result<Option<Self>, String> {
        match written {
            Value::Bool(false) => Ok(None),
            Value::Bool(true) | Value::Null => Ok(Some(Self::default())),
            Value::Object(_) => serde_json::from_value(written)
                .map(Some)
                .map_err(|error| error.to_string()),
            value => Ok(Some(Self {
                value: Some(value),
                ..Self::default()
            })),
        }
    }
}

/// A switch that is on.
#[derive(Debug)]
struct Switch {
    setting: Setting,
    effect: Effect,
    /// When the ten seconds began that `count` is for.
    since: Instant,
    count: u32,
}

impl Switches {
    /// All off; some will change `settings`.
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        Self {
            settings,
            on: Mutex::default(),
        }
    }

    /// Sets one switch.
    ///
    /// # Errors
    /// What is wrong, in words: no such switch, or no such value.
    pub(crate) fn set(&self, name: &str, written: Value) -> Result<(), String> {
        let Some(setting) = Setting::read(written).map_err(|why| format!("`{name}`: {why}"))?
        else {
            return self.clear(name);
        };
        let value = setting.value.as_ref();
        let effect = Effect::read(name, value, setting.retry_after)
            .map_err(|why| format!("`{name}`: {why}"))?;
        effect.turn(&self.settings, true);
        let switch = Switch {
            setting,
            effect,
            since: Instant::now(),
            count: 0,
        };
        self.lock().insert(name.to_owned(), switch);
        Ok(())
    }

    /// Turns one switch off.
    ///
    /// # Errors
    /// If there is no such switch.
    pub(crate) fn clear(&self, name: &str) -> Result<(), String> {
        effect::check_name(name)?;
        let removed = self.lock().remove(name);
        if let Some(switch) = removed {
            switch.effect.turn(&self.settings, false);
        }
        Ok(())
    }

    /// Turns all switches off.
    pub(crate) fn clear_all(&self) {
        let removed = std::mem::take(&mut *self.lock());
        for switch in removed.values() {
            switch.effect.turn(&self.settings, false);
        }
    }

    /// Whether all are off.
    pub(crate) fn are_off(&self) -> bool {
        self.lock().is_empty()
    }

    /// The switches that are on, as they were set; `times` is what is left.
    pub(crate) fn state(&self) -> BTreeMap<String, Value> {
        let on = self.lock();
        on.iter()
            .map(|(name, switch)| {
                let setting = serde_json::to_value(&switch.setting).unwrap_or_default();
                (name.clone(), setting)
            })
            .collect()
    }

    /// What the switches do to a request.
    pub(crate) fn plan(&self, call: &Call, tokens: &TokenSigner) -> Plan {
        let mut plan = Plan::default();
        let mut on = self.lock();
        // The order of NAMES: who waits still waits, but only one refuses.
        for name in NAMES {
            let Some(switch) = on.get_mut(*name) else {
                continue;
            };
            if plan.refusal.is_some() || !switch.takes(call) {
                continue;
            }
            if switch.effect.join(&mut plan, call, tokens) {
                plan.names.push(name);
                if switch.is_used_up() {
                    on.remove(*name);
                }
            }
        }
        plan
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Switch>> {
        self.on.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Switch {
    /// Whether it is for this request.
    fn takes(&mut self, call: &Call) -> bool {
        let place = format!("{}{}", call.host, call.path);
        let usual = call.is_for_a_vault() || matches!(self.effect, Effect::SignIn(_));
        let is_here = match self.setting.path.as_deref() {
            None | Some("") => usual,
            Some(path) if path.starts_with('/') => usual && starts_with(&call.path, path),
            Some(path) => starts_with(&place, path),
        };
        is_here && self.is_over_the_rate()
    }

    /// Only a rate lets requests pass: the first ones of every ten seconds.
    fn is_over_the_rate(&mut self) -> bool {
        let Effect::Throttle {
            rate: Some(rate), ..
        } = self.effect
        else {
            return true;
        };
        if self.since.elapsed() >= WINDOW {
            self.since = Instant::now();
            self.count = 0;
        }
        self.count = self.count.saturating_add(1);
        self.count > rate
    }

    fn is_used_up(&mut self) -> bool {
        let left = self.setting.times.map(|times| times.saturating_sub(1));
        self.setting.times = left;
        left == Some(0)
    }
}

/// Paths are compared without regard to case, as the service does.
fn starts_with(path: &str, start: &str) -> bool {
    path.get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// What a rate is for.
const WINDOW: Duration = Duration::from_secs(10);
