//! Seeing that it works: a token for the application, signed for in the vault.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kvcert::identity::{AccessToken, CredentialError};
use kvcert::vault::CertificateObject;
use kvcert_pki::validity::{now, rfc3339};
use serde::Serialize;

use super::session::AppSession;
use super::steps::Steps;
use crate::failure::Failure;

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
    let mut patience = steps.patience(String::from(
        "Entra knows the application and its certificate",
    ));
    let token = loop {
        match session.token(&application, scope).await {
            Ok(token) => {
                let has = role.is_none_or(|role| roles(&token).iter().any(|it| it == role));
                if has {
                    break token;
                }
                patience.pause(None).await.map_err(|failure| {
                    failure.context("the token does not have the permission yet")
                })?;
            }
            Err(error) if is_too_early(&error) => {
                if let Err(failure) = patience.pause(None).await {
                    let error = Failure::from(error);
                    return Err(Failure {
                        hint: failure.hint,
                        ..error
                    }
                    .context("cannot get a token with the certificate"));
                }
            }
            Err(error) => {
                return Err(Failure::from(error).context("cannot get a token with the certificate"));
            }
        }
    };
    drop(patience);
    steps.did(format!("get a token for {scope}, signed in the vault"));
    let lifetime = token.not_after().and_then(|end| {
        let left = end.duration_since(std::time::SystemTime::now()).ok()?;
        i64::try_from(left.as_secs()).ok()
    });
    Ok(Got {
        scope: scope.to_owned(),
        expires: lifetime.map(|left| rfc3339(now() + left)),
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
