//! `kvcert list`: the vault's certificates with their expiry.

use kvcert::report::{Order, Report, VaultReport};
use kvcert::vault::VaultClient;
use kvcert_pki::validity::Moment;

use crate::cli::{ListArgs, SortArg};
use crate::failure::Failure;
use crate::failure::output::print_failed;
use crate::render::text;
use crate::session::{Context, Session};

pub(super) async fn run(args: &ListArgs, context: &Context<'_>) -> Result<(), Failure> {
    let client = Session::new(context)?.vault(None)?;
    let order = match args.sort {
        SortArg::Name => Order::Name,
        SortArg::Expires => Order::Expiry,
    };
    let report = fetch(&client, order, Moment::now(args.soon)).await?;
    let console = context.console;
    if console.is_json() {
        return console.json(&Report::Vault(report)).map_err(print_failed);
    }
    if report.certificates.is_empty() {
        console.note(&format!("no certificates in {}", report.vault));
        return Ok(());
    }
    console
        .result(&text::list(&report, console.style()))
        .map_err(print_failed)
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
