//! The authentication challenge of a vault.
//! See "Authentication, requests and responses" in Key Vault's REST reference, and RFC 6750.

use reqwest::Url;

use super::address::VaultUrl;
use super::error::VaultError;
use crate::transport::www_authenticate::{Parameters, bearer};

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
        let bearer = bearer(header);
        let asks_for = |parameters: &Parameters| {
            let scope = || Some(parameters.get("scope")?.trim_end_matches("/.default"));
            parameters.get("resource").or_else(scope).map(str::to_owned)
        };
        let (parameters, resource) = bearer
            .iter()
            .find_map(|parameters| Some((parameters, asks_for(parameters)?)))
            .ok_or_else(|| match bearer.is_empty() {
                true => refuse("it does not ask for a bearer token"),
                false => refuse("it names no resource"),
            })?;
        let resource = resource.trim_end_matches('/');
        if !is_parent(resource, vault) {
            let resource = kvcert_pki::text::excerpt(resource, 100);
            return Err(refuse(&format!(
                "it asks for a token for `{resource}`, which is not this vault's"
            )));
        }
        let authorization = parameters.get("authorization");
        let authorization = authorization.or_else(|| parameters.get("authorization_uri"));
        Ok(Self {
            resource: resource.to_owned(),
            tenant: authorization.and_then(tenant),
        })
    }
}

/// Whether the vault's host lies under the resource's, both with the same port: another port of the
/// same host may be another user's program.
pub(super) fn is_parent(resource: &str, vault: &VaultUrl) -> bool {
    let Ok(url) = Url::parse(resource) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default();
    let under = vault
        .host()
        .strip_suffix(host)
        .is_some_and(|name| name.ends_with('.'));
    let port = url.port_or_known_default() == Some(vault.port());
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none();
    url.scheme() == "https" && host.contains('.') && under && port && plain
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
    use crate::cloud::Cloud;

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
        check(
            r#"Bearer	authorization = "https://l.example/tid-1" , resource = "https://vault.azure.net""#,
        );
        check(
            r#"PoP nonce="x", resource="https://p.example", Negotiate YII==, Bearer authorization="https://l.example/tid-1", resource="https://vault.azure.net", PoP resource="https://q.example""#,
        );
        check(
            r#"Bearer error="insufficient_claims", claims="e30=", Bearer authorization="https://l.example/tid-1", resource="https://vault.azure.net""#,
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
        check(&header("https://vault.localhost"), local, refused);
        check(&header("https://vault.localhost:8443/x"), local, refused);
        check(&header("https://evil@vault.localhost:8443"), local, refused);
        let other_port = "https://abc.vault.azure.net:8443";
        check(&header("https://vault.azure.net"), other_port, refused);
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
