//! `kvcert inspect`: the three parts of a certificate, or what is inside a file.

pub(super) mod certificate;
mod file;
mod show;

use std::path::Path;

use kvcert::report::{FileReport, ThreeParts, VaultReport};
use kvcert::vault::VaultClient;

use super::Context;
use super::export::now;
use crate::cli::InspectArgs;
use crate::failure::Failure;
use crate::session::Session;

/// What was inspected.
pub(super) enum Report {
    File(Box<FileReport>),
    Certificate(Box<ThreeParts>),
    Vault(VaultReport),
}

pub(super) async fn run(args: &InspectArgs, context: &Context<'_>) -> Result<(), Failure> {
    let report = match args.what.as_deref() {
        Some(what) if is_file(what, context) => {
            Report::File(Box::new(file::report(Path::new(what), args, context)?))
        }
        Some(what) => {
            Report::Certificate(Box::new(certificate::report(what, args, context).await?))
        }
        None => Report::Vault(whole_vault(context).await?),
    };
    show::show(&report, args, context)
}

/// A file that exists, unless the flags name a vault; and what can be no certificate's name.
fn is_file(what: &str, context: &Context<'_>) -> bool {
    if what == "-" {
        return true;
    }
    #[cfg(feature = "dev-vault")]
    let is_dev = context.global.dev;
    #[cfg(not(feature = "dev-vault"))]
    let is_dev = false;
    let names_vault = is_dev || !context.global.vault.is_empty();
    let is_url = what.contains("://");
    let looks_like_one = what.contains(['.', '\\']) || what.starts_with('/');
    !is_url && !names_vault && (Path::new(what).is_file() || looks_like_one)
}

async fn whole_vault(context: &Context<'_>) -> Result<VaultReport, Failure> {
    all_of(&Session::new(context)?.vault(None)?).await
}

/// All certificates of a vault.
pub(super) async fn all_of(client: &VaultClient) -> Result<VaultReport, Failure> {
    let items = client.certificates().await.map_err(|error| {
        Failure::from(error).context(format!("cannot list `{}`", client.vault()))
    })?;
    Ok(VaultReport::new(client.vault().to_string(), items, now()))
}
