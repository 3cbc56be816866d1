//! Certificates and secrets of an application, as Graph reads and writes them.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::error::GraphError;
use crate::calendar::rfc3339;
use crate::directory::record::{Application, KeyCredential, PasswordCredential};
use crate::encoding;
use crate::tokens::jws::{Jws, Key};

/// A [keyCredential](https://learn.microsoft.com/graph/api/resources/keycredential) as it comes in.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct KeyCredentialBody {
    #[serde(rename = "@odata.type")]
    _kind: Option<String>,
    custom_key_identifier: Option<String>,
    display_name: Option<String>,
    start_date_time: Option<String>,
    end_date_time: Option<String>,
    key: Option<String>,
    key_id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    usage: Option<String>,
}

/// Reads a list that takes the place of `known`; those that are kept need no certificate.
pub(crate) fn read_all(
    list: &Value,
    known: &[KeyCredential],
) -> Result<Vec<KeyCredential>, GraphError> {
    let bodies: Vec<KeyCredentialBody> = serde_json::from_value(list.clone()).map_err(|error| {
        GraphError::bad(&format!("Invalid property 'keyCredentials': {error}."))
    })?;
    bodies.into_iter().map(|body| read(body, known)).collect()
}

/// Reads one.
pub(crate) fn read(
    body: KeyCredentialBody,
    known: &[KeyCredential],
) -> Result<KeyCredential, GraphError> {
    if body.kind.as_deref() != Some("AsymmetricX509Cert") {
        return Err(GraphError::bad(
            "The type of a key credential must be 'AsymmetricX509Cert'.",
        ));
    }
    if body.usage.as_deref() != Some("Verify") {
        return Err(GraphError::bad(
            "The usage of a key credential must be 'Verify'.",
        ));
    }
    let Some(key) = &body.key else {
        let kept = known
            .iter()
            .find(|one| Some(&one.key_id) == body.key_id.as_ref());
        return kept.cloned().ok_or_else(|| {
            GraphError::because(
                "KeyCredentialsInvalidKey",
                "A new key credential needs a key.",
            )
        });
    };
    let invalid = || GraphError::because("KeyCredentialsInvalidKey", "Key credential is invalid.");
    let der = certificate(key).ok_or_else(invalid)?;
    let mut credential = KeyCredential::of(&der)?.ok_or_else(invalid)?;
    let (not_before, not_after) = (credential.start, credential.end);
    credential.start = time_of(body.start_date_time.as_ref(), "Start")?.unwrap_or(not_before);
    credential.end = time_of(body.end_date_time.as_ref(), "End")?.unwrap_or(not_after);
    if credential.end > not_after || credential.end <= credential.start {
        let message = "Key credential end date is invalid.";
        return Err(GraphError::because("KeyCredentialsInvalidEndDate", message));
    }
    if credential.start < not_before {
        let message = "Key credential start date is invalid.";
        return Err(GraphError::because(
            "KeyCredentialsInvalidStartDate",
            message,
        ));
    }
    if let Some(name) = body.display_name {
        if name.chars().count() > LONGEST_NAME {
            return Err(GraphError::bad(
                "The displayName of a key credential is too long.",
            ));
        }
        credential.display_name = Some(name);
    }
    if let Some(identifier) = body.custom_key_identifier {
        let bytes = BASE64_STANDARD.decode(identifier);
        credential.custom_key_identifier =
            bytes.map_err(|_| GraphError::bad("customKeyIdentifier is not base64."))?;
    }
    if let Some(key_id) = body.key_id {
        credential.key_id = key_id.to_ascii_lowercase();
    }
    Ok(credential)
}

/// Base64 of DER, or of PEM text, which the service accepts too.
fn certificate(key: &str) -> Option<Vec<u8>> {
    let bytes = BASE64_STANDARD.decode(key).ok()?;
    if bytes.starts_with(b"-----BEGIN") {
        pem::parse(&bytes).ok().map(pem::Pem::into_contents)
    } else {
        Some(bytes)
    }
}

/// A time as clients write it, Unix seconds.
pub(crate) fn time_of(text: Option<&String>, which: &str) -> Result<Option<i64>, GraphError> {
    let Some(text) = text else {
        return Ok(None);
    };
    let parsed = OffsetDateTime::parse(text, &Rfc3339);
    let parsed = parsed.map_err(|_| {
        GraphError::bad(&format!(
            "{which} date '{text}' is no time as ISO 8601 has it."
        ))
    })?;
    Ok(Some(parsed.unix_timestamp()))
}

/// A certificate as it goes out. The certificate itself only goes out if it was asked for.
pub(crate) fn key_json(credential: &KeyCredential, with_key: bool) -> Value {
    json!({
        "customKeyIdentifier": encoding::base64(&credential.custom_key_identifier),
        "displayName": credential.display_name,
        "endDateTime": rfc3339(credential.end),
        "key": with_key.then(|| encoding::base64(&credential.certificate)),
        "keyId": credential.key_id,
        "startDateTime": rfc3339(credential.start),
        "type": "AsymmetricX509Cert",
        "usage": credential.usage,
    })
}

/// A secret as it goes out: never its text.
pub(crate) fn password_json(credential: &PasswordCredential) -> Value {
    json!({
        "customKeyIdentifier": null,
        "displayName": credential.display_name,
        "endDateTime": rfc3339(credential.end),
        "hint": credential.hint,
        "keyId": credential.key_id,
        "secretText": null,
        "startDateTime": rfc3339(credential.start),
    })
}

/// Checks that `proof` was signed with a certificate that the application has already: what lets it
/// change its own certificates ([proof of possession](https://learn.microsoft.com/graph/application-rollkey-prooftoken)).
pub(crate) fn check_proof(
    proof: &str,
    application: &Application,
    now: i64,
) -> Result<(), GraphError> {
    let refuse = |why: &str| {
        let message = format!("Access Token missing or malformed. The proof {why}.");
        Err(GraphError::because(
            "Authentication_MissingOrMalformed",
            &message,
        ))
    };
    let Some(proof) = Jws::parse(proof) else {
        return refuse("is no JWT");
    };
    if !proof.is_for(|name| name.trim_end_matches('/') == DIRECTORY) {
        return refuse(&format!("must have the audience '{DIRECTORY}'"));
    }
    if proof.text("iss") != Some(&application.id) {
        return refuse(&format!("must have the issuer '{}'", application.id));
    }
    let (Some(start), Some(end)) = (proof.time("nbf"), proof.time("exp")) else {
        return refuse("lacks 'nbf' or 'exp'");
    };
    if now + SKEW < start || now >= end {
        return refuse("is not within its valid time range");
    }
    if end - start > LONGEST_PROOF {
        return refuse("must not hold for longer than ten minutes");
    }
    let Some(thumbprint) = proof.header.thumbprint() else {
        return refuse("has no thumbprint in its header");
    };
    let mut all = application.certificates.iter();
    let found = all.find(|one| thumbprint.is_of(&one.certificate));
    let Some(found) = found.filter(|one| one.start <= now && now < one.end) else {
        return refuse("is not signed with a valid certificate of the application");
    };
    let key = Key::of_certificate(&found.certificate);
    if key.is_some_and(|key| proof.is_signed_by(&key)) {
        Ok(())
    } else {
        refuse("has a wrong signature")
    }
}

const LONGEST_NAME: usize = 90;
/// The audience of proofs: the older directory API.
const DIRECTORY: &str = "00000002-0000-0000-c000-000000000000";
/// Seconds that a proof may hold.
const LONGEST_PROOF: i64 = 600;
/// Seconds that a client's clock may be ahead.
const SKEW: i64 = 300;
