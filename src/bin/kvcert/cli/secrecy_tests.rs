//! A secret is never a flag's value, where every user of the machine can read it.

use clap::{ArgAction, Command, CommandFactory};

use super::Cli;

#[test]
fn no_flag_takes_a_secret() {
    let mut names = Vec::new();
    let mut command = Cli::command();
    command.build();
    walk(&command, &mut names);
    // Those that are there now were found.
    for known in [
        "--password-file",
        "--password-env",
        "--password-prompt",
        "--token-file",
        "--no-key",
    ] {
        assert!(
            names.iter().any(|name| name.ends_with(known)),
            "{known} of {names:?}"
        );
    }
}

fn walk(command: &Command, names: &mut Vec<String>) {
    for argument in command.get_arguments() {
        let name = format!("{} --{}", command.get_name(), argument.get_id()).replace('_', "-");
        let about_secrets = [
            "password",
            "secret",
            "token",
            "key",
            "passphrase",
            "credential",
        ];
        let flag = argument.get_id().as_str();
        if !about_secrets.iter().any(|word| flag.contains(word)) {
            continue;
        }
        let switch = matches!(argument.get_action(), ArgAction::SetTrue);
        let value = argument.get_value_names().unwrap_or_default();
        let points = matches!(value, [one] if one == "FILE" || one == "VAR" || one == "DIR");
        // A choice among fixed words is no secret either.
        let choice = !argument.get_possible_values().is_empty();
        let harmless = HARMLESS.contains(&flag);
        assert!(
            switch || points || choice || harmless,
            "{name} takes {value:?}"
        );
        names.push(name);
    }
    for sub_command in command.get_subcommands() {
        walk(sub_command, names);
    }
}

/// They say which secret of the vault, or what kind of key.
const HARMLESS: &[&str] = &["client_secret_from", "key_usage", "key_size"];

#[test]
fn debug_shows_what_was_typed_and_no_more() {
    let typed = [
        "kvcert",
        "get",
        "web",
        "--password-file",
        "file",
        "--password-env",
        "X",
    ];
    assert!(<Cli as clap::Parser>::try_parse_from(typed).is_err());
    let cli = <Cli as clap::Parser>::try_parse_from(&typed[..5]).unwrap();
    assert!(format!("{cli:?}").contains("\"file\""));
}
