//! `kvcert delete`, `recover` and `purge`: what the service has of soft delete.

use std::io;
use std::time::Duration;

use kvcert::polling::Polling;
use kvcert::vault::{Conflict, DeletedCertificate, VaultError};
use kvcert_pki::validity::rfc3339;
use serde::Serialize;

use super::stored::Stored;
use super::target::Target;
use super::wait::wait;
use crate::cli::{DeleteArgs, PurgeArgs, RecoverArgs, WaitArgs};
use crate::failure::output::print_failed;
use crate::failure::{Failure, Reason, usage};
use crate::session::{Context, Session};

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
    let look = async |polling: &Polling<'_>| {
        let Target { client, name } = &target;
        client.wait_until_deleted(name, polling).await
    };
    let question = format!(
        "delete every version of `{}` in {}, with key and secret?",
        target.name,
        target.client.vault()
    );
    if !confirm(&question, args.yes, context)? {
        return report(
            context,
            "nothing deleted",
            done("declined", &target, None, None),
        );
    }
    let mut gone = match target.client.delete_certificate(&target.name).await {
        Ok(gone) => gone,
        // By an earlier run, perhaps so short a time ago that neither can be seen.
        Err(error @ VaultError::NotFound { .. }) => {
            let what = format!("it can be seen whether `{}` was deleted", target.name);
            let deleted = wait(&what, settling(&args.wait), context, &look).await;
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
        let seen = wait(&what, args.wait.wait, context, &look).await;
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
    let look = async |polling: &Polling<'_>| {
        let Target { client, name } = &target;
        client.wait_until_recovered(name, polling).await
    };
    match target.client.recover_certificate(&target.name).await {
        Ok(())
        | Err(VaultError::Conflict {
            kind: Conflict::BeingRecovered,
            ..
        }) => {}
        // Recovered by an earlier run, perhaps; otherwise the first answer is the better one.
        Err(error @ (VaultError::NotFound { .. } | VaultError::Rejected { .. })) => {
            let what = format!("it can be seen whether `{}` was recovered", target.name);
            let there = wait(&what, settling(&args.wait), context, &look);
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
    let object = wait(&what, args.wait.wait, context, &look).await;
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
    if !confirm(&question, args.yes, context)? {
        return report(
            context,
            "nothing purged",
            done("declined", &target, None, None),
        );
    }
    let what = format!("the deleted `{}` can be purged", target.name);
    let Target { client, name } = &target;
    let purged = match args.wait.no_wait {
        true => client.purge_certificate(name).await.map_err(Failure::from),
        false => {
            let purge =
                async |polling: &Polling<'_>| client.purge_when_deleted(name, polling).await;
            wait(&what, args.wait.wait, context, purge).await
        }
    };
    purged.map_err(|failure| {
        let failure = match failure.reason {
            Reason::NotFound => failure.with_hint(format!(
                "it is already purged, or was never deleted: run `kvcert delete {name}` first"
            )),
            Reason::Rejected => failure.with_hint(format!("run `kvcert delete {name}` first")),
            _ => failure,
        };
        failed(failure)
    })?;
    let text = format!("purged `{}`", target.name);
    report(context, &text, done("purged", &target, None, None))
}

/// How long to look for what an earlier run may have done.
fn settling(wait: &WaitArgs) -> Duration {
    match wait.no_wait {
        true => Duration::ZERO,
        false => wait.wait.min(SETTLES),
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

/// Whether someone says yes: on the terminal, or with `--yes`.
fn confirm(question: &str, yes: bool, context: &Context<'_>) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    let console = context.console;
    if !console.can_ask() {
        return Err(usage::not_confirmed(question));
    }
    console.ask(&format!("{question} [y/N] "));
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .map_err(anyhow::Error::from)?;
    let answer = answer.trim().to_ascii_lowercase();
    Ok(matches!(answer.as_str(), "y" | "yes"))
}
