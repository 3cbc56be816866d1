//! Tokens that are kept between runs, where `--token-cache` asks for that.

use std::time::SystemTime;

use super::{Party, certificate};
use crate::{
    commands::{Context, sign_in},
    failure::Failure,
    token::{AccessToken, Authority, cache::CacheKey},
    vault::address::CertificateRef,
};

/// Whose token it is, and what it is for.
pub(in crate::commands) struct Whose<'a> {
    pub(in crate::commands) flow: &'a str,
    pub(in crate::commands) authority: &'a Authority,
    pub(in crate::commands) tenant: &'a str,
    pub(in crate::commands) client_id: &'a str,
    pub(in crate::commands) scope: &'a str,
    /// What the application proves itself with, as [`proof`] names it.
    pub(in crate::commands) proof: &'a str,
}

/// The token that is kept, or the one that `fetch` gets. A token that is kept costs nothing: not
/// even the certificate is asked for.
pub(in crate::commands) async fn kept<F>(
    whose: &Whose<'_>,
    context: &Context<'_>,
    fetch: impl FnOnce() -> F,
) -> Result<AccessToken, Failure>
where
    F: Future<Output = Result<AccessToken, Failure>>,
{
    let Some(cache) = sign_in::token_cache(context)? else {
        return fetch().await;
    };
    let key = CacheKey::new(whose.flow)
        .with("authority", whose.authority)
        .with("tenant", whose.tenant)
        .with("client", whose.client_id)
        .with("scope", whose.scope)
        .with("proof", whose.proof);
    cache.token(&key, SystemTime::now(), fetch).await
}

/// The one name of a certificate, of a secret or of a file.
pub(in crate::commands) fn proof(text: &str, party: &Party<'_>) -> Result<String, Failure> {
    if certificate::is_file(text) {
        let path = std::path::absolute(text).map_err(anyhow::Error::from)?;
        return Ok(path.display().to_string());
    }
    let named: CertificateRef = text.parse()?;
    let vault = match &named.vault {
        Some(vault) => vault.to_string(),
        None => party.connector().client()?.vault().to_string(),
    };
    Ok(format!("{vault} {named}"))
}
