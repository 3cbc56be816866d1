//! What a request does, in the words of permissions.

use axum::http::Method;

/// An operation on a vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operation {
    /// `secrets`, `keys` or `certificates`.
    pub(super) collection: &'static str,
    /// The object, unless it is about all of them.
    name: Option<String>,
    /// The verb of access policies.
    pub(super) verb: &'static str,
    /// The data action of roles, after `Microsoft.KeyVault/vaults/`.
    pub(super) action: &'static str,
}

impl Operation {
    /// Reads a request. `None`: there is no such operation.
    pub(super) fn of(method: &Method, path: &str) -> Option<Self> {
        let path = path.to_ascii_lowercase();
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let (first, rest) = segments.split_first()?;
        let deleted = first.strip_prefix("deleted");
        let collection = *COLLECTIONS
            .iter()
            .find(|name| **name == deleted.unwrap_or(first))?;
        let find = match (deleted.is_some(), collection) {
            (true, _) => on_deleted,
            (false, "secrets") => on_secrets,
            (false, "keys") => on_keys,
            (false, _) => on_certificates,
        };
        let (verb, action) = find(method.as_str(), rest, collection)?;
        Some(Self {
            collection,
            name: object_name(rest),
            verb,
            action,
        })
    }

    /// The object in the form that scopes have: `secrets/web`.
    pub(super) fn object(&self) -> Option<String> {
        let name = self.name.as_ref()?;
        Some(format!("{}/{name}", self.collection))
    }
}

/// The object, unless the first segment is a word that stands for something else.
fn object_name(rest: &[&str]) -> Option<String> {
    let first = rest.first().copied()?;
    (!matches!(first, "restore" | "contacts" | "issuers")).then(|| first.to_owned())
}

/// A verb and a data action.
type Permission = (&'static str, &'static str);

/// The same operation has another data action for each kind of object.
macro_rules! each {
    ($collection:expr, $action:literal) => {
        match $collection {
            "secrets" => concat!("secrets/", $action),
            "keys" => concat!("keys/", $action),
            _ => concat!("certificates/", $action),
        }
    };
}

fn on_deleted(method: &str, rest: &[&str], collection: &str) -> Option<Permission> {
    let read = match collection {
        "secrets" => "secrets/readMetadata/action",
        "keys" => "keys/read",
        _ => "certificates/read",
    };
    match (method, rest) {
        ("GET", []) => Some(("list", read)),
        ("GET", [_]) => Some(("get", read)),
        ("POST", [_, "recover"]) => Some(("recover", each!(collection, "recover/action"))),
        ("DELETE", [_]) => Some(("purge", each!(collection, "purge/action"))),
        _ => None,
    }
}

fn on_secrets(method: &str, rest: &[&str], _: &str) -> Option<Permission> {
    Some(match (method, rest) {
        ("GET", [] | [_, "versions"]) => ("list", "secrets/readMetadata/action"),
        ("GET", [_] | [_, _]) => ("get", "secrets/getSecret/action"),
        ("PUT", [_]) => ("set", "secrets/setSecret/action"),
        ("PATCH", [_] | [_, _]) => ("set", "secrets/update/action"),
        ("DELETE", [_]) => ("delete", "secrets/delete"),
        ("POST", [_, "backup"]) => ("backup", "secrets/backup/action"),
        ("POST", ["restore"]) => ("restore", "secrets/restore/action"),
        _ => return None,
    })
}

fn on_keys(method: &str, rest: &[&str], _: &str) -> Option<Permission> {
    Some(match (method, rest) {
        ("GET", [] | [_, "versions"]) => ("list", "keys/read"),
        ("GET", [_, "rotationpolicy"]) => ("getrotationpolicy", "keyrotationpolicies/read"),
        ("PUT", [_, "rotationpolicy"]) => ("setrotationpolicy", "keyrotationpolicies/write"),
        ("GET", _) => ("get", "keys/read"),
        ("PUT", [_]) => ("import", "keys/import/action"),
        ("PATCH", [_] | [_, _]) => ("update", "keys/update/action"),
        ("DELETE", [_]) => ("delete", "keys/delete"),
        ("POST", ["restore"]) => ("restore", "keys/restore/action"),
        ("POST", [_, "create"]) => ("create", "keys/create/action"),
        ("POST", [_, "backup"]) => ("backup", "keys/backup/action"),
        ("POST", [_, "rotate"]) => ("rotate", "keys/rotate/action"),
        ("POST", [_, word] | [_, _, word]) => cryptography(word)?,
        _ => return None,
    })
}

fn cryptography(word: &str) -> Option<Permission> {
    Some(match word {
        "sign" => ("sign", "keys/sign/action"),
        "verify" => ("verify", "keys/verify/action"),
        "encrypt" => ("encrypt", "keys/encrypt/action"),
        "decrypt" => ("decrypt", "keys/decrypt/action"),
        "wrapkey" => ("wrapKey", "keys/wrap/action"),
        "unwrapkey" => ("unwrapKey", "keys/unwrap/action"),
        "release" => ("release", "keys/release/action"),
        _ => return None,
    })
}

fn on_certificates(method: &str, rest: &[&str], _: &str) -> Option<Permission> {
    Some(match (method, rest) {
        (_, ["contacts"]) => ("managecontacts", "certificatecontacts/write"),
        ("GET", ["issuers"]) => ("listissuers", "certificatecas/read"),
        ("GET", ["issuers", _]) => ("getissuers", "certificatecas/read"),
        ("PUT" | "PATCH", ["issuers", _]) => ("setissuers", "certificatecas/write"),
        ("DELETE", ["issuers", _]) => ("deleteissuers", "certificatecas/delete"),
        ("GET", [] | [_, "versions"]) => ("list", "certificates/read"),
        ("GET", _) => ("get", "certificates/read"),
        ("POST", ["restore"]) => ("restore", "certificates/restore/action"),
        ("POST", [_, "backup"]) => ("backup", "certificates/backup/action"),
        ("POST", [_, "create"] | [_, "pending", "merge"]) => {
            ("create", "certificates/create/action")
        }
        ("POST", [_, "import"]) => ("import", "certificates/import/action"),
        ("PATCH", [_, ..]) => ("update", "certificates/update/action"),
        ("DELETE", [_] | [_, "pending"]) => ("delete", "certificates/delete"),
        _ => return None,
    })
}

const COLLECTIONS: [&str; 3] = ["secrets", "keys", "certificates"];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(request: &str, expected: Option<(&str, Option<&str>, &str)>) {
        let (method, path) = request.split_once(' ').unwrap();
        let operation = Operation::of(&method.parse().unwrap(), path);
        let object = operation.as_ref().and_then(Operation::object);
        let got = operation.map(|one| (one.verb, object.as_deref(), one.action));
        assert_eq!(got, expected, "{request}");
    }

    #[test]
    fn requests_are_named_as_permissions_name_them() {
        let web = Some("secrets/web");
        check(
            "GET /secrets",
            Some(("list", None, "secrets/readMetadata/action")),
        );
        check(
            "GET //Secrets/Web/",
            Some(("get", web, "secrets/getSecret/action")),
        );
        check(
            "GET /secrets/web/0a",
            Some(("get", web, "secrets/getSecret/action")),
        );
        check(
            "GET /secrets/web/versions",
            Some(("list", web, "secrets/readMetadata/action")),
        );
        check(
            "POST /secrets/restore",
            Some(("restore", None, "secrets/restore/action")),
        );
        let key = Some("keys/web");
        check(
            "POST /keys/web//sign",
            Some(("sign", key, "keys/sign/action")),
        );
        check(
            "POST /keys/web/0a/wrapkey",
            Some(("wrapKey", key, "keys/wrap/action")),
        );
        let certificate = Some("certificates/web");
        check(
            "POST /certificates/web/pending/merge",
            Some(("create", certificate, "certificates/create/action")),
        );
        check(
            "DELETE /deletedcertificates/web",
            Some(("purge", certificate, "certificates/purge/action")),
        );
        check(
            "PUT /certificates/contacts",
            Some(("managecontacts", None, "certificatecontacts/write")),
        );
        check("GET /storage", None);
        check("POST /secrets/web", None);
        check("GET /", None);
    }
}
