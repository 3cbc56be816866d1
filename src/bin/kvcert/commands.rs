//! The commands, one file each; thin.

mod app;
mod backup;
mod convert;
mod create;
mod delete;
#[cfg(feature = "dev-vault")]
mod demo;
#[cfg(feature = "dev-vault")]
mod dev;
mod doctor;
mod exec;
mod file;
mod get;
mod import;
mod input_flags;
mod inspect;
mod list;
mod logout;
mod merge;
mod output_flags;
mod show_receipt;
mod stored;
mod target;
mod token;
mod wait;

use std::io;
use std::time::Duration;

use clap::CommandFactory;
use kvcert::identity::Environment;
use kvcert::output::{PlannedFile, Policy, Secrecy, Writer};

use crate::cli::{Cli, Command, CompletionsArgs, ManArgs};
use crate::console::Console;
use crate::failure::Failure;
use crate::failure::output::print_failed;
use crate::session::{self, Context, block_on, block_on_until};

/// The time for a command, unless `--deadline` says otherwise.
const DEADLINE: Duration = Duration::from_secs(3600);

/// Runs the command that was asked for.
///
/// # Errors
/// [`Failure`], which knows the exit code and what to do next.
pub(crate) fn run(cli: &Cli, environment: &Environment, console: &Console) -> Result<(), Failure> {
    let context = Context {
        environment,
        console,
        global: &cli.global,
        cloud: session::cloud(&cli.global, environment)?,
        deadline: (cli.global.deadline).unwrap_or_else(|| DEADLINE + cli.command.wait()),
    };
    session::named_with_vaults(&context, &cli.command.certificates())?;
    match &cli.command {
        Command::Get(args) => block_on(get::run(args, &context)),
        Command::List(args) => block_on_until(&context, list::run(args, &context)),
        Command::Inspect(args) => block_on_until(&context, inspect::run(args, &context)),
        Command::Convert(args) => convert::run(args, &context),
        Command::Create(args) => block_on_until(&context, create::run(args, &context)),
        Command::Merge(args) => block_on_until(&context, merge::run(args, &context)),
        Command::Import(args) => block_on_until(&context, import::run(args, &context)),
        Command::App(args) => block_on_until(&context, app::run(args, &context)),
        Command::Delete(args) => block_on_until(&context, delete::delete(args, &context)),
        Command::Recover(args) => block_on_until(&context, delete::recover(args, &context)),
        Command::Purge(args) => block_on_until(&context, delete::purge(args, &context)),
        Command::Backup(args) => block_on_until(&context, backup::back_up(args, &context)),
        Command::Restore(args) => block_on_until(&context, backup::restore(args, &context)),
        Command::Token(args) => block_on_until(&context, token::run(args, &context)),
        Command::Exec(args) => exec::run(args, &context),
        #[cfg(unix)]
        Command::ExecWipe(args) => exec::wipe(args),
        #[cfg(not(unix))]
        Command::ExecWipe(_) => Ok(()),
        Command::Doctor(args) => block_on_until(&context, doctor::run(args, &context)),
        Command::Logout(_) => logout::run(&context),
        #[cfg(feature = "dev-vault")]
        Command::Dev(args) => block_on(dev::run(args, &context)),
        #[cfg(feature = "dev-vault")]
        Command::Demo(args) => demo::run(args, &context),
        Command::Completions(args) => completions(args, &context),
        Command::Man(args) => man(args),
    }
}

fn completions(args: &CompletionsArgs, context: &Context<'_>) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "kvcert", &mut script);
    context.console.raw(&script).map_err(print_failed)
}

fn man(args: &ManArgs) -> Result<(), Failure> {
    let mut cli = Cli::command().disable_help_subcommand(true);
    cli.build();
    let mut pages = Vec::new();
    man_pages(&cli, &mut pages).map_err(print_failed)?;
    let policy = Policy {
        force: args.force,
        ..Policy::default()
    };
    Writer::new(policy).write(&args.folder, &pages)?;
    Ok(())
}

/// The page of a command, after those of the commands below it.
fn man_pages(command: &clap::Command, pages: &mut Vec<PlannedFile>) -> io::Result<()> {
    for inner in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        man_pages(inner, pages)?;
    }
    let page = clap_mangen::Man::new(command.clone());
    let mut text = Vec::new();
    page.render(&mut text)?;
    pages.push(PlannedFile::new(page.get_filename(), text, Secrecy::Public));
    Ok(())
}
