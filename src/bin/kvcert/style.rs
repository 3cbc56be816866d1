//! How text looks on a terminal: the one place that knows escape sequences.

use kvcert_pki::validity::Status;

/// How reports are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// ASCII, no colour.
    Plain,
    /// Box drawing, ticks and colour, for a terminal.
    Fancy,
}

/// What a piece of text means to its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Strong,
    Faint,
    Good,
    Doubtful,
    Bad,
    /// The word before an error.
    Error,
    /// The word before a warning.
    Warning,
    /// The word before a hint.
    Hint,
}

impl Tone {
    /// `text` between the escape sequences (ECMA-48 section 8.3.117) that show the tone. Standard
    /// output and error drop them where they are not wanted.
    pub(crate) fn paint(self, text: &str) -> String {
        let code = match self {
            Self::Plain => return text.to_owned(),
            Self::Strong => "1",
            Self::Faint => "2",
            Self::Good => "32",
            Self::Doubtful => "33",
            Self::Bad => "31",
            Self::Error => "1;31",
            Self::Warning => "1;33",
            Self::Hint => "1;36",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// The tone of a certificate's status.
    pub(crate) fn of_status(status: Status) -> Self {
        match status {
            Status::Valid => Self::Good,
            Status::Expired => Self::Bad,
            Status::Disabled | Status::Pending => Self::Faint,
            Status::ExpiresSoon | Status::NotYetValid => Self::Doubtful,
        }
    }
}
