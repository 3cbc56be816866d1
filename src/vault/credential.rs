//! [`Credential`]: how to sign in to a vault.

use std::fmt;

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
            Self::Token(token) => Ok(AccessToken::given(token.expose().clone())),
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

/// Why there is no token.
#[derive(Debug)]
#[non_exhaustive]
pub enum CredentialError {
    /// No way to sign in was configured.
    NoWay {
        /// What to do about it.
        advice: String,
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
