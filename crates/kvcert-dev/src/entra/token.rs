//! The token endpoint.

use axum::http::Method;
use kvcert_pki::sensitive::Sensitive;
use serde::Serialize;

use super::claims::{Claims, LIFETIME, Minting, Subject};
use super::client::{self, Client};
use super::form::Form;
use super::refusal::Refusal;
use super::scope::Scope;
use super::{Dialect, Entra, device, person};
use crate::encoding;
use crate::http::reply::Reply;
use crate::server::Call;

/// A request to the sign-in that carries a form.
pub(crate) struct Request<'a> {
    pub(crate) entra: &'a Entra,
    pub(crate) call: &'a Call,
    pub(crate) form: Form,
    /// As the client named it.
    pub(crate) tenant: &'a str,
    pub(crate) dialect: Dialect,
}

impl Request<'_> {
    /// May an assertion for this endpoint be made to `name`? The token endpoint, in either
    /// spelling, and the issuer.
    pub(crate) fn is_audience(&self, name: &str) -> bool {
        let tenant_id = &self.entra.identity.tenant_id;
        [self.tenant, tenant_id].iter().any(|tenant| {
            let base = format!("{}/{tenant}", self.call.origin());
            ["/oauth2/v2.0/token", "/oauth2/token", "/v2.0", "/", ""]
                .iter()
                .any(|end| name == format!("{base}{end}"))
        }) || name == self.entra.issuer()
    }

    /// Can the client answer claims challenges?
    pub(crate) fn answers_challenges(&self) -> Result<bool, Refusal> {
        let Some(claims) = self.form.optional("claims") else {
            return Ok(false);
        };
        let claims: serde_json::Value = serde_json::from_str(claims).map_err(|_| {
            let message = "The parameter 'claims' is not valid: it must be a JSON object.";
            Refusal::request(9002313, message)
        })?;
        let values = claims["access_token"]["xms_cc"]["values"].as_array();
        let capable = |value: &serde_json::Value| {
            let name = value.as_str().unwrap_or_default();
            name.eq_ignore_ascii_case("CP1")
        };
        Ok(values.is_some_and(|values| values.iter().any(capable)))
    }

    /// The claims of a new token for this request.
    pub(crate) fn mint(
        &self,
        client: &Client,
        subject: Subject<'_>,
        scope: &Scope,
    ) -> Result<Claims, Refusal> {
        let minting = Minting {
            tenant_id: &self.entra.identity.tenant_id,
            subject,
            client_id: &client.app_id,
            proof: client.proof,
            audience: &scope.audience,
            resource: &scope.resource,
            answers_challenges: self.answers_challenges()?,
            now: self.call.now,
        };
        Ok(minting.claims(&self.entra.directory.read())?)
    }
}

/// Answers a request for a token.
pub(crate) fn answer(request: &Request<'_>) -> Result<Reply, Refusal> {
    if request.call.method != Method::POST {
        let method = &request.call.method;
        let message =
            format!("The endpoint only accepts POST requests. Received a {method} request.");
        return Err(Refusal::request(900561, &message));
    }
    match request.form.get("grant_type")? {
        "client_credentials" => client_credentials(request),
        "authorization_code" => person::redeem_code(request),
        "refresh_token" => person::refresh(request),
        "urn:ietf:params:oauth:grant-type:device_code" | "device_code" => device::redeem(request),
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => person::on_behalf_of(request),
        other => {
            let message = format!("The app requested an unsupported grant type '{other}'.");
            Err(Refusal::named("unsupported_grant_type", 70003, &message))
        }
    }
}

fn client_credentials(request: &Request<'_>) -> Result<Reply, Refusal> {
    request.entra.expect_own_tenant(request.tenant)?;
    let scope_named = match request.dialect {
        Dialect::V1 => "resource",
        Dialect::V2 => "scope",
    };
    request.form.get("client_id")?;
    request.form.get(scope_named)?;
    let client = client::authenticate_confidential(request)?;
    let scope = Scope::of_application(request)?;
    let principal = client.principal(
        &request.entra.directory.read(),
        &request.entra.identity.tenant_id,
    )?;
    let claims = request.mint(&client, Subject::Application(&principal.id), &scope)?;
    reply(request, &claims, Extra::default())
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
    request: &Request<'_>,
    claims: &Claims,
    extra: Extra,
) -> Result<Reply, Refusal> {
    let access_token = &request.entra.sign(claims)?;
    Ok(match request.dialect {
        Dialect::V2 => Reply::ok(&Token {
            token_type: "Bearer",
            expires_in: LIFETIME,
            ext_expires_in: LIFETIME,
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
pub(crate) struct OldToken<'a> {
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
            expires_in: LIFETIME.to_string(),
            ext_expires_in: LIFETIME.to_string(),
            expires_on: claims.exp.to_string(),
            not_before: claims.nbf.to_string(),
            resource: &claims.aud,
            access_token,
            extra,
        }
    }
}
