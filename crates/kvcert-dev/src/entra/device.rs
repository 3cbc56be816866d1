//! The [device code flow](https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code):
//! a program shows a code, a person types it in at a page.

use aws_lc_rs::constant_time::verify_slices_are_equal;
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
    // Nine letters and digits, which the program's code begins with: so both find the device.
    let user_code = encoding::letters::<USER_CODE>()?;
    let random = encoding::base64url(encoding::random::<32>()?);
    let device_code = format!("{user_code}{random}");
    let verification_uri = format!("{}/devicelogin", request.call.origin());
    let message = format!(
        "To sign in, use a web browser to open the page {verification_uri} and enter the code \
         {user_code} to authenticate."
    );
    let now = request.call.now;
    let device = Device {
        device_code: device_code.clone(),
        client_id: client.app_id,
        scope,
        until: now + LIFETIME,
        answer: None,
    };
    // A program that polls too late learns that its code has expired.
    let forgotten = device.until + LIFETIME;
    let mut devices = request.entra.devices.lock();
    devices.insert(user_code.clone(), device, forgotten, now);
    drop(devices);
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
    let user_code = code.get(..USER_CODE).unwrap_or_default();
    let found = request.entra.devices.lock().get_mut(user_code).cloned();
    let is_its = |device: &Device| {
        verify_slices_are_equal(device.device_code.as_bytes(), code.as_bytes()).is_ok()
    };
    let device = found
        .filter(|device| device.client_id == client.app_id && is_its(device))
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
            request.entra.devices.lock().remove(user_code);
            Ok(reply)
        }
    }
}

/// The page where the code is typed in.
pub(crate) fn login(request: &TokenRequest<'_>) -> Result<Reply, Refusal> {
    if request.call.method != Method::POST {
        return Ok(page::device(request, None));
    }
    if !page::has_start_code(request) {
        return Ok(page::device(request, Some(page::WRONG_START_CODE)));
    }
    let typed = request.form.get("user_code")?.trim().to_ascii_uppercase();
    let now = request.call.now;
    let waits = |device: &&mut Device| device.until > now && device.answer.is_none();
    let mut devices = request.entra.devices.lock();
    let found = devices.get_mut(&typed).filter(waits).cloned();
    drop(devices);
    let Some(device) = found else {
        let problem = "That code is not valid, or has expired.";
        return Ok(page::device(request, Some(problem)));
    };
    let answer = page::answer(request)?;
    if let Decision::Allowed(_) = answer {
        let scope = Scope::of_person(request, &device.scope)?;
        person::consent(request, &device.client_id, &scope)?;
    }
    if let Some(device) = request.entra.devices.lock().get_mut(&typed) {
        device.answer = Some(answer);
    }
    Ok(page::done())
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

/// The letters of a code that a person types in.
const USER_CODE: usize = 9;
/// Seconds.
const LIFETIME: i64 = 900;
