//! Requests to Microsoft Entra ID, and its refusals.
//! See "OAuth 2.0 client credentials flow on the Microsoft identity platform".

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use reqwest::{Method, Url};
use serde::Deserialize;

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

/// A client credentials request.
pub(crate) struct ClientCredentials<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) proof: Proof<'a>,
}

/// How the application proves who it is.
pub(crate) enum Proof<'a> {
    Secret(&'a Sensitive<String>),
}

/// Asks for a token.
pub(crate) async fn request(
    transport: &Transport,
    authority: &Authority,
    request: &ClientCredentials<'_>,
) -> Result<AccessToken, TokenError> {
    let mut url = authority.0.clone();
    url.set_path(&format!("/{}/oauth2/v2.0/token", request.tenant));
    let Proof::Secret(secret) = request.proof;
    let form = [
        ("client_id", request.client_id),
        ("scope", request.scope),
        ("grant_type", "client_credentials"),
        ("client_secret", secret.expose()),
    ];
    let now = SystemTime::now();
    let post = transport.request(Method::POST, url).form(&form);
    let reply =
        transport
            .send(post, MAX_REPLY)
            .await
            .map_err(|source| TokenError::Unreachable {
                authority: authority.to_string(),
                source,
            })?;
    if !reply.status.is_success() {
        return Err(TokenError::refused(reply.status.as_u16(), &reply.body));
    }
    let token: TokenReply =
        serde_json::from_slice(&reply.body).map_err(|_| TokenError::Nonsense {
            status: reply.status.as_u16(),
        })?;
    let lifetime = Duration::from_secs(token.expires_in.min(MAX_LIFETIME));
    Ok(AccessToken::expiring(token.access_token, now + lifetime))
}

#[derive(Deserialize)]
struct TokenReply {
    access_token: String,
    expires_in: u64,
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

/// A token with many groups in it has some 20 kB.
const MAX_REPLY: usize = 256 * 1024;
/// A day; Entra gives an hour, or a day at most.
const MAX_LIFETIME: u64 = 86_400;
