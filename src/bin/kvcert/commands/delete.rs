//! `kvcert delete`, `recover` and `purge`: what the service has of soft delete.

use std::time::Duration;

use kvcert::vault::{Conflict, DeletedCertificate, VaultError};
use kvcert_pki::text::rfc3339;
use serde::Serialize;

use super::stored::Stored;
use super::target::Target;
use super::wait::Patience;
use super::{Context, ask, print_failed};
use crate::cli::{DeleteArgs, PurgeArgs, RecoverArgs, WaitArgs};
use crate::failure::Failure;
use crate::session::Session;

/// What was done. The JSON field names are part of the contract.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Done {
    outcome: &'static str,
    vault: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    recoverable_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<Stored>,
}

/// Deletes, and waits until the deleted certificate can be seen. One that is deleted already is
/// no failure, so that a run that was killed can be run again.
pub(super) async fn delete(args: &DeleteArgs, context: &Context<'_>) -> Result<(), Failure> {
    let target = Target::new(&args.name, &Session::new(context)?)?;
    let failed = target.failed("delete");
    let look = async || target.client.deleted_certificate(&target.name).await;
    let question = format!(
        "delete every version of `{}` in {}, with key and secret?",
        target.name,
        target.client.vault()
    );
    ask::confirm(&question, args.yes, context)?;
    let mut gone = match target.client.delete_certificate(&target.name).await {
        Ok(gone) => gone,
        // By an earlier run, perhaps so short a time ago that neither can be seen.
        Err(error @ VaultError::NotFound { .. }) => {
            let what = format!("it can be seen whether `{}` was deleted", target.name);
            let deleted = until(what, settling(&args.wait), context, &look).await;
            let gone = deleted.ok().flatten();
            gone.ok_or_else(|| failed(error.into()))?
        }
        Err(VaultError::Conflict {
            kind: Conflict::BeingDeleted,
            ..
        }) => DeletedCertificate {
            recoverable: true,
            deleted: None,
            purge: None,
        },
        Err(error) => return Err(failed(error.into())),
    };
    if gone.recoverable && !args.wait.no_wait {
        let what = format!("the deleted `{}` can be seen", target.name);
        let seen = until(what, args.wait.wait, context, &look).await;
        gone = seen.map_err(&failed)?.unwrap_or(gone);
    }
    let until = gone.purge.map(rfc3339).filter(|_| gone.recoverable);
    let text = match &until {
        Some(until) => format!(
            "deleted `{}`; it can be recovered until {until}",
            target.name
        ),
        None => format!("deleted `{}`", target.name),
    };
    report(context, &text, done("deleted", &target, until, None))
}

/// Recovers, and waits until the certificate is there again.
pub(super) async fn recover(args: &RecoverArgs, context: &Context<'_>) -> Result<(), Failure> {
    let target = Target::new(&args.name, &Session::new(context)?)?;
    let failed = target.failed("recover");
    let look = async || target.client.certificate(&target.name, None).await;
    match target.client.recover_certificate(&target.name).await {
        Ok(())
        | Err(VaultError::Conflict {
            kind: Conflict::BeingRecovered,
            ..
        }) => {}
        // Recovered by an earlier run, perhaps; otherwise the first answer is the better one.
        Err(error @ (VaultError::NotFound { .. } | VaultError::Rejected { .. })) => {
            let what = format!("it can be seen whether `{}` was recovered", target.name);
            let there = until(what, settling(&args.wait), context, &look);
            if there.await.is_err() {
                return Err(failed(error.into()));
            }
        }
        Err(error) => return Err(failed(error.into())),
    }
    if args.wait.no_wait {
        let text = format!("recovering `{}`", target.name);
        return report(context, &text, done("recovering", &target, None, None));
    }
    let what = format!("`{}` is there again", target.name);
    let object = until(what, args.wait.wait, context, &look).await;
    let object = object.map_err(failed)?;
    let stored = object
        .map(|object| Stored::new(&target.client, &object))
        .transpose()?;
    let text = match &stored {
        Some(stored) => format!("recovered `{}`: {}", target.name, stored.summary()),
        None => format!("recovered `{}`", target.name),
    };
    report(context, &text, done("recovered", &target, None, stored))
}

/// Purges, once a deletion that is under way is done.
pub(super) async fn purge(args: &PurgeArgs, context: &Context<'_>) -> Result<(), Failure> {
    let target = Target::new(&args.name, &Session::new(context)?)?;
    let failed = target.failed("purge");
    let question = format!(
        "remove the deleted `{}` from {} for good?",
        target.name,
        target.client.vault()
    );
    ask::confirm(&question, args.yes, context)?;
    let what = format!("the deleted `{}` can be purged", target.name);
    let mut patience = Patience::new(what, args.wait.wait, context);
    loop {
        match target.client.purge_certificate(&target.name).await {
            Ok(()) => break,
            Err(VaultError::Conflict { kind, .. }) if kind.passes() && !args.wait.no_wait => {
                patience.pause(Some(POLL)).await?;
            }
            Err(error @ VaultError::NotFound { .. }) => {
                let hint = format!(
                    "it is purged already, or was never deleted: `kvcert delete {}` comes first",
                    target.name
                );
                return Err(failed(Failure::from(error).with_hint(hint)));
            }
            Err(error) => return Err(failed(error.into())),
        }
    }
    drop(patience);
    let text = format!("purged `{}`", target.name);
    report(context, &text, done("purged", &target, None, None))
}

/// What is looked for, once it can be seen; nothing if it may not be looked at.
async fn until<T>(
    what: String,
    limit: Duration,
    context: &Context<'_>,
    look: impl AsyncFn() -> Result<T, VaultError>,
) -> Result<Option<T>, Failure> {
    let mut patience = Patience::new(what, limit, context);
    loop {
        match look().await {
            Ok(seen) => return Ok(Some(seen)),
            Err(VaultError::Forbidden { .. } | VaultError::Disabled { .. }) => return Ok(None),
            Err(error) if is_on_its_way(&error) => patience.pause(Some(POLL)).await?,
            Err(error) => return Err(error.into()),
        }
    }
}

/// How long to look for what an earlier run may have done.
fn settling(wait: &WaitArgs) -> Duration {
    match wait.no_wait {
        true => Duration::ZERO,
        false => wait.wait.min(SETTLES),
    }
}

/// What the service answers for some seconds after a delete or a recover.
fn is_on_its_way(error: &VaultError) -> bool {
    match error {
        VaultError::NotFound { .. } | VaultError::Deleted { .. } => true,
        VaultError::Conflict { kind, .. } => kind.passes(),
        _ => false,
    }
}

fn done(
    outcome: &'static str,
    target: &Target,
    recoverable_until: Option<String>,
    certificate: Option<Stored>,
) -> Done {
    Done {
        outcome,
        vault: target.client.vault().to_string(),
        name: target.name.to_string(),
        recoverable_until,
        certificate,
    }
}

fn report(context: &Context<'_>, text: &str, done: Done) -> Result<(), Failure> {
    let console = context.console;
    if console.is_json() {
        return console.json(&done).map_err(print_failed);
    }
    console.result(&format!("{text}\n")).map_err(print_failed)
}

/// What is deleted or recovered can be seen in neither place for some seconds.
const SETTLES: Duration = Duration::from_secs(10);
/// As often as the official clients look.
const POLL: Duration = Duration::from_secs(2);
