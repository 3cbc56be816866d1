//! [`Vaults`]: the vaults that were named, before the command and after it.

use std::ops::Deref;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
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
        if is_given(matches, "dev") {
            // A flow of `token` may sign in as a machine.
            let is_token = matches.subcommand_name() == Some("token");
            let others = CONFLICTS.iter().filter(|(id, _)| is_given(matches, id));
            let others = others.filter(|(id, _)| !(is_token && *id == "identity"));
            let vault = (!found.is_empty()).then_some("--vault <NAME|URL>");
            if let Some(other) = vault.or_else(|| others.map(|(_, flag)| *flag).next()) {
                let message = format!("the argument '--dev' cannot be used with '{other}'");
                return Err(Error::raw(ErrorKind::ArgumentConflict, message));
            }
        }
        Ok(Self(found))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.extend(named(matches));
        Ok(())
    }
}

/// Whether a flag stands before the command or after it.
fn is_given(matches: &ArgMatches, id: &str) -> bool {
    let here = matches.try_contains_id(id).is_ok()
        && matches.value_source(id) == Some(ValueSource::CommandLine);
    here || matches
        .subcommand()
        .is_some_and(|(_, matches)| is_given(matches, id))
}

/// All of them, in their order.
fn named(matches: &ArgMatches) -> Vec<String> {
    let here = matches.try_get_many::<String>(VAULT).ok().flatten();
    let after = matches.subcommand().map(|(_, matches)| named(matches));
    let here = here.into_iter().flatten().cloned();
    here.chain(after.into_iter().flatten()).collect()
}

const VAULT: &str = "vault";
/// What the dev vault says itself: where it is, how to sign in, whom to trust.
const CONFLICTS: [(&str, &str); 5] = [
    ("auth", "--auth <METHOD>"),
    ("cloud", "--cloud <CLOUD>"),
    ("identity", "--identity <ID>"),
    ("token_file", "--token-file <FILE>"),
    ("ca_file", "--ca-file <FILE>"),
];
