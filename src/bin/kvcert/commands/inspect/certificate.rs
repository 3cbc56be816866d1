//! A certificate of a vault: its three objects.

use kvcert::report::{FileReport, Gathered, ThreeParts};
use kvcert::transport::Transcript;
use kvcert::unpack;
use kvcert::vault::address::CertificateRef;
use kvcert::vault::{SecretValue, Seen, VaultClient, VaultError};
use kvcert_pki::format::{Limits, Password, anatomy};

use crate::cli::InspectArgs;
use crate::commands::export::{self, now};
use crate::commands::{Context, input};
use crate::failure::Failure;
use crate::session::Session;

/// Asks for all of it. What is forbidden, disabled or not there is told in its place.
pub(super) async fn report(
    what: &str,
    args: &InspectArgs,
    context: &Context<'_>,
) -> Result<ThreeParts, Failure> {
    let wanted: CertificateRef = what.parse()?;
    let password = input::password(&args.password, "the secret's PFX", context)?;
    let transcript = args.http.then(Transcript::default);
    let mut session = Session::new(context)?;
    if let Some(transcript) = &transcript {
        session = session.with_transcript(transcript);
    }
    let client = session.vault(wanted.vault.as_ref())?;
    let reader = Reader {
        password: password.unwrap_or_default(),
        limits: export::limits(&args.limits),
    };
    let mut gathered = gather(&client, &wanted, args.public_only, &reader).await?;
    gathered.http = transcript.map(|it| it.messages());
    Ok(ThreeParts::new(gathered, now()))
}

/// How the secret's value is read.
#[derive(Default)]
pub(crate) struct Reader {
    password: Password,
    limits: Limits,
}

/// What the vault says to each call. The first is alone, so that one signs in for all.
pub(crate) async fn gather(
    client: &VaultClient,
    wanted: &CertificateRef,
    public_only: bool,
    reader: &Reader,
) -> Result<Gathered, Failure> {
    let (name, version) = (&wanted.name, wanted.version.as_ref());
    let certificate = client.see_certificate(name, version).await;
    let shown = certificate
        .as_ref()
        .ok()
        .map(|it| it.object.version.clone());
    // All three of one version, also if a new one is made between the answers.
    let version = shown.as_ref().or(version);
    let secret = async {
        if public_only {
            None
        } else {
            Some(client.see_secret(name, version).await)
        }
    };
    let (key, secret, versions) = tokio::join!(
        client.see_key(name, version),
        secret,
        client.certificate_versions(name)
    );
    let errors = [
        certificate.as_ref().err(),
        key.as_ref().err(),
        secret.as_ref().and_then(|it| it.as_ref().err()),
    ];
    let is_lost = errors
        .into_iter()
        .flatten()
        .any(|error| !is_told_in_place(error));
    let nothing = certificate.is_err() && key.is_err() && !matches!(secret, Some(Ok(_)));
    if is_lost || nothing {
        let errors = [certificate.err(), key.err(), secret.and_then(Result::err)];
        let mut errors: Vec<VaultError> = errors.into_iter().flatten().collect();
        let at = errors.iter().position(|error| !is_told_in_place(error));
        return Err(Failure::from(errors.swap_remove(at.unwrap_or(0))));
    }
    let value = secret.as_ref().and_then(|it| it.as_ref().ok());
    Ok(Gathered {
        vault: client.vault().to_string(),
        name: name.to_string(),
        contents: value.and_then(|value| taken_apart(value, reader)),
        secret_leaf: value.and_then(|value| leaf(&value.object, reader)),
        certificate,
        key,
        secret,
        versions,
        http: None,
    })
}

/// What is no failure of the whole.
fn is_told_in_place(error: &VaultError) -> bool {
    matches!(
        error,
        VaultError::Forbidden { .. }
            | VaultError::NotFound { .. }
            | VaultError::Deleted { .. }
            | VaultError::Disabled { .. }
    )
}

fn taken_apart(secret: &Seen<SecretValue>, reader: &Reader) -> Option<FileReport> {
    let secret = &secret.object;
    let bytes = secret.value.expose().as_bytes();
    let anatomy = anatomy::anatomy(bytes, &reader.password, &reader.limits).ok()?;
    let name = format!("the value of the secret `{}`", secret.name);
    let command = format!("kvcert get {}", secret.name);
    Some(FileReport::new(&name, &command, anatomy, now()))
}

/// The certificate with the secret's private key; of a key that may not leave, the leaf alone.
fn leaf(secret: &SecretValue, reader: &Reader) -> Option<kvcert_pki::certificate::Certificate> {
    let contents = unpack::with_password(secret, &reader.password, &reader.limits).ok()?;
    contents.into_chain().ok().map(|chain| chain.leaf().clone())
}
