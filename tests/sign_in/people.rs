//! A person with a browser: the device code flow.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::cloud::{Cloud, TOKEN, fails, says, signs_in};
use crate::support::replay::{Reply, Seen};

const CODE: &str = "the-device-code-is-secret";
const MESSAGE: &str =
    "To sign in, open https://microsoft.com/devicelogin and enter the code ABC123.";

/// An Entra that gives a code, and then these errors one after the other, then the token.
fn entra(errors: &'static [&'static str], expires_in: u64) -> impl Fn(&Seen) -> Reply {
    let asked = AtomicUsize::new(0);
    move |seen| {
        if seen.path.ends_with("/devicecode") {
            return Reply::json(json!({
                "device_code": CODE, "user_code": "ABC123", "message": MESSAGE,
                "verification_uri": "https://microsoft.com/devicelogin",
                "expires_in": expires_in, "interval": 1,
            }));
        }
        match errors.get(asked.fetch_add(1, Ordering::SeqCst)) {
            Some(error) => Reply::new(400, json!({"error": error}).to_string()),
            None => Reply::json(json!({"access_token": TOKEN, "expires_in": 3599})),
        }
    }
}

#[test]
fn they_are_told_what_to_do() {
    let cloud = Cloud::with_entra(entra(&["authorization_pending"], 900));
    let said = signs_in(&mut cloud.kvcert("device-code"), "device-code");
    assert!(said.contains(MESSAGE) && !said.contains(CODE), "{said}");
    let seen = cloud.server.seen();
    let paths: Vec<&str> = seen
        .iter()
        .filter(|seen| seen.host.starts_with("login."))
        .map(|seen| seen.path.as_str())
        .collect();
    let path = |name| format!("/organizations/oauth2/v2.0/{name}");
    assert_eq!(paths, [path("devicecode"), path("token"), path("token")]);
    let forms = cloud.forms();
    assert!(forms[0].contains("client_id=04b07795-8ddb-461a-bbee-02f9e1bf7b46&scope="));
    assert!(forms[1].contains(&format!("&device_code={CODE}")));
}

/// Five seconds more between the questions, as RFC 8628 has it.
#[test]
fn they_may_be_asked_for_patience() {
    let cloud = Cloud::with_entra(entra(&["slow_down"], 900));
    let start = std::time::Instant::now();
    signs_in(&mut cloud.kvcert("device-code"), "device-code");
    assert!(start.elapsed() >= std::time::Duration::from_secs(1 + 1 + 5));
    assert_eq!(cloud.forms().len(), 3);
}

#[test]
fn what_may_happen_instead() {
    for (errors, expires_in, words) in [
        (&["authorization_declined"][..], 900, "was declined"),
        (&["expired_token"], 900, "expired"),
        (&["authorization_pending"; 9], 2, "expired"),
    ] {
        let cloud = Cloud::with_entra(entra(errors, expires_in));
        says(
            &fails(&mut cloud.kvcert("device-code"), "device-code"),
            words,
        );
    }
    let cloud = Cloud::with_entra(entra(&["bad_verification_code"], 900));
    fails(&mut cloud.kvcert("device-code"), "sign-in-refused");
}
