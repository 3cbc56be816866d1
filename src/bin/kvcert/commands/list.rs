//! `kvcert list`: the certificates of one vault or several, with their expiry.

use std::sync::atomic::{AtomicUsize, Ordering};

use kvcert::report::{Counted, ListOptions, Order, Report, VaultReport};
use kvcert::vault::address::VaultUrl;
use kvcert::vault::{NamePattern, VaultClient};
use kvcert_pki::validity::Moment;
use serde::Serialize;

use crate::cli::{ListArgs, SortArg};
use crate::failure::output::print_failed;
use crate::failure::{Failure, FailureJson, usage};
use crate::render::text;
use crate::session::{Context, Session};

pub(super) async fn run(args: &ListArgs, context: &Context<'_>) -> Result<(), Failure> {
    let names: Vec<NamePattern> = (args.names.iter())
        .map(|name| name.parse())
        .collect::<Result<_, _>>()?;
    let clients = clients(&Session::new(context)?)?;
    let clients: Vec<&VaultClient> = clients.iter().collect();
    let options = ListOptions {
        names: &names,
        order: match args.sort {
            SortArg::Name => Order::Name,
            SortArg::Expires => Order::Expiry,
        },
        moment: Moment::now(args.soon),
        details: args.details,
    };
    let console = context.console;
    let (progress, done) = (console.progress("read"), AtomicUsize::new(0));
    let on_details = |counted| match counted {
        Counted::Expected(more) => progress.expect(more),
        Counted::Done => progress.show(done.fetch_add(1, Ordering::Relaxed) + 1),
    };
    let (report, problems) = VaultReport::fetch_all(&clients, &options, &on_details).await;
    drop(progress);
    let failures: Vec<Failure> = problems.into_iter().map(Failure::from).collect();
    if !failures.is_empty() && report.certificates.is_empty() {
        return worst(failures, context);
    }
    let pending = pending(&report, context).filter(|_| !args.details && !console.is_json());
    show(report, &failures, context)?;
    if let Some(pending) = pending {
        console.note(&pending);
    }
    worst(failures, context)
}

/// What `--json` prints: the report, and what is missing in it.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    report: Report,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failures: Vec<FailureJson>,
}

fn show(report: VaultReport, failures: &[Failure], context: &Context<'_>) -> Result<(), Failure> {
    let console = context.console;
    if console.is_json() {
        let listed = Listed {
            report: Report::Vault(report),
            failures: (failures.iter())
                .map(|failure| console.failure_json(failure))
                .collect(),
        };
        return console.json(&listed).map_err(print_failed);
    }
    if report.certificates.is_empty() {
        console.note(&format!("no certificates in {}", report.title()));
        return Ok(());
    }
    console
        .result(&text::list(&report, console.style()))
        .map_err(print_failed)
}

/// How to see what certificates that have not been issued wait for.
fn pending(report: &VaultReport, context: &Context<'_>) -> Option<String> {
    let pending: Vec<_> = (report.certificates.iter())
        .filter(|row| row.is_pending())
        .collect();
    let console = context.console;
    match pending.as_slice() {
        [] => None,
        [only] if report.vault.is_some() => {
            let command = console.next(&format!("inspect {}", only.name));
            let name = &only.name;
            Some(format!(
                "`{name}` is pending: `{command}` shows what it waits for"
            ))
        }
        several => {
            let command = console.next("list --details");
            let count = several.len();
            Some(format!(
                "{count} are pending: `{command}` shows what they wait for"
            ))
        }
    }
}

/// Each vault once, in the order in which they were given.
fn clients(session: &Session) -> Result<Vec<VaultClient>, Failure> {
    let mut vaults: Vec<&VaultUrl> = Vec::new();
    for vault in session.vaults() {
        if !vaults.contains(&vault) {
            vaults.push(vault);
        }
    }
    if vaults.is_empty() {
        return Err(usage::no_vault());
    }
    Ok(vaults.into_iter().map(|it| session.vault_at(it)).collect())
}

/// Shows all failures but the worst, which decides the exit code.
fn worst(mut failures: Vec<Failure>, context: &Context<'_>) -> Result<(), Failure> {
    failures.sort_by_key(|failure| failure.kind);
    let Some(worst) = failures.pop() else {
        return Ok(());
    };
    for milder in &failures {
        context.console.failure(milder);
    }
    Err(worst)
}

/// The report of a vault, which `inspect --all` shows too.
pub(super) async fn fetch(
    client: &VaultClient,
    order: Order,
    moment: Moment,
) -> Result<VaultReport, Failure> {
    VaultReport::fetch(client, order, moment)
        .await
        .map_err(|error| Failure::from(error).context(format!("cannot list `{}`", client.vault())))
}
