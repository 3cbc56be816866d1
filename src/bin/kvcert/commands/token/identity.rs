//! How the application proves who it is.

use kvcert::identity::Identity;
use kvcert::vault::address::CertificateRef;
use kvcert_pki::sensitive::Sensitive;

use super::{Party, certificate};
use crate::cli::TokenArgs;
use crate::commands::Context;
use crate::failure::{Failure, Reason};

/// Whether a vault has a part in it.
pub(super) fn asks_vault(args: &TokenArgs) -> bool {
    let certificate = args.certificate.as_deref();
    certificate.is_some_and(|text| !certificate::is_file(text)) || args.client_secret_from.is_some()
}

/// Tenant and client id of the application that signs in with this certificate.
pub(crate) fn application(
    party: &Party<'_>,
    certificate: &str,
) -> Result<(String, String), Failure> {
    party.application(!certificate::is_file(certificate), false)
}

/// Gets the certificate or the secret; an application without one is public.
pub(super) async fn of(
    args: &TokenArgs,
    party: &Party<'_>,
    context: &Context<'_>,
) -> Result<Identity, Failure> {
    if let Some(text) = &args.certificate {
        let files = (&args.password, &args.input);
        let loaded = certificate::load(text, &args.app, files, party, context).await?;
        return loaded.assertor(&args.app).map(Identity::Certificate);
    }
    match &args.client_secret_from {
        Some(text) => secret(text, party).await.map(Identity::Secret),
        None => Ok(Identity::Public),
    }
}

/// A client secret that is kept as a plain secret of the vault.
async fn secret(text: &str, party: &Party<'_>) -> Result<Sensitive<String>, Failure> {
    let wanted: CertificateRef = text.parse()?;
    let client = party.session().vault(wanted.vault.as_ref())?;
    let found = client.secret(&wanted.name, wanted.version.as_ref()).await?;
    let value = found.value.expose().trim_end_matches(['\r', '\n']);
    if value.is_empty() || found.managed {
        let message = format!("the secret `{wanted}` is no client secret");
        return Err(
            Failure::message(Reason::NotASecret, message).with_hint(if found.managed {
                "it is a certificate's: `kvcert token CERT` signs in with that"
            } else {
                "store the client secret's value in it"
            }),
        );
    }
    Ok(Sensitive::new(value.to_owned()))
}
