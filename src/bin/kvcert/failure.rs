//! [`Failure`]: how a command fails: kind, exit code, words, hint.

mod aadsts;
mod graph;
mod hints;
mod sign_in;

use std::fmt;

use serde::Serialize;

/// The kinds of failure; each is an exit code. The table in `--help` is made from this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Kind {
    /// A bug, or something unforeseen.
    Bug = 1,
    /// The command line.
    Usage = 2,
    /// The certificate, or an object of it.
    NotFound = 3,
    /// No token.
    SignIn = 4,
    /// The vault refused.
    Forbidden = 5,
    /// Network, TLS, throttling, a failing service.
    Unavailable = 6,
    /// The bytes of the certificate or key.
    Content = 7,
    /// Files.
    Output = 8,
    /// A gate that the user set.
    Gate = 9,
    /// Ctrl-C, or SIGINT: 128 and the signal's number, as shells have it.
    Interrupted = 130,
    /// SIGTERM.
    Terminated = 143,
}

impl Kind {
    /// Every kind, with what `--help` says about it.
    pub(crate) const TABLE: [(Self, &'static str); 11] = [
        (Self::Bug, "a bug or something unforeseen"),
        (Self::Usage, "usage"),
        (
            Self::NotFound,
            "not found (says if soft-deleted or disabled)",
        ),
        (Self::SignIn, "sign-in failed (says which ways were tried)"),
        (Self::Forbidden, "forbidden; text and JSON name which kind"),
        (
            Self::Unavailable,
            "unavailable: network, TLS, throttled to the end, 5xx",
        ),
        (
            Self::Content,
            "the content: unreadable, wrong password, no private key, key and certificate differ",
        ),
        (Self::Output, "output: exists, permissions, disk full"),
        (Self::Gate, "a gate said no: expired, expires too soon"),
        (Self::Interrupted, "interrupted (Ctrl-C)"),
        (Self::Terminated, "terminated (SIGTERM)"),
    ];

    /// The exit code.
    pub(crate) fn exit_code(self) -> u8 {
        self as u8
    }

    /// The name in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bug => "bug",
            Self::Usage => "usage",
            Self::NotFound => "not-found",
            Self::SignIn => "sign-in",
            Self::Forbidden => "forbidden",
            Self::Unavailable => "unavailable",
            Self::Content => "content",
            Self::Output => "output",
            Self::Gate => "gate",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }
}

/// The exit codes as `--help` lists them.
pub(crate) fn exit_code_help() -> String {
    let mut help = String::from("Exit codes:\n   0  done\n");
    for (kind, meaning) in Kind::TABLE {
        help.push_str(&format!("  {:>2}  {meaning}\n", kind.exit_code()));
    }
    help.truncate(help.trim_end().len());
    help
}

/// Why a command failed, and what to do next.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Decides the exit code.
    pub(crate) kind: Kind,
    /// A finer, stable name for scripts, such as `wrong-password` or `forbidden-by-rbac`.
    pub(crate) reason: &'static str,
    /// What failed and on what; the causes below it say why.
    pub(crate) error: anyhow::Error,
    /// The next thing to type.
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// A failure without a hint.
    pub(crate) fn new(kind: Kind, reason: &'static str, error: impl Into<anyhow::Error>) -> Self {
        Self {
            kind,
            reason,
            error: error.into(),
            hint: None,
        }
    }

    /// A failure of words alone.
    pub(crate) fn message(kind: Kind, reason: &'static str, message: impl fmt::Display) -> Self {
        Self::new(kind, reason, anyhow::anyhow!("{message}"))
    }

    /// A panic: a bug, of which nothing more may be said than that.
    pub(crate) fn from_panic() -> Self {
        let place = crate::hardening::panic_place().unwrap_or("an unknown place");
        let message = format!("kvcert has a bug and stopped, at {place}");
        Self::message(Kind::Bug, "panic", message)
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

    /// The shape in JSON.
    pub(crate) fn to_json(&self) -> FailureJson {
        FailureJson {
            kind: self.kind.name(),
            reason: self.reason,
            exit_code: self.kind.exit_code(),
            message: self.error.to_string(),
            causes: self
                .error
                .chain()
                .skip(1)
                .map(ToString::to_string)
                .collect(),
            hint: self.hint.clone(),
        }
    }
}

/// As text: `error: …`, indented causes, `hint: …`.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.error)?;
        for cause in self.error.chain().skip(1) {
            write!(f, "\n  {cause}")?;
        }
        self.hint
            .as_ref()
            .map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
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

/// Anything that no one foresaw.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::new(Kind::Bug, "unforeseen", error)
    }
}

#[cfg(test)]
mod tests;
