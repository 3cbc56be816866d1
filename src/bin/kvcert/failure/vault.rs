//! The vault's refusals: what is in the way, which permission is missing, and what to do.

use kvcert::vault::address::InvalidAddress;
use kvcert::vault::{Conflict, Forbidden, Permission, VaultError};

use super::{Failure, Reason, unreachable};

impl From<InvalidAddress> for Failure {
    fn from(error: InvalidAddress) -> Self {
        Self::new(Reason::InvalidAddress, error).with_hint(
            "name a certificate by `NAME`, `NAME/VERSION` or its full https:// identifier",
        )
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
            VaultError::Unreachable { ref source, .. } => unreachable::advice(source),
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
                "get a new token for `https://vault.azure.net` in the vault's tenant",
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
            VaultError::NotFound { .. } => (
                Reason::NotFound,
                "`kvcert list` shows the certificates of the vault",
            ),
            VaultError::Rejected { .. } => (
                Reason::Rejected,
                "fix the field named above; `-v` shows the request",
            ),
            VaultError::Throttled { .. } => (Reason::Throttled, "wait a minute, then run it again"),
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
    format!(
        "assign the role `{role}` on the vault, which has {action}, or `Key Vault Certificate User` for certificate, key and secret; role assignments can take several minutes to apply"
    )
}
