//! An access token for a request, and the reply that carries it.

use kvcert_pki::sensitive::Sensitive;
use serde::Serialize;

use super::client::Client;
use super::minting::{Minting, Subject};
use super::refusal::Refusal;
use super::request::{Dialect, TokenRequest};
use super::scope::Scope;
use crate::encoding;
use crate::http::reply::Reply;
use crate::tokens::claims::{Claims, TOKEN_LIFETIME};

/// The claims of a new token for this request.
pub(crate) fn mint(
    request: &TokenRequest<'_>,
    client: &Client,
    subject: Subject<'_>,
    scope: &Scope,
) -> Result<Claims, Refusal> {
    let minting = Minting {
        tenant: &request.entra.directory.tenant,
        subject,
        client_id: &client.app_id,
        proof: client.proof,
        audience: &scope.audience,
        resource: &scope.resource,
        answers_challenges: request.answers_challenges()?,
        now: request.call.now,
    };
    Ok(minting.claims(&request.entra.directory.read())?)
}

/// What comes along with an access token.
#[derive(Default, Serialize)]
pub(crate) struct Extra {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_info: Option<String>,
}

/// Signs the claims and answers in the client's dialect.
pub(crate) fn reply(
    request: &TokenRequest<'_>,
    claims: &Claims,
    extra: Extra,
) -> Result<Reply, Refusal> {
    let access_token = &request.entra.sign(claims)?;
    Ok(match request.dialect {
        Dialect::V2 => Reply::ok(&Token {
            token_type: "Bearer",
            expires_in: TOKEN_LIFETIME,
            ext_expires_in: TOKEN_LIFETIME,
            access_token,
            extra,
        }),
        Dialect::V1 => Reply::ok(&OldToken::new(claims, access_token, extra)),
    })
}

#[derive(Serialize)]
struct Token<'a> {
    token_type: &'static str,
    expires_in: i64,
    ext_expires_in: i64,
    #[serde(with = "encoding::secret_text")]
    access_token: &'a Sensitive<String>,
    #[serde(flatten)]
    extra: Extra,
}

/// The form of the v1 endpoint and of managed identities: numbers are texts.
#[derive(Serialize)]
struct OldToken<'a> {
    token_type: &'static str,
    expires_in: String,
    ext_expires_in: String,
    expires_on: String,
    not_before: String,
    resource: &'a str,
    #[serde(with = "encoding::secret_text")]
    access_token: &'a Sensitive<String>,
    #[serde(flatten)]
    extra: Extra,
}

impl<'a> OldToken<'a> {
    fn new(claims: &'a Claims, access_token: &'a Sensitive<String>, extra: Extra) -> Self {
        Self {
            token_type: "Bearer",
            expires_in: TOKEN_LIFETIME.to_string(),
            ext_expires_in: TOKEN_LIFETIME.to_string(),
            expires_on: claims.exp.to_string(),
            not_before: claims.nbf.to_string(),
            resource: &claims.aud,
            access_token,
            extra,
        }
    }
}
