//! Refusals that nothing in this tenant leads to by itself: a switch forces them, by their number.

use super::refusal::Refusal;
use super::request::Form;
use crate::encoding;
use crate::http::call::Call;
use crate::http::hosts::LOGIN_HOST;
use crate::http::reply::Reply;

/// One of them: its
/// [number](https://learn.microsoft.com/entra/identity-platform/reference-error-codes), its error,
/// and what is said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ForcedRefusal(u32, &'static str, &'static str);

impl ForcedRefusal {
    /// The refusal of this number.
    ///
    /// # Errors
    /// If there is none with this number; the message lists the known ones.
    pub(crate) fn by_number(number: u32) -> Result<Self, String> {
        let found = FORCED.iter().find(|forced| forced.0 == number);
        found.copied().ok_or_else(|| {
            let numbers = FORCED.map(|forced| forced.0.to_string());
            format!("{number} is not one of {}", numbers.join(", "))
        })
    }

    /// The answer to a request for a token. `None`: this is another request.
    pub(crate) fn reply(self, call: &Call) -> Option<Reply> {
        let is_one = call.host == LOGIN_HOST && call.path.ends_with("/token");
        is_one.then(|| self.refusal(&Form::parse(call)).reply(call))
    }

    fn refusal(self, form: &Form) -> Refusal {
        let Self(number, error, why) = self;
        let app_id = form.optional("client_id").unwrap_or_default();
        let message = why.replace("{app}", app_id);
        let refusal = match error {
            "invalid_client" => Refusal::client(number, &message),
            error => Refusal::named(error, number, &message),
        };
        match number {
            // What the client hands on when it asks the person again.
            50076 | 50079 => refusal.with_suberror("basic_action").with_claims(&policy()),
            53003 => refusal.with_suberror("message_only").with_claims(&policy()),
            90094 => refusal.with_suberror("consent_required"),
            _ => refusal,
        }
    }
}

/// Asks for a token that a policy of conditional access was met for.
fn policy() -> String {
    let id = encoding::guid().unwrap_or_default();
    let claims = serde_json::json!({
        "access_token": {"capolids": {"essential": true, "values": [id]}}
    });
    claims.to_string()
}

const FORCED: [ForcedRefusal; 11] = [
    ForcedRefusal(
        50001,
        "invalid_resource",
        "The resource is disabled, or is not named by a valid identifier.",
    ),
    ForcedRefusal(
        50003,
        "server_error",
        "Sign-in failed because of a missing signing key or certificate.",
    ),
    ForcedRefusal(
        50020,
        "invalid_grant",
        "User account from an external identity provider does not exist in this tenant and cannot \
         access the application '{app}' in it. The account needs to be added as an external user \
         in the tenant first.",
    ),
    ForcedRefusal(
        50076,
        "interaction_required",
        "Due to a configuration change made by your administrator, or because you moved to a new \
         location, you must use multi-factor authentication to access the resource.",
    ),
    ForcedRefusal(
        50079,
        "interaction_required",
        "Due to a configuration change made by your administrator, or because you moved to a new \
         location, you must enroll in multi-factor authentication to access the resource.",
    ),
    ForcedRefusal(
        53003,
        "interaction_required",
        "Access has been blocked by Conditional Access policies. The access policy does not allow \
         token issuance.",
    ),
    ForcedRefusal(
        65005,
        "invalid_resource",
        "The application '{app}' asked for permissions to access a resource that is not in its \
         list of required permissions.",
    ),
    ForcedRefusal(
        90094,
        "invalid_grant",
        "An administrator of the tenant must consent to what the application '{app}' asks for.",
    ),
    ForcedRefusal(
        650057,
        "invalid_resource",
        "Invalid resource. The client has requested access to a resource which is not listed in \
         the requested permissions in the client's application registration. Client app ID: {app}.",
    ),
    ForcedRefusal(
        700030,
        "invalid_client",
        "Invalid certificate - subject name in certificate is not authorized.",
    ),
    ForcedRefusal(
        7000112,
        "unauthorized_client",
        "Application '{app}' is disabled.",
    ),
];
