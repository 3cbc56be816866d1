//! Assertions that an application signs with its certificate
//! ([format](https://learn.microsoft.com/entra/identity-platform/certificate-credentials)).

use super::refusal::{REVIEW, Refusal};
use crate::calendar::rfc3339;
use crate::directory::record::{Application, KeyCredential};
use crate::tokens::jws::{Jws, Key, Thumbprint};

/// Checks an assertion that `application` made. `audiences` says which are ours.
pub(crate) fn check(
    assertion: &Jws<'_>,
    application: &Application,
    is_audience: impl Fn(&str) -> bool,
    now: i64,
) -> Result<(), Refusal> {
    expect_claims(assertion, &application.app_id, is_audience, now)?;
    let credential = credential(assertion, application)?;
    if now < credential.start || now >= credential.end {
        return Err(wrong_key(
            assertion,
            application,
            Reason::Expired(credential),
        ));
    }
    let key = Key::of_certificate(&credential.certificate);
    if key.is_some_and(|key| assertion.is_signed_by(&key)) {
        Ok(())
    } else {
        Err(wrong_key(assertion, application, Reason::Signature))
    }
}

fn expect_claims(
    assertion: &Jws<'_>,
    app_id: &str,
    is_audience: impl Fn(&str) -> bool,
    now: i64,
) -> Result<(), Refusal> {
    let alg = &assertion.header.alg;
    if !matches!(&**alg, "RS256" | "PS256") {
        let message = format!(
            "Client assertion contains an invalid signature: '{alg}' is not a supported signature \
             algorithm. Supported signing algorithms are: 'RS256, PS256'."
        );
        return Err(Refusal::client(50012, &message));
    }
    for claim in ["iss", "sub"] {
        let named = assertion.text(claim).unwrap_or_default();
        if !named.eq_ignore_ascii_case(app_id) {
            let message = format!(
                "Client assertion application identifier doesn't match 'client_id' parameter: \
                 '{claim}' is '{named}'. {REVIEW}"
            );
            return Err(Refusal::client(700021, &message));
        }
    }
    if !assertion.is_for(is_audience) {
        let message =
            format!("Client assertion audience claim does not match Realm issuer. {REVIEW}");
        return Err(Refusal::client(700023, &message));
    }
    expect_in_time(assertion, now)
}

/// Is it time for this assertion? A clock may be a little ahead of ours.
pub(crate) fn expect_in_time(assertion: &Jws<'_>, now: i64) -> Result<(), Refusal> {
    let Some(end) = assertion.time("exp") else {
        let message = "The required field 'exp' is missing from the credential. Ensure that you \
                       have all the necessary parameters for the login request.";
        return Err(Refusal::client(90014, message));
    };
    let start = assertion.time("nbf");
    if now < end && start.is_none_or(|start| now + SKEW >= start) {
        return Ok(());
    }
    let message = format!(
        "Client assertion is not within its valid time range. Current time: {}, assertion valid \
         from {}, expiry time of assertion {}. {REVIEW}",
        rfc3339(now),
        rfc3339(start.or_else(|| assertion.time("iat")).unwrap_or_default()),
        rfc3339(end)
    );
    Err(Refusal::client(700024, &message))
}

/// The registered certificate that the header names.
fn credential<'a>(
    assertion: &Jws<'_>,
    application: &'a Application,
) -> Result<&'a KeyCredential, Refusal> {
    let named = assertion.header.thumbprint();
    let brought = assertion.header.certificate();
    let mut candidates = application.certificates.iter();
    let found = match (&named, &brought) {
        (Some(named), _) => candidates.find(|c| named.is_of(&c.certificate)),
        (None, Some(Some(der))) => candidates.find(|c| c.certificate == *der),
        (None, _) => None,
    };
    let found = found.ok_or_else(|| wrong_key(assertion, application, Reason::NotFound))?;
    match brought {
        Some(der) if der.as_ref() != Some(&found.certificate) => {
            Err(wrong_key(assertion, application, Reason::OtherCertificate))
        }
        _ => Ok(found),
    }
}

/// What is wrong with the key of an assertion.
enum Reason<'a> {
    NotFound,
    OtherCertificate,
    Expired(&'a KeyCredential),
    Signature,
}

fn wrong_key(assertion: &Jws<'_>, application: &Application, reason: Reason<'_>) -> Refusal {
    let thumbprint = match assertion.header.thumbprint() {
        Some(Thumbprint::Sha1(bytes) | Thumbprint::Sha256(bytes)) => hex::encode_upper(bytes),
        None => String::new(),
    };
    let (start, why, more) = match reason {
        Reason::NotFound => (
            "The certificate with identifier used to sign the client assertion is not registered \
             on application.",
            "The key was not found.",
            String::new(),
        ),
        Reason::OtherCertificate => (
            "Client assertion contains an invalid signature.",
            "The certificate in the header 'x5c' is not the one of the thumbprint.",
            String::new(),
        ),
        Reason::Expired(found) => (
            "Client assertion contains an invalid signature.",
            "The key used is expired.",
            format!(
                "Found key 'Start={}, End={}', ",
                rfc3339(found.start),
                rfc3339(found.end)
            ),
        ),
        Reason::Signature => (
            "Client assertion failed signature validation.",
            "The provided signature value did not match the expected signature value.",
            String::new(),
        ),
    };
    let message = format!(
        "{start} [Reason - {why}, Thumbprint of key used by client: '{thumbprint}', {more}Please \
         visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys \
         for app Id '{}'.]",
        application.app_id
    );
    Refusal::client(700027, &message)
}

/// Seconds that a client's clock may be ahead.
const SKEW: i64 = 300;
