//! The authentication challenge of a vault.
//! See "Authentication, requests and responses" in Key Vault's REST reference, and RFC 6750.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;

use super::address::VaultUrl;
use super::error::VaultError;

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

/// What a claims challenge asks for, as JSON: the vault took the token back before its end.
/// See "Claims challenges, claims requests and client capabilities".
pub(super) fn claims(header: &str) -> Option<String> {
    let bearer = bearer(header);
    let encoded = bearer
        .iter()
        .find_map(|parameters| parameters.get("claims"))?;
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
        .is_none_or(|port| vault.host_and_port().ends_with(&format!(":{port}")));
    url.scheme() == "https" && host.contains('.') && under && port
}

/// The parameters of one challenge.
#[derive(Default)]
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.0.iter();
        let (_, value) = all.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}

/// The bearer challenges in a header, which may have several, of other schemes too (RFC 9110
/// section 11.6.1): the service takes proof-of-possession tokens as well.
fn bearer(header: &str) -> Vec<Parameters> {
    const BETWEEN: [char; 3] = [' ', ',', '\t'];
    let mut found: Vec<(&str, Parameters)> = Vec::new();
    let mut text = header.trim_start_matches(BETWEEN);
    while !text.is_empty() {
        let end = text.find([' ', ',', '\t', '=']).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        let rest = rest.trim_start_matches([' ', '\t']);
        text = match rest.strip_prefix('=') {
            Some(rest) => {
                let (value, rest) = value(rest.trim_start_matches([' ', '\t']));
                if let Some((_, Parameters(last))) = found.last_mut() {
                    last.push((word.to_owned(), value.to_owned()));
                }
                rest
            }
            // A word without a value begins the next challenge.
            None => {
                found.push((word, Parameters::default()));
                rest
            }
        };
        text = text.trim_start_matches(BETWEEN);
    }
    let is_bearer = |scheme: &str| scheme.eq_ignore_ascii_case("bearer");
    let bearer = found.into_iter().filter(|(scheme, _)| is_bearer(scheme));
    bearer.map(|(_, parameters)| parameters).collect()
}

/// A parameter's value, quoted or not, and what follows.
fn value(text: &str) -> (&str, &str) {
    match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
        None => text.split_at(text.find([' ', ',', '\t']).unwrap_or(text.len())),
    }
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
    fn claims_are_found_in_any_bearer_challenge() {
        let check = |header: &str, expected: Option<&str>| {
            assert_eq!(claims(header).as_deref(), expected, "{header}");
        };
        check(
            r#"Bearer claims="e30=", error="insufficient_claims""#,
            Some("{}"),
        );
        check(
            r#"Bearer realm="", Bearer error="x", claims="e30""#,
            Some("{}"),
        );
        check(r#"PoP claims="e30=", Bearer resource="r""#, None);
        check(r#"Bearer claims="W10=""#, None);
        check("", None);
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
