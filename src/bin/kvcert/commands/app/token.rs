//! Seeing that it works: a token for the application, signed for in the vault.

use std::time::UNIX_EPOCH;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kvcert::identity::{AccessToken, CredentialError};
use kvcert::polling::{Look, Polling};
use kvcert::vault::CertificateObject;
use kvcert_pki::validity::rfc3339;
use serde::Serialize;

use super::app_session::AppSession;
use super::steps::Steps;
use crate::failure::{Failure, Reason};

/// A token that was got. The JSON field names are part of the contract.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Got {
    scope: String,
    expires: Option<String>,
    /// The permissions in it.
    roles: Vec<String>,
}

/// Gets a token with this version of the certificate. What was registered a moment ago is not
/// known everywhere at once: that is waited for, and so is the permission `role`.
pub(super) async fn get(
    app_id: &str,
    version: &CertificateObject,
    scope: &str,
    role: Option<&str>,
    session: &AppSession<'_>,
    steps: &mut Steps<'_>,
) -> Result<Got, Failure> {
    let application = session.application(app_id, version)?;
    // What the last look met, where it was not merely the permission that is missing.
    let mut too_early = None;
    let look = async || match session.token(&application, scope).await {
        Ok(token) => {
            too_early = None;
            let has = role.is_none_or(|role| roles(&token).iter().any(|it| it == role));
            Ok(if has {
                Look::Done(token)
            } else {
                Look::NOT_YET
            })
        }
        Err(error) if is_too_early(&error) => {
            too_early = Some(error);
            Ok(Look::NOT_YET)
        }
        Err(error) => Err(Failure::from(error).context(NO_TOKEN)),
    };
    let what = "Entra knows the application and its certificate";
    let waited = steps.wait(what, async |polling: &Polling<'_>| {
        polling.until(look).await
    });
    let token = match (waited.await, too_early) {
        (Ok(token), _) => token,
        (Err(failure), Some(error)) if failure.reason == Reason::NotYet => {
            let hint = failure.hint;
            let error = Failure::from(error);
            return Err(Failure { hint, ..error }.context(NO_TOKEN));
        }
        (Err(failure), None) if failure.reason == Reason::NotYet => {
            return Err(failure.context("the token does not have the permission yet"));
        }
        (Err(failure), _) => return Err(failure),
    };
    steps.did(format!("get a token for {scope}, signed in the vault"));
    let expires = token.not_after().and_then(|end| {
        let end = end.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(end.as_secs()).ok()
    });
    Ok(Got {
        scope: scope.to_owned(),
        expires: expires.map(rfc3339),
        roles: roles(&token),
    })
}

/// What Entra says for a while of an application (700016, 7000229, 7000112) or of a certificate
/// (700027) that is new.
fn is_too_early(error: &CredentialError) -> bool {
    matches!(
        error.code(),
        Some(700_016 | 700_027 | 7_000_229 | 7_000_112)
    )
}

/// The permissions that a token says it has. Only the API may rely on that; here it says whether
/// the grant has reached Entra's token service.
fn roles(token: &AccessToken) -> Vec<String> {
    #[derive(serde::Deserialize, Default)]
    struct Claims {
        #[serde(default)]
        roles: Vec<String>,
    }
    let payload = token.expose().split('.').nth(1).unwrap_or_default();
    let json = URL_SAFE_NO_PAD
        .decode(payload.trim_end_matches('='))
        .unwrap_or_default();
    let claims: Claims = serde_json::from_slice(&json).unwrap_or_default();
    let shown = claims
        .roles
        .iter()
        .map(|role| kvcert_pki::text::excerpt(role, 100));
    shown.collect()
}

const NO_TOKEN: &str = "cannot get a token with the certificate";
