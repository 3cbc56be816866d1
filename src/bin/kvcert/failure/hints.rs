//! From the library's typed errors to kind, reason and hint.

use kvcert::output::OutputError;
use kvcert::transport::{Reason, Unreachable};
use kvcert::vault::address::InvalidAddress;
use kvcert::vault::{Conflict, Forbidden, Permission, VaultError};
use kvcert_pki::content_error::ContentError;

use crate::failure::{Failure, Kind};

impl From<InvalidAddress> for Failure {
    fn from(error: InvalidAddress) -> Self {
        Self::new(Kind::Usage, "invalid-address", error).with_hint(
            "name a certificate as `name`, `name/version` or by its full https:// identifier",
        )
    }
}

impl From<ContentError> for Failure {
    fn from(error: ContentError) -> Self {
        let (reason, hint) = match &error {
            ContentError::NotAKeyStore { .. } => (
                "not-a-key-store",
                "kvcert reads PKCS#12 (PFX), PEM, DER certificates and keys, and base64 of these",
            ),
            ContentError::Damaged { .. } => ("damaged", "get the file again from where it came"),
            ContentError::WrongPassword { given: true, .. } => (
                "wrong-password",
                "check the password; a trailing newline in a password file does not count",
            ),
            ContentError::WrongPassword { given: false, .. } => (
                "wrong-password",
                "give it with `--password-file FILE`, `--password-env VAR` or `--password-prompt`",
            ),
            ContentError::Unsupported { .. } => (
                "unsupported-algorithm",
                "write the file anew with a current program, such as openssl 3",
            ),
            ContentError::OverLimit { .. } => (
                "over-limit",
                "no real file needs as much; if this one does, raise the limit with `--max-iterations`, `--max-memory` or `--max-bytes`",
            ),
            ContentError::NoPrivateKey { .. } => (
                "no-private-key",
                "to write the certificate alone, add `--no-key`",
            ),
            ContentError::NoCertificate => (
                "no-certificate",
                "give a file that holds the certificate and the key together",
            ),
            ContentError::SeveralKeys { .. } => (
                "several-keys",
                "choose one with `--friendly-name NAME` or `--thumbprint HEX`",
            ),
            ContentError::NoSuchKey { .. } => (
                "no-such-key",
                "compare `--friendly-name` or `--thumbprint` with the keys listed above",
            ),
            ContentError::KeyMismatch { .. } => (
                "key-mismatch",
                "the key is another certificate's; look for the pair that belongs together",
            ),
            ContentError::AmbiguousLeaf { .. } => (
                "ambiguous-leaf",
                "give a file with the private key, or with the leaf and its chain only",
            ),
        };
        Self::new(Kind::Content, reason, error).with_hint(hint)
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
                let (kind, reason, hint) = vault_advice(&error);
                Self::new(kind, reason, error).with_hint(hint)
            }
        }
    }
}

fn vault_advice(error: &VaultError) -> (Kind, &'static str, String) {
    let (kind, reason, hint) = match error {
        VaultError::Forbidden {
            kind, permission, ..
        } => {
            let (reason, hint) = forbidden_advice(*kind, *permission);
            return (Kind::Forbidden, reason, hint);
        }
        VaultError::Unauthorized {
            clock_ahead: Some(_),
            ..
        } => (
            Kind::SignIn,
            "clock-off",
            "set this machine's clock: tokens are good for an hour, by the service's clock",
        ),
        VaultError::Unauthorized { .. } => (
            Kind::SignIn,
            "token-refused",
            "the token must be for `https://vault.azure.net`, of the vault's tenant, and not expired",
        ),
        VaultError::Challenge { .. } => (
            Kind::SignIn,
            "challenge-refused",
            "check the vault's URL; something that is not this vault answered",
        ),
        VaultError::Disabled { .. } => (
            Kind::NotFound,
            "disabled",
            "enable the version in the vault, or name another one as NAME/VERSION",
        ),
        VaultError::Deleted { .. } => (
            Kind::NotFound,
            "deleted",
            "recover it first: `kvcert recover NAME`",
        ),
        VaultError::NotFound { .. } => (
            Kind::NotFound,
            "not-found",
            "`kvcert list` shows the certificates of the vault",
        ),
        VaultError::Conflict { kind, .. } => conflict_advice(*kind),
        VaultError::Rejected { .. } => (
            Kind::Usage,
            "rejected",
            "change what the vault names; `-v` shows the request",
        ),
        VaultError::Throttled { .. } => (
            Kind::Unavailable,
            "throttled",
            "wait a minute, then try again",
        ),
        VaultError::ServiceFailed { .. } => (
            Kind::Unavailable,
            "service-failed",
            "try again; if it stays, look at the Azure status page",
        ),
        _ => (
            Kind::Unavailable,
            "unexpected-reply",
            "check that the URL is a Key Vault's, then try again",
        ),
    };
    (kind, reason, hint.to_owned())
}

fn conflict_advice(kind: Conflict) -> (Kind, &'static str, &'static str) {
    match kind {
        Conflict::Pending => (
            Kind::Unavailable,
            "pending",
            "`kvcert create NAME --if-missing` waits for it; `kvcert merge NAME FILE` ends one that waits for an authority",
        ),
        Conflict::Deleted => (
            Kind::NotFound,
            "deleted",
            "`kvcert recover NAME` brings it back, `kvcert purge NAME` frees the name for good",
        ),
        _ => (
            Kind::Unavailable,
            "conflict",
            "wait until the other operation is done, then try again",
        ),
    }
}

/// Names what to change, and the least that this call takes.
fn forbidden_advice(kind: Forbidden, permission: Permission) -> (&'static str, String) {
    let (role, verb) = (permission.least_role(), permission.verb());
    match kind {
        Forbidden::Rbac => ("forbidden-by-rbac", rbac_advice(permission)),
        Forbidden::AccessDenied => (
            "access-denied",
            format!("add `{verb}` to this caller's access policy of the vault"),
        ),
        // The service says so, too, where a policy merely lacks the verb.
        Forbidden::Policy => (
            "forbidden-by-policy",
            format!(
                "see that an access policy of the vault has `{verb}` for this caller, or sign in as the identity that it names"
            ),
        ),
        Forbidden::Firewall => (
            "forbidden-by-firewall",
            "add this machine's address to the vault's firewall (Networking)".to_owned(),
        ),
        Forbidden::Connection => (
            "forbidden-by-connection",
            "run kvcert inside the vault's network, or allow public access (Networking)".to_owned(),
        ),
        Forbidden::NotTheVault => (
            "forbidden-by-proxy",
            "ask who runs the proxy or gateway to let `*.vault.azure.net` through".to_owned(),
        ),
        Forbidden::Other => (
            "forbidden",
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
                "exists",
                "replace it with `--force`, or write elsewhere with `-o`",
            ),
            OutputError::SymbolicLink { .. } => (
                "symbolic-link",
                "name the folder that the link points into with `-o`, or replace the link with `--force`",
            ),
            OutputError::NotAFile { .. } => {
                ("not-a-file", "move it away, or choose another `--name`")
            }
            OutputError::NotAFolder { .. } | OutputError::FolderMissing { .. } => {
                ("no-folder", "choose another folder with `-o`")
            }
            OutputError::UnsafeName { .. } => ("unsafe-name", "choose another name with `--name`"),
            OutputError::UnknownPrincipal { .. } => (
                "unknown-principal",
                "give a name that this system knows, or a number",
            ),
            OutputError::Denied { .. } => (
                "denied",
                "choose a folder that you may write to with `-o`, or run as its owner",
            ),
            OutputError::DiskFull { .. } => ("disk-full", "make room, then run it again"),
            OutputError::Busy { .. } => ("busy", "another kvcert is writing there; run it again"),
            OutputError::Leftover { .. } => (
                "leftover",
                "look at the files there, then remove the journal and run it again",
            ),
            OutputError::HalfWritten { .. } => (
                "half-written",
                "make room or mend the folder, then run it again",
            ),
            _ => ("io", "look at the folder and its file system"),
        };
        Self::new(Kind::Output, reason, error).with_hint(hint)
    }
}

impl Failure {
    pub(super) fn from_unreachable(error: &Unreachable) -> Self {
        let (reason, hint) = match error.reason {
            Reason::UnknownHost => (
                "unknown-host",
                "check the vault's name and `--cloud`; a deleted vault has no name either",
            ),
            Reason::Tls if is_about_time(&error.detail) => (
                "tls",
                "check this machine's clock; if it is right, the server's certificate is not",
            ),
            Reason::Tls => (
                "tls",
                "behind a proxy that inspects TLS, or with a private CA, give its certificate with `--ca-file`",
            ),
            Reason::Refused => (
                "connection-failed",
                "check the network, the proxy and the port",
            ),
            Reason::TimedOut => (
                "timed-out",
                "try again, or allow more time with `--timeout`",
            ),
            _ => (
                "broken-reply",
                "something on the way is not a vault; check the URL and the proxy",
            ),
        };
        Self::new(Kind::Unavailable, reason, error.clone()).with_hint(hint)
    }
}

/// Whether TLS failed for a certificate that is expired, or not valid yet, as rustls puts it.
fn is_about_time(detail: &str) -> bool {
    let detail = detail.to_lowercase();
    ["expired", "not valid yet", "notvalidyet"]
        .iter()
        .any(|word| detail.contains(word))
}
