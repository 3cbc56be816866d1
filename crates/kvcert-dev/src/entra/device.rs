//! The [device code flow](https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code):
//! a program shows a code, a person types it in at a page.

use axum::http::Method;
use serde::Serialize;

use super::refusal::Refusal;
use super::request::TokenRequest;
use super::scope::{self, Scope};
use super::session::{Decision, Device};
use super::{client, page, person};
use crate::encoding;
use crate::http::reply::Reply;

/// Gives a program its two codes.
pub(crate) fn begin(request: &TokenRequest<'_>) -> Result<Reply, Refusal> {
    let client = client::find(request)?;
    let scope = scope::asked(request).unwrap_or_else(|| String::from("openid"));
    Scope::of_person(request, &scope)?;
    let device_code = encoding::base64url(encoding::random::<32>()?);
    let user_code = user_code()?;
    let verification_uri = format!("{}/devicelogin", request.call.origin());
    let message = format!(
        "To sign in, use a web browser to open the page {verification_uri} and enter the code \
         {user_code} to authenticate."
    );
    let now = request.call.now;
    let mut devices = request.entra.devices.lock();
    devices.retain(|_, device| device.until + LIFETIME > now);
    let device = Device {
        user_code: user_code.clone(),
        client_id: client.app_id,
        scope,
        until: now + LIFETIME,
        answer: None,
    };
    devices.insert(device_code.clone(), device);
    Ok(Reply::ok(&Codes {
        user_code,
        device_code,
        verification_uri,
        expires_in: LIFETIME,
        interval: 5,
        message,
    }))
}

/// `grant_type=urn:ietf:params:oauth:grant-type:device_code`
pub(crate) fn redeem(request: &TokenRequest<'_>) -> Result<Reply, Refusal> {
    let client = client::authenticate(request)?;
    let code = request
        .form
        .optional("device_code")
        .or_else(|| request.form.optional("code"));
    let code = code.ok_or_else(|| Refusal::missing("device_code"))?;
    let found = request.entra.devices.lock().get(code).cloned();
    let device = found
        .filter(|device| device.client_id == client.app_id)
        .ok_or_else(|| {
            let message = "The device code is not valid: it was not issued to this client, or was \
                       used already.";
            Refusal::named("bad_verification_code", 70018, message)
        })?;
    if request.call.now >= device.until {
        let message = "The code has expired. Start the device code flow again.";
        return Err(Refusal::named("expired_token", 70019, message));
    }
    match device.answer {
        None => {
            let message =
                "OAuth 2.0 device flow error. Authorization is pending. Continue polling.";
            Err(Refusal::named("authorization_pending", 70016, message))
        }
        Some(Decision::Declined) => {
            let message = "User declined to consent to access the app.";
            Err(Refusal::named("authorization_declined", 65004, message))
        }
        Some(Decision::Allowed(user)) => {
            let person = person::person(request, &user)?;
            let reply = person::issue(request, &client, &person, &device.scope, "")?;
            request.entra.devices.lock().remove(code);
            Ok(reply)
        }
    }
}

/// The page where the code is typed in.
pub(crate) fn login(request: &TokenRequest<'_>) -> Result<Reply, Refusal> {
    if request.call.method != Method::POST {
        return Ok(page::device(request, None));
    }
    let typed = request.form.get("user_code")?.trim().to_ascii_uppercase();
    let now = request.call.now;
    let found = request
        .entra
        .devices
        .lock()
        .values()
        .find(|device| device.user_code == typed && device.until > now && device.answer.is_none())
        .cloned();
    let Some(device) = found else {
        return Ok(page::device(
            request,
            Some("That code is not valid, or has expired."),
        ));
    };
    let answer = page::answer(request)?;
    if let Decision::Allowed(_) = answer {
        let scope = Scope::of_person(request, &device.scope)?;
        person::consent(request, &device.client_id, &scope)?;
    }
    let mut devices = request.entra.devices.lock();
    let device = devices
        .values_mut()
        .find(|device| device.user_code == typed);
    if let Some(device) = device {
        device.answer = Some(answer);
    }
    Ok(page::done())
}

/// Nine letters and digits that are not mistaken for each other.
fn user_code() -> anyhow::Result<String> {
    let random = encoding::random::<9>()?;
    let letters = random.iter().map(|byte| LETTERS[usize::from(byte % 32)]);
    Ok(letters.map(char::from).collect())
}

#[derive(Serialize)]
struct Codes {
    user_code: String,
    device_code: String,
    verification_uri: String,
    expires_in: i64,
    interval: i64,
    message: String,
}

const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Seconds.
const LIFETIME: i64 = 900;
