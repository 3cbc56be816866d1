//! The built-in roles for what is in a vault.

/// Does the role allow this data action?
pub(crate) fn allows(role: &str, action: &str) -> bool {
    let found = ROLES.iter().find(|(name, _)| *name == role);
    found.is_some_and(|(_, patterns)| patterns.iter().any(|pattern| matches(pattern, action)))
}

/// Is there a role of this name?
pub(crate) fn is_role(name: &str) -> bool {
    ROLES.iter().any(|(known, _)| *known == name)
}

/// A star stands for anything, once.
fn matches(pattern: &str, action: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == action,
        Some((start, end)) => {
            action.len() >= start.len() + end.len()
                && action.starts_with(start)
                && action.ends_with(end)
        }
    }
}

/// The roles and their data actions, after `Microsoft.KeyVault/vaults/`
/// ([list](https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/security)).
const ROLES: &[(&str, &[&str])] = &[
    ("Key Vault Administrator", &["*"]),
    (
        "Key Vault Reader",
        &["*/read", "secrets/readMetadata/action"],
    ),
    ("Key Vault Secrets Officer", &["secrets/*"]),
    (
        "Key Vault Secrets User",
        &["secrets/getSecret/action", "secrets/readMetadata/action"],
    ),
    (
        "Key Vault Certificates Officer",
        &[
            "certificatecas/*",
            "certificates/*",
            "certificatecontacts/write",
        ],
    ),
    (
        "Key Vault Certificate User",
        &[
            "certificates/read",
            "secrets/getSecret/action",
            "secrets/readMetadata/action",
            "keys/read",
        ],
    ),
    (
        "Key Vault Crypto Officer",
        &["keys/*", "keyrotationpolicies/*"],
    ),
    (
        "Key Vault Crypto User",
        &[
            "keys/read",
            "keys/update/action",
            "keys/backup/action",
            "keys/encrypt/action",
            "keys/decrypt/action",
            "keys/wrap/action",
            "keys/unwrap/action",
            "keys/sign/action",
            "keys/verify/action",
        ],
    ),
    (
        "Key Vault Crypto Service Encryption User",
        &["keys/read", "keys/wrap/action", "keys/unwrap/action"],
    ),
    ("Key Vault Purge Operator", &["*/purge/action"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_allows_what_it_names() {
        let user = "Key Vault Certificate User";
        assert!(allows(user, "secrets/getSecret/action"));
        assert!(!allows(user, "secrets/setSecret/action"));
        assert!(allows("Key Vault Reader", "certificates/read"));
        assert!(!allows("Key Vault Reader", "secrets/getSecret/action"));
        assert!(allows("Key Vault Purge Operator", "keys/purge/action"));
        assert!(!allows("Key Vault Purge Operator", "keys/delete"));
        assert!(allows(
            "Key Vault Administrator",
            "keyrotationpolicies/write"
        ));
        assert!(!allows("Nobody", "keys/read"));
    }
}
