//! Which resource a request is for, and what else it asks for.

use super::refusal::Refusal;
use super::request::{Dialect, TokenRequest};
use crate::directory::Directory;
use crate::directory::service::{self, Resource};

/// What was asked for.
#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) resource: Resource,
    /// As the client spelt it: the audience of the token.
    pub(crate) audience: String,
    /// As the client asked, to be echoed.
    pub(crate) text: String,
    pub(crate) wants_identity: bool,
    pub(crate) wants_refresh: bool,
}

impl Scope {
    /// For the application itself: one resource, all that was granted there.
    pub(crate) fn of_application(request: &TokenRequest<'_>) -> Result<Self, Refusal> {
        let audience = match request.dialect {
            Dialect::V1 => request.form.get("resource")?,
            Dialect::V2 => {
                let scope = request.form.get("scope")?;
                default_of(scope).ok_or_else(|| {
                    let mut all = scope.split_whitespace();
                    if all.all(|each| default_of(each).is_some()) {
                        several(scope)
                    } else {
                        invalid(scope)
                    }
                })?
            }
        };
        Self::of_audience(&request.entra.directory, audience, &|host| {
            request.call.origin_of(host)
        })
    }

    /// For a person: scopes of one resource, and those of OpenID Connect.
    pub(crate) fn of_person(request: &TokenRequest<'_>, text: &str) -> Result<Self, Refusal> {
        let mut audience: Option<&str> = None;
        for part in text
            .split_whitespace()
            .filter(|part| !OPENID.contains(part))
        {
            let named = part
                .rsplit_once('/')
                .map_or(GRAPH, |(resource, _)| resource);
            if audience.is_some_and(|other| other != named) {
                return Err(several(text));
            }
            audience = Some(named);
        }
        let asks = |word: &str| text.split_whitespace().any(|part| part == word);
        let local = |host: &str| request.call.origin_of(host);
        Ok(Self {
            text: text.to_owned(),
            wants_identity: asks("openid"),
            wants_refresh: asks("offline_access"),
            ..Self::of_audience(&request.entra.directory, audience.unwrap_or(GRAPH), &local)?
        })
    }

    /// For one resource, by its name.
    /// `local` gives the address of a host of this server.
    pub(crate) fn of_audience(
        directory: &Directory,
        audience: &str,
        local: &dyn Fn(&str) -> String,
    ) -> Result<Self, Refusal> {
        let tenant = &directory.tenant.id;
        let records = directory.read();
        let found = service::find(&records, tenant, audience, local);
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

/// What a person's client asks for, in either dialect: the older one names the resource, and always
/// wants an identity and a refresh token.
pub(crate) fn asked(request: &TokenRequest<'_>) -> Option<String> {
    let form = &request.form;
    match (request.dialect, form.optional("resource")) {
        (Dialect::V1, Some(resource)) => {
            Some(format!("{resource}/.default openid profile offline_access"))
        }
        _ => form.optional("scope").map(String::from),
    }
}

/// The resource is the one scope without `/.default`; a slash before it belongs to the resource.
fn default_of(scope: &str) -> Option<&str> {
    scope
        .strip_suffix("/.default")
        .filter(|resource| !resource.is_empty() && !resource.contains(char::is_whitespace))
}

fn several(scope: &str) -> Refusal {
    let shown: String = scope.chars().take(200).collect();
    let message = format!(
        "Provided value for the input parameter scope '{shown}' is not valid because it contains \
         more than one resource."
    );
    Refusal::request(700022, &message)
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
