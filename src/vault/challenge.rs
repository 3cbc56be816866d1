//! The authentication challenge of a vault.
//! See "Authentication, requests and responses" in Key Vault's REST reference, and RFC 6750.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Url;

use super::{address::VaultUrl, error::VaultError};

/// What a vault's `WWW-Authenticate` header asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Challenge {
    /// The audience that the token must have, without a trailing slash.
    pub(super) resource: String,
    /// The tenant that the vault belongs to, if the header names it.
    pub(super) tenant: Option<String>,
}

impl Challenge {
    /// Reads the header of a 401 from `vault`. The resource must be a parent of the vault's own
    /// host: a token for anything else has no business there.
    pub(super) fn parse(header: &str, vault: &VaultUrl) -> Result<Self, VaultError> {
        let refuse = |problem: &str| VaultError::Challenge {
            vault: vault.to_string(),
            problem: problem.to_owned(),
        };
        let scheme = header.get(..7).unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("bearer ") {
            return Err(refuse("it does not ask for a bearer token"));
        }
        let parameters = parameters(&header[7..]);
        let value = |name: &str| {
            let found = parameters
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.as_str())
        };
        let resource = value("resource")
            .or_else(|| value("scope").map(|scope| scope.trim_end_matches("/.default")))
            .ok_or_else(|| refuse("it names no resource"))?;
        let resource = resource.trim_end_matches('/');
        if !is_parent(resource, vault) {
            let resource = crate::text::excerpt(resource, 100);
            return Err(refuse(&format!(
                "it asks for a token for `{resource}`, which is not this vault's"
            )));
        }
        let authorization = value("authorization").or_else(|| value("authorization_uri"));
        let tenant = authorization.and_then(tenant);
        Ok(Self {
            resource: resource.to_owned(),
            tenant,
        })
    }
}

/// What a claims challenge asks for, as JSON: the vault took the token back before its end.
/// See "Claims challenges, claims requests and client capabilities".
pub(super) fn claims(header: &str) -> Option<String> {
    let parameters = parameters(header.get(7..)?);
    let (_, encoded) = parameters
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case("claims"))?;
    let plain: String = encoded
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_");
    let json = String::from_utf8(URL_SAFE_NO_PAD.decode(plain).ok()?).ok()?;
    let claims: serde_json::Value = serde_json::from_str(&json).ok()?;
    claims.is_object().then_some(json)
}

/// Whether the vault's host lies under the resource's, both with the same port or the resource
/// without one.
pub(super) fn is_parent(resource: &str, vault: &VaultUrl) -> bool {
    let Ok(url) = Url::parse(resource) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default();
    let under = vault
        .host()
        .strip_suffix(host)
        .is_some_and(|name| name.ends_with('.'));
    let port = url
        .port()
        .is_none_or(|port| vault.authority().ends_with(&format!(":{port}")));
    url.scheme() == "https" && host.contains('.') && under && port
}

/// `key="value"` pairs (RFC 9110 section 11.2), whatever stands between them.
fn parameters(mut text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    while let Some((key, rest)) = text.split_once('=') {
        let key = key.trim_matches([' ', ',', '\t']);
        let (value, rest) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_once([',', ' ']).unwrap_or((rest, "")),
        };
        found.push((key.to_owned(), value.to_owned()));
        text = rest;
    }
    found
}

fn tenant(authorization: &str) -> Option<String> {
    let url = Url::parse(authorization).ok()?;
    let tenant = url.path_segments()?.next()?.to_owned();
    let plain = tenant
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    // What begins like an option could be taken for one by a program it is passed to.
    (plain && !tenant.is_empty() && !tenant.starts_with('-')).then_some(tenant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::address::Cloud;

    #[track_caller]
    fn check(header: &str, vault: &str, expected: Result<(&str, Option<&str>), &str>) {
        let vault = VaultUrl::parse(vault, Cloud::Public).unwrap();
        match (Challenge::parse(header, &vault), expected) {
            (Ok(found), Ok((resource, tenant))) => {
                assert_eq!(
                    (found.resource.as_str(), found.tenant.as_deref()),
                    (resource, tenant)
                );
            }
            (Err(error), Err(text)) => assert!(error.to_string().contains(text), "{error}"),
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn every_form_that_is_in_use() {
        let kv = Ok(("https://vault.azure.net", Some("tid-1")));
        let check = |header: &str| check(header, "abc", kv);
        check(
            r#"Bearer authorization="https://login.microsoftonline.com/tid-1", resource="https://vault.azure.net""#,
        );
        check(
            r#"Bearer authorization="https://login.windows.net/tid-1",resource="https://vault.azure.net""#,
        );
        check(
            r#"bearer authorization="https://login.windows.net/tid-1/" scope="https://vault.azure.net/.default""#,
        );
        check(
            r#"Bearer scope=https://vault.azure.net/.default, authorization_uri=https://login.windows.net/tid-1"#,
        );
        check(
            r#"Bearer authorization="https://l.example/tid-1", scope="x", resource="https://vault.azure.net/", error="a=b""#,
        );
    }

    #[test]
    fn a_token_is_for_this_vault_only() {
        let local = "https://demo.vault.localhost:8443";
        let header = |resource: &str| format!(r#"Bearer resource="{resource}""#);
        let refused = Err("which is not this vault's");
        check(
            &header("https://vault.localhost:8443"),
            local,
            Ok(("https://vault.localhost:8443", None)),
        );
        check(
            &header("https://vault.localhost"),
            local,
            Ok(("https://vault.localhost", None)),
        );
        check(&header("https://vault.localhost:9443"), local, refused);
        check(&header("https://demo.vault.localhost:8443"), local, refused);
        check(&header("https://localhost:8443"), local, refused);
        check(&header("http://vault.localhost:8443"), local, refused);
        check(&header("https://graph.microsoft.com"), local, refused);
        check(&header("https://graph.microsoft.com"), "abc", refused);
        check(&header("https://net"), "abc", refused);
        check("Basic realm=x", "abc", Err("bearer"));
        check(
            "Bearer authorization=\"https://l.example/t\"",
            "abc",
            Err("names no resource"),
        );
        check("", "abc", Err("bearer"));
    }
}
