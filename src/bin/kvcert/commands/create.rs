//! `kvcert create`: the vault makes a certificate, whose key is born there.

mod policy_options;

use std::path::{Path, PathBuf};

use kvcert::export::FileReceipt;
use kvcert::output::Secrecy;
use kvcert::vault::policy::CertificatePolicy;
use kvcert::vault::{
    CertificateObject, Conflict, NewCertificate, Operation, OperationStatus, VaultError,
};
use kvcert_pki::certificate::Certificate;
use kvcert_pki::format::pem;
use kvcert_pki::validity::now;
pub(super) use policy_options::content_type;
use serde::Serialize;

use super::file;
use super::show_receipt::file_line;
use super::stored::Stored;
use super::target::Target;
use super::wait::wait;
use crate::cli::CreateArgs;
use crate::failure::output::print_failed;
use crate::failure::{Failure, vault};
use crate::session::{Context, Session};

pub(super) async fn run(args: &CreateArgs, context: &Context<'_>) -> Result<(), Failure> {
    let target = Target::new(&args.name, &Session::new(context)?)?;
    let failed = target.failed("create");
    let job = Job {
        first: policy_options::of(args, policy_options::default(&target.name))?,
        args,
        context,
        target: &target,
    };
    if args.dry_run {
        let new = job.planned().await.map_err(failed)?;
        return context.console.json(&new).map_err(print_failed);
    }
    let done = job.create().await.map_err(failed)?;
    job.report(done)
}

struct Job<'a> {
    /// The policy of a first version.
    first: CertificatePolicy,
    args: &'a CreateArgs,
    context: &'a Context<'a>,
    target: &'a Target,
}

/// What came of it.
enum Done {
    /// There was one that will do.
    Present(CertificateObject),
    Created(CertificateObject),
    /// Not waited for.
    Started,
    /// It waits for an authority.
    Requested(Option<FileReceipt>),
}

impl Job<'_> {
    async fn create(&self) -> Result<Done, Failure> {
        let Target { client, name } = self.target;
        // First whether one is in the making: it could be done between two looks.
        let running = match self.is_idempotent() {
            true => running(self.target).await,
            false => None,
        };
        let there = match self.there().await? {
            Some(there) if self.is_good_enough(&there)? => return Ok(Done::Present(there)),
            Some(_) if !self.is_idempotent() && !self.args.new_version => {
                return Err(vault::exists_already(name));
            }
            there => there,
        };
        let new = self.new_certificate(there.as_ref()).await?;
        let begun = match running {
            Some(operation) => Ok(operation),
            None => client.create_certificate(name, &new).await,
        };
        let operation = match begun {
            Ok(operation) => operation,
            // By an earlier run that was killed, or by someone else: it will do.
            Err(VaultError::Conflict {
                kind: Conflict::Pending,
                ..
            }) if self.is_idempotent() => client.pending(name).await?,
            Err(error) => return Err(error.into()),
        };
        if operation.waits_for_merge() {
            return self.write_request(&operation);
        }
        if self.args.wait.no_wait {
            return Ok(Done::Started);
        }
        let what = format!("`{name}` is issued");
        let issued = wait(&what, self.args.wait.wait, self.context, async |polling| {
            client.wait_until_issued(name, operation, polling).await
        });
        issued.await.map(Done::Created)
    }

    /// What a dry run prints. Only a next version depends on what the vault has.
    async fn planned(&self) -> Result<NewCertificate, Failure> {
        let there = match self.is_idempotent() || self.args.new_version {
            true => self.there().await?,
            false => None,
        };
        self.new_certificate(there.as_ref()).await
    }

    /// Whether running it again is meant to change nothing.
    fn is_idempotent(&self) -> bool {
        self.args.if_missing || self.args.if_expires_within.is_some()
    }

    /// What to create: the flags say it, and for the next version whatever they leave open is as its
    /// policy says.
    async fn new_certificate(
        &self,
        there: Option<&CertificateObject>,
    ) -> Result<NewCertificate, Failure> {
        let Target { client, name } = self.target;
        let mut tags = self.args.content.tags();
        let policy = match there {
            Some(there) => {
                for (tag, value) in &there.tags {
                    tags.entry(tag.clone()).or_insert_with(|| value.clone());
                }
                policy_options::of(self.args, client.policy(name).await?)?
            }
            None if self.args.new_version => return Err(vault::nothing_to_renew(name)),
            None => self.first.clone(),
        };
        Ok(NewCertificate { policy, tags })
    }

    /// The certificate that exists.
    async fn there(&self) -> Result<Option<CertificateObject>, Failure> {
        let Target { client, name } = self.target;
        match client.certificate(name, None).await {
            Ok(there) => Ok(Some(there)),
            Err(
                VaultError::NotFound { .. }
                | VaultError::NotIssued { .. }
                | VaultError::Conflict { .. },
            ) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the certificate that exists will do.
    fn is_good_enough(&self, there: &CertificateObject) -> Result<bool, Failure> {
        let Some(margin) = self.args.if_expires_within else {
            return Ok(self.args.if_missing);
        };
        let margin = i64::try_from(margin.as_secs()).unwrap_or(i64::MAX);
        let end = Certificate::from_der(&there.der)?.not_after();
        Ok(end.saturating_sub(now()) > margin)
    }

    fn write_request(&self, operation: &Operation) -> Result<Done, Failure> {
        let Some(request) = &operation.request else {
            return Err(vault::no_signing_request());
        };
        let mut text = zeroize::Zeroizing::new(String::new());
        pem::encode("CERTIFICATE REQUEST", request, &mut text);
        let path = match &self.args.issue.csr {
            Some(path) => path.clone(),
            None => PathBuf::from(format!("{}.csr", self.target.name)),
        };
        if path == Path::new("-") {
            self.context.console.result(&text).map_err(print_failed)?;
            return Ok(Done::Requested(None));
        }
        let bytes = text.as_bytes().to_vec();
        let written = file::write(
            &path,
            bytes,
            Secrecy::Public,
            self.args.issue.force,
            self.context.console,
        )?;
        Ok(Done::Requested(Some(written.into())))
    }

    fn report(&self, done: Done) -> Result<(), Failure> {
        let Target { client, name } = self.target;
        let (outcome, object, file) = match done {
            Done::Present(object) => ("present", Some(object), None),
            Done::Created(object) => ("created", Some(object), None),
            Done::Started => ("started", None, None),
            Done::Requested(file) => ("requested", None, file),
        };
        let certificate = object
            .map(|object| Stored::new(client, &object))
            .transpose()?;
        let console = self.context.console;
        let on_stdout = outcome == "requested" && file.is_none();
        if console.is_json() && !on_stdout {
            let json = Receipt {
                outcome,
                vault: client.vault().to_string(),
                name: name.to_string(),
                certificate,
                csr: file,
            };
            return console.json(&json).map_err(print_failed);
        }
        match (outcome, &certificate) {
            ("present", Some(stored)) => {
                console.note(&format!("`{name}` exists: {}", stored.summary()));
            }
            (_, Some(stored)) => console.note(&format!("created {name}: {}", stored.summary())),
            ("started", None) => console.note(&format!(
                "the vault is creating `{name}`; `{}` waits for it",
                console.next(&format!("create {name} --if-missing"))
            )),
            _ => console.note(&format!(
                "have your CA sign the request, then: {}",
                console.next(&format!("merge {name} FILE"))
            )),
        }
        let printed = match (&certificate, &file) {
            (Some(stored), _) => console.result(&format!("{}\n", stored.id())),
            (None, Some(file)) => console.receipt(&file_line(file, "")),
            (None, None) => Ok(()),
        };
        printed.map_err(print_failed)
    }
}

/// What was done. The JSON field names are part of the contract.
#[derive(Serialize)]
struct Receipt {
    outcome: &'static str,
    vault: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<Stored>,
    #[serde(skip_serializing_if = "Option::is_none")]
    csr: Option<FileReceipt>,
}

/// The certificate that is being made at this moment, by an earlier run or by someone else.
pub(super) async fn running(target: &Target) -> Option<Operation> {
    // What goes wrong here goes wrong at the next call too, and is told then.
    let operation = target.client.pending(&target.name).await.ok()?;
    (operation.status == OperationStatus::InProgress).then_some(operation)
}
