//! Reads the command line. One that is refused is shown without the secrets that it may hold: people
//! give the content of a file instead of its path.

use std::ffi::{OsStr, OsString};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use kvcert::given::{Content, Given};

use crate::cli::{Cli, Global};
use crate::console::Console;
use crate::failure::{Failure, usage};

/// The command line, and the names of variables that it says hold passwords; or the exit code after
/// help, the version or a refusal was shown.
pub(crate) fn parse() -> Result<(Cli, Vec<String>), u8> {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.len() == 2 && arguments[1] == "version" {
        arguments[1] = OsString::from("--version");
    }
    if let Some((place, content)) = secret_in(arguments.get(1..).unwrap_or_default()) {
        return Err(refuse(&usage::secret_given(&place, content), &arguments));
    }
    let matches = Cli::command().try_get_matches_from(&arguments);
    let parsed = matches.and_then(|matches| {
        let secrets = password_variables(&matches);
        Cli::from_arg_matches(&matches).map(|cli| (cli, secrets))
    });
    parsed.map_err(|error| {
        if !error.use_stderr() {
            error.exit();
        }
        if let Some(hint) = explained(&error) {
            return refuse(
                &usage::command_line(&first_words(&error)).with_hint(hint),
                &arguments,
            );
        }
        let error = without_secrets(error);
        if wants_json(&arguments) {
            return refuse(&usage::command_line(&first_words(&error)), &arguments);
        }
        console(&arguments).clap_error(&error.render());
        usage::command_line("").kind.exit_code()
    })
}

/// What to do instead of a command that other tools have, or whose letters are in another order,
/// which clap does not see as similar.
fn explained(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    let hint = match word.as_str() {
        "login" => {
            "no sign-in is needed beforehand: each command signs in, with what it finds or as `--auth` says; `kvcert doctor --vault NAME` shows how"
        }
        "renew" => {
            "`kvcert create NAME --new-version` creates the next version, `kvcert get NAME --force` replaces the files with it"
        }
        _ => {
            let sorted = |word: &str| {
                let mut letters: Vec<char> = word.chars().collect();
                letters.sort_unstable();
                letters
            };
            let cli = Cli::command();
            let names = cli.get_subcommands().map(clap::Command::get_name);
            let name = names.filter(|name| sorted(name) == sorted(word)).last()?;
            return Some(format!("did you mean `kvcert {name}`?"));
        }
    };
    Some(hint.to_owned())
}

/// The values of all flags that are called `--…password-env`.
fn password_variables(matches: &ArgMatches) -> Vec<String> {
    let ids = matches.ids().map(clap::Id::as_str);
    let ids = ids.filter(|id| id.ends_with("password_env"));
    let mut names: Vec<String> = ids
        .filter_map(|id| matches.try_get_one::<String>(id).ok().flatten().cloned())
        .collect();
    if let Some((_, inner)) = matches.subcommand() {
        names.extend(password_variables(inner));
    }
    names
}

/// The first argument that is a secret, and what to call it. What `exec` gives to its program is
/// not ours to judge.
fn secret_in(arguments: &[OsString]) -> Option<(String, Content)> {
    let is_exec = arguments.iter().any(|argument| argument == "exec");
    let ours = arguments
        .iter()
        .take_while(|argument| !is_exec || *argument != "--");
    let mut before = None;
    for (number, argument) in ours.enumerate() {
        if let Some(content) = misplaced(argument) {
            return Some((place(number + 1, argument, before), content));
        }
        before = Some(argument);
    }
    None
}

/// Also of a value that is joined to a short flag.
fn misplaced(argument: &OsStr) -> Option<Content> {
    let text = argument.to_string_lossy();
    let joined = text.strip_prefix('-').and_then(|text| text.get(1..));
    let whole = Given::from(argument).misplaced();
    whole.or_else(|| Given::from(joined?).misplaced())
}

/// What to call an argument that must not be shown: after its flag if there is one.
fn place(number: usize, argument: &OsStr, before: Option<&OsString>) -> String {
    let text = argument.to_string_lossy();
    let is_flag = |text: &str| {
        let name = text.trim_start_matches('-');
        text.starts_with('-') && !name.is_empty() && Given::from(text).content().is_none()
    };
    if let Some((flag, _)) = text.split_once('=')
        && is_flag(flag)
    {
        return format!("the value of `{flag}`");
    }
    match before.map(|before| before.to_string_lossy()) {
        Some(flag) if is_flag(&flag) && !flag.contains('=') => format!("the value after `{flag}`"),
        _ => format!("argument {number}"),
    }
}

/// The error with every quoted value as it may be shown.
fn without_secrets(mut error: clap::Error) -> clap::Error {
    let quoted: Vec<_> = error
        .context()
        .filter(|(kind, _)| !matches!(kind, ContextKind::Usage))
        .filter_map(|(kind, value)| Some((kind, shown(value)?)))
        .collect();
    for (kind, value) in quoted {
        error.insert(kind, value);
    }
    // The value of a flag that has none: a password after `--password-prompt=`.
    if error.kind() == ErrorKind::TooManyValues {
        let value = ContextValue::String(String::from("(not shown)"));
        error.insert(ContextKind::InvalidValue, value);
    }
    error
}

fn shown(value: &ContextValue) -> Option<ContextValue> {
    Some(match value {
        ContextValue::String(text) => ContextValue::String(Given::from(text.as_str()).bare()),
        ContextValue::Strings(texts) => {
            let texts = texts.iter().map(|text| Given::from(text.as_str()).bare());
            ContextValue::Strings(texts.collect())
        }
        ContextValue::StyledStr(text) => {
            let hidden = kvcert::given::hide(&text.ansi().to_string()).into_owned();
            ContextValue::StyledStr(hidden.into())
        }
        ContextValue::StyledStrs(texts) => {
            let hide = |text: &clap::builder::StyledStr| {
                kvcert::given::hide(&text.ansi().to_string())
                    .into_owned()
                    .into()
            };
            ContextValue::StyledStrs(texts.iter().map(hide).collect())
        }
        _ => return None,
    })
}

/// What clap says before its tips and its usage, in one line.
fn first_words(error: &clap::Error) -> String {
    let message = error.to_string();
    let first = message.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = first
        .trim_start_matches("error: ")
        .split_whitespace()
        .collect();
    words.join(" ")
}

fn refuse(failure: &Failure, arguments: &[OsString]) -> u8 {
    console(arguments).failure(failure);
    failure.kind.exit_code()
}

/// A console for a command line that could not be read: in JSON if it asked for that.
fn console(arguments: &[OsString]) -> Console {
    Console::new(&Global {
        json: wants_json(arguments),
        ..Global::default()
    })
}

fn wants_json(arguments: &[OsString]) -> bool {
    arguments.iter().any(|argument| argument == "--json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_called_by_its_flag() {
        let token = "eyJhbGciOiJub25lIn0.e30.";
        let place = |words: &str| {
            let arguments: Vec<OsString> = words
                .replace("TOKEN", token)
                .split(' ')
                .map(OsString::from)
                .collect();
            secret_in(&arguments).map(|(place, _)| place)
        };
        let called = |words| place(words).unwrap_or_default();
        assert_eq!(
            called("list --token-file TOKEN"),
            "the value after `--token-file`"
        );
        assert_eq!(
            called("list --token-file=TOKEN"),
            "the value of `--token-file`"
        );
        assert_eq!(called("list -oTOKEN"), "argument 2");
        assert_eq!(called("convert TOKEN"), "argument 2");
        assert_eq!(called("convert -- TOKEN"), "argument 3");
        assert_eq!(place("exec web -- curl TOKEN"), None);
        assert_eq!(place("get web --vault contoso"), None);
    }
}
