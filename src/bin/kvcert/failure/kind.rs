//! [`Kind`]: the exit codes.

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
        (Self::Bug, "a bug or an unexpected error"),
        (Self::Usage, "usage"),
        (Self::NotFound, "not found, soft-deleted or disabled"),
        (
            Self::SignIn,
            "sign-in failed; the error lists the methods tried",
        ),
        (
            Self::Forbidden,
            "forbidden; the message and `reason` say why",
        ),
        (
            Self::Unavailable,
            "unavailable: network, TLS, 5xx, or still throttled after all retries",
        ),
        (
            Self::Content,
            "the content: unreadable, wrong password, no private key, key and certificate differ",
        ),
        (Self::Output, "output: exists, permissions, disk full"),
        (
            Self::Gate,
            "`--min-days` check failed: expired, not yet valid, or expires too soon",
        ),
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
