//! [`Deferred`]: a command whose arguments are built only if it is the one that is run.

use std::ops::Deref;

use clap::{ArgMatches, Args, Command, Error, FromArgMatches};

use super::Vaults;

/// The arguments of a command, built when they are needed: for the command that is run, and for help
/// and completions. By then the options for every command are there too, and a command can change
/// what help says of them, as `token` does for `--tenant`.
#[derive(Debug)]
pub(crate) struct Deferred<T>(T);

impl<T> Deref for Deferred<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Args> Args for Deferred<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(build::<T>)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<T: FromArgMatches> FromArgMatches for Deferred<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// As if nothing had been put off: the command keeps the words that its list has for it, and the
/// options for every command, which are there by now, come last, after the vaults.
fn build<T: Args>(command: Command) -> Command {
    let about = command.get_about().cloned();
    let global: Vec<_> = command
        .get_arguments()
        .map(|flag| flag.get_id().clone())
        .collect();
    let command = T::augment_args(command)
        .about(about.unwrap_or_default())
        .arg(Vaults::arg())
        .mut_subcommands(|command| command.arg(Vaults::arg()));
    // What is changed is put at the end.
    global
        .into_iter()
        .fold(command, |command, id| command.mut_arg(id, |flag| flag))
}
