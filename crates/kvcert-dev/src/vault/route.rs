//! What a request asks for: routes as data.

use std::borrow::Cow;

use axum::http::{Method, StatusCode};
use percent_encoding::percent_decode_str;

use crate::http::reply::Reply;
use crate::store::model::Collection;

/// What a request wants to be done, on which kind of object: what permissions are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) collection: Collection,
    pub(crate) verb: Verb,
}

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    List,
    ListVersions,
    /// A new version of a secret.
    Set,
    Create,
    Import,
    Update,
    Delete,
    GetDeleted,
    ListDeleted,
    Recover,
    Purge,
    Backup,
    Restore,
    /// Something that a key does inside the vault.
    Use(KeyOperation),
    Release,
    Rotate,
    GetRotationPolicy,
    SetRotationPolicy,
    GetPolicy,
    UpdatePolicy,
    GetPending,
    UpdatePending,
    DeletePending,
    Merge,
    GetContacts,
    SetContacts,
    DeleteContacts,
    ListIssuers,
    GetIssuer,
    SetIssuer,
    UpdateIssuer,
    DeleteIssuer,
}

/// What a key does inside the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyOperation {
    Sign,
    Verify,
    Encrypt,
    Decrypt,
    WrapKey,
    UnwrapKey,
}

impl KeyOperation {
    /// As in `key_ops`, and in access policies.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Verify => "verify",
            Self::Encrypt => "encrypt",
            Self::Decrypt => "decrypt",
            Self::WrapKey => "wrapKey",
            Self::UnwrapKey => "unwrapKey",
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::Sign => "keys/sign/action",
            Self::Verify => "keys/verify/action",
            Self::Encrypt => "keys/encrypt/action",
            Self::Decrypt => "keys/decrypt/action",
            Self::WrapKey => "keys/wrap/action",
            Self::UnwrapKey => "keys/unwrap/action",
        }
    }
}

/// What a caller must be allowed to do, in the words of both models of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Right {
    /// The verb of access policies.
    pub(crate) verb: &'static str,
    /// The data action of roles, after `Microsoft.KeyVault/vaults/`.
    pub(crate) action: &'static str,
}

impl Verb {
    /// Is it about the vault's contacts or issuers, which are not objects?
    pub(crate) fn is_of_the_vault(self) -> bool {
        matches!(
            self,
            Self::GetContacts
                | Self::SetContacts
                | Self::DeleteContacts
                | Self::ListIssuers
                | Self::GetIssuer
                | Self::SetIssuer
                | Self::UpdateIssuer
                | Self::DeleteIssuer
        )
    }
}

impl Operation {
    /// The right that it needs. `None`: no route leads to it, so nobody has a right to it.
    pub(crate) fn right(self) -> Option<Right> {
        let (verb, [secrets, keys, certificates]) = rights(self.verb);
        let (verb, action) = match self.collection {
            // An access policy has no verb for the attributes of a secret but that for its value.
            Collection::Secrets if self.verb == Verb::Update => ("set", secrets),
            Collection::Secrets => (verb, secrets),
            Collection::Keys => (verb, keys),
            Collection::Certificates => (verb, certificates),
        };
        (!action.is_empty()).then_some(Right { verb, action })
    }
}

/// The verb of access policies, and the data actions for secrets, keys and certificates; empty where
/// there is no such operation.
#[rustfmt::skip]
fn rights(verb: Verb) -> (&'static str, [&'static str; 3]) {
    match verb {
        Verb::Get               => ("get",      ["secrets/getSecret/action",    "keys/read",            "certificates/read"]),
        Verb::GetDeleted        => ("get",      ["secrets/readMetadata/action", "keys/read",            "certificates/read"]),
        Verb::List
        | Verb::ListVersions
        | Verb::ListDeleted     => ("list",     ["secrets/readMetadata/action", "keys/read",            "certificates/read"]),
        Verb::Set               => ("set",      ["secrets/setSecret/action",    "",                     ""]),
        Verb::Create            => ("create",   ["",                            "keys/create/action",   "certificates/create/action"]),
        Verb::Import            => ("import",   ["",                            "keys/import/action",   "certificates/import/action"]),
        Verb::Update            => ("update",   ["secrets/update/action",       "keys/update/action",   "certificates/update/action"]),
        Verb::Delete            => ("delete",   ["secrets/delete",              "keys/delete",          "certificates/delete"]),
        Verb::Recover           => ("recover",  ["secrets/recover/action",      "keys/recover/action",  "certificates/recover/action"]),
        Verb::Purge             => ("purge",    ["secrets/purge/action",        "keys/purge/action",    "certificates/purge/action"]),
        Verb::Backup            => ("backup",   ["secrets/backup/action",       "keys/backup/action",   "certificates/backup/action"]),
        Verb::Restore           => ("restore",  ["secrets/restore/action",      "keys/restore/action",  "certificates/restore/action"]),
        Verb::Use(operation)    => (operation.name(), ["", operation.action(), ""]),
        Verb::Release           => ("release",  ["", "keys/release/action", ""]),
        Verb::Rotate            => ("rotate",   ["", "keys/rotate/action", ""]),
        Verb::GetRotationPolicy => ("getrotationpolicy", ["", "keyrotationpolicies/read", ""]),
        Verb::SetRotationPolicy => ("setrotationpolicy", ["", "keyrotationpolicies/write", ""]),
        Verb::GetPolicy
        | Verb::GetPending      => ("get",      ["", "", "certificates/read"]),
        Verb::UpdatePolicy
        | Verb::UpdatePending   => ("update",   ["", "", "certificates/update/action"]),
        Verb::DeletePending     => ("delete",   ["", "", "certificates/delete"]),
        Verb::Merge             => ("create",   ["", "", "certificates/create/action"]),
        Verb::GetContacts
        | Verb::SetContacts
        | Verb::DeleteContacts  => ("managecontacts", ["", "", "certificatecontacts/write"]),
        Verb::ListIssuers       => ("listissuers",    ["", "", "certificatecas/read"]),
        Verb::GetIssuer         => ("getissuers",     ["", "", "certificatecas/read"]),
        Verb::SetIssuer
        | Verb::UpdateIssuer    => ("setissuers",     ["", "", "certificatecas/write"]),
        Verb::DeleteIssuer      => ("deleteissuers",  ["", "", "certificatecas/delete"]),
    }
}

/// A request that means something.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) operation: Operation,
    /// The object's name, or the issuer's; empty where a whole collection is meant.
    pub(crate) name: String,
    pub(crate) version: Option<String>,
}

/// Method, path, what it does. `*` stands for any of the three collections, `deleted*` for what was
/// deleted of it; `N` for a name, `V` for a version. The first that fits is taken.
#[rustfmt::skip]
const ROUTES: &[(Method, &str, Verb)] = &[
    (Method::GET,    "*",                            Verb::List),
    (Method::GET,    "deleted*",                     Verb::ListDeleted),
    (Method::GET,    "deleted*/N",                   Verb::GetDeleted),
    (Method::DELETE, "deleted*/N",                   Verb::Purge),
    (Method::POST,   "deleted*/N/recover",           Verb::Recover),
    (Method::POST,   "*/restore",                    Verb::Restore),
    (Method::GET,    "certificates/contacts",        Verb::GetContacts),
    (Method::PUT,    "certificates/contacts",        Verb::SetContacts),
    (Method::DELETE, "certificates/contacts",        Verb::DeleteContacts),
    (Method::GET,    "certificates/issuers",         Verb::ListIssuers),
    (Method::GET,    "certificates/issuers/N",       Verb::GetIssuer),
    (Method::PUT,    "certificates/issuers/N",       Verb::SetIssuer),
    (Method::PATCH,  "certificates/issuers/N",       Verb::UpdateIssuer),
    (Method::DELETE, "certificates/issuers/N",       Verb::DeleteIssuer),
    (Method::GET,    "*/N",                          Verb::Get),
    (Method::PUT,    "secrets/N",                    Verb::Set),
    (Method::PUT,    "keys/N",                       Verb::Import),
    (Method::PATCH,  "*/N",                          Verb::Update),
    (Method::DELETE, "*/N",                          Verb::Delete),
    (Method::GET,    "*/N/versions",                 Verb::ListVersions),
    (Method::POST,   "*/N/backup",                   Verb::Backup),
    (Method::POST,   "keys/N/create",                Verb::Create),
    (Method::POST,   "keys/N/rotate",                Verb::Rotate),
    (Method::GET,    "keys/N/rotationpolicy",        Verb::GetRotationPolicy),
    (Method::PUT,    "keys/N/rotationpolicy",        Verb::SetRotationPolicy),
    (Method::POST,   "keys/N/V/sign",                Verb::Use(KeyOperation::Sign)),
    (Method::POST,   "keys/N/V/verify",              Verb::Use(KeyOperation::Verify)),
    (Method::POST,   "keys/N/V/encrypt",             Verb::Use(KeyOperation::Encrypt)),
    (Method::POST,   "keys/N/V/decrypt",             Verb::Use(KeyOperation::Decrypt)),
    (Method::POST,   "keys/N/V/wrapkey",             Verb::Use(KeyOperation::WrapKey)),
    (Method::POST,   "keys/N/V/unwrapkey",           Verb::Use(KeyOperation::UnwrapKey)),
    (Method::POST,   "keys/N/V/release",             Verb::Release),
    (Method::POST,   "keys/N/sign",                  Verb::Use(KeyOperation::Sign)),
    (Method::POST,   "keys/N/verify",                Verb::Use(KeyOperation::Verify)),
    (Method::POST,   "keys/N/encrypt",               Verb::Use(KeyOperation::Encrypt)),
    (Method::POST,   "keys/N/decrypt",               Verb::Use(KeyOperation::Decrypt)),
    (Method::POST,   "keys/N/wrapkey",               Verb::Use(KeyOperation::WrapKey)),
    (Method::POST,   "keys/N/unwrapkey",             Verb::Use(KeyOperation::UnwrapKey)),
    (Method::POST,   "keys/N/release",               Verb::Release),
    // Only hardware attests; of other keys the bundle says nothing more than otherwise.
    (Method::GET,    "keys/N/attestation",           Verb::Get),
    (Method::GET,    "keys/N/V/attestation",         Verb::Get),
    (Method::POST,   "certificates/N/create",        Verb::Create),
    (Method::POST,   "certificates/N/import",        Verb::Import),
    (Method::GET,    "certificates/N/policy",        Verb::GetPolicy),
    (Method::PATCH,  "certificates/N/policy",        Verb::UpdatePolicy),
    (Method::GET,    "certificates/N/pending",       Verb::GetPending),
    (Method::PATCH,  "certificates/N/pending",       Verb::UpdatePending),
    (Method::DELETE, "certificates/N/pending",       Verb::DeletePending),
    (Method::POST,   "certificates/N/pending/merge", Verb::Merge),
    (Method::GET,    "*/N/V",                        Verb::Get),
    (Method::PATCH,  "*/N/V",                        Verb::Update),
];

/// Reads method and path. Empty segments count as absent: clients ask for `/secrets/web/` and
/// `/keys/web//sign`.
pub(crate) fn route(method: &Method, path: &str) -> Result<Route, Reply> {
    let decoded: Vec<Cow<'_, str>> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy())
        .collect();
    let segments: Vec<&str> = decoded.iter().map(AsRef::as_ref).collect();
    let found = ROUTES
        .iter()
        .filter(|(wanted, _, _)| wanted == method)
        .find_map(|(_, pattern, verb)| Some((fit(pattern, &segments)?, *pattern, *verb)));
    let Some((collection, pattern, verb)) = found else {
        return Err(nowhere(method, path, &segments));
    };
    let mut route = Route {
        operation: Operation { collection, verb },
        name: String::new(),
        version: None,
    };
    for (part, segment) in pattern.split('/').zip(&segments) {
        match part {
            "N" => route.name = object_name(segment)?,
            "V" => route.version = Some((*segment).to_owned()),
            _ => {}
        }
    }
    Ok(route)
}

/// The collection that a path is about, if it fits the pattern.
fn fit(pattern: &str, segments: &[&str]) -> Option<Collection> {
    let mut parts = pattern.split('/');
    let (first, rest) = segments.split_first()?;
    let collection = match parts.next()? {
        "*" => Collection::find(first, Collection::plural)?,
        "deleted*" => Collection::find(first, Collection::deleted)?,
        word if first.eq_ignore_ascii_case(word) => Collection::find(first, Collection::plural)?,
        _ => return None,
    };
    let mut rest = rest.iter();
    for part in parts {
        let segment = rest.next()?;
        if part != "N" && part != "V" && !segment.eq_ignore_ascii_case(part) {
            return None;
        }
    }
    rest.next().is_none().then_some(collection)
}

/// The reply to a request that no route fits.
fn nowhere(method: &Method, path: &str, segments: &[&str]) -> Reply {
    let other = ROUTES
        .iter()
        .any(|(_, pattern, _)| fit(pattern, segments).is_some());
    if !other {
        let message = format!("there is no operation at `{path}`");
        return Reply::error(StatusCode::NOT_FOUND, "NotFound", &message);
    }
    if *method == Method::POST && segments.len() == 2 {
        return Reply::bad("Operation not specified");
    }
    let message = format!("HTTP {method} not allowed");
    Reply::error(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", &message)
}

fn object_name(name: &str) -> Result<String, Reply> {
    let valid = (1..=127).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if valid {
        return Ok(name.to_owned());
    }
    let shown: String = name.chars().take(127).collect();
    Err(Reply::bad(&format!(
        "The request URI contains an invalid name: {shown}"
    )))
}

#[cfg(test)]
mod tests {
    use super::Collection::{Certificates, Keys, Secrets};
    use super::*;

    #[track_caller]
    fn check(method: Method, path: &str, expected: (Collection, Verb, &str, Option<&str>)) {
        let (collection, verb, name, version) = expected;
        let expected = Route {
            operation: Operation { collection, verb },
            name: name.to_owned(),
            version: version.map(str::to_owned),
        };
        assert_eq!(route(&method, path).ok().unwrap(), expected, "{path}");
    }

    #[test]
    fn paths_are_read_as_the_service_reads_them() {
        let get = |path, expected| check(Method::GET, path, expected);
        get("/secrets", (Secrets, Verb::List, "", None));
        get("/secrets/web", (Secrets, Verb::Get, "web", None));
        get("/secrets/web/", (Secrets, Verb::Get, "web", None));
        get("//secrets//web", (Secrets, Verb::Get, "web", None));
        get(
            "/Keys/web/Versions",
            (Keys, Verb::ListVersions, "web", None),
        );
        get("/keys/web/0a", (Keys, Verb::Get, "web", Some("0a")));
        get(
            "/keys/web/0a/attestation",
            (Keys, Verb::Get, "web", Some("0a")),
        );
        get("/keys/web//attestation", (Keys, Verb::Get, "web", None));
        get(
            "/certificates/web/policy",
            (Certificates, Verb::GetPolicy, "web", None),
        );
        get(
            "/secrets/web/policy",
            (Secrets, Verb::Get, "web", Some("policy")),
        );
        get(
            "/certificates/contacts",
            (Certificates, Verb::GetContacts, "", None),
        );
        get("/secrets/contacts", (Secrets, Verb::Get, "contacts", None));
        get(
            "/deletedcertificates/web",
            (Certificates, Verb::GetDeleted, "web", None),
        );
    }

    #[test]
    fn methods_matter() {
        let post = |path, expected| check(Method::POST, path, expected);
        post(
            "/keys/web//sign",
            (Keys, Verb::Use(KeyOperation::Sign), "web", None),
        );
        post(
            "/keys/web/0a/sign",
            (Keys, Verb::Use(KeyOperation::Sign), "web", Some("0a")),
        );
        post("/secrets//restore", (Secrets, Verb::Restore, "", None));
        post(
            "/deletedkeys/web/recover",
            (Keys, Verb::Recover, "web", None),
        );
        post(
            "/certificates/web/pending/merge",
            (Certificates, Verb::Merge, "web", None),
        );
        check(
            Method::PUT,
            "/secrets/web",
            (Secrets, Verb::Set, "web", None),
        );
        check(Method::PUT, "/keys/web", (Keys, Verb::Import, "web", None));
        check(
            Method::PATCH,
            "/keys/web/0a",
            (Keys, Verb::Update, "web", Some("0a")),
        );
        check(
            Method::DELETE,
            "/deletedsecrets/web",
            (Secrets, Verb::Purge, "web", None),
        );
    }

    #[track_caller]
    fn refused(method: Method, path: &str, status: u16) {
        let reply = route(&method, path).err().unwrap();
        assert_eq!(reply.status().as_u16(), status, "{method} {path}");
    }

    #[test]
    fn what_is_no_route_is_refused() {
        refused(Method::GET, "/", 404);
        refused(Method::GET, "/storage", 404);
        refused(Method::GET, "/secrets/web/0a/more", 404);
        refused(Method::PUT, "/secrets/", 405);
        refused(Method::DELETE, "/keys", 405);
        refused(Method::POST, "/keys//create", 400);
    }

    #[test]
    fn every_route_needs_a_right() {
        for (method, pattern, verb) in ROUTES {
            for collection in [Certificates, Keys, Secrets] {
                let path = pattern
                    .replace("deleted*", collection.deleted())
                    .replace('*', collection.plural());
                let found = route(method, &path).ok().unwrap().operation;
                assert!(found.right().is_some(), "{method} {path} {verb:?}");
            }
        }
    }

    #[test]
    fn a_bad_name_is_refused() {
        for path in ["/secrets/a_b", "/secrets/a%2Fb", "/keys/%5B%5D/versions"] {
            refused(Method::GET, path, 400);
        }
        refused(Method::GET, &format!("/secrets/{}", "a".repeat(128)), 400);
    }
}
