//! [`Reason`]: why a command failed, for scripts.

mod table;

use self::table::TABLE;
use super::kind::Kind;

/// Why a command failed. The names are part of the contract:
/// `docs/reasons.md` is made from `TABLE`, which has the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[rustfmt::skip]
pub(crate) enum Reason {
    // Bug
    Panic,
    Unforeseen,
    // Usage
    Usage,
    SecretGiven,
    InvalidSetting,
    NoVault,
    SeveralVaults,
    InvalidAddress,
    InvalidName,
    InvalidPattern,
    UnexpectedVersion,
    OneName,
    SameName,
    FlagsConflict,
    TwoResults,
    SeveralFiles,
    KeyFormat,
    OpenMode,
    KeyToTerminal,
    TokenToTerminal,
    SecretOnTerminal,
    NotConfirmed,
    NoTerminal,
    PasswordsDiffer,
    EmptyPassword,
    NothingArrived,
    WrappedPassword,
    NoSuchFile,
    UnreadableFile,
    TooLong,
    NoSuchVariable,
    NoStateFolder,
    NotOnThisSystem,
    NoMemoryFilesHere,
    NoSuchProgram,
    ProgramNotStarted,
    NotOurs,
    TlsSetup,
    UnknownCredential,
    InvalidAuthority,
    InvalidToken,
    NoToken,
    NoIdentity,
    NoApplication,
    NoTenant,
    NoScope,
    NoSharepointHost,
    MalformedScope,
    RetiredFlow,
    NotASecret,
    NoRunner,
    InvalidSubject,
    Rejected,
    NameTaken,
    Ambiguous,
    NoSuchAddress,
    NoSuchSwitch,
    InvalidSeed,
    NoVariable,
    // NotFound
    NotFound,
    NoMatch,
    Deleted,
    Disabled,
    NothingPending,
    NotIssued,
    NoSuchApplication,
    NotRegistered,
    NoSuchApi,
    // SignIn
    NoCredential,
    NotInstalled,
    NotSignedIn,
    ProgramFailed,
    NoIdentityEndpoint,
    IdentityRefused,
    UnreadableCredentialFile,
    OtherAudience,
    OtherTenant,
    OtherCloud,
    ClaimsChallenge,
    DeviceCode,
    SignInRefused,
    TokenRefused,
    ClockOff,
    ChallengeRefused,
    UnfitCertificate,
    WrongSecret,
    SecretExpired,
    CertificateNotRegistered,
    CertificateSubject,
    CertificateChain,
    AssertionNotValidNow,
    AssertionExpired,
    InvalidAssertion,
    NoProof,
    PublicClient,
    NoFederatedCredential,
    UnknownApplication,
    NoSuchTenant,
    InvalidResource,
    NoSigningKey,
    OtherDirectory,
    SecondFactor,
    RefreshTokenExpired,
    TenantNeeded,
    NoSuchResource,
    SeveralResources,
    ScopeOfAnother,
    FieldMissing,
    UnsupportedGrant,
    ApplicationDisabled,
    ApplicationNotAllowed,
    ResourceNotConfigured,
    ConsentNeeded,
    AdminConsentNeeded,
    ConditionalAccess,
    RefusedScope,
    NotAssigned,
    ResourceDisabled,
    RedirectNotRegistered,
    // Forbidden
    ForbiddenByRbac,
    AccessDenied,
    ForbiddenByPolicy,
    ForbiddenByFirewall,
    ForbiddenByConnection,
    ForbiddenByProxy,
    Forbidden,
    DeniedByGraph,
    // Unavailable
    UnknownHost,
    ConnectionFailed,
    ProxyRefused,
    Tls,
    TimedOut,
    DeadlinePassed,
    BrokenReply,
    Throttled,
    ServiceFailed,
    UnexpectedReply,
    RefusedByGraph,
    Pending,
    Conflict,
    WaitsForMerge,
    IssuerRefused,
    Canceled,
    NotYet,
    PortInUse,
    NoDevVault,
    // Content
    NotAKeyStore,
    Damaged,
    WrongPassword,
    OtherPassword,
    ProtectedToAccounts,
    UnsupportedAlgorithm,
    OverLimit,
    NoPrivateKey,
    NoCertificate,
    SeveralKeys,
    NoSuchKey,
    KeyMismatch,
    AmbiguousLeaf,
    NotExportable,
    NotACertificate,
    ObjectsDisagree,
    UnsupportedKey,
    ImportExpired,
    NotABackup,
    OpaqueToken,
    // Output
    StandardOutput,
    Exists,
    SymbolicLink,
    ForeignLink,
    ForeignFile,
    NotAFile,
    NoFolder,
    UnsafeName,
    UnknownPrincipal,
    OwnerNotKept,
    Denied,
    DiskFull,
    Busy,
    Leftover,
    HalfWritten,
    Io,
    NoMemoryFiles,
    TokenCache,
    DevVaultFolder,
    // Gate
    Expired,
    NotYetValid,
    ExpiresTooSoon,
    // Interrupted
    Interrupted,
    // Terminated
    Terminated,
}

impl Reason {
    /// The name in JSON, such as `wrong-password`. Two reasons share one where scripts have
    /// always seen the same name with different exit codes.
    pub(crate) const fn name(self) -> &'static str {
        TABLE[self as usize].2
    }

    /// The kind, which decides the exit code.
    pub(crate) const fn kind(self) -> Kind {
        TABLE[self as usize].1
    }
}

// The table is read by position.
const _: () = {
    let mut row = 0;
    while row < TABLE.len() {
        assert!(TABLE[row].0 as usize == row);
        row += 1;
    }
    assert!(Reason::Terminated as usize + 1 == TABLE.len());
};

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test reads the environment and writes the page"
)]
mod tests {
    use std::{env, fs, path::Path};

    use super::*;

    /// The two reasons of one name, which scripts tell apart by the exit code.
    const SHARED: [&str; 5] = [
        "expired",
        "malformed-scope",
        "no-memory-files",
        "no-such-application",
        "unreadable-file",
    ];

    #[test]
    fn names_are_plain_and_unique_and_sentences_are_sentences() {
        let mut names: Vec<&str> = TABLE.iter().map(|row| row.2).collect();
        let plain = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(names.iter().all(|name| name.chars().all(plain)));
        names.sort_unstable();
        let is_repeated = |pair: &&[&str]| pair[0] == pair[1];
        let repeated: Vec<&str> = names
            .windows(2)
            .filter(is_repeated)
            .map(|it| it[0])
            .collect();
        assert_eq!(repeated, SHARED);

        let mut sentences: Vec<&str> = TABLE.iter().map(|row| row.3).collect();
        for sentence in &sentences {
            assert!(sentence.len() > 15 && sentence.ends_with('.'), "{sentence}");
            assert!(!sentence.contains(['|', '\n', '"']), "{sentence}");
        }
        sentences.sort_unstable();
        sentences.dedup();
        assert_eq!(sentences.len(), TABLE.len());
    }

    #[test]
    fn every_reason_is_used() {
        let mut sources = String::new();
        read(&root().join("src/bin/kvcert"), &mut sources);
        for (reason, ..) in TABLE {
            let used = format!("Reason::{reason:?}");
            let is_use = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric());
            assert!(sources.split(&used).skip(1).any(is_use), "{used}");
        }
    }

    fn read(folder: &Path, into: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, into);
            } else if !path.ends_with("failure/reason.rs") {
                into.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }

    /// `UPDATE=1 cargo test --bin kvcert` writes the page anew.
    #[test]
    fn the_page_is_current() {
        let page = root().join("docs/reasons.md");
        if env::var_os("UPDATE").is_some() {
            fs::write(&page, text()).unwrap();
        }
        let there = fs::read_to_string(&page).unwrap_or_default();
        assert!(there == text(), "run `UPDATE=1 cargo test --bin kvcert`");
    }

    fn text() -> String {
        let mut text = String::from(INTRODUCTION);
        for (kind, meaning) in Kind::TABLE {
            text.push_str(&format!(
                "\n## {}: {meaning}\n\n`\"kind\": \"{}\"`\n\n| reason | what it means |\n|---|---|\n",
                kind.exit_code(),
                kind.name()
            ));
            for (_, _, name, sentence) in TABLE.iter().filter(|row| row.1 == kind) {
                text.push_str(&format!("| `{name}` | {sentence} |\n"));
            }
        }
        text
    }

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    const INTRODUCTION: &str = "\
# Exit codes and reasons

With `--json`, an error is an object on standard error: `kind` and `exitCode` say the same thing,
and `reason` says more. Kinds, exit codes and reasons are stable. New reasons may be added, so
handle an unknown one by its exit code. The message, its causes and the hint are for people and may
change.

A reason has one exit code, with one exception: if the certificate file that kvcert itself signs in
with (AZURE_CLIENT_CERTIFICATE_PATH) is missing or unusable, the exit code is 4, whatever the reason.

In a receipt, `skipped[].reason` is `disabled` or `not-exportable`, as below, or `present`: the files of
the certificate exist already.

This page is generated from `src/bin/kvcert/failure/reason.rs`.
";
}
