//! `kvcert get`: from the vault to files.

mod three_objects;

use std::sync::Arc;

pub(super) use three_objects::ObjectChecks;
use three_objects::ThreeObjects;

use super::{
    Context,
    connect::Connector,
    export::{self, Exporter, Material},
    input, print_failed,
    receipt::{CertificateReceipt, Receipt},
};
use crate::{
    cli::GetArgs,
    content_error::ContentError,
    failure::{Failure, Kind},
    format::Password,
    unpack,
    vault::{SecretValue, VaultClient, address::CertificateRef},
};

pub(super) async fn run(args: &GetArgs, context: &Context<'_>) -> Result<(), Failure> {
    let connector = Connector::new(context)?;
    let exporter = Exporter::new(&args.output, context)?;
    let receipt = retrieve(args, &connector, &exporter, context).await?;
    receipt
        .print(&exporter, context.console)
        .map_err(print_failed)?;
    receipt.into_result()
}

/// Every certificate is tried; the receipt knows the worst failure.
pub(super) async fn retrieve(
    args: &GetArgs,
    connector: &Connector,
    exporter: &Exporter<'_>,
    context: &Context<'_>,
) -> Result<Receipt, Failure> {
    let wanted: Vec<CertificateRef> = args
        .certificates
        .iter()
        .map(|text| text.parse())
        .collect::<Result<_, _>>()?;
    if wanted.len() > 1 && args.output.name.is_some() {
        let message = "`--name` names one certificate; several were asked for";
        return Err(Failure::message(Kind::Usage, "one-name", message)
            .with_hint("leave out `--name`, or get them one by one"));
    }
    if wanted.len() > 1 && exporter.to_stdout() {
        let message = "`-o -` takes one certificate; several were asked for";
        return Err(Failure::message(Kind::Usage, "one-name", message)
            .with_hint("name a folder with `-o`, or get them one by one"));
    }
    let password = input::password(&args.password, "the secret's PFX", context)?;
    let clients = clients(&wanted, connector)?;
    let mut receipt = Receipt::default();
    for (certificate, client) in wanted.iter().zip(&clients) {
        receipt.sign_in = Some(client.credential().name());
        match one(client, certificate, password.as_ref(), args, exporter).await {
            Ok(written) => receipt.certificates.push(written),
            Err(failure) => {
                let failure = failure.context(format!("cannot get `{certificate}`"));
                receipt.fail(certificate.to_string(), failure, context.console);
            }
        }
    }
    Ok(receipt)
}

/// One client a vault, so that each vault is signed in to once; all before anything is written.
fn clients(
    wanted: &[CertificateRef],
    connector: &Connector,
) -> Result<Vec<Arc<VaultClient>>, Failure> {
    let mut clients: Vec<Arc<VaultClient>> = Vec::with_capacity(wanted.len());
    for certificate in wanted {
        let client = connector.client(certificate.vault.as_ref())?;
        let known = clients.iter().find(|known| known.vault() == client.vault());
        clients.push(known.cloned().unwrap_or_else(|| Arc::new(client)));
    }
    Ok(clients)
}

async fn one(
    client: &VaultClient,
    certificate: &CertificateRef,
    password: Option<&Password>,
    args: &GetArgs,
    exporter: &Exporter<'_>,
) -> Result<CertificateReceipt, Failure> {
    let objects = ThreeObjects::get(client, certificate, args.verify).await?;
    let limits = export::limits(&args.input);
    let choice = export::key_choice(&args.input);
    let value = objects.secret.value.expose().as_bytes();
    let contents = match password {
        Some(password) => unpack::with_password(&objects.secret, password, &limits),
        None => unpack::contents(&objects.secret, &limits),
    };
    let mut material = contents
        .and_then(|contents| Material::new(contents, value, &choice, &args.output))
        .map_err(|error| explain(error, &objects.secret))?;
    let mut notes = std::mem::take(&mut material.notes);
    let (secret, checks) = objects.check(material.chain().leaf(), args.verify, &mut notes)?;
    material.notes = notes;
    let receipt = exporter.export(&material, secret.name.as_str())?;
    Ok(receipt.of_secret(&secret, checks))
}

/// What the bytes cannot tell, the vault's own words can.
pub(super) fn explain(error: ContentError, secret: &SecretValue) -> Failure {
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
