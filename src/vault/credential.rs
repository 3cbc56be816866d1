//! [`Credential`]: how to sign in to a vault.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::address::VaultUrl;
use crate::{
    sensitive::Sensitive,
    token::{
        AccessToken,
        entra::{self, Authority, TokenError},
    },
    transport::Transport,
};

/// A way to get tokens.
#[derive(Debug)]
#[non_exhaustive]
pub enum Credential {
    /// A bearer token that someone else got.
    Token(Sensitive<String>),
    /// An application with a client secret.
    ClientSecret(ClientSecret),
    /// Nothing: the first request that asks for a token fails with these words.
    None(String),
}

/// An application's client secret (OAuth 2.0 client credentials, RFC 6749 section 4.4).
#[derive(Debug)]
pub struct ClientSecret {
    /// Who signs people in.
    pub authority: Authority,
    /// The tenant: a GUID or a verified domain.
    pub tenant: String,
    /// The application (client) id.
    pub client_id: String,
    /// The secret's value.
    pub secret: Sensitive<String>,
}

/// Whom a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// The resource, such as `https://vault.azure.net`.
    pub resource: String,
    /// The tenant that the resource says it belongs to.
    pub tenant: Option<String>,
}

impl Credential {
    /// The way's name, as `--auth` takes it and the receipt shows it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Token(_) => "token",
            Self::ClientSecret(_) => "environment",
            Self::None(_) => "none",
        }
    }

    /// Gets a token for `audience`.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub(crate) async fn token(
        &self,
        transport: &Transport,
        audience: &Audience,
    ) -> Result<AccessToken, CredentialError> {
        match self {
            Self::Token(token) => {
                check_audience(token.expose(), audience)?;
                Ok(AccessToken::given(token.expose().clone()))
            }
            Self::ClientSecret(app) => {
                if let Some(theirs) = &audience.tenant
                    && app.tenant.len() == theirs.len()
                    && !app.tenant.eq_ignore_ascii_case(theirs)
                {
                    return Err(CredentialError::OtherTenant {
                        ours: app.tenant.clone(),
                        theirs: theirs.clone(),
                    });
                }
                let scope = format!("{}/.default", audience.resource);
                let request = entra::ClientCredentials {
                    tenant: &app.tenant,
                    client_id: &app.client_id,
                    scope: &scope,
                    proof: entra::Proof::Secret(&app.secret),
                };
                Ok(entra::request(transport, &app.authority, &request).await?)
            }
            Self::None(advice) => Err(CredentialError::NoWay {
                advice: advice.clone(),
            }),
        }
    }
}

/// A token that says whom it is for goes nowhere else. Only the vault may rely on what a token
/// says; a token that says nothing readable is left to the vault to judge.
fn check_audience(token: &str, audience: &Audience) -> Result<(), CredentialError> {
    let Some(found) = stated_audience(token) else {
        return Ok(());
    };
    let wanted = &audience.resource;
    let by_name = found.trim_end_matches('/').eq_ignore_ascii_case(wanted);
    let by_id = found == KEY_VAULT_APP && VaultUrl::is_cloud_resource(wanted);
    if by_name || by_id {
        return Ok(());
    }
    Err(CredentialError::OtherAudience {
        found: crate::text::excerpt(&found, 100),
        wanted: wanted.clone(),
    })
}

/// The `aud` claim of a JWT (RFC 7519 section 4.1.3), if the token is one.
fn stated_audience(token: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Claims {
        aud: String,
    }
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let json = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice::<Claims>(&json)
        .ok()
        .map(|claims| claims.aud)
}

/// The application id of Key Vault, which tokens of the v2 format name as their audience.
const KEY_VAULT_APP: &str = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093";

/// Why there is no token.
#[derive(Debug)]
#[non_exhaustive]
pub enum CredentialError {
    /// No way to sign in was configured.
    NoWay {
        /// What to do about it.
        advice: String,
    },
    /// The given token is for something else; it was not sent.
    OtherAudience {
        /// What the token says it is for.
        found: String,
        /// What the vault takes.
        wanted: String,
    },
    /// The application belongs to another tenant than the vault.
    OtherTenant {
        /// The application's tenant.
        ours: String,
        /// The vault's tenant.
        theirs: String,
    },
    /// The authority did not give one.
    Authority(TokenError),
}

impl fmt::Display for CredentialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWay { advice } => f.write_str(advice),
            Self::OtherTenant { ours, theirs } => {
                write!(
                    f,
                    "the application is of tenant `{ours}`, the vault of tenant `{theirs}`"
                )
            }
            Self::OtherAudience { found, wanted } => {
                write!(
                    f,
                    "the access token is for `{found}`, the vault takes one for `{wanted}`"
                )
            }
            Self::Authority(_) => f.write_str("the sign-in authority gave no token"),
        }
    }
}

impl std::error::Error for CredentialError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Authority(source) => Some(source),
            _ => None,
        }
    }
}

impl From<TokenError> for CredentialError {
    fn from(error: TokenError) -> Self {
        Self::Authority(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(payload: &str, resource: &str, allowed: bool) {
        let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload));
        let audience = Audience {
            resource: resource.to_owned(),
            tenant: None,
        };
        let result = check_audience(&token, &audience);
        assert_eq!(
            result.is_ok(),
            allowed,
            "{payload} at {resource}: {result:?}"
        );
    }

    #[test]
    fn a_token_goes_only_where_it_says() {
        let azure = "https://vault.azure.net";
        check(r#"{"aud":"https://vault.azure.net"}"#, azure, true);
        check(r#"{"aud":"https://vault.azure.net/"}"#, azure, true);
        check(
            r#"{"aud":"cfa8b339-82a2-471a-a3c9-0fc0be7a4093"}"#,
            azure,
            true,
        );
        check(
            r#"{"aud":"cfa8b339-82a2-471a-a3c9-0fc0be7a4093"}"#,
            "https://evil.example",
            false,
        );
        check(
            r#"{"aud":"https://vault.azure.net"}"#,
            "https://evil.example",
            false,
        );
        check(r#"{"aud":"https://graph.microsoft.com"}"#, azure, false);
        check(r#"{"sub":"nothing said"}"#, azure, true);
        let opaque = Audience {
            resource: azure.to_owned(),
            tenant: None,
        };
        assert!(check_audience("opaque", &opaque).is_ok());
        assert!(check_audience("a.b.c", &opaque).is_ok());
    }
}
