//! Tokens that are kept between runs, where `--token-cache` asks for that.

use std::time::SystemTime;

use kvcert::identity::cache::CacheKey;
use kvcert::identity::{AccessToken, Authority};
use kvcert::vault::address::CertificateRef;

use super::{Party, certificate};
use crate::commands::Context;
use crate::failure::Failure;
use crate::session;

/// Whose token it is, and what it is for.
pub(crate) struct Whose<'a> {
    pub(crate) flow: &'a str,
    pub(crate) authority: &'a Authority,
    pub(crate) tenant: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) scope: &'a str,
    /// What the application proves itself with, as [`proof`] names it.
    pub(crate) proof: &'a str,
}

/// The token that is kept, or the one that `fetch` gets. A token that is kept costs nothing: not
/// even the certificate is asked for.
pub(crate) async fn kept<F>(
    whose: &Whose<'_>,
    context: &Context<'_>,
    fetch: impl FnOnce() -> F,
) -> Result<AccessToken, Failure>
where
    F: Future<Output = Result<AccessToken, Failure>>,
{
    let Some(cache) = session::token_cache(context)? else {
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
pub(crate) fn proof(text: &str, party: &Party<'_>) -> Result<String, Failure> {
    if certificate::is_file(text) {
        let path = std::path::absolute(text).map_err(anyhow::Error::from)?;
        return Ok(path.display().to_string());
    }
    let named: CertificateRef = text.parse()?;
    let vault = match &named.vault {
        Some(vault) => vault.to_string(),
        None => party.session().vault(None)?.vault().to_string(),
    };
    Ok(format!("{vault} {named}"))
}
