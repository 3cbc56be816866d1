//! Which resource a request is for, and what else it asks for.

use super::form::Form;
use super::refusal::Refusal;
use super::resource::{self, Resource};
use super::token::Request;
use super::{Dialect, Entra};
use crate::devvault::http::Call;

/// What was asked for.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) resource: Resource,
    /// As the client spelt it: the audience of the token.
    pub(super) audience: String,
    /// As the client asked, to be echoed.
    pub(super) text: String,
    pub(super) wants_identity: bool,
    pub(super) wants_refresh: bool,
}

impl Scope {
    /// For the application itself: one resource, all that was granted there.
    pub(super) fn of_application(request: &Request<'_>) -> Result<Self, Refusal> {
        let audience = match request.dialect {
            Dialect::V1 => request.form.get("resource")?,
            Dialect::V2 => {
                let scope = request.form.get("scope")?;
                default_of(scope).ok_or_else(|| invalid(scope))?
            }
        };
        Self::of_audience(request.entra, audience, &|host| {
            request.call.origin_of(host)
        })
    }

    /// For a person.
    pub(super) fn of_person(
        entra: &Entra,
        call: &Call,
        dialect: Dialect,
        form: &Form,
    ) -> Result<Self, Refusal> {
        let local = &|host: &str| call.origin_of(host);
        let text = form.optional("scope").unwrap_or_default();
        if let (Dialect::V1, Some(audience)) = (dialect, form.optional("resource")) {
            return Ok(Self {
                wants_identity: true,
                wants_refresh: true,
                ..Self::of_audience(entra, audience, local)?
            });
        }
        let mut audience: Option<&str> = None;
        for part in text
            .split_whitespace()
            .filter(|part| !OPENID.contains(part))
        {
            let named = part
                .rsplit_once('/')
                .map_or(GRAPH, |(resource, _)| resource);
            if audience.is_some_and(|other| other != named) {
                let message = format!(
                    "Provided value for the input parameter scope '{text}' is not valid because \
                     it contains more than one resource."
                );
                return Err(Refusal::named("invalid_request", 700022, &message));
            }
            audience = Some(named);
        }
        let asks = |word: &str| text.split_whitespace().any(|part| part == word);
        Ok(Self {
            text: text.to_owned(),
            wants_identity: asks("openid"),
            wants_refresh: asks("offline_access"),
            ..Self::of_audience(entra, audience.unwrap_or(GRAPH), local)?
        })
    }

    /// For one resource, by its name.
    /// `local` gives the address of a host of this server.
    pub(super) fn of_audience(
        entra: &Entra,
        audience: &str,
        local: &dyn Fn(&str) -> String,
    ) -> Result<Self, Refusal> {
        let tenant = &entra.identity.tenant_id;
        let records = entra.directory.read();
        let found = resource::find(&records, tenant, audience, local);
        let resource = found.ok_or_else(|| {
            let message = format!(
                "The resource principal named {audience} was not found in the tenant named \
                 {tenant}. This can happen if the application has not been installed by the \
                 administrator of the tenant or consented to by any user in the tenant. You might \
                 have sent your authentication request to the wrong tenant."
            );
            Refusal::named("invalid_resource", 500011, &message)
        })?;
        Ok(Self {
            resource,
            audience: audience.to_owned(),
            text: format!("{audience}/.default"),
            wants_identity: false,
            wants_refresh: false,
        })
    }
}

/// The resource is the one scope without `/.default`; a slash before it belongs to the resource.
fn default_of(scope: &str) -> Option<&str> {
    scope
        .strip_suffix("/.default")
        .filter(|resource| !resource.is_empty() && !resource.contains(char::is_whitespace))
}

fn invalid(scope: &str) -> Refusal {
    let shown: String = scope.chars().take(200).collect();
    let message = format!(
        "The provided request must include a 'scope' input parameter. The provided value for the \
         input parameter 'scope' is not valid. The scope {shown} is not valid: it must be one \
         resource and '/.default'."
    );
    Refusal::named("invalid_scope", 70011, &message)
}

const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];
/// The resource of scopes that name none.
const GRAPH: &str = "https://graph.microsoft.com";
