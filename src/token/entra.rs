//! Requests to Microsoft Entra ID, and its refusals.
//! See "OAuth 2.0 client credentials flow on the Microsoft identity platform".

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use reqwest::{Method, Url};
use serde::{Deserialize, de::DeserializeOwned};

use super::AccessToken;
use crate::{
    sensitive::Sensitive,
    text::excerpt,
    transport::{Transport, Unreachable},
};

/// Who signs people in: an https URL without a path, such as `https://login.microsoftonline.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority(Url);

impl std::str::FromStr for Authority {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let with_scheme = if text.contains("://") {
            text.to_owned()
        } else {
            format!("https://{text}")
        };
        let url = Url::parse(&with_scheme).map_err(|_| "it cannot be read as a URL")?;
        if url.scheme() != "https" {
            return Err("only https:// is safe for secrets");
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
            return Err("it has more than a host");
        }
        Ok(Self(url))
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl Authority {
    /// Where a tenant's tokens come from.
    pub(crate) fn token_endpoint(&self, tenant: &str) -> Url {
        self.endpoint(tenant, "token")
    }

    fn endpoint(&self, tenant: &str, name: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("/{tenant}/oauth2/v2.0/{name}"));
        url
    }
}

/// A client credentials request.
pub(crate) struct ClientCredentials<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) proof: Proof<'a>,
    /// What a claims challenge asked for.
    pub(crate) claims: Option<&'a str>,
}

/// How the application proves who it is.
pub(crate) enum Proof<'a> {
    Secret(&'a Sensitive<String>),
    /// A signed assertion (RFC 7523): the application's own, or that of an issuer it trusts.
    Assertion(&'a Sensitive<String>),
}

/// Asks for a token.
pub(crate) async fn request(
    transport: &Transport,
    authority: &Authority,
    request: &ClientCredentials<'_>,
) -> Result<AccessToken, TokenError> {
    let mut form = vec![
        ("client_id", request.client_id),
        ("scope", request.scope),
        ("grant_type", "client_credentials"),
    ];
    match request.proof {
        Proof::Secret(secret) => form.push(("client_secret", secret.expose())),
        Proof::Assertion(assertion) => {
            form.push(("client_assertion_type", ASSERTION_TYPE));
            form.push(("client_assertion", assertion.expose()));
        }
    }
    let claims = request.claims.map(with_capabilities);
    form.extend(claims.as_deref().map(|claims| ("claims", claims)));
    let now = SystemTime::now();
    let url = authority.token_endpoint(request.tenant);
    let token: TokenReply = post(transport, authority, url, &form).await?;
    Ok(token.into_access_token(now))
}

/// Asks for a code that a person types in at a page of the authority (RFC 8628).
pub(crate) async fn device_code(
    transport: &Transport,
    authority: &Authority,
    tenant: &str,
    form: [(&str, &str); 2],
) -> Result<DeviceCode, TokenError> {
    let url = authority.endpoint(tenant, "devicecode");
    post(transport, authority, url, &form).await
}

/// Asks whether the person did.
pub(crate) async fn redeem(
    transport: &Transport,
    authority: &Authority,
    tenant: &str,
    client_id: &str,
    code: &DeviceCode,
) -> Result<AccessToken, TokenError> {
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", client_id),
        ("device_code", code.device_code.expose()),
    ];
    let now = SystemTime::now();
    let url = authority.token_endpoint(tenant);
    let token: TokenReply = post(transport, authority, url, &form).await?;
    Ok(token.into_access_token(now))
}

/// What a person is to type in, and how long that is good for.
#[derive(Deserialize)]
pub(crate) struct DeviceCode {
    #[serde(deserialize_with = "sensitive")]
    device_code: Sensitive<String>,
    pub(crate) message: String,
    /// Seconds.
    pub(crate) expires_in: u64,
    /// Seconds between two questions; five if left out.
    pub(crate) interval: Option<u64>,
}

fn sensitive<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Sensitive<String>, D::Error> {
    String::deserialize(from).map(Sensitive::new)
}

/// Posts a form to the authority and reads the answer.
async fn post<T: DeserializeOwned>(
    transport: &Transport,
    authority: &Authority,
    url: Url,
    form: &[(&str, &str)],
) -> Result<T, TokenError> {
    let post = transport.request(Method::POST, url).form(form);
    let sent = transport.send(post, MAX_REPLY).await;
    let reply = sent.map_err(|source| TokenError::Unreachable {
        authority: authority.to_string(),
        source,
    })?;
    let status = reply.status.as_u16();
    if !reply.status.is_success() {
        return Err(TokenError::refused(status, &reply.body));
    }
    serde_json::from_slice(&reply.body).map_err(|_| TokenError::Nonsense { status })
}

/// The claims of a challenge, and that this client answers such challenges (`CP1`). Without a
/// challenge that is not said: a token that can be revoked at once lives for a day instead of an
/// hour, which is no gain for a short run.
fn with_capabilities(challenge: &str) -> String {
    let mut claims: serde_json::Value = serde_json::from_str(challenge).unwrap_or_default();
    if !claims["access_token"].is_object() {
        claims = serde_json::json!({"access_token": {}});
    }
    claims["access_token"]["xms_cc"] = serde_json::json!({"values": ["CP1"]});
    claims.to_string()
}

#[derive(Deserialize)]
struct TokenReply {
    access_token: String,
    expires_in: u64,
}

impl TokenReply {
    fn into_access_token(self, now: SystemTime) -> AccessToken {
        let lifetime = Duration::from_secs(self.expires_in.min(MAX_LIFETIME));
        AccessToken::expiring(self.access_token, now + lifetime)
    }
}

/// Why Entra gave no token.
#[derive(Debug)]
#[non_exhaustive]
pub enum TokenError {
    /// No usable answer came.
    Unreachable {
        /// The authority.
        authority: String,
        /// Why.
        source: Unreachable,
    },
    /// Entra said no.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error's name (RFC 6749 section 5.2), such as `invalid_client`.
        error: String,
        /// The AADSTS number, such as 7000215.
        code: Option<u32>,
        /// What Entra said: the first line, which names the reason.
        message: String,
    },
    /// An answer that Entra does not give.
    Nonsense {
        /// The HTTP status.
        status: u16,
    },
}

impl TokenError {
    fn refused(status: u16, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct ErrorReply {
            error: String,
            #[serde(default)]
            error_description: String,
            #[serde(default)]
            error_codes: Vec<u32>,
        }
        let Ok(reply) = serde_json::from_slice::<ErrorReply>(body) else {
            return Self::Nonsense { status };
        };
        let first_line = reply.error_description.lines().next().unwrap_or_default();
        let message = if first_line.is_empty() {
            &reply.error
        } else {
            first_line
        };
        Self::Refused {
            status,
            error: excerpt(&reply.error, 60),
            code: reply.error_codes.first().copied(),
            message: excerpt(message, 600),
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { authority, .. } => write!(f, "cannot reach {authority}"),
            Self::Refused { message, .. } => f.write_str(message),
            Self::Nonsense { status } => {
                write!(f, "the answer (HTTP {status}) is not one that Entra gives")
            }
        }
    }
}

impl std::error::Error for TokenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable { source, .. } => Some(source),
            _ => None,
        }
    }
}

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// A token with many groups in it has some 20 kB.
const MAX_REPLY: usize = 256 * 1024;
/// A day; Entra gives an hour, or a day at most.
const MAX_LIFETIME: u64 = 86_400;
