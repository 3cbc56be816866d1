//! What each switch does.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::Value;

use super::mutation::ResponseMutation;
use super::refusal::{self, Forbidden};
use crate::entra::forced::ForcedRefusal;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::settings::Settings;
use crate::tokens::token_key::TokenSigner;

/// What a switch does to a request.
#[derive(Debug)]
pub(crate) enum Effect {
    /// 429: to every request, or to those over `rate` in ten seconds.
    Throttle {
        rate: Option<u32>,
        retry_after: Option<u32>,
    },
    Latency(Duration),
    /// A status of 500 and above.
    Error(StatusCode, Option<u32>),
    Forbid(Forbidden),
    /// The sign-in gives no token.
    SignIn(ForcedRefusal),
    /// A 403 of a page instead of JSON, as a gateway answers.
    Html,
    /// The object is disabled, whatever it is.
    Disabled,
    Mutate(ResponseMutation),
    /// Seconds that the dev vault's clock is ahead; no request feels it by itself.
    Clock(i64),
    /// Milliseconds for which a deletion or a recovery is under way.
    SoftDelete(i64),
    /// Milliseconds for which a certificate of the issuer `Self` is pending.
    Issuance(i64),
}

/// What the switches make of one request.
#[derive(Default)]
pub(crate) struct Plan {
    /// How long to wait first.
    pub(crate) latency: Duration,
    /// The reply in place of the vault's.
    pub(crate) refusal: Option<Reply>,
    /// What becomes of the vault's answer.
    pub(crate) mutations: Vec<ResponseMutation>,
    /// The switches that took part.
    pub(crate) names: Vec<&'static str>,
}

/// The switches, in the order in which they are asked.
pub(crate) const NAMES: &[&str] = &[
    "clock",
    "soft-delete",
    "issuance",
    "latency",
    "throttle",
    "error",
    "forbid",
    "sign-in",
    "html",
    "disabled",
    "expired",
    "reversed-chain",
    "content-type",
    "truncate",
];

/// Refuses the name of an unknown switch.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    if NAMES.contains(&name) {
        return Ok(());
    }
    Err(unknown(name))
}

fn unknown(name: &str) -> String {
    format!("there is no switch `{name}`, only {}", NAMES.join(", "))
}

impl Effect {
    /// Reads what is written for the switch `name`.
    pub(crate) fn read(
        name: &str,
        value: Option<&Value>,
        retry_after: Option<u32>,
    ) -> Result<Self, String> {
        Ok(match name {
            "throttle" => Self::Throttle {
                rate: number(value)?,
                retry_after,
            },
            "latency" => {
                let milliseconds = delay(value)?.unsigned_abs();
                Self::Latency(Duration::from_millis(milliseconds))
            }
            "error" => Self::Error(status(value)?, retry_after),
            "forbid" => Self::Forbid(Forbidden::read(word(value)?)?),
            "sign-in" => {
                let number = number(value)?.ok_or("requires a number, such as 50076")?;
                Self::SignIn(ForcedRefusal::by_number(number)?)
            }
            "html" => none(value, Self::Html)?,
            "disabled" => none(value, Self::Disabled)?,
            "expired" => none(value, Self::Mutate(ResponseMutation::Expired))?,
            "reversed-chain" => none(value, Self::Mutate(ResponseMutation::ReversedChain))?,
            "content-type" => Self::Mutate(ResponseMutation::ContentType(
                word(value)?.map(str::to_owned),
            )),
            "truncate" => none(value, Self::Mutate(ResponseMutation::Truncate))?,
            "soft-delete" => Self::SoftDelete(delay(value)?),
            "issuance" => Self::Issuance(delay(value)?),
            "clock" => Self::Clock(offset(value)?),
            _ => return Err(unknown(name)),
        })
    }

    /// What holds for the whole vault is done when the switch is turned.
    pub(crate) fn turn(&self, settings: &Settings, on: bool) {
        match self {
            Self::Clock(offset) => settings.set_clock_offset(if on { *offset } else { 0 }),
            Self::SoftDelete(delay) => settings.set_deletion_delay(on.then_some(*delay)),
            Self::Issuance(delay) => settings.set_issuance_delay(on.then_some(*delay)),
            Self::Throttle { .. }
            | Self::Latency(_)
            | Self::Error(..)
            | Self::Forbid(_)
            | Self::SignIn(_)
            | Self::Html
            | Self::Disabled
            | Self::Mutate(_) => {}
        }
    }

    /// Takes part in the plan for a request, or says that it has no part in it.
    pub(crate) fn join(&self, plan: &mut Plan, call: &Call, tokens: &TokenSigner) -> bool {
        match self {
            Self::Clock(_) | Self::SoftDelete(_) | Self::Issuance(_) => return false,
            Self::Latency(time) => plan.latency += *time,
            Self::Throttle { retry_after, .. } => {
                plan.refusal = Some(refusal::throttled(*retry_after));
            }
            Self::Error(status, retry_after) => {
                plan.refusal = Some(refusal::failed(*status, *retry_after));
            }
            Self::Forbid(kind) => plan.refusal = Some(kind.reply(call, tokens)),
            Self::SignIn(known) => match known.reply(call) {
                Some(refusal) => plan.refusal = Some(refusal),
                None => return false,
            },
            Self::Html => plan.refusal = Some(refusal::page()),
            Self::Disabled => match refusal::disabled(call) {
                Some(refusal) => plan.refusal = Some(refusal),
                None => plan.mutations.push(ResponseMutation::Disabled),
            },
            Self::Mutate(mutation) => plan.mutations.push(mutation.clone()),
        }
        true
    }
}

/// A number, written as one or as text (as on a command line).
fn number(value: Option<&Value>) -> Result<Option<u32>, String> {
    let Some(value) = value else { return Ok(None) };
    let number = match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64().and_then(|number| u32::try_from(number).ok()),
    };
    number
        .map(Some)
        .ok_or_else(|| format!("{value} is not a whole number"))
}

/// Milliseconds, within bounds.
fn delay(value: Option<&Value>) -> Result<i64, String> {
    let milliseconds = number(value)?.ok_or("requires milliseconds")?;
    Ok(LONGEST_WAIT.min(milliseconds).into())
}

fn word(value: Option<&Value>) -> Result<Option<&str>, String> {
    value
        .map(|value| {
            value
                .as_str()
                .ok_or_else(|| format!("{value} is not a word"))
        })
        .transpose()
}

fn none(value: Option<&Value>, effect: Effect) -> Result<Effect, String> {
    match value {
        None => Ok(effect),
        Some(value) => Err(format!("takes no value, got {value}")),
    }
}

fn status(value: Option<&Value>) -> Result<StatusCode, String> {
    let code = number(value)?.unwrap_or(503);
    u16::try_from(code)
        .ok()
        .filter(|code| (500..=599).contains(code))
        .and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or_else(|| format!("{code} is not a status from 500 to 599"))
}

/// Seconds, or a number with `s`, `m`, `h` or `d`; with a sign.
fn offset(value: Option<&Value>) -> Result<i64, String> {
    let value = value.ok_or("requires a time, such as `+40d` or `-3600`")?;
    if let Some(seconds) = value.as_i64() {
        return Ok(seconds);
    }
    let text = value.as_str().unwrap_or_default();
    let (digits, unit) = match text.char_indices().last() {
        Some((at, 's')) => (&text[..at], 1),
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3600),
        Some((at, 'd')) => (&text[..at], 24 * 3600),
        _ => (text, 1),
    };
    digits
        .parse::<i64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(|| format!("{value} is not a time such as `+40d`, `-2h` or `90`"))
}

/// Milliseconds.
const LONGEST_WAIT: u32 = 600_000;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(name: &str, value: Option<Value>, expected: &str) {
        let shown = match Effect::read(name, value.as_ref(), None) {
            Ok(effect) => format!("{effect:?}"),
            Err(why) => why,
        };
        assert_eq!(shown, expected, "{name} {value:?}");
    }

    #[test]
    fn values_are_read_as_numbers_or_text() {
        check("clock", Some(json!("+40d")), "Clock(3456000)");
        check("clock", Some(json!(-90)), "Clock(-90)");
        check("clock", Some(json!("-2h")), "Clock(-7200)");
        check(
            "clock",
            Some(json!("soon")),
            "\"soon\" is not a time such as `+40d`, `-2h` or `90`",
        );
        check(
            "clock",
            Some(json!("9223372036854775807d")),
            "\"9223372036854775807d\" is not a time such as `+40d`, `-2h` or `90`",
        );
        check("latency", Some(json!("20")), "Latency(20ms)");
        check("latency", None, "requires milliseconds");
        check("error", None, "Error(503, None)");
        check(
            "error",
            Some(json!(404)),
            "404 is not a status from 500 to 599",
        );
        check("html", Some(json!(1)), "takes no value, got 1");
        check("throttle", Some(json!(-1)), "-1 is not a whole number");
    }

    #[test]
    fn every_name_is_read() {
        for name in NAMES {
            let value = match *name {
                "clock" | "latency" | "soft-delete" | "issuance" => Some(json!(1)),
                "sign-in" => Some(json!("50076")),
                _ => None,
            };
            Effect::read(name, value.as_ref(), None).unwrap();
        }
        check_name("forbidden").unwrap_err();
    }
}
