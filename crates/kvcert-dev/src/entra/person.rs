//! Tokens for people: refresh tokens, authorization codes, and on behalf of someone.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::client::{self, Client};
use super::discovery;
use super::minting::Subject;
use super::refusal::Refusal;
use super::request::TokenRequest;
use super::scope::{self, Scope};
use super::session::{Kind, Ticket};
use super::token_reply::{self, Extra};
use crate::directory::record::{Consent, User};
use crate::encoding;
use crate::http::reply::Reply;
use crate::tokens::claims::{Claims, TOKEN_LIFETIME};

/// `grant_type=authorization_code`
pub(crate) fn redeem_code(request: &TokenRequest<'_>) -> Result<Reply, Refusal> {
    let client = client::authenticate(request)?;
    let now = request.call.now;
    let code = ticket(request, request.form.get("code")?, Kind::Code)?;
    let ours = code.client_id.eq_ignore_ascii_case(&client.app_id);
    if !ours {
        return Err(Refusal::grant(
            70000,
            "The provided value for the input parameter 'code' is not valid.",
        ));
    }
    let redirect_uri = request.form.get("redirect_uri")?;
    if redirect_uri != code.redirect_uri {
        let message = format!(
            "The reply address '{redirect_uri}' does not match the reply address '{}' provided when \
             requesting Authorization code.",
            code.redirect_uri
        );
        return Err(Refusal::grant(500112, &message));
    }
    expect_verifier(request, &code)?;
    if !request.entra.redeemed.note(&code, now) {
        let message = "OAuth2 Authorization code was already redeemed, please retry with a new \
                       valid code or use an existing refresh token.";
        return Err(Refusal::grant(54005, message));
    }
    let person = person(request, &code.user)?;
    issue(request, &client, &person, &code.scope, &code.nonce)
}

/// Proof Key for Code Exchange ([RFC 7636](https://www.rfc-editor.org/rfc/rfc7636#section-4.6)).
fn expect_verifier(request: &TokenRequest<'_>, code: &Ticket) -> Result<(), Refusal> {
    if code.challenge.is_empty() {
        return Ok(());
    }
    let verifier = request.form.get("code_verifier")?;
    let answer = if code.plain_challenge {
        verifier.to_owned()
    } else {
        encoding::base64url(Sha256::digest(verifier))
    };
    verify_slices_are_equal(answer.as_bytes(), code.challenge.as_bytes()).map_err(|_| {
        let message = "The Code_Verifier does not match the code_challenge supplied in the \
                       authorization request.";
        Refusal::grant(501481, message)
    })
}

/// `grant_type=refresh_token`
pub(crate) fn refresh(request: &TokenRequest<'_>) -> Result<Reply, Refusal> {
    let client = client::authenticate(request)?;
    let old = ticket(request, request.form.get("refresh_token")?, Kind::Refresh)?;
    if !old.client_id.eq_ignore_ascii_case(&client.app_id) {
        let message = "The provided value for the input parameter 'refresh_token' is not valid: it \
                       was issued to another client.";
        return Err(Refusal::grant(70000, message));
    }
    let person = person(request, &old.user)?;
    let asked = scope::asked(request).unwrap_or(old.scope);
    issue(request, &client, &person, &with_refresh(asked), "")
}

/// Who refreshes gets another refresh token.
fn with_refresh(scope: String) -> String {
    if scope
        .split_whitespace()
        .any(|part| part == "offline_access")
    {
        scope
    } else {
        format!("{scope} offline_access")
    }
}

/// `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer`: an API passes on who called it.
pub(crate) fn on_behalf_of(request: &TokenRequest<'_>) -> Result<Reply, Refusal> {
    let client = client::authenticate_confidential(request)?;
    let used = request.form.get("requested_token_use")?;
    if used != "on_behalf_of" {
        let message = format!("The value '{used}' of 'requested_token_use' is not supported.");
        return Err(Refusal::request(90023, &message));
    }
    let claims = request.entra.tokens.read(request.form.get("assertion")?);
    let claims = claims.ok_or_else(|| {
        let message = "Assertion failed signature validation. [Reason - The key was not found.]";
        Refusal::grant(50013, message)
    })?;
    let now = request.call.now;
    if now < claims.nbf || now >= claims.exp {
        let message = "Assertion is not within its valid time range. Ensure that the access token \
                       is not expired before using it for user assertion, or request a new token.";
        return Err(Refusal::grant(500133, message));
    }
    expect_for(request, &client, &claims)?;
    if claims.idtyp != "user" {
        let message = format!(
            "Application '{}' is not allowed to make application on-behalf-of calls.",
            client.app_id
        );
        return Err(Refusal::named("invalid_grant", 7000114, &message));
    }
    let person = person(request, &claims.oid)?;
    let scope = request.form.get("scope")?.to_owned();
    issue(request, &client, &person, &scope, "")
}

/// The assertion must be a token for the very application that presents it.
fn expect_for(request: &TokenRequest<'_>, client: &Client, claims: &Claims) -> Result<(), Refusal> {
    let local = |host: &str| request.call.origin_of(host);
    let named = Scope::of_audience(&request.entra.directory, &claims.aud, &local);
    if named.is_ok_and(|scope| scope.resource.app_id == client.app_id) {
        return Ok(());
    }
    let message = format!(
        "Assertion audience does not match the Client app presenting the assertion. The audience \
         in the assertion was '{}' and the expected audience is '{}' or one of the Application \
         Uris of this application.",
        claims.aud, client.app_id
    );
    Err(Refusal::grant(500131, &message))
}

/// An access token for a person, and what else was asked for.
pub(crate) fn issue(
    request: &TokenRequest<'_>,
    client: &Client,
    person: &User,
    scope: &str,
    nonce: &str,
) -> Result<Reply, Refusal> {
    let asked = Scope::of_person(request, scope)?;
    expect_consent(request, client, &asked)?;
    let claims = token_reply::mint(request, client, Subject::Person(person), &asked)?;
    let tenant_id = &request.entra.directory.tenant.id;
    let now = request.call.now;
    let refresh_token = if asked.wants_refresh {
        Some(sign(
            request,
            &Ticket {
                ticket: Kind::Refresh,
                id: encoding::guid()?,
                client_id: client.app_id.clone(),
                scope: scope.to_owned(),
                user: person.id.clone(),
                exp: now + NINETY_DAYS,
                ..Ticket::default()
            },
        )?)
    } else {
        None
    };
    let id_token = if asked.wants_identity {
        Some(identity(request, client, person, nonce)?)
    } else {
        None
    };
    let asked_info = request.form.optional("client_info") == Some("1");
    let info = serde_json::json!({"uid": person.id, "utid": tenant_id});
    token_reply::reply(
        request,
        &claims,
        Extra {
            scope: Some(asked.text),
            refresh_token,
            id_token,
            client_info: asked_info.then(|| encoding::base64url(info.to_string())),
        },
    )
}

/// A token that tells the client who signed in.
fn identity(
    request: &TokenRequest<'_>,
    client: &Client,
    person: &User,
    nonce: &str,
) -> Result<String, Refusal> {
    let tenant_id = &request.entra.directory.tenant.id;
    let now = request.call.now;
    let token = request.entra.sign(&IdToken {
        aud: &client.app_id,
        iss: discovery::issuer(request.call, tenant_id),
        iat: now,
        nbf: now,
        exp: now + TOKEN_LIFETIME,
        name: &person.display_name,
        nonce,
        oid: &person.id,
        preferred_username: &person.upn,
        sub: &person.id,
        tid: tenant_id,
        unique_name: &person.upn,
        upn: &person.upn,
        ver: "2.0",
    })?;
    Ok(token.expose().clone())
}

/// People agreed, on a page, that the application may act for them there. Microsoft's own tools
/// need not ask.
fn expect_consent(
    request: &TokenRequest<'_>,
    client: &Client,
    scope: &Scope,
) -> Result<(), Refusal> {
    let Some(application) = &client.application else {
        return Ok(());
    };
    let itself = scope.resource.app_id == client.app_id;
    let records = request.entra.directory.read();
    let mut consents = records.consents.iter();
    let given = consents.any(|consent| {
        consent.client_app_id == client.app_id && consent.resource_app_id == scope.resource.app_id
    });
    if given || itself {
        return Ok(());
    }
    let message = format!(
        "The user or administrator has not consented to use the application with ID '{}' named \
         '{}'. Send an interactive authorization request for this user and resource.",
        client.app_id, application.display_name
    );
    Err(Refusal::grant(65001, &message))
}

/// Notes that people agreed.
pub(crate) fn consent(
    request: &TokenRequest<'_>,
    app_id: &str,
    scope: &Scope,
) -> Result<(), Refusal> {
    let resource_app_id = &scope.resource.app_id;
    request.entra.directory.put(Consent {
        id: format!("{app_id}/{resource_app_id}"),
        client_app_id: app_id.to_owned(),
        resource_app_id: resource_app_id.clone(),
    })?;
    Ok(())
}

/// The person with this identifier.
pub(crate) fn person(request: &TokenRequest<'_>, id: &str) -> Result<User, Refusal> {
    let records = request.entra.directory.read();
    let found = records.users.iter().find(|user| user.id == id);
    found.cloned().ok_or_else(|| {
        let message = "The user account does not exist in the directory, or was deleted.";
        Refusal::grant(50034, message)
    })
}

/// Reads a ticket of ours that still holds.
pub(crate) fn ticket(
    request: &TokenRequest<'_>,
    text: &str,
    kind: Kind,
) -> Result<Ticket, Refusal> {
    let read: Option<Ticket> = request.entra.tickets.verify(text);
    let read = read.filter(|ticket| ticket.ticket == kind).ok_or_else(|| {
        let message = "The provided authorization code or refresh token is not valid.";
        Refusal::grant(70000, message)
    })?;
    if request.call.now < read.exp {
        return Ok(read);
    }
    let message = "The provided authorization code or refresh token has expired due to inactivity. \
                   Send a new interactive authorization request for this user and resource.";
    let number = match kind {
        Kind::Refresh => 700082,
        _ => 70008,
    };
    Err(Refusal::grant(number, message))
}

/// Signs a ticket.
pub(crate) fn sign(request: &TokenRequest<'_>, ticket: &Ticket) -> Result<String, Refusal> {
    Ok(request.entra.tickets.sign(ticket)?.expose().clone())
}

/// Who signed in ([claims](https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference)).
#[derive(Serialize)]
struct IdToken<'a> {
    aud: &'a str,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    nonce: &'a str,
    oid: &'a str,
    preferred_username: &'a str,
    sub: &'a str,
    tid: &'a str,
    unique_name: &'a str,
    upn: &'a str,
    ver: &'static str,
}

const NINETY_DAYS: i64 = 90 * 86_400;
