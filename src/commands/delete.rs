//! `kvcert delete`, `recover` and `purge`: what the service has of soft delete.

use std::time::Duration;

use serde::Serialize;

use super::{
    Context, ask, connect::Connector, print_failed, stored::Stored, target::Target, wait::Patience,
};
use crate::{
    cli::{DeleteArgs, PurgeArgs, RecoverArgs, WaitArgs},
    failure::Failure,
    text::rfc3339,
    vault::{Conflict, DeletedCertificate, VaultError},
};

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
    let target = Target::new(&args.name, &Connector::new(context)?)?;
    let failed = target.failed("delete");
    let question = format!(
        "delete every version of `{}` in {}, with key and secret?",
        target.name,
        target.client.vault()
    );
    ask::confirm(&question, args.yes, context)?;
    let mut gone = match target.client.delete_certificate(&target.name).await {
        Ok(gone) => gone,
        Err(VaultError::NotFound { object, message }) => {
            let deleted = target.client.deleted_certificate(&target.name).await;
            let missing = |_| VaultError::NotFound { object, message };
            deleted
                .map_err(missing)
                .map_err(Failure::from)
                .map_err(&failed)?
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
        gone = until_deleted(&target, &args.wait, context)
            .await?
            .unwrap_or(gone);
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
    let target = Target::new(&args.name, &Connector::new(context)?)?;
    let failed = target.failed("recover");
    match target.client.recover_certificate(&target.name).await {
        Ok(())
        | Err(VaultError::Conflict {
            kind: Conflict::BeingRecovered,
            ..
        }) => {}
        // Recovered by an earlier run, perhaps; otherwise the first answer is the better one.
        Err(error @ VaultError::NotFound { .. }) => {
            if target.client.certificate(&target.name, None).await.is_err() {
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
    let mut patience = Patience::new(what, args.wait.wait, context);
    let object = loop {
        match target.client.certificate(&target.name, None).await {
            Ok(object) => break Some(object),
            // It is there, and not for these eyes.
            Err(VaultError::Forbidden { .. } | VaultError::Disabled { .. }) => break None,
            Err(error) if is_on_its_way(&error) => patience.pause(Some(POLL)).await?,
            Err(error) => return Err(failed(error.into())),
        }
    };
    drop(patience);
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
    let target = Target::new(&args.name, &Connector::new(context)?)?;
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
            Err(error) => return Err(failed(error.into())),
        }
    }
    drop(patience);
    let text = format!("purged `{}`", target.name);
    report(context, &text, done("purged", &target, None, None))
}

/// The deleted certificate, once it can be seen; nothing if it may not be looked at.
async fn until_deleted(
    target: &Target,
    wait: &WaitArgs,
    context: &Context<'_>,
) -> Result<Option<DeletedCertificate>, Failure> {
    let what = format!("the deleted `{}` can be seen", target.name);
    let mut patience = Patience::new(what, wait.wait, context);
    loop {
        match target.client.deleted_certificate(&target.name).await {
            Ok(gone) => return Ok(Some(gone)),
            Err(VaultError::Forbidden { .. }) => return Ok(None),
            Err(error) if is_on_its_way(&error) => patience.pause(Some(POLL)).await?,
            Err(error) => return Err(target.failed("delete")(error.into())),
        }
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

/// As often as the official clients look.
const POLL: Duration = Duration::from_secs(2);
