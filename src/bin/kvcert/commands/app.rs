//! `kvcert app`: an application that signs in with a certificate of the vault.

mod app_session;
mod create;
mod find;
mod keys;
mod purpose;
mod rotate;
mod show;
mod steps;
mod token;

use crate::cli::{AppCommand, AppCommandArgs};
use crate::failure::Failure;
use crate::session::Context;

pub(super) async fn run(args: &AppCommandArgs, context: &Context<'_>) -> Result<(), Failure> {
    match &args.command {
        AppCommand::Create(args) => create::run(args, context).await,
        AppCommand::Rotate(args) => rotate::run(args, context).await,
        AppCommand::Show(args) => show::run(args, context).await,
    }
}
