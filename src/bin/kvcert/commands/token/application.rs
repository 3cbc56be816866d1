//! The application that a token is for: its proof, and what is cached for it.

use kvcert::identity::cache::CacheKey;
use kvcert::identity::{AccessToken, Application, CredentialError, Proof};
use kvcert::vault::address::CertificateRef;
use kvcert_pki::certificate::Certificate;
use kvcert_pki::sensitive::Sensitive;
use kvcert_pki::validity::{clock, rfc3339};

use super::{Loaded, certificate};
use crate::cli::{AppArgs, GrantArg, TokenArgs};
use crate::failure::{Failure, token};
use crate::session::{self, Context, Session};

/// Whether a vault has a part in it.
pub(super) fn asks_vault(args: &TokenArgs) -> bool {
    let certificate = args.certificate.as_deref();
    certificate.is_some_and(|text| !certificate::is_file(text)) || args.client_secret_from.is_some()
}

/// The application that signs in with this certificate, and where its token is cached.
pub(crate) fn of_certificate(
    certificate: &str,
    loaded: Loaded,
    args: &AppArgs,
    scope: &str,
    session: &Session,
    context: &Context<'_>,
) -> Result<(Application, CacheKey), Failure> {
    let asks_vault = !certificate::is_file(certificate);
    let (tenant, client_id) = session.application(asks_vault, false, context)?;
    let application = Application {
        authority: session.authority(context)?,
        tenant,
        client_id,
        proof: Proof::Certificate(loaded.assertor(args)?),
    };
    let grant = GrantArg::ClientCredentials;
    let key = cache_key(&application, grant, scope, Some(certificate), session)?;
    Ok((application, key))
}

/// Gets the certificate or the secret; an application without one is public.
pub(super) async fn proof(
    args: &TokenArgs,
    session: &Session,
    context: &Context<'_>,
) -> Result<Proof, Failure> {
    if let Some(text) = &args.certificate {
        let files = (&args.password, &args.input);
        let loaded = certificate::load(
            text,
            certificate::Purpose::SignIn,
            &args.app,
            files,
            session,
            context,
        )
        .await?;
        return loaded.assertor(&args.app).map(Proof::Certificate);
    }
    match &args.client_secret_from {
        Some(text) => secret(text, session).await.map(Proof::Secret),
        None => Ok(Proof::None),
    }
}

/// A client secret, stored as a plain secret of the vault.
async fn secret(text: &str, session: &Session) -> Result<Sensitive<String>, Failure> {
    let wanted = CertificateRef::parse(text, session.cloud())?;
    let client = session.vault(wanted.vault.as_ref())?;
    let found = client.secret(&wanted.name, wanted.version.as_ref()).await?;
    let value = found.value.expose().trim_end_matches(['\r', '\n']);
    if value.is_empty() || found.managed {
        return Err(token::not_a_client_secret(&wanted, found.managed));
    }
    Ok(Sensitive::new(value.to_owned()))
}

/// All that the token depends on. The certificate or secret counts by its name, so that a cached token
/// costs nothing: not even the certificate is asked for.
pub(super) fn cache_key(
    application: &Application,
    grant: GrantArg,
    scope: &str,
    given: Option<&str>,
    session: &Session,
) -> Result<CacheKey, Failure> {
    let flow = match grant {
        GrantArg::Browser | GrantArg::DeviceCode | GrantArg::RefreshToken => "person",
        _ => "application",
    };
    let given = given.map(|text| full_name(text, session)).transpose()?;
    Ok(CacheKey::new(flow)
        .with("authority", &application.authority)
        .with("tenant", &application.tenant)
        .with("client", &application.client_id)
        .with("scope", scope)
        .with("proof", given.unwrap_or_default()))
}

/// The one name of a certificate, of a secret or of a file.
fn full_name(text: &str, session: &Session) -> Result<String, Failure> {
    if certificate::is_file(text) {
        let path = std::path::absolute(text).map_err(anyhow::Error::from)?;
        return Ok(path.display().to_string());
    }
    let named = CertificateRef::parse(text, session.cloud())?;
    let vault = session.vault(named.vault.as_ref())?;
    Ok(format!("{} {named}", vault.vault()))
}

/// The cached token, where `--token-cache` asks for that, or the one that `fetch` gets.
pub(crate) async fn cached<F>(
    key: &CacheKey,
    context: &Context<'_>,
    fetch: impl FnOnce() -> F,
) -> Result<AccessToken, Failure>
where
    F: Future<Output = Result<AccessToken, Failure>>,
{
    match session::token_cache(context)? {
        Some(cache) => cache.token(key, clock(), fetch).await,
        None => fetch().await,
    }
}

/// A refusal that may be for the certificate says which one it was: people compare thumbprints.
pub(crate) fn explain(error: CredentialError, application: &Application) -> Failure {
    let is_about_certificate = matches!(error.code(), Some(700_027 | 700_030 | 7_000_213 | 50_012));
    let failure = Failure::from(error);
    let Some(leaf) = application.proof.leaf() else {
        return failure;
    };
    if !is_about_certificate {
        return failure;
    }
    let top = failure.error.to_string();
    failure.context(description(leaf)).context(top)
}

fn description(leaf: &Certificate) -> String {
    format!(
        "the certificate is `{}`, SHA-1 {}, SHA-256 {}, valid from {} to {}",
        leaf.label(),
        hex::encode(leaf.sha1()),
        hex::encode(leaf.sha256()),
        rfc3339(leaf.not_before()),
        rfc3339(leaf.not_after()),
    )
}
