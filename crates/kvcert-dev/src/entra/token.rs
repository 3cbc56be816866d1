//! The token endpoint.

use axum::http::Method;
use kvcert_pki::sensitive::Sensitive;

use super::minting::{Minting, Proof, Subject};
use super::refusal::Refusal;
use super::request::{Dialect, TokenRequest};
use super::scope::Scope;
use super::state::Entra;
use super::token_reply::{self, Extra};
use super::{client, device, person};
use crate::directory::record::ServicePrincipal;
use crate::http::reply::Reply;
use crate::tokens::claims::Claims;

/// Answers a request for a token.
pub(crate) fn answer(request: &TokenRequest<'_>) -> Result<Reply, Refusal> {
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

fn client_credentials(request: &TokenRequest<'_>) -> Result<Reply, Refusal> {
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
        &request.entra.directory.tenant.id,
    )?;
    let claims = token_reply::mint(
        request,
        &client,
        Subject::Application(&principal.id),
        &scope,
    )?;
    token_reply::reply(request, &claims, Extra::default())
}

impl Entra {
    /// A token for a managed identity; `local` gives the address of a host of this server.
    pub(crate) fn token_of_identity(
        &self,
        principal: &ServicePrincipal,
        resource: &str,
        local: &dyn Fn(&str) -> String,
        now: i64,
    ) -> Result<(Claims, Sensitive<String>), Refusal> {
        let scope = Scope::of_audience(&self.directory, resource, local)?;
        let minting = Minting {
            tenant: &self.directory.tenant,
            subject: Subject::Application(&principal.id),
            client_id: &principal.app_id,
            proof: Proof::Assertion,
            audience: &scope.audience,
            resource: &scope.resource,
            answers_challenges: false,
            now,
        };
        let claims = minting.claims(&self.directory.read())?;
        let token = self.sign(&claims)?;
        Ok((claims, token))
    }
}
