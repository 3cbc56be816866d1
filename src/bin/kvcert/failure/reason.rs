//! [`Reason`]: why a command failed, for scripts.

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
    FlagsConflict,
    TwoResults,
    SeveralFiles,
    KeyFormat,
    KeyToTerminal,
    TokenToTerminal,
    SecretOnTerminal,
    NotConfirmed,
    NoTerminal,
    PasswordsDiffer,
    EmptyPassword,
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
    TenantNeeded,
    NoSuchResource,
    SeveralResources,
    ScopeOfAnother,
    FieldMissing,
    UnsupportedGrant,
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
    // Forbidden
    ForbiddenByRbac,
    AccessDenied,
    ForbiddenByPolicy,
    ForbiddenByFirewall,
    ForbiddenByConnection,
    ForbiddenByProxy,
    Forbidden,
    DeniedByGraph,
    ApplicationDisabled,
    ApplicationNotAllowed,
    ResourceNotConfigured,
    ConsentNeeded,
    AdminConsentNeeded,
    ConditionalAccess,
    // Unavailable
    UnknownHost,
    ConnectionFailed,
    Tls,
    TimedOut,
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

/// Reason, kind, name in JSON, and a sentence for the reader of the JSON.
#[rustfmt::skip]
const TABLE: &[(Reason, Kind, &str, &str)] = &[
    (Reason::Panic, Kind::Bug, "panic", "kvcert has a bug and stopped; the message says where in the source."),
    (Reason::Unforeseen, Kind::Bug, "unforeseen", "Something failed that kvcert has no name for; the causes say what."),
    (Reason::Usage, Kind::Usage, "usage", "The command line is not valid."),
    (Reason::SecretGiven, Kind::Usage, "secret-given", "A value on the command line that should be a path, a name or an id looks like a secret or the content of a file; it is not shown."),
    (Reason::InvalidSetting, Kind::Usage, "invalid-setting", "A variable or flag holds a line end, quotes, blanks or something else that does not belong there; the message names it."),
    (Reason::NoVault, Kind::Usage, "no-vault", "No vault was given: not by flag, not by environment variable, not by a full identifier."),
    (Reason::SeveralVaults, Kind::Usage, "several-vaults", "The command works on one vault, and several were given."),
    (Reason::InvalidAddress, Kind::Usage, "invalid-address", "A vault, a certificate identifier or another address is not valid."),
    (Reason::InvalidName, Kind::Usage, "invalid-name", "The name cannot be the name of a file."),
    (Reason::InvalidPattern, Kind::Usage, "invalid-pattern", "A pattern for certificate names is not a valid glob."),
    (Reason::UnexpectedVersion, Kind::Usage, "version", "A version was given, and the command works on the whole certificate."),
    (Reason::OneName, Kind::Usage, "one-name", "A flag that names one certificate's files was combined with flags for several."),
    (Reason::FlagsConflict, Kind::Usage, "flags-conflict", "Two flags, or a flag and what it applies to, exclude each other."),
    (Reason::TwoResults, Kind::Usage, "two-results", "Standard output cannot carry both the files and JSON."),
    (Reason::SeveralFiles, Kind::Usage, "several-files", "The format writes several files, and standard output can carry one."),
    (Reason::KeyFormat, Kind::Usage, "key-format", "The key format does not fit the type of the key."),
    (Reason::KeyToTerminal, Kind::Usage, "key-to-terminal", "The private key would be shown on the terminal."),
    (Reason::TokenToTerminal, Kind::Usage, "token-to-terminal", "The token would be shown on the terminal."),
    (Reason::SecretOnTerminal, Kind::Usage, "secret-on-terminal", "The dev vault's client secret would be shown on the terminal."),
    (Reason::NotConfirmed, Kind::Usage, "not-confirmed", "The command deletes or replaces something, and nobody confirmed it."),
    (Reason::NoTerminal, Kind::Usage, "no-terminal", "A password has to be typed, and there is no terminal."),
    (Reason::PasswordsDiffer, Kind::Usage, "passwords-differ", "The password was typed differently the second time."),
    (Reason::EmptyPassword, Kind::Usage, "empty-password", "The password for the written key is empty."),
    (Reason::NoSuchFile, Kind::Usage, "no-such-file", "An input file does not exist."),
    (Reason::UnreadableFile, Kind::Usage, "unreadable-file", "An input file cannot be read."),
    (Reason::TooLong, Kind::Usage, "too-long", "An input file is longer than what it should hold."),
    (Reason::NoSuchVariable, Kind::Usage, "no-such-variable", "The environment variable that should hold a password is not set."),
    (Reason::NoStateFolder, Kind::Usage, "no-state-folder", "No directory for kvcert's state is known: HOME is not set."),
    (Reason::NotOnThisSystem, Kind::Usage, "not-here", "The command does not exist on this operating system."),
    (Reason::NoMemoryFilesHere, Kind::Usage, "no-memory-files", "This operating system has no files in memory."),
    (Reason::NoSuchProgram, Kind::Usage, "no-such-program", "The program to run does not exist."),
    (Reason::ProgramNotStarted, Kind::Usage, "program-not-started", "The program to run could not be started."),
    (Reason::NotOurs, Kind::Usage, "not-ours", "The directory to clean up was not made by `kvcert exec`."),
    (Reason::TlsSetup, Kind::Usage, "tls-setup", "The TLS client could not be set up, for example because of the CA file."),
    (Reason::UnknownCredential, Kind::Usage, "unknown-credential", "AZURE_TOKEN_CREDENTIALS names a credential that kvcert does not know."),
    (Reason::InvalidAuthority, Kind::Usage, "invalid-authority", "The address of the sign-in service is not valid."),
    (Reason::InvalidToken, Kind::Usage, "invalid-token", "A token that was given is not a bearer token."),
    (Reason::NoToken, Kind::Usage, "no-token", "The flow needs a token to start from, and none was given."),
    (Reason::NoIdentity, Kind::Usage, "no-identity", "No certificate, client secret or flow was given to get a token with."),
    (Reason::NoApplication, Kind::Usage, "no-application", "The tenant or client id of the application is not known."),
    (Reason::NoTenant, Kind::Usage, "no-tenant", "The tenant is not known."),
    (Reason::NoScope, Kind::Usage, "no-scope", "No API was given to get a token for."),
    (Reason::NoSharepointHost, Kind::Usage, "no-sharepoint-host", "The SharePoint host of the organisation is not known."),
    (Reason::MalformedScope, Kind::Usage, "malformed-scope", "The scope is malformed, or this flow does not accept it."),
    (Reason::RetiredFlow, Kind::Usage, "retired-flow", "The flow is retired by Microsoft Entra, and kvcert does not offer it."),
    (Reason::NotASecret, Kind::Usage, "not-a-secret", "The secret that was named as client secret is not a plain secret."),
    (Reason::NoRunner, Kind::Usage, "no-runner", "Output for GitHub Actions was asked for outside a GitHub Actions job."),
    (Reason::InvalidSubject, Kind::Usage, "invalid-subject", "The subject is too long or not a distinguished name."),
    (Reason::Rejected, Kind::Usage, "rejected", "The vault rejected the request as invalid."),
    (Reason::NameTaken, Kind::Usage, "name-taken", "A certificate or an application of this name exists already."),
    (Reason::Ambiguous, Kind::Usage, "ambiguous", "Several applications have this name."),
    (Reason::TenantNeeded, Kind::Usage, "tenant-needed", "The flow needs one tenant, not `common` or `organizations`."),
    (Reason::NoSuchResource, Kind::Usage, "no-such-resource", "The tenant does not know the API that the scope names."),
    (Reason::SeveralResources, Kind::Usage, "several-resources", "The scope names several APIs, and a token is for one."),
    (Reason::ScopeOfAnother, Kind::Usage, "scope-of-another", "The scope does not belong to the API."),
    (Reason::FieldMissing, Kind::Usage, "field-missing", "Entra misses a field in the request."),
    (Reason::UnsupportedGrant, Kind::Usage, "unsupported-grant", "The sign-in service does not support this flow."),
    (Reason::NoSuchAddress, Kind::Usage, "no-such-address", "This machine does not have the address to listen on."),
    (Reason::NoSuchSwitch, Kind::Usage, "no-such-switch", "The dev vault does not have this switch."),
    (Reason::InvalidSeed, Kind::Usage, "seed", "The dev vault's seed file is not valid."),
    (Reason::NoVariable, Kind::Usage, "no-variable", "A path cannot be written as a value of an environment variable."),
    (Reason::NotFound, Kind::NotFound, "not-found", "The certificate, its version or the application does not exist."),
    (Reason::NoMatch, Kind::NotFound, "no-match", "No certificate's name matches the pattern."),
    (Reason::Deleted, Kind::NotFound, "deleted", "The certificate is soft-deleted."),
    (Reason::Disabled, Kind::NotFound, "disabled", "The version is disabled."),
    (Reason::NothingPending, Kind::NotFound, "nothing-pending", "The certificate has no pending operation to complete."),
    (Reason::NoSuchApplication, Kind::NotFound, "no-such-application", "No application matches."),
    (Reason::NotRegistered, Kind::NotFound, "not-registered", "The certificate to replace is not registered with the application."),
    (Reason::NoSuchApi, Kind::NotFound, "no-such-api", "The tenant has no service principal for the API."),
    (Reason::NoCredential, Kind::SignIn, "no-credential", "No way to sign in worked, or the chosen one is not set up; the causes list what was tried."),
    (Reason::NotInstalled, Kind::SignIn, "not-installed", "The program to sign in with is not installed."),
    (Reason::NotSignedIn, Kind::SignIn, "not-signed-in", "The program to sign in with is not signed in."),
    (Reason::ProgramFailed, Kind::SignIn, "program-failed", "The program to sign in with failed."),
    (Reason::NoIdentityEndpoint, Kind::SignIn, "no-identity-endpoint", "The managed identity or CI token endpoint cannot be reached."),
    (Reason::IdentityRefused, Kind::SignIn, "identity-refused", "The managed identity or CI token endpoint refused."),
    (Reason::UnreadableCredentialFile, Kind::SignIn, "unreadable-file", "A file to sign in with, such as a federated token, cannot be read."),
    (Reason::OtherAudience, Kind::SignIn, "other-audience", "The given token is for another service, and was not sent."),
    (Reason::OtherTenant, Kind::SignIn, "other-tenant", "The vault belongs to another tenant than the one signed in to."),
    (Reason::ClaimsChallenge, Kind::SignIn, "claims-challenge", "The service demands a new sign-in (continuous access evaluation)."),
    (Reason::DeviceCode, Kind::SignIn, "device-code", "The device code expired, was mistyped, or was never used."),
    (Reason::SignInRefused, Kind::SignIn, "sign-in-refused", "The sign-in service refused; the message holds its own words."),
    (Reason::TokenRefused, Kind::SignIn, "token-refused", "The service did not accept the token."),
    (Reason::ClockOff, Kind::SignIn, "clock-off", "The service did not accept the token, and this machine's clock is wrong."),
    (Reason::ChallengeRefused, Kind::SignIn, "challenge-refused", "The vault's sign-in challenge points to another host, so no token was sent."),
    (Reason::UnfitCertificate, Kind::SignIn, "unfit-certificate", "The certificate cannot be used to sign in."),
    (Reason::WrongSecret, Kind::SignIn, "wrong-secret", "The client secret is wrong."),
    (Reason::SecretExpired, Kind::SignIn, "secret-expired", "The application's client secret or certificate has expired."),
    (Reason::CertificateNotRegistered, Kind::SignIn, "certificate-not-registered", "The certificate is not registered with the application."),
    (Reason::CertificateSubject, Kind::SignIn, "certificate-subject", "The application trusts another subject or issuer than the certificate's."),
    (Reason::CertificateChain, Kind::SignIn, "certificate-chain", "Entra does not trust the certificate chain that was sent."),
    (Reason::AssertionNotValidNow, Kind::SignIn, "assertion-not-valid-now", "The assertion is not valid now: a clock is wrong, or a federated token is too old."),
    (Reason::AssertionExpired, Kind::SignIn, "assertion-expired", "The token of the person to act for has expired."),
    (Reason::InvalidAssertion, Kind::SignIn, "invalid-assertion", "The assertion cannot be verified, or was made for another application."),
    (Reason::NoProof, Kind::SignIn, "no-proof", "The application must sign in with a secret or a certificate."),
    (Reason::PublicClient, Kind::SignIn, "public-client", "The application is a public client, which cannot use a secret or a certificate."),
    (Reason::NoFederatedCredential, Kind::SignIn, "no-federated-credential", "No federated credential of the application matches the token."),
    (Reason::UnknownApplication, Kind::SignIn, "no-such-application", "The tenant has no application with this client id."),
    (Reason::NoSuchTenant, Kind::SignIn, "no-such-tenant", "The cloud has no such tenant."),
    (Reason::InvalidResource, Kind::SignIn, "invalid-resource", "The API is disabled or does not exist."),
    (Reason::NoSigningKey, Kind::SignIn, "no-signing-key", "Entra has no key to sign tokens for this API."),
    (Reason::OtherDirectory, Kind::SignIn, "other-directory", "The account belongs to another directory."),
    (Reason::SecondFactor, Kind::SignIn, "second-factor", "Multifactor authentication is required."),
    (Reason::RefreshTokenExpired, Kind::SignIn, "refresh-token-expired", "The authorization code or refresh token has expired."),
    (Reason::ForbiddenByRbac, Kind::Forbidden, "forbidden-by-rbac", "The caller has no role assignment that allows this."),
    (Reason::AccessDenied, Kind::Forbidden, "access-denied", "The vault's access policy lacks this permission for the caller."),
    (Reason::ForbiddenByPolicy, Kind::Forbidden, "forbidden-by-policy", "The vault has no access policy for the caller, or it lacks this permission."),
    (Reason::ForbiddenByFirewall, Kind::Forbidden, "forbidden-by-firewall", "The vault's firewall does not allow this machine's address."),
    (Reason::ForbiddenByConnection, Kind::Forbidden, "forbidden-by-connection", "The vault accepts connections over its private endpoint only."),
    (Reason::ForbiddenByProxy, Kind::Forbidden, "forbidden-by-proxy", "A proxy or gateway refused, not the vault."),
    (Reason::Forbidden, Kind::Forbidden, "forbidden", "The vault refused for a reason that kvcert does not know."),
    (Reason::DeniedByGraph, Kind::Forbidden, "denied-by-graph", "The caller lacks a Microsoft Graph permission."),
    (Reason::ApplicationDisabled, Kind::Forbidden, "application-disabled", "The application is disabled in the tenant."),
    (Reason::ApplicationNotAllowed, Kind::Forbidden, "application-not-allowed", "The application may not act on behalf of others."),
    (Reason::ResourceNotConfigured, Kind::Forbidden, "resource-not-configured", "The application does not list permissions for this API."),
    (Reason::ConsentNeeded, Kind::Forbidden, "consent-needed", "Nobody has consented to the permissions."),
    (Reason::AdminConsentNeeded, Kind::Forbidden, "admin-consent-needed", "Only an administrator can consent to the permissions."),
    (Reason::ConditionalAccess, Kind::Forbidden, "conditional-access", "A conditional access policy blocked the sign-in."),
    (Reason::UnknownHost, Kind::Unavailable, "unknown-host", "The host name does not resolve."),
    (Reason::ConnectionFailed, Kind::Unavailable, "connection-failed", "The connection was refused."),
    (Reason::Tls, Kind::Unavailable, "tls", "The TLS handshake failed, or the server's certificate is not trusted."),
    (Reason::TimedOut, Kind::Unavailable, "timed-out", "The service did not answer in time."),
    (Reason::BrokenReply, Kind::Unavailable, "broken-reply", "The reply broke off, was too long, or was not HTTP."),
    (Reason::Throttled, Kind::Unavailable, "throttled", "The service kept throttling until all retries were used up, or asks to wait longer than 30 seconds."),
    (Reason::ServiceFailed, Kind::Unavailable, "service-failed", "The service answered with a server error."),
    (Reason::UnexpectedReply, Kind::Unavailable, "unexpected-reply", "The vault gave a response that kvcert does not understand."),
    (Reason::RefusedByGraph, Kind::Unavailable, "refused-by-graph", "Microsoft Graph refused the request."),
    (Reason::Pending, Kind::Unavailable, "pending", "The certificate already has a pending operation."),
    (Reason::Conflict, Kind::Unavailable, "conflict", "Another operation on the same object got in the way."),
    (Reason::WaitsForMerge, Kind::Unavailable, "waits-for-merge", "The pending certificate waits for the one that the CA issues."),
    (Reason::IssuerRefused, Kind::Unavailable, "issuer-refused", "The issuer did not issue the certificate."),
    (Reason::Canceled, Kind::Unavailable, "canceled", "The pending operation was canceled."),
    (Reason::NotYet, Kind::Unavailable, "not-yet", "The operation was not done when the time to wait was over."),
    (Reason::PortInUse, Kind::Unavailable, "port-in-use", "The port to listen on is in use."),
    (Reason::NoDevVault, Kind::Unavailable, "no-dev-vault", "No dev vault is running here."),
    (Reason::NotAKeyStore, Kind::Content, "not-a-key-store", "The content is in no format that kvcert reads."),
    (Reason::Damaged, Kind::Content, "damaged", "The content is damaged."),
    (Reason::WrongPassword, Kind::Content, "wrong-password", "The password is wrong or missing."),
    (Reason::UnsupportedAlgorithm, Kind::Content, "unsupported-algorithm", "The content uses an algorithm that kvcert does not support."),
    (Reason::OverLimit, Kind::Content, "over-limit", "The content exceeds a limit on size, count or key derivation rounds."),
    (Reason::NoPrivateKey, Kind::Content, "no-private-key", "The content holds no private key."),
    (Reason::NoCertificate, Kind::Content, "no-certificate", "The content holds no certificate."),
    (Reason::SeveralKeys, Kind::Content, "several-keys", "The content holds several keys, and none was chosen."),
    (Reason::NoSuchKey, Kind::Content, "no-such-key", "No key in the content matches the choice."),
    (Reason::KeyMismatch, Kind::Content, "key-mismatch", "The key belongs to another certificate."),
    (Reason::AmbiguousLeaf, Kind::Content, "ambiguous-leaf", "Several certificates could be the leaf."),
    (Reason::NotExportable, Kind::Content, "not-exportable", "The private key never leaves the vault."),
    (Reason::NotACertificate, Kind::Content, "not-a-certificate", "The secret is a plain secret, not a certificate."),
    (Reason::ObjectsDisagree, Kind::Content, "objects-disagree", "The vault's secret, certificate and key do not match."),
    (Reason::UnsupportedKey, Kind::Content, "unsupported-key", "Key Vault does not accept keys of this type or size."),
    (Reason::ImportExpired, Kind::Content, "expired", "The certificate to import has expired, and Key Vault does not accept it."),
    (Reason::NotABackup, Kind::Content, "not-a-backup", "The file is not a backup of a certificate."),
    (Reason::OpaqueToken, Kind::Content, "opaque-token", "The token is not a JWT and cannot be decoded."),
    (Reason::StandardOutput, Kind::Output, "standard-output", "Standard output cannot be written."),
    (Reason::Exists, Kind::Output, "exists", "A file exists already, and `--force` was not given."),
    (Reason::SymbolicLink, Kind::Output, "symbolic-link", "A file to write is a symbolic link, and `--replace-links` was not given."),
    (Reason::NotAFile, Kind::Output, "not-a-file", "A path to write is a directory or something else that is not a file."),
    (Reason::NoFolder, Kind::Output, "no-folder", "The output directory does not exist or cannot be made."),
    (Reason::UnsafeName, Kind::Output, "unsafe-name", "The name cannot be used as a file name."),
    (Reason::UnknownPrincipal, Kind::Output, "unknown-principal", "The user or group that should own the files does not exist."),
    (Reason::OwnerNotKept, Kind::Output, "owner-not-kept", "The new file cannot have the owner and group of the one that it would replace."),
    (Reason::Denied, Kind::Output, "denied", "The file system denied access."),
    (Reason::DiskFull, Kind::Output, "disk-full", "The disk is full."),
    (Reason::Busy, Kind::Output, "busy", "Another kvcert is writing to the same directory."),
    (Reason::Leftover, Kind::Output, "leftover", "An interrupted run left a journal that cannot be resolved."),
    (Reason::HalfWritten, Kind::Output, "half-written", "Some files of a set were replaced before the write failed; the message names them."),
    (Reason::Io, Kind::Output, "io", "Another error of the file system."),
    (Reason::NoMemoryFiles, Kind::Output, "no-memory-files", "Files in memory cannot be made."),
    (Reason::TokenCache, Kind::Output, "token-cache", "The token cache cannot be changed."),
    (Reason::DevVaultFolder, Kind::Output, "dev-vault", "The dev vault's data folder cannot be opened."),
    (Reason::Expired, Kind::Gate, "expired", "The certificate, or another of its chain, has expired."),
    (Reason::NotYetValid, Kind::Gate, "not-yet-valid", "The certificate, or another of its chain, is not valid yet."),
    (Reason::ExpiresTooSoon, Kind::Gate, "expires-too-soon", "The certificate is valid for fewer days than `--min-days` demands."),
    (Reason::Interrupted, Kind::Interrupted, "interrupted", "The run was interrupted by Ctrl-C (SIGINT)."),
    (Reason::Terminated, Kind::Terminated, "terminated", "The run was terminated by SIGTERM."),
];

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
    const SHARED: [&str; 4] = [
        "expired",
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
