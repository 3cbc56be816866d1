//! `kvcert merge`: gives the vault the certificate that an authority made.

use kvcert::export::Warning;
use kvcert::given::Given;
use kvcert::vault::{Operation, OperationStatus, VaultError};
use kvcert_pki::chain::Chain;
use kvcert_pki::format::{self, Limits, Password};
use kvcert_pki::validity::Moment;
use serde::Serialize;

use super::input_flags;
use super::show_receipt::warnings;
use super::stored::Stored;
use super::target::Target;
use crate::cli::MergeArgs;
use crate::failure::output::print_failed;
use crate::failure::{Failure, content, vault};
use crate::session::{Context, Session};

pub(super) async fn run(args: &MergeArgs, context: &Context<'_>) -> Result<(), Failure> {
    let limits = Limits::default();
    let bytes = input_flags::read(&args.file, limits.max_bytes)?;
    let unreadable = |error| {
        content::not_merged(error)
            .context(format!("cannot merge {}", Given::from(args.file.as_path())))
    };
    let contents = format::read(&bytes, &Password::none(), &limits).map_err(unreadable)?;
    let chain = contents.into_public_chain().map_err(unreadable)?;
    let lapses = chain.lapses(Moment::default());
    let warnings = warnings(chain.findings(), &lapses, context.console);
    let target = Target::new(&args.name, &Session::new(context)?)?;
    let failed = target.failed("merge");
    let ders: Vec<&[u8]> = chain.certificates().iter().map(|c| c.der()).collect();
    let pending = target.client.pending(&target.name).await;
    let pending = pending.map_err(|error| failed(explain(error)))?;
    let stored = if pending.status == OperationStatus::InProgress {
        check_key(&pending, &chain).map_err(&failed)?;
        let merged = target.client.merge_certificate(&target.name, &ders).await;
        merged.map_err(Failure::from).map_err(&failed)?
    } else {
        // Merged already, by a run whose end was not seen?
        let object = target.client.certificate(&target.name, None).await;
        let object = object.map_err(Failure::from).map_err(&failed)?;
        if object.der != chain.leaf().der() {
            return Err(failed(vault::nothing_pending()));
        }
        object
    };
    let stored = Stored::new(&target.client, &stored)?;
    if context.console.is_json() {
        #[derive(Serialize)]
        struct Done {
            outcome: &'static str,
            certificate: Stored,
            warnings: Vec<Warning>,
        }
        let done = Done {
            outcome: "merged",
            certificate: stored,
            warnings,
        };
        return context.console.json(&done).map_err(print_failed);
    }
    context
        .console
        .note(&format!("merged {}: {}", target.name, stored.summary()));
    context
        .console
        .result(&format!("{}\n", stored.id()))
        .map_err(print_failed)
}

/// The vault would refuse another key's certificate too, in words of its own.
fn check_key(pending: &Operation, chain: &Chain) -> Result<(), Failure> {
    let Some(request) = &pending.request else {
        return Ok(());
    };
    let wanted = kvcert_pki::certificate::requested_key(request)?;
    let found = chain.leaf().public_key();
    if wanted == *found {
        return Ok(());
    }
    Err(content::merged_key_differs(chain.leaf(), &wanted))
}

fn explain(error: VaultError) -> Failure {
    match error {
        VaultError::NotFound { .. } => vault::nothing_pending(),
        error => error.into(),
    }
}
