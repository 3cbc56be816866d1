//! [`Failure`]: how a command fails: kind, exit code, words, hint.

mod aadsts;
pub(crate) mod content;
#[cfg(feature = "dev-vault")]
pub(crate) mod dev;
mod export;
mod foreign;
pub(crate) mod graph;
mod kind;
pub(crate) mod output;
mod reason;
mod retrieve;
pub(crate) mod setup;
mod sign_in;
mod this_call;
pub(crate) mod token;
pub(crate) mod unreachable;
pub(crate) mod usage;
pub(crate) mod vault;

use std::sync::OnceLock;
use std::{fmt, panic};

use serde::Serialize;

pub(crate) use self::{
    kind::{Kind, exit_code_help},
    reason::Reason,
    this_call::{ThisCall, shell_word},
};

/// Why a command failed, and what to do next.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Decides the exit code: that of the reason, but for a sign-in, which fails as a whole.
    pub(crate) kind: Kind,
    /// Why, for scripts.
    pub(crate) reason: Reason,
    /// What failed and on what; the causes below it say why.
    pub(crate) error: anyhow::Error,
    /// The next thing to type.
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// A failure without a hint.
    pub(crate) fn new(reason: Reason, error: impl Into<anyhow::Error>) -> Self {
        Self {
            kind: reason.kind(),
            reason,
            error: error.into(),
            hint: None,
        }
    }

    /// A failure of words alone.
    pub(crate) fn message(reason: Reason, message: impl fmt::Display) -> Self {
        Self::new(reason, anyhow::anyhow!("{message}"))
    }

    /// A panic: a bug, of which nothing more may be said than that.
    pub(crate) fn from_panic() -> Self {
        let place = PANIC_PLACE
            .get()
            .map(String::as_str)
            .unwrap_or("an unknown place");
        let message = format!("kvcert has a bug and stopped, at {place}");
        Self::message(Reason::Panic, message)
            .with_hint("please report the command line, without secrets, and the version")
    }

    /// The same, with the next thing to type.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, with what was being done on top.
    pub(crate) fn context(mut self, what: impl fmt::Display + Send + Sync + 'static) -> Self {
        self.error = self.error.context(what);
        self
    }

    /// The shape in JSON, with hints as [`ThisCall`] completes them.
    pub(crate) fn to_json(&self, call: &ThisCall) -> FailureJson {
        FailureJson {
            kind: self.kind.name(),
            reason: self.reason.name(),
            exit_code: self.kind.exit_code(),
            message: self.error.to_string(),
            causes: self
                .error
                .chain()
                .skip(1)
                .map(ToString::to_string)
                .collect(),
            hint: self.hint.as_ref().map(|hint| call.complete(hint)),
        }
    }

    /// As text: `error: …`, indented causes, `hint: …`, the hint as [`ThisCall`] completes it.
    pub(crate) fn to_text(&self, call: &ThisCall) -> String {
        let mut text = format!("error: {}", self.error);
        for cause in self.error.chain().skip(1) {
            text.push_str(&format!("\n  {cause}"));
        }
        if let Some(hint) = &self.hint {
            text.push_str(&format!("\nhint: {}", call.complete(hint)));
        }
        text
    }
}

/// The text of a call without flags.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(&ThisCall::default()))
    }
}

/// A failure in JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FailureJson {
    kind: &'static str,
    reason: &'static str,
    exit_code: u8,
    message: String,
    causes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// Makes panics silent, as what a panic would print may quote data; [`Failure::from_panic`] says
/// where it was instead.
pub(crate) fn silence_panics() {
    panic::set_hook(Box::new(|panic| {
        if let Some(place) = panic.location() {
            // Only the first panic is the cause.
            let _ = PANIC_PLACE.set(format!("{}:{}", place.file(), place.line()));
        }
    }));
}

/// Where in the sources the process panicked first, if it did.
static PANIC_PLACE: OnceLock<String> = OnceLock::new();

/// Anything that no one foresaw.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::new(Reason::Unforeseen, error)
    }
}

#[cfg(test)]
mod tests;
