//! `kvcert get`: from the vault to files.

use super::{
    Context,
    connect::Connector,
    export::{self, Exporter, Material},
    input, print_failed,
    receipt::{CertificateReceipt, NamedFailure, Receipt},
};
use crate::{
    cli::GetArgs,
    content_error::ContentError,
    failure::{Failure, Kind},
    format::Password,
    unpack,
    vault::{SecretValue, address::CertificateRef},
};

pub(super) async fn run(args: &GetArgs, context: &Context<'_>) -> Result<(), Failure> {
    let connector = Connector::new(context)?;
    let (receipt, worst) = retrieve(args, &connector, context).await?;
    report(&receipt, args, context)?;
    worst.map_or(Ok(()), Err)
}

/// Every certificate is tried; the worst failure is given back, to decide the exit code.
pub(super) async fn retrieve(
    args: &GetArgs,
    connector: &Connector,
    context: &Context<'_>,
) -> Result<(Receipt, Option<Failure>), Failure> {
    let wanted: Vec<CertificateRef> = args
        .certificates
        .iter()
        .map(|text| text.parse())
        .collect::<Result<_, _>>()?;
    if wanted.len() > 1 && args.output.name.is_some() {
        let message = "`--name` names one certificate; several were asked for";
        return Err(Failure::message(Kind::Usage, "one-name", message));
    }
    let password = input::password(&args.password, "the secret's PFX", context)?;
    let exporter = Exporter::new(&args.output, context)?;
    let mut receipt = Receipt::default();
    let mut worst: Option<Failure> = None;
    for certificate in &wanted {
        let client = connector.client(certificate.vault.as_ref())?;
        receipt.sign_in = Some(client.credential().name());
        match one(&client, certificate, password.as_ref(), args, &exporter).await {
            Ok(written) => receipt.certificates.push(written),
            Err(failure) => {
                let failure = failure.context(format!("cannot get `{certificate}`"));
                let error = failure.to_json();
                receipt.failures.push(NamedFailure {
                    certificate: certificate.to_string(),
                    error,
                });
                if let Some(earlier) = replace_if_worse(&mut worst, failure) {
                    context.console.failure(&earlier);
                }
            }
        }
    }
    Ok((receipt, worst))
}

async fn one(
    client: &crate::vault::VaultClient,
    certificate: &CertificateRef,
    password: Option<&Password>,
    args: &GetArgs,
    exporter: &Exporter<'_>,
) -> Result<CertificateReceipt, Failure> {
    let secret = client
        .secret(&certificate.name, certificate.version.as_ref())
        .await?;
    let limits = export::limits(&args.input);
    let choice = export::key_choice(&args.input);
    let value = secret.value.expose().as_bytes();
    let contents = match password {
        Some(password) => unpack::with_password(&secret, password, &limits),
        None => unpack::contents(&secret, &limits),
    };
    let material = contents
        .and_then(|contents| Material::new(contents, value, &choice, &args.output))
        .map_err(|error| explain(error, &secret))?;
    let receipt = exporter.export(&material, secret.name.as_str())?;
    Ok(receipt.of_secret(&secret))
}

/// What the bytes cannot tell, the vault's own words can.
fn explain(error: ContentError, secret: &SecretValue) -> Failure {
    let (name, managed) = (&secret.name, secret.managed);
    match error {
        ContentError::NoPrivateKey { .. } if managed => {
            let message =
                format!("the private key of `{name}` is not exportable: it never leaves the vault");
            Failure::new(Kind::Content, "not-exportable", error).context(message).with_hint(
                "to write the certificate alone, add `--no-key`; a certificate with an exportable key needs a new version under a policy with `exportable: true`",
            )
        }
        ContentError::NotAKeyStore { .. } if !managed => {
            Failure::new(Kind::Content, "not-a-certificate", error)
                .context(format!("`{name}` is a plain secret, not a certificate"))
                .with_hint("`kvcert list` shows the certificates of the vault")
        }
        error => Failure::from(error),
    }
}

/// Keeps the failure with the higher exit code; gives back the one that is not kept.
fn replace_if_worse(worst: &mut Option<Failure>, new: Failure) -> Option<Failure> {
    match worst {
        Some(old) if old.kind >= new.kind => Some(new),
        _ => worst.replace(new),
    }
}

fn report(receipt: &Receipt, args: &GetArgs, context: &Context<'_>) -> Result<(), Failure> {
    let console = context.console;
    if console.is_json() {
        return console.json(receipt).map_err(print_failed);
    }
    if args.output.out.as_deref() == Some(std::path::Path::new("-")) {
        return Ok(());
    }
    for certificate in &receipt.certificates {
        console.note(&certificate.summary());
        console
            .result(&certificate.to_text())
            .map_err(print_failed)?;
    }
    Ok(())
}
