//! The vault's refusals: what is in the way, which permission is missing, and what to do.

use kvcert::vault::address::{InvalidAddress, ObjectName};
use kvcert::vault::{Conflict, Forbidden, IssueError, Permission, VaultError};

use super::unreachable::Target;
use super::{Failure, Reason, unreachable};

impl From<InvalidAddress> for Failure {
    fn from(error: InvalidAddress) -> Self {
        let hint = match error.suggestion() {
            Some(name) => format!("give `--vault {name}`"),
            None if error.is_of_vault() => String::from(
                "give its name or its URL: `--vault contoso`, `--vault https://contoso.vault.azure.net`",
            ),
            None => String::from(
                "name a certificate by `NAME`, `NAME/VERSION` or its full https:// identifier",
            ),
        };
        Self::new(Reason::InvalidAddress, error).with_hint(hint)
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        let (reason, hint) = match error {
            VaultError::SignIn(error) => return Self::from(error),
            VaultError::Forbidden {
                kind, permission, ..
            } => {
                let (reason, hint) = forbidden(kind, permission);
                return Self::new(reason, error).with_hint(hint);
            }
            VaultError::Unreachable {
                ref source,
                ref vault,
            } => {
                let (reason, hint) = unreachable::advice(source, Target::Vault(vault));
                return Self::new(reason, error).with_hint(hint);
            }
            VaultError::Conflict { kind, .. } => conflict(kind),
            VaultError::Unauthorized {
                clock_ahead: Some(_),
                ..
            } => (
                Reason::ClockOff,
                "set this machine's clock: the service checks a token's lifetime by its own",
            ),
            VaultError::Unauthorized {
                clock_ahead: None, ..
            } => (
                Reason::TokenRefused,
                "get a new token for `https://vault.azure.net` in the vault's tenant; this one is for another API or tenant, or has expired",
            ),
            VaultError::Challenge { .. } => (
                Reason::ChallengeRefused,
                "check the vault's URL: the response did not come from this vault",
            ),
            VaultError::Disabled { .. } => (
                Reason::Disabled,
                "enable the version in the vault, or name another one as NAME/VERSION",
            ),
            VaultError::Deleted { .. } => {
                (Reason::Deleted, "recover it first: `kvcert recover NAME`")
            }
            VaultError::NotIssued {
                waits_for_merge: true,
                ..
            } => (
                Reason::NotIssued,
                "complete it: `kvcert merge NAME FILE`, with the certificate that the authority issued",
            ),
            VaultError::NotIssued { .. } => (
                Reason::NotIssued,
                "wait for it: `kvcert create NAME --if-missing`",
            ),
            VaultError::NotFound { .. } => (
                Reason::NotFound,
                "`kvcert list` shows the certificates of the vault",
            ),
            VaultError::Rejected { .. } => (
                Reason::Rejected,
                "the last part of the message is the vault's own; `-v` shows the request",
            ),
            VaultError::Throttled { .. } => (Reason::Throttled, unreachable::THROTTLED),
            VaultError::ServiceFailed { .. } => {
                (Reason::ServiceFailed, unreachable::SERVICE_FAILED)
            }
            VaultError::Unexpected { .. } => (
                Reason::UnexpectedReply,
                "check that the URL is a Key Vault's, then run it again",
            ),
        };
        Self::new(reason, error).with_hint(hint)
    }
}

fn conflict(kind: Conflict) -> (Reason, &'static str) {
    match kind {
        Conflict::Pending => (
            Reason::Pending,
            "wait for it with `kvcert create NAME --if-missing`, or complete it with `kvcert merge NAME FILE`",
        ),
        Conflict::Deleted => (
            Reason::Deleted,
            "`kvcert recover NAME` restores it; `kvcert purge NAME` frees the name for good",
        ),
        Conflict::BeingDeleted | Conflict::BeingRecovered | Conflict::Other => (
            Reason::Conflict,
            "wait until the other operation is done, then run it again",
        ),
    }
}

/// Names what to change, and the least that this call needs.
fn forbidden(kind: Forbidden, permission: Permission) -> (Reason, String) {
    let (role, verb) = (permission.least_role(), permission.verb());
    match kind {
        Forbidden::Rbac => (Reason::ForbiddenByRbac, rbac(permission)),
        Forbidden::AccessDenied => (
            Reason::AccessDenied,
            format!("add `{verb}` to this caller's access policy of the vault"),
        ),
        // The service says so, too, where a policy merely lacks the verb.
        Forbidden::Policy => (
            Reason::ForbiddenByPolicy,
            format!(
                "add an access policy with `{verb}` for this caller to the vault, or sign in as an identity that has one"
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
            "ask the administrator of the proxy or gateway to allow `*.vault.azure.net`".to_owned(),
        ),
        Forbidden::Other => (
            Reason::Forbidden,
            format!(
                "check the vault's access control and networking: this needs the role `{role}`, or `{verb}` in an access policy"
            ),
        ),
    }
}

fn rbac(permission: Permission) -> String {
    let (role, action) = (permission.least_role(), permission.action());
    let more = match permission {
        Permission::GetSecret
        | Permission::GetCertificate
        | Permission::GetKey
        | Permission::ListCertificates => {
            ", or `Key Vault Certificate User` for certificate, key and secret"
        }
        _ => "",
    };
    format!(
        "assign the role `{role}` on the vault, which has {action}{more}; role assignments can take several minutes to apply"
    )
}

impl From<IssueError> for Failure {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::Vault(error) => error.into(),
            IssueError::Refused { issuer, message } => {
                Self::message(Reason::IssuerRefused, message)
                    .context(format!(
                        "the issuer `{issuer}` did not issue the certificate"
                    ))
                    .with_hint("fix what the issuer names, then create it again")
            }
            IssueError::Canceled => {
                Self::message(Reason::Canceled, "the pending operation was canceled")
                    .with_hint("create the certificate again")
            }
            IssueError::WaitsForMerge => {
                let message = "the pending certificate waits for the one that your CA issues";
                Self::message(Reason::WaitsForMerge, message).with_hint(
                    "write the signing request with `kvcert create NAME --issuer Unknown --if-missing`; then `kvcert merge NAME FILE`",
                )
            }
        }
    }
}

pub(crate) fn no_signing_request() -> Failure {
    let message = "the vault returned no signing request";
    Failure::message(Reason::UnexpectedReply, message)
        .with_hint("check the operation in the portal, or delete it and create it again")
}

pub(crate) fn nothing_pending() -> Failure {
    let message = "the certificate has no pending request";
    Failure::message(Reason::NothingPending, message).with_hint(
        "start with `kvcert create NAME --issuer Unknown`, with `--new-version` if it exists",
    )
}

/// The time to wait `until` something is over.
pub(crate) fn not_yet(seconds: u64, until: &str) -> Failure {
    let message = format!("gave up waiting after {seconds} s until {until}");
    Failure::message(Reason::NotYet, message)
        .with_hint("run it again to keep waiting, or set a longer limit with `--wait TIME`")
}

/// A certificate of this name exists, and nobody asked for its next version.
pub(crate) fn exists_already(name: &ObjectName) -> Failure {
    let message = format!("certificate `{name}` already exists");
    Failure::message(Reason::NameTaken, message).with_hint(
        "add `--new-version` to create its next version, or `--if-missing` to leave it as it is",
    )
}

/// A next version needs a first one.
pub(crate) fn nothing_to_renew(name: &ObjectName) -> Failure {
    let message = format!("certificate `{name}` not found");
    Failure::message(Reason::NotFound, message)
        .with_hint("leave `--new-version` out to create the first version")
}

/// A backup can be restored only where its name is free.
pub(crate) fn name_taken(message: &str) -> Failure {
    let message = format!("a certificate with this name already exists: {message}");
    Failure::message(Reason::NameTaken, message)
        .with_hint("restore needs a free name: use another `--vault`, or run `kvcert delete NAME` and `kvcert purge NAME` first")
}
