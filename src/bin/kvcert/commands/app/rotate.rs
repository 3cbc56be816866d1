//! `kvcert app rotate`: a new certificate beside the old one, and the old one away after a while.
//! Where it stands follows from what is there, so that it can be interrupted anywhere.

use kvcert::graph::{Application, KeyCredential};
use kvcert::polling::Polling;
use kvcert::vault::{CertificateItem, CertificateObject, Conflict, Operation, VaultError};
use kvcert_pki::certificate::Certificate;
use kvcert_pki::validity::{now, rfc3339};
use serde::Serialize;

use super::super::create::running;
use super::super::stored::Stored;
use super::app_session::AppSession;
use super::create::Named;
use super::find;
use super::keys::Keys;
use super::purpose::Purpose;
use super::steps::{Step, Steps};
use super::token::{self, Got};
use crate::cli::{AppRotateArgs, PurposeArg};
use crate::failure::output::print_failed;
use crate::failure::{Failure, graph};
use crate::session::Context;

pub(super) async fn run(args: &AppRotateArgs, context: &Context<'_>) -> Result<(), Failure> {
    let session = AppSession::new(&args.registered, context).await?;
    let failed = session.target.failed("rotate");
    let mut steps = Steps::new(&session.graph, args.dry_run, &args.wait, context);
    let job = Job {
        args,
        session: &session,
    };
    let receipt = job.rotate(&mut steps).await.map_err(failed)?;
    let receipt = Receipt {
        steps: steps.into_taken(),
        ..receipt
    };
    report(&receipt, context)
}

struct Job<'a> {
    args: &'a AppRotateArgs,
    session: &'a AppSession<'a>,
}

impl Job<'_> {
    async fn rotate(&self, steps: &mut Steps<'_>) -> Result<Receipt, Failure> {
        let (client, name) = (&self.session.target.client, &self.session.target.name);
        let app = self.args.registered.app.as_deref();
        let app = find::application(app, name.as_str(), self.session, steps).await?;
        let app = find::must_be_there(app, self.session)?;
        // First whether one is in the making: it could be done between two looks.
        let running = running(&self.session.target).await;
        let mut versions = client.certificate_versions(name).await?;
        self.has_one_of(&app, &versions)?;
        let mut current = client.certificate(name, None).await?;
        let mut changed = false;
        if running.is_some() || self.is_time_for_a_new_one(&app, &versions, &current)? {
            let Some(made) = self.new_version(running, steps).await? else {
                return self.planned(app, &current);
            };
            current = made;
            changed = true;
            versions = client.certificate_versions(name).await?;
        }
        let leaf = Certificate::from_der(&current.der)?;
        let keys = Keys {
            session: self.session,
            by: self.args.by,
        };
        if has(&app, &leaf.sha1()) {
            steps.present("register the new certificate beside the old one".into());
        } else {
            let valid = self.valid(&app, &versions).await?;
            let credential = KeyCredential::of(&leaf);
            keys.add(&app, &credential, &valid, steps).await?;
            changed = true;
        }
        let got = match steps.is_dry_run() {
            true => None,
            false => {
                let purpose = Purpose::of(PurposeArg::Exchange, self.session.cloud);
                let scope = &purpose.scope;
                Some(token::get(&app.app_id, &current, scope, None, self.session, steps).await?)
            }
        };
        let (removed, waiting) = self.retire(&app, &versions, &current, &keys, steps).await?;
        Ok(Receipt {
            outcome: match () {
                () if steps.is_dry_run() => "planned",
                () if !waiting.is_empty() => "overlapping",
                () if changed || !removed.is_empty() => "rotated",
                () => "unchanged",
            },
            application: Named::of(&app),
            certificate: Stored::new(client, &current)?,
            removed,
            waiting,
            steps: Vec::new(),
            token: got,
        })
    }

    /// An application that has none of these certificates is someone else's, or needs `create`.
    fn has_one_of(&self, app: &Application, versions: &[CertificateItem]) -> Result<(), Failure> {
        if versions.iter().any(|version| is_registered(app, version)) {
            return Ok(());
        }
        Err(graph::not_registered(app, &self.session.target.name))
    }

    /// Not while an earlier rotation is unfinished: a version that is not registered, or an old one
    /// that is to be taken away.
    fn is_time_for_a_new_one(
        &self,
        app: &Application,
        versions: &[CertificateItem],
        current: &CertificateObject,
    ) -> Result<bool, Failure> {
        let sha1 = Certificate::sha1_of(&current.der);
        let is_old =
            |version: &&CertificateItem| version.version.as_ref() != Some(&current.version);
        let old_ones = versions.iter().filter(is_old);
        let mut old_ones = old_ones.filter(|version| is_registered(app, version));
        let is_finished = has(app, &sha1) && old_ones.next().is_none();
        Ok(is_finished && self.expires_soon(current)?)
    }

    fn expires_soon(&self, current: &CertificateObject) -> Result<bool, Failure> {
        let Some(margin) = self.args.if_expires_within else {
            return Ok(true);
        };
        let margin = i64::try_from(margin.as_secs()).unwrap_or(i64::MAX);
        let end = Certificate::from_der(&current.der)?.not_after();
        Ok(end.saturating_sub(now()) <= margin)
    }

    /// Has the vault make the next version as its policy says, or waits for one that an earlier
    /// run began. Nothing in a dry run.
    async fn new_version(
        &self,
        running: Option<Operation>,
        steps: &mut Steps<'_>,
    ) -> Result<Option<CertificateObject>, Failure> {
        let (client, name) = (&self.session.target.client, &self.session.target.name);
        let step = format!("create a new version of `{name}` in the vault");
        if steps.is_dry_run() {
            steps.did(step);
            return Ok(None);
        }
        let operation = match running {
            Some(operation) => operation,
            None => match client.renew_certificate(name).await {
                Err(VaultError::Conflict {
                    kind: Conflict::Pending,
                    ..
                }) => client.pending(name).await?,
                result => result?,
            },
        };
        let issued =
            async |polling: &Polling<'_>| client.wait_until_issued(name, operation, polling).await;
        let made = steps.wait(&format!("`{name}` is issued"), issued).await?;
        steps.did(step);
        Ok(Some(made))
    }

    /// A version that the application has, and that can sign: the newest of those.
    async fn valid(
        &self,
        app: &Application,
        versions: &[CertificateItem],
    ) -> Result<CertificateObject, Failure> {
        let good = |version: &&CertificateItem| {
            let lasts = version.expires.is_none_or(|end| end > now());
            version.enabled && lasts && is_registered(app, version)
        };
        let newest = versions
            .iter()
            .filter(good)
            .max_by_key(|version| version.created);
        let Some(version) = newest.and_then(|version| version.version.as_ref()) else {
            // Only a proof needs it; an administrator needs none.
            let (client, name) = (&self.session.target.client, &self.session.target.name);
            return Ok(client.certificate(name, None).await?);
        };
        let (client, name) = (&self.session.target.client, &self.session.target.name);
        Ok(client.certificate(name, Some(version)).await?)
    }

    /// Takes away what is old enough; gives what was, and what has to wait.
    async fn retire(
        &self,
        app: &Application,
        versions: &[CertificateItem],
        current: &CertificateObject,
        keys: &Keys<'_>,
        steps: &mut Steps<'_>,
    ) -> Result<(Vec<String>, Vec<Waiting>), Failure> {
        let (mut removed, mut waiting) = (Vec::new(), Vec::new());
        let overlap = i64::try_from(self.args.overlap.as_secs()).unwrap_or(i64::MAX);
        let since = match current.created {
            Some(created) => created,
            None => Certificate::from_der(&current.der)?.not_before(),
        };
        let after = since.saturating_add(overlap);
        for version in versions {
            let Some(sha1) = version.sha1 else {
                continue;
            };
            if version.version.as_ref() == Some(&current.version) || !has(app, &sha1) {
                continue;
            }
            if after > now() {
                waiting.push(Waiting {
                    thumbprint: hex::encode(sha1),
                    after: rfc3339(after),
                });
                continue;
            }
            keys.remove(app, &sha1, current, steps).await?;
            removed.push(hex::encode(sha1));
        }
        Ok((removed, waiting))
    }

    /// A dry run has no new certificate to go on with.
    fn planned(&self, app: Application, current: &CertificateObject) -> Result<Receipt, Failure> {
        let console = self.session.context.console;
        console.note("then register it, get a token with it, and remove the old one");
        Ok(Receipt {
            outcome: "planned",
            application: Named::of(&app),
            certificate: Stored::new(&self.session.target.client, current)?,
            removed: Vec::new(),
            waiting: Vec::new(),
            steps: Vec::new(),
            token: None,
        })
    }
}

fn has(app: &Application, sha1: &[u8]) -> bool {
    app.key_credentials.iter().any(|it| it.has_thumbprint(sha1))
}

fn is_registered(app: &Application, version: &CertificateItem) -> bool {
    version.sha1.is_some_and(|sha1| has(app, &sha1))
}

/// What was done. The JSON field names are part of the contract.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    outcome: &'static str,
    application: Named,
    certificate: Stored,
    /// SHA-1 thumbprints.
    removed: Vec<String>,
    waiting: Vec<Waiting>,
    steps: Vec<Step>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<Got>,
}

/// An old certificate that is to stay for a while.
#[derive(Serialize)]
struct Waiting {
    thumbprint: String,
    after: String,
}

fn report(receipt: &Receipt, context: &Context<'_>) -> Result<(), Failure> {
    let console = context.console;
    if console.is_json() {
        return console.json(receipt).map_err(print_failed);
    }
    for old in &receipt.waiting {
        console.note(&format!(
            "the old certificate {} stays until {}: run the command again after that",
            old.thumbprint, old.after
        ));
    }
    console.note(&receipt.certificate.summary());
    let result = format!("{}\n", receipt.certificate.id());
    console.result(&result).map_err(print_failed)
}
