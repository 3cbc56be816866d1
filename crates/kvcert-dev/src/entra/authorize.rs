//! The page of the
//! [authorization code flow](https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow).

use axum::http::Method;

use super::client::{self, Client};
use super::refusal::Refusal;
use super::request::TokenRequest;
use super::scope::{self, Scope};
use super::session::{Decision, Kind, Ticket};
use super::{page, person};
use crate::encoding;
use crate::http::reply::Reply;

/// Shows the page, or takes its answer.
pub(crate) fn answer(request: &TokenRequest<'_>) -> Result<Reply, Refusal> {
    match request.call.method {
        Method::POST => confirmed(request),
        _ => asked(request),
    }
}

fn asked(request: &TokenRequest<'_>) -> Result<Reply, Refusal> {
    let form = &request.form;
    let client = client::find(request)?;
    let redirect_uri = form.get("redirect_uri")?;
    expect_registered(&client, redirect_uri)?;
    let text = |name: &str| form.optional(name).unwrap_or_default().to_owned();
    let ticket = Ticket {
        ticket: Kind::Page,
        id: encoding::guid()?,
        client_id: client.app_id.clone(),
        scope: scope::asked(request).unwrap_or_default(),
        redirect_uri: redirect_uri.to_owned(),
        challenge: text("code_challenge"),
        plain_challenge: !matches!(form.optional("code_challenge_method"), Some("S256")),
        state: text("state"),
        nonce: text("nonce"),
        response_mode: text("response_mode"),
        exp: request.call.now + CODE_LIFETIME,
        ..Ticket::default()
    };
    // From here on the client hears of errors, by way of the browser.
    match check(request, &ticket) {
        Ok(()) => {
            let signed = person::sign(request, &ticket)?;
            Ok(shown(request, &ticket, &signed, None))
        }
        Err(refusal) => Ok(tell(&ticket, &refusal)),
    }
}

/// The page, with the name of the client that asks.
fn shown(
    request: &TokenRequest<'_>,
    ticket: &Ticket,
    signed: &str,
    problem: Option<&str>,
) -> Reply {
    let name = client::display_name(request, &ticket.client_id);
    page::authorize(request, &name, ticket, signed, problem)
}

fn check(request: &TokenRequest<'_>, ticket: &Ticket) -> Result<(), Refusal> {
    let form = &request.form;
    match form.get("response_type")? {
        "code" => {}
        other => {
            // The implicit flow, which is off unless an application asks for it.
            let number = if other.contains("id_token") {
                700054
            } else {
                700051
            };
            let message = format!("response_type '{other}' is not enabled for the application.");
            return Err(Refusal::named(
                "unsupported_response_type",
                number,
                &message,
            ));
        }
    }
    let method = form.optional("code_challenge_method");
    if !matches!(method, None | Some("S256" | "plain")) {
        let message = "The code_challenge_method must be 'S256' or 'plain'.";
        return Err(Refusal::request(9002325, message));
    }
    Scope::of_person(request, &ticket.scope).map(drop)
}

/// A browser is only sent to where the client is known to be: to an address that it registered, or
/// to a program on this machine.
fn expect_registered(client: &Client, redirect_uri: &str) -> Result<(), Refusal> {
    let loopback = is_loopback(redirect_uri);
    let fine = match &client.application {
        None => loopback,
        Some(application) => {
            let mut web = application.redirect_uris.iter();
            let mut native = application.native_redirect_uris.iter();
            web.any(|uri| uri == redirect_uri)
                || native.any(|uri| uri == redirect_uri || loopback && is_loopback(uri))
                || loopback && application.public_client
        }
    };
    if fine {
        return Ok(());
    }
    let shown: String = redirect_uri.chars().take(200).collect();
    let message = format!(
        "The redirect URI '{shown}' specified in the request does not match the redirect URIs \
         configured for the application '{}'. Make sure the redirect URI sent in the request \
         matches one added to your application in the Azure portal.",
        client.app_id
    );
    Err(Refusal::request(50011, &message))
}

/// Any port, any path ([RFC 8252, section 7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3)).
fn is_loopback(uri: &str) -> bool {
    let parsed: Result<axum::http::Uri, _> = uri.parse();
    parsed.is_ok_and(|uri| {
        uri.scheme_str() == Some("http")
            && uri
                .authority()
                .is_some_and(|authority| !authority.as_str().contains('@'))
            && matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"))
    })
}

fn confirmed(request: &TokenRequest<'_>) -> Result<Reply, Refusal> {
    let signed = request.form.get("ticket")?;
    let page = person::ticket(request, signed, Kind::Page)?;
    if !page::has_start_code(request) {
        return Ok(shown(request, &page, signed, Some(page::WRONG_START_CODE)));
    }
    match page::answer(request)? {
        Decision::Declined => {
            let message = "User declined to consent to access the app.";
            Ok(tell(
                &page,
                &Refusal::named("access_denied", 65004, message),
            ))
        }
        Decision::Allowed(user) => {
            let scope = Scope::of_person(request, &page.scope)?;
            person::consent(request, &page.client_id, &scope)?;
            let code = person::sign(
                request,
                &Ticket {
                    ticket: Kind::Code,
                    id: encoding::guid()?,
                    user,
                    exp: request.call.now + CODE_LIFETIME,
                    ..page.clone()
                },
            )?;
            Ok(page::lead_back(&page, &[("code", &code)]))
        }
    }
}

fn tell(ticket: &Ticket, refusal: &Refusal) -> Reply {
    let description = format!("AADSTS{}: {}", refusal.number, refusal.message);
    let parameters = [
        ("error", refusal.error),
        ("error_description", &description),
    ];
    page::lead_back(ticket, &parameters)
}

/// Seconds that a page and a code hold.
const CODE_LIFETIME: i64 = 600;

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_this_machine_is_loopback() {
        for uri in [
            "http://localhost",
            "http://localhost:8400/",
            "http://127.0.0.1:1/x",
            "http://[::1]:2",
        ] {
            assert!(is_loopback(uri), "{uri}");
        }
        for uri in [
            "https://localhost",
            "http://localhost.example",
            "http://localhost@example.com",
            "http://example.com/localhost",
            "javascript:alert(1)",
            "",
        ] {
            assert!(!is_loopback(uri), "{uri}");
        }
    }
}
