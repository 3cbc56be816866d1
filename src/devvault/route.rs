//! What a path asks for.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::reply::Reply;

/// The three views of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Collection {
    Certificates,
    Keys,
    Secrets,
}

impl Collection {
    /// As in a path.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::Certificates => "certificates",
            Self::Keys => "keys",
            Self::Secrets => "secrets",
        }
    }

    /// As in a message.
    pub(super) fn singular(self) -> &'static str {
        match self {
            Self::Certificates => "certificate",
            Self::Keys => "key",
            Self::Secrets => "secret",
        }
    }

    /// As in an error code.
    pub(super) fn capital(self) -> &'static str {
        match self {
            Self::Certificates => "Certificate",
            Self::Keys => "Key",
            Self::Secrets => "Secret",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Certificates, Self::Keys, Self::Secrets]
            .into_iter()
            .find(|collection| word.eq_ignore_ascii_case(collection.plural()))
    }
}

/// A path that means something.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    List(Collection),
    Current(Collection, String),
    Version(Collection, String, String),
    Versions(Collection, String),
    Policy(String),
    Pending(String),
    Contacts,
    Issuers,
    Issuer(String),
    DeletedList,
    Deleted(Collection, String),
}

/// Reads a path. Empty segments count as absent: clients ask for `/secrets/web/` and
/// `/keys/web//sign`.
pub(super) fn route(path: &str) -> Result<Option<Route>, Reply> {
    use Collection::Certificates;

    let decoded: Vec<Cow<'_, str>> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy())
        .collect();
    let segments: Vec<&str> = decoded.iter().map(AsRef::as_ref).collect();
    let Some((first, rest)) = segments.split_first() else {
        return Ok(None);
    };
    if let Some(deleted) = first.strip_prefix("deleted") {
        return Ok(match (Collection::parse(deleted), rest) {
            (Some(_), []) => Some(Route::DeletedList),
            (Some(collection), [name]) => Some(Route::Deleted(collection, object_name(name)?)),
            _ => None,
        });
    }
    let Some(collection) = Collection::parse(first) else {
        return Ok(None);
    };
    Ok(Some(match (collection, rest) {
        (_, []) => Route::List(collection),
        (Certificates, ["contacts"]) => Route::Contacts,
        (Certificates, ["issuers"]) => Route::Issuers,
        (Certificates, ["issuers", name]) => Route::Issuer(object_name(name)?),
        (_, [name]) => Route::Current(collection, object_name(name)?),
        (_, [name, "versions"]) => Route::Versions(collection, object_name(name)?),
        (Certificates, [name, "policy"]) => Route::Policy(object_name(name)?),
        (Certificates, [name, "pending"]) => Route::Pending(object_name(name)?),
        (_, [name, version]) => {
            Route::Version(collection, object_name(name)?, (*version).to_owned())
        }
        _ => return Ok(None),
    }))
}

/// Is this the name of a vault (3 to 24 letters, digits and single hyphens)?
pub(super) fn is_vault_name(name: &str) -> bool {
    (3..=24).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && !name.ends_with('-')
        && !name.contains("--")
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
    fn check(path: &str, expected: Option<Route>) {
        assert_eq!(route(path).ok().unwrap(), expected, "{path}");
    }

    #[test]
    fn paths_are_read_as_the_service_reads_them() {
        let web = || String::from("web");
        check("/secrets", Some(Route::List(Secrets)));
        check("/secrets/web", Some(Route::Current(Secrets, web())));
        check("/secrets/web/", Some(Route::Current(Secrets, web())));
        check("//secrets//web", Some(Route::Current(Secrets, web())));
        check("/keys/web/versions", Some(Route::Versions(Keys, web())));
        check(
            "/keys/web/0a",
            Some(Route::Version(Keys, web(), "0a".into())),
        );
        check("/certificates/web/policy", Some(Route::Policy(web())));
        check("/certificates/contacts", Some(Route::Contacts));
        check(
            "/secrets/contacts",
            Some(Route::Current(Secrets, "contacts".into())),
        );
        check(
            "/deletedcertificates/web",
            Some(Route::Deleted(Certificates, web())),
        );
        check("/", None);
        check("/storage", None);
        check("/secrets/web/0a/more", None);
    }

    #[test]
    fn a_bad_name_is_refused() {
        for path in ["/secrets/a_b", "/secrets/a%2Fb", "/keys/%5B%5D/versions"] {
            assert!(route(path).is_err(), "{path}");
        }
        assert!(route(&format!("/secrets/{}", "a".repeat(128))).is_err());
    }

    #[test]
    fn vault_names() {
        assert!(is_vault_name("demo") && is_vault_name("a-1"));
        for bad in ["", "ab", "1ab", "a--b", "ab-", "a.b", &"a".repeat(25)] {
            assert!(!is_vault_name(bad), "{bad}");
        }
    }
}
