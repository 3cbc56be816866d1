//! `kvcert completions`: completions for a shell.

use clap::CommandFactory;

use super::{Context, print_failed};
use crate::cli::{Cli, CompletionsArgs};
use crate::failure::Failure;

pub(super) fn run(args: &CompletionsArgs, context: &Context<'_>) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "kvcert", &mut script);
    context.console.raw(&script).map_err(print_failed)
}
