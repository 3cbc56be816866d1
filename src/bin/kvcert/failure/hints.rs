//! From the library's typed errors to kind, reason and hint.

use kvcert::output::OutputError;
use kvcert::transport::{self, Unreachable};
use kvcert::vault::address::InvalidAddress;
use kvcert::vault::{Conflict, Forbidden, Permission, VaultError};
use kvcert_pki::content_error::ContentError;

use crate::failure::{Failure, Reason};

impl From<InvalidAddress> for Failure {
    fn from(error: InvalidAddress) -> Self {
        Self::new(Reason::InvalidAddress, error).with_hint(
            "name a certificate as `name`, `name/version` or by its full https:// identifier",
        )
    }
}

impl From<ContentError> for Failure {
    fn from(error: ContentError) -> Self {
        let (reason, hint) = match &error {
            ContentError::NotAKeyStore { .. } => (
                Reason::NotAKeyStore,
                "kvcert reads PKCS#12 (PFX), PEM, DER certificates and keys, and base64 of these",
            ),
            ContentError::Damaged { .. } => {
                (Reason::Damaged, "get the file again from where it came")
            }
            ContentError::WrongPassword { given: true, .. } => (
                Reason::WrongPassword,
                "check the password; a trailing newline in a password file does not count",
            ),
            ContentError::WrongPassword { given: false, .. } => (
                Reason::WrongPassword,
                "give it with `--password-file FILE`, `--password-env VAR` or `--password-prompt`",
            ),
            ContentError::Unsupported { .. } => (
                Reason::UnsupportedAlgorithm,
                "write the file anew with a current program, such as openssl 3",
            ),
            ContentError::OverLimit { .. } => (
                Reason::OverLimit,
                "no real file needs as much; if this one does, raise the limit with `--max-iterations`, `--max-memory` or `--max-bytes`",
            ),
            ContentError::NoPrivateKey { .. } => (
                Reason::NoPrivateKey,
                "to write the certificate alone, add `--no-key`",
            ),
            ContentError::NoCertificate => (
                Reason::NoCertificate,
                "give a file that holds the certificate and the key together",
            ),
            ContentError::SeveralKeys { .. } => (
                Reason::SeveralKeys,
                "choose one with `--friendly-name NAME` or `--thumbprint HEX`",
            ),
            ContentError::NoSuchKey { .. } => (
                Reason::NoSuchKey,
                "compare `--friendly-name` or `--thumbprint` with the keys listed above",
            ),
            ContentError::KeyMismatch { .. } => (
                Reason::KeyMismatch,
                "the key is another certificate's; look for the pair that belongs together",
            ),
            ContentError::AmbiguousLeaf { .. } => (
                Reason::AmbiguousLeaf,
                "give a file with the private key, or with the leaf and its chain only",
            ),
        };
        Self::new(reason, error).with_hint(hint)
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::SignIn(error) => Self::from(error),
            VaultError::Unreachable { vault, source } => {
                let failure = Self::from_unreachable(&source);
                let error =
                    anyhow::Error::new(source).context(format!("cannot reach the vault {vault}"));
                Self { error, ..failure }
            }
            error => {
                let (reason, hint) = vault_advice(&error);
                Self::new(reason, error).with_hint(hint)
            }
        }
    }
}

fn vault_advice(error: &VaultError) -> (Reason, String) {
    let (reason, hint) = match error {
        VaultError::Forbidden {
            kind, permission, ..
        } => {
            let (reason, hint) = forbidden_advice(*kind, *permission);
            return (reason, hint);
        }
        VaultError::Unauthorized {
            clock_ahead: Some(_),
            ..
        } => (
            Reason::ClockOff,
            "set this machine's clock: tokens are good for an hour, by the service's clock",
        ),
        VaultError::Unauthorized { .. } => (
            Reason::TokenRefused,
            "the token must be for `https://vault.azure.net`, of the vault's tenant, and not expired",
        ),
        VaultError::Challenge { .. } => (
            Reason::ChallengeRefused,
            "check the vault's URL; something that is not this vault answered",
        ),
        VaultError::Disabled { .. } => (
            Reason::Disabled,
            "enable the version in the vault, or name another one as NAME/VERSION",
        ),
        VaultError::Deleted { .. } => (Reason::Deleted, "recover it first: `kvcert recover NAME`"),
        VaultError::NotFound { .. } => (
            Reason::NotFound,
            "`kvcert list` shows the certificates of the vault",
        ),
        VaultError::Conflict { kind, .. } => conflict_advice(*kind),
        VaultError::Rejected { .. } => (
            Reason::Rejected,
            "change what the vault names; `-v` shows the request",
        ),
        VaultError::Throttled { .. } => (Reason::Throttled, "wait a minute, then try again"),
        VaultError::ServiceFailed { .. } => (
            Reason::ServiceFailed,
            "try again; if it stays, look at the Azure status page",
        ),
        _ => (
            Reason::UnexpectedReply,
            "check that the URL is a Key Vault's, then try again",
        ),
    };
    (reason, hint.to_owned())
}

fn conflict_advice(kind: Conflict) -> (Reason, &'static str) {
    match kind {
        Conflict::Pending => (
            Reason::Pending,
            "`kvcert create NAME --if-missing` waits for it; `kvcert merge NAME FILE` ends one that waits for an authority",
        ),
        Conflict::Deleted => (
            Reason::Deleted,
            "`kvcert recover NAME` brings it back, `kvcert purge NAME` frees the name for good",
        ),
        _ => (
            Reason::Conflict,
            "wait until the other operation is done, then try again",
        ),
    }
}

/// Names what to change, and the least that this call takes.
fn forbidden_advice(kind: Forbidden, permission: Permission) -> (Reason, String) {
    let (role, verb) = (permission.least_role(), permission.verb());
    match kind {
        Forbidden::Rbac => (Reason::ForbiddenByRbac, rbac_advice(permission)),
        Forbidden::AccessDenied => (
            Reason::AccessDenied,
            format!("add `{verb}` to this caller's access policy of the vault"),
        ),
        // The service says so, too, where a policy merely lacks the verb.
        Forbidden::Policy => (
            Reason::ForbiddenByPolicy,
            format!(
                "see that an access policy of the vault has `{verb}` for this caller, or sign in as the identity that it names"
            ),
        ),
        Forbidden::Firewall => (
            Reason::ForbiddenByFirewall,
            "add this machine's address to the vault's firewall (Networking)".to_owned(),
        ),
        Forbidden::Connection => (
            Reason::ForbiddenByConnection,
            "run kvcert inside the vault's network, or allow public access (Networking)".to_owned(),
        ),
        Forbidden::NotTheVault => (
            Reason::ForbiddenByProxy,
            "ask who runs the proxy or gateway to let `*.vault.azure.net` through".to_owned(),
        ),
        Forbidden::Other => (
            Reason::Forbidden,
            format!(
                "look at the vault's access control and networking: this takes the role `{role}`, or `{verb}` in an access policy"
            ),
        ),
    }
}

fn rbac_advice(permission: Permission) -> String {
    let (role, action) = (permission.least_role(), permission.action());
    format!(
        "assign the role `{role}` on the vault, which has {action}, or `Key Vault Certificate User` for certificate, key and secret; it takes minutes to work"
    )
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        let (reason, hint) = match &error {
            OutputError::Exists { .. } => (
                Reason::Exists,
                "replace it with `--force`, or write elsewhere with `-o`",
            ),
            OutputError::SymbolicLink { .. } => (
                Reason::SymbolicLink,
                "name the folder that the link points into with `-o`, or replace the link with `--force`",
            ),
            OutputError::NotAFile { .. } => {
                (Reason::NotAFile, "move it away, or choose another `--name`")
            }
            OutputError::NotAFolder { .. } | OutputError::FolderMissing { .. } => {
                (Reason::NoFolder, "choose another folder with `-o`")
            }
            OutputError::UnsafeName { .. } => {
                (Reason::UnsafeName, "choose another name with `--name`")
            }
            OutputError::UnknownPrincipal { .. } => (
                Reason::UnknownPrincipal,
                "give a name that this system knows, or a number",
            ),
            OutputError::Denied { .. } => (
                Reason::Denied,
                "choose a folder that you may write to with `-o`, or run as its owner",
            ),
            OutputError::DiskFull { .. } => (Reason::DiskFull, "make room, then run it again"),
            OutputError::Busy { .. } => (
                Reason::Busy,
                "another kvcert is writing there; run it again",
            ),
            OutputError::Leftover { .. } => (
                Reason::Leftover,
                "look at the files there, then remove the journal and run it again",
            ),
            OutputError::HalfWritten { .. } => (
                Reason::HalfWritten,
                "make room or mend the folder, then run it again",
            ),
            _ => (Reason::Io, "look at the folder and its file system"),
        };
        Self::new(reason, error).with_hint(hint)
    }
}

impl Failure {
    pub(super) fn from_unreachable(error: &Unreachable) -> Self {
        let (reason, hint) = match error.reason {
            transport::Reason::UnknownHost => (
                Reason::UnknownHost,
                "check the vault's name and `--cloud`; a deleted vault has no name either",
            ),
            transport::Reason::Tls if is_about_time(&error.detail) => (
                Reason::Tls,
                "check this machine's clock; if it is right, the server's certificate is not",
            ),
            transport::Reason::Tls => (
                Reason::Tls,
                "behind a proxy that inspects TLS, or with a private CA, give its certificate with `--ca-file`",
            ),
            transport::Reason::Refused => (
                Reason::ConnectionFailed,
                "check the network, the proxy and the port",
            ),
            transport::Reason::TimedOut => (
                Reason::TimedOut,
                "try again, or allow more time with `--timeout`",
            ),
            _ => (
                Reason::BrokenReply,
                "something on the way is not a vault; check the URL and the proxy",
            ),
        };
        Self::new(reason, error.clone()).with_hint(hint)
    }
}

/// Whether TLS failed for a certificate that is expired, or not valid yet, as rustls puts it.
fn is_about_time(detail: &str) -> bool {
    let detail = detail.to_lowercase();
    ["expired", "not valid yet", "notvalidyet"]
        .iter()
        .any(|word| detail.contains(word))
}
