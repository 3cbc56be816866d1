//! `kvcert get`: from the vault to files.

mod interrupt;
mod many;
mod source;
mod three_objects;
mod wanted;

use std::path::Path;

use interrupt::Signal;
use kvcert::unpack;
use kvcert::vault::address::CertificateRef;
use kvcert::vault::{SecretValue, VaultClient};
use kvcert_pki::content_error::ContentError;
use kvcert_pki::format::{KeyChoice, Limits, Password};
pub(super) use three_objects::{ObjectChecks, ThreeObjects};
use wanted::Wanted;

use super::export::{self, Export, Exporter, Material};
use super::receipt::Receipt;
use super::{Context, input, print_failed};
use crate::cli::{GetArgs, VerifyArg};
use crate::failure::{Failure, Reason};
use crate::session::Session;

pub(super) async fn run(args: &GetArgs, context: &Context<'_>) -> Result<(), Failure> {
    let session = Session::new(context)?;
    let exporter = Exporter::new(&args.output, context)?;
    let receipt = retrieve(args, &session, &exporter, context).await?;
    receipt
        .print(&exporter, context.console)
        .map_err(print_failed)?;
    receipt.into_result()
}

/// Every certificate is tried; the receipt knows the worst failure.
pub(super) async fn retrieve(
    args: &GetArgs,
    session: &Session,
    exporter: &Exporter<'_>,
    context: &Context<'_>,
) -> Result<Receipt, Failure> {
    let wanted = Wanted::new(args, session)?;
    let only = wanted.only().filter(|_| !args.resume);
    if only.is_none() {
        refuse_flags_for_one(args, exporter)?;
    }
    let job = Job {
        args,
        exporter,
        context,
        password: input::password(&args.password, "the secret's PFX", context)?,
        limits: export::limits(&args.input.limits),
        choice: export::key_choice(&args.input),
    };
    let Some((client, certificate)) = only else {
        return many::retrieve(&job, &wanted);
    };
    // From here on a signal no longer ends the process: what is being written will be whole.
    let export = tokio::select! {
        biased;
        export = job.one(client, certificate) => export,
        signal = Signal::received() => Err(signal.failure_of_one()),
    };
    let mut receipt = Receipt::of_vault(client);
    match export.and_then(|export| exporter.finish(export)) {
        Ok(written) => receipt.certificates.push(written),
        Err(failure) => {
            let failure = failure.context(format!("cannot get `{certificate}`"));
            receipt.fail(certificate.to_string(), failure, context.console);
        }
    }
    Ok(receipt)
}

fn refuse_flags_for_one(args: &GetArgs, exporter: &Exporter<'_>) -> Result<(), Failure> {
    let refuse =
        |message: &str, hint: &str| Err(Failure::message(Reason::OneName, message).with_hint(hint));
    let is_named = args.output.name.is_some();
    match (args.resume, is_named, exporter.to_stdout()) {
        (true, true, _) => refuse(
            "`--resume` finds files by the vault's names; `--name` gives another",
            "leave out one of the two",
        ),
        (true, _, true) => refuse(
            "`--resume` looks at files; standard output is none",
            "leave out `--resume`, or name a folder with `-o`",
        ),
        (false, true, _) => refuse(
            "`--name` names one certificate; several were asked for",
            "leave out `--name`, or get them one by one",
        ),
        (false, _, true) => refuse(
            "`-o -` takes one certificate; several were asked for",
            "name a folder with `-o`, or get them one by one",
        ),
        _ => Ok(()),
    }
}

/// What is to be done with each certificate.
struct Job<'a> {
    args: &'a GetArgs,
    exporter: &'a Exporter<'a>,
    context: &'a Context<'a>,
    password: Option<Password>,
    limits: Limits,
    choice: KeyChoice,
}

impl Job<'_> {
    async fn one(
        &self,
        client: &VaultClient,
        certificate: &CertificateRef,
    ) -> Result<Export, Failure> {
        let objects = ThreeObjects::get(client, certificate, self.args.verify).await?;
        self.prepare(objects, Path::new(""), self.args.verify, None)
    }

    /// Makes the files, for `folder`. `listed` is the SHA-1 thumbprint that the vault's list had.
    fn prepare(
        &self,
        objects: ThreeObjects,
        folder: &Path,
        verify: VerifyArg,
        listed: Option<&[u8]>,
    ) -> Result<Export, Failure> {
        let value = objects.secret.value.expose().as_bytes();
        let contents = match &self.password {
            Some(password) => unpack::with_password(&objects.secret, password, &self.limits),
            None => unpack::contents(&objects.secret, &self.limits),
        };
        let mut material = contents
            .and_then(|contents| Material::new(contents, value, &self.choice, &self.args.output))
            .map_err(|error| explain(error, &objects.secret))?;
        let mut notes = std::mem::take(&mut material.notes);
        let leaf = material.chain().leaf();
        if listed.is_some_and(|sha1| leaf.sha1() != *sha1) {
            return Err(changed_since_listed());
        }
        let (secret, mut checks) = objects.check(leaf, verify, &mut notes)?;
        material.notes = notes;
        if listed.is_some() {
            checks = ObjectChecks::agreed_with_list();
        }
        let export = self.exporter.prepare(&material, secret.name.as_str())?;
        let export = export.telling(|receipt| receipt.of_secret(&secret, checks));
        Ok(export.in_folder(folder))
    }
}

/// Not shown: it is got again, with a look at the other objects.
fn changed_since_listed() -> Failure {
    let message = "the secret holds another certificate than the list said";
    Failure::message(Reason::ChangedSinceListed, message)
}

/// What the bytes cannot tell, the vault's own words can.
pub(super) fn explain(error: ContentError, secret: &SecretValue) -> Failure {
    let (name, managed) = (&secret.name, secret.managed);
    match error {
        ContentError::NoPrivateKey { .. } if managed => {
            let message =
                format!("the private key of `{name}` is not exportable: it never leaves the vault");
            Failure::new(Reason::NotExportable, error).context(message).with_hint(
                "to sign in with it, use `kvcert token --sign-in-vault`, which has the vault sign; to write the certificate alone, add `--no-key`; a key that may leave needs a new version: `kvcert create NAME --exportable`",
            )
        }
        ContentError::NotAKeyStore { .. } if !managed => {
            Failure::new(Reason::NotACertificate, error)
                .context(format!("`{name}` is a plain secret, not a certificate"))
                .with_hint("`kvcert list` shows the certificates of the vault")
        }
        error => Failure::from(error),
    }
}
