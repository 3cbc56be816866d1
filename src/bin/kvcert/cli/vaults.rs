//! [`Vaults`]: the vaults that were named, before the command and after it.

use std::ops::Deref;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

/// The values of `--vault`. clap has an option for every command either before the command or after
/// it, and of one that stands in both places it keeps the latter; with vaults, both are meant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vaults(pub Vec<String>);

impl Vaults {
    /// The place in help: after a command's own options, before the others for every command.
    pub(super) const ORDER: usize = 100;

    /// The option itself, which each command needs for itself.
    pub(super) fn arg() -> Arg {
        Arg::new(VAULT)
            .long(VAULT)
            .value_name("NAME|URL")
            .action(ArgAction::Append)
            .help_heading("Vault")
            .display_order(Self::ORDER)
            .help(
                "The vault: its name, host, URL or resource id; may be repeated for `get` and `list` \
                 [env: KVCERT_VAULT]",
            )
    }
}

impl Deref for Vaults {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.0
    }
}

impl Args for Vaults {
    fn augment_args(command: Command) -> Command {
        command.arg(Self::arg())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Vaults {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let found = named(matches);
        // clap sees a conflict only where both stand in one place.
        let is_dev = matches.try_get_one("dev").ok().flatten() == Some(&true);
        if is_dev && !found.is_empty() {
            let message = "the argument '--dev' cannot be used with '--vault <NAME|URL>'";
            return Err(Error::raw(ErrorKind::ArgumentConflict, message));
        }
        Ok(Self(found))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.extend(named(matches));
        Ok(())
    }
}

/// All of them, in their order.
fn named(matches: &ArgMatches) -> Vec<String> {
    let here = matches.try_get_many::<String>(VAULT).ok().flatten();
    let after = matches.subcommand().map(|(_, matches)| named(matches));
    let here = here.into_iter().flatten().cloned();
    here.chain(after.into_iter().flatten()).collect()
}

const VAULT: &str = "vault";
