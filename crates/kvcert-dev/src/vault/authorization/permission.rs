//! What a request needs, in the words of permissions.

use crate::vault::route::{Collection, Operation, Route, Verb};

/// What one must be allowed to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Permission {
    /// `secrets`, `keys` or `certificates`.
    pub(crate) collection: &'static str,
    /// The object in the form that scopes have, `secrets/web`; none where it is about all of them.
    pub(crate) object: Option<String>,
    /// The verb of access policies.
    pub(crate) verb: &'static str,
    /// The data action of roles, after `Microsoft.KeyVault/vaults/`.
    pub(crate) action: &'static str,
}

impl Permission {
    /// The permission that a request needs. Only what was routed gets here, so that nothing is
    /// served that was not looked up.
    pub(crate) fn for_route(route: &Route) -> Self {
        let Operation { collection, verb } = route.operation;
        let (verb, action) = match collection {
            _ if is_of_the_vault(verb) => of_the_vault(verb),
            Collection::Secrets => on_secrets(verb),
            Collection::Keys => on_keys(verb),
            Collection::Certificates => on_certificates(verb),
        };
        let is_object = !route.name.is_empty() && !is_of_the_vault(route.operation.verb);
        let object = || {
            format!(
                "{}/{}",
                collection.plural(),
                route.name.to_ascii_lowercase()
            )
        };
        Self {
            collection: collection.plural(),
            object: is_object.then(object),
            verb,
            action,
        }
    }
}

/// A verb and a data action.
type Words = (&'static str, &'static str);

fn on_secrets(verb: Verb) -> Words {
    match verb {
        Verb::List | Verb::ListVersions | Verb::ListDeleted => {
            ("list", "secrets/readMetadata/action")
        }
        Verb::GetDeleted => ("get", "secrets/readMetadata/action"),
        Verb::Set => ("set", "secrets/setSecret/action"),
        Verb::Update => ("set", "secrets/update/action"),
        Verb::Delete => ("delete", "secrets/delete"),
        Verb::Recover => ("recover", "secrets/recover/action"),
        Verb::Purge => ("purge", "secrets/purge/action"),
        Verb::Backup => ("backup", "secrets/backup/action"),
        Verb::Restore => ("restore", "secrets/restore/action"),
        _ => ("get", "secrets/getSecret/action"),
    }
}

fn on_keys(verb: Verb) -> Words {
    match verb {
        Verb::List | Verb::ListVersions | Verb::ListDeleted => ("list", "keys/read"),
        Verb::GetRotationPolicy => ("getrotationpolicy", "keyrotationpolicies/read"),
        Verb::SetRotationPolicy => ("setrotationpolicy", "keyrotationpolicies/write"),
        Verb::Create => ("create", "keys/create/action"),
        Verb::Import => ("import", "keys/import/action"),
        Verb::Update => ("update", "keys/update/action"),
        Verb::Rotate => ("rotate", "keys/rotate/action"),
        Verb::Delete => ("delete", "keys/delete"),
        Verb::Recover => ("recover", "keys/recover/action"),
        Verb::Purge => ("purge", "keys/purge/action"),
        Verb::Backup => ("backup", "keys/backup/action"),
        Verb::Restore => ("restore", "keys/restore/action"),
        Verb::Sign => ("sign", "keys/sign/action"),
        Verb::Verify => ("verify", "keys/verify/action"),
        Verb::Encrypt => ("encrypt", "keys/encrypt/action"),
        Verb::Decrypt => ("decrypt", "keys/decrypt/action"),
        Verb::WrapKey => ("wrapKey", "keys/wrap/action"),
        Verb::UnwrapKey => ("unwrapKey", "keys/unwrap/action"),
        Verb::Release => ("release", "keys/release/action"),
        _ => ("get", "keys/read"),
    }
}

fn on_certificates(verb: Verb) -> Words {
    match verb {
        Verb::List | Verb::ListVersions | Verb::ListDeleted => ("list", "certificates/read"),
        Verb::Create | Verb::Merge => ("create", "certificates/create/action"),
        Verb::Import => ("import", "certificates/import/action"),
        Verb::Update | Verb::UpdatePolicy | Verb::UpdatePending => {
            ("update", "certificates/update/action")
        }
        Verb::Delete | Verb::DeletePending => ("delete", "certificates/delete"),
        Verb::Recover => ("recover", "certificates/recover/action"),
        Verb::Purge => ("purge", "certificates/purge/action"),
        Verb::Backup => ("backup", "certificates/backup/action"),
        Verb::Restore => ("restore", "certificates/restore/action"),
        _ => ("get", "certificates/read"),
    }
}

/// Is it about the vault's contacts or issuers, which are no objects?
fn is_of_the_vault(verb: Verb) -> bool {
    matches!(
        verb,
        Verb::GetContacts
            | Verb::SetContacts
            | Verb::DeleteContacts
            | Verb::ListIssuers
            | Verb::GetIssuer
            | Verb::SetIssuer
            | Verb::UpdateIssuer
            | Verb::DeleteIssuer
    )
}

fn of_the_vault(verb: Verb) -> Words {
    match verb {
        Verb::ListIssuers => ("listissuers", "certificatecas/read"),
        Verb::GetIssuer => ("getissuers", "certificatecas/read"),
        Verb::SetIssuer | Verb::UpdateIssuer => ("setissuers", "certificatecas/write"),
        Verb::DeleteIssuer => ("deleteissuers", "certificatecas/delete"),
        _ => ("managecontacts", "certificatecontacts/write"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::route::route;

    #[track_caller]
    fn check(request: &str, verb: &str, object: Option<&str>, action: &str) {
        let (method, path) = request.split_once(' ').unwrap();
        let route = route(&method.parse().unwrap(), path).ok().unwrap();
        let needed = Permission::for_route(&route);
        let got = (needed.verb, needed.object.as_deref(), needed.action);
        assert_eq!(got, (verb, object, action), "{request}");
    }

    #[test]
    fn requests_are_named_as_permissions_name_them() {
        let web = Some("secrets/web");
        check("GET /secrets", "list", None, "secrets/readMetadata/action");
        for path in ["//Secrets/Web/", "/secrets/web/0a", "/secret%73/we%62"] {
            let request = format!("GET {path}");
            check(&request, "get", web, "secrets/getSecret/action");
        }
        let metadata = "secrets/readMetadata/action";
        check("GET /secrets/web/versions", "list", web, metadata);
        check("GET /deletedsecrets/web", "get", web, metadata);
        let restore = "secrets/restore/action";
        check("POST /secrets/restore", "restore", None, restore);
        let key = Some("keys/web");
        check("POST /keys/web//sign", "sign", key, "keys/sign/action");
        let wrap = "keys/wrap/action";
        check("POST /keys/web/0a/wrapkey", "wrapKey", key, wrap);
        let certificate = Some("certificates/web");
        check(
            "POST /certificates/web/pending/merge",
            "create",
            certificate,
            "certificates/create/action",
        );
        check(
            "DELETE /deletedcertificates/web",
            "purge",
            certificate,
            "certificates/purge/action",
        );
        let contacts = "certificatecontacts/write";
        check(
            "PUT /certificates/contacts",
            "managecontacts",
            None,
            contacts,
        );
        let issuers = "certificatecas/read";
        check("GET /certificates/issuers/ca", "getissuers", None, issuers);
    }
}
