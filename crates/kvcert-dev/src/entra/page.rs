//! The few pages that a person sees, plain enough for a script to fill in.

use axum::http::{StatusCode, header};

use super::refusal::Refusal;
use super::request::TokenRequest;
use super::session::{Decision, Ticket};
use crate::http::reply::Reply;

/// Whether the form has the start-up code: anyone else who can reach the page is not the one who
/// started the dev vault.
pub(crate) fn has_start_code(request: &TokenRequest<'_>) -> bool {
    let given = request.form.optional("start_code").unwrap_or_default();
    request.entra.start_code.is(given)
}

/// Reads the answer of a page's form: `answer=allow` or another, and the person's name.
pub(crate) fn answer(request: &TokenRequest<'_>) -> Result<Decision, Refusal> {
    if request.form.get("answer")? != "allow" {
        return Ok(Decision::Declined);
    }
    let records = request.entra.directory.read();
    let named = request.form.optional("user");
    let mut users = records.users.iter();
    let found = match named {
        Some(name) => users.find(|user| user.upn.eq_ignore_ascii_case(name)),
        None => users.next(),
    };
    found
        .map(|user| Decision::Allowed(user.id.clone()))
        .ok_or_else(|| {
            let name = named.unwrap_or_default();
            let tenant = &request.entra.directory.tenant.id;
            let message =
                format!("The user account {name} does not exist in the {tenant} directory.");
            Refusal::grant(50034, &message)
        })
}

/// The page of the authorization code flow.
pub(crate) fn authorize(
    request: &TokenRequest<'_>,
    name: &str,
    ticket: &Ticket,
    signed: &str,
    problem: Option<&str>,
) -> Reply {
    let hint = request.form.optional("login_hint").unwrap_or_default();
    form(
        "Sign in",
        problem,
        &format!(
            "<p><b>{}</b> asks for</p><pre>{}</pre><form method=\"post\">\
             <input type=\"hidden\" name=\"ticket\" value=\"{}\">{}{START_CODE}{BUTTONS}</form>",
            escape(name),
            escape(&ticket.scope),
            escape(signed),
            people(request, hint)
        ),
    )
}

/// The page of the device code flow.
pub(crate) fn device(request: &TokenRequest<'_>, problem: Option<&str>) -> Reply {
    form(
        "Enter code",
        problem,
        &format!(
            "<form method=\"post\"><p><label>Code <input name=\"user_code\" autofocus></label>\
             </p>{}{START_CODE}{BUTTONS}</form>",
            people(request, "")
        ),
    )
}

/// A page with a form; with 403, what is wrong with what was typed into it.
fn form(title: &'static str, problem: Option<&str>, body: &str) -> Reply {
    let Some(problem) = problem else {
        return page(StatusCode::OK, title, body);
    };
    let body = format!("<p>{}</p>{body}", escape(problem));
    page(StatusCode::FORBIDDEN, title, &body)
}

/// After the device code flow.
pub(crate) fn done() -> Reply {
    page(
        StatusCode::OK,
        "Done",
        "<p>You may close this window and go back to the program.</p>",
    )
}

/// Sends the browser back to the client, in the way that it asked for.
pub(crate) fn lead_back(ticket: &Ticket, parameters: &[(&str, &str)]) -> Reply {
    let mut all = parameters.to_vec();
    if !ticket.state.is_empty() {
        all.push(("state", &ticket.state));
    }
    let target = &ticket.redirect_uri;
    if ticket.response_mode == "form_post" {
        let fields: String = all
            .iter()
            .map(|(name, value)| {
                let value = escape(value);
                format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
            })
            .collect();
        let form = format!(
            "<form method=\"post\" action=\"{}\">{fields}<button>Go on</button></form>",
            escape(target)
        );
        return page(StatusCode::OK, "Go on", &form);
    }
    let encoded = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(all)
        .finish();
    let separator = match (&*ticket.response_mode, target.contains('?')) {
        ("fragment", _) => '#',
        (_, true) => '&',
        (_, false) => '?',
    };
    Reply::empty(StatusCode::FOUND)
        .with_header(header::LOCATION, &format!("{target}{separator}{encoded}"))
}

fn people(request: &TokenRequest<'_>, hint: &str) -> String {
    let records = request.entra.directory.read();
    let options = records.users.iter().map(|user| {
        let chosen = if user.upn.eq_ignore_ascii_case(hint) {
            " selected"
        } else {
            ""
        };
        format!("<option{chosen}>{}</option>", escape(&user.upn))
    });
    let options: String = options.collect();
    format!("<p><label>As <select name=\"user\">{options}</select></label></p>")
}

fn page(status: StatusCode, title: &str, body: &str) -> Reply {
    Reply::html(
        status,
        &format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>body{{font:16px sans-serif;margin:3em auto;max-width:30em}}</style></head>\
         <body><h1>{title}</h1>{body}<p><small>This is kvcert's dev vault, not Microsoft.</small>\
         </p></body></html>"
        ),
    )
    .with_headers(&[
        (
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'",
        ),
        ("x-frame-options", "DENY"),
    ])
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// What a page says to another code than that of this start.
pub(crate) const WRONG_START_CODE: &str =
    "That is not the start-up code, which `kvcert dev` shows when it starts.";
const START_CODE: &str = "<p><label>Start-up code of <code>kvcert dev</code> \
     <input type=\"password\" name=\"start_code\" autocomplete=\"off\" required></label></p>";
const BUTTONS: &str = "<p><button name=\"answer\" value=\"allow\">Allow</button> \
     <button name=\"answer\" value=\"decline\">Decline</button></p>";

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn nothing_becomes_markup() {
        assert_eq!(
            escape("<a href='x'>&\""),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;"
        );
    }
}
