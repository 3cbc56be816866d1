//! [`ThisCall`]: what of this command line belongs into the next one, so that a command that is
//! shown works as it is written.

use std::fmt::Display;

use kvcert::given::Given;

use crate::quoted;

/// The flags that say which vault and whose sign-in is meant, and the certificate's name.
#[derive(Debug, Clone, Default)]
pub(crate) struct ThisCall {
    /// Flags, each as it is typed.
    flags: Vec<String>,
    name: Option<String>,
}

impl ThisCall {
    /// A call about the certificate `name`, if it is about only one.
    pub(crate) fn about(name: Option<String>) -> Self {
        Self {
            flags: Vec::new(),
            name,
        }
    }

    /// The same with another flag, unless its value must not be shown.
    pub(crate) fn flag(mut self, flag: &str, value: Option<&dyn Display>) -> Self {
        let value = value.map(ToString::to_string);
        let is_shown = |value: &String| Given::from(value.as_str()).content().is_none();
        if value.as_ref().is_none_or(is_shown) {
            self.flags.push(match value {
                Some(value) => format!("{flag} {}", shell_word(&value)),
                None => flag.to_owned(),
            });
        }
        self
    }

    /// `kvcert COMMAND` with the flags of this call, and with its certificate for `NAME`.
    pub(crate) fn command(&self, command: &str) -> String {
        let (ours, program) = match command.split_once(" -- ") {
            Some((ours, program)) => (ours, format!(" -- {program}")),
            None => (command, String::new()),
        };
        let mut words: Vec<&str> = ours.split(' ').collect();
        // A command alone is only its name, except for those that need nothing more.
        let is_whole = words.len() > 1 || ["list", "doctor"].contains(&ours);
        if !is_whole || !ABOUT_A_VAULT.contains(&words[0]) {
            return format!("kvcert {command}");
        }
        if let Some(name) = &self.name {
            let names = words
                .iter_mut()
                .filter(|word| ["NAME", "CERT"].contains(word));
            names.for_each(|word| *word = name);
        }
        // What the command says itself is meant.
        let said = |flag: &&str| words.contains(&flag.split(' ').next().unwrap_or_default());
        let flags = self.flags.iter().map(String::as_str);
        let flags = flags.filter(|flag| !said(flag));
        let all: Vec<&str> = words.iter().copied().chain(flags).collect();
        format!("kvcert {}{program}", all.join(" "))
    }

    /// `text`, in which each `` `kvcert …` `` is a [`command`](Self::command).
    pub(crate) fn complete(&self, text: &str) -> String {
        let pieces = text.split('`').enumerate();
        let complete = |(at, piece): (usize, &str)| match piece.strip_prefix("kvcert ") {
            // Every other piece stands between two backticks.
            Some(command) if at % 2 == 1 => self.command(command),
            _ => piece.to_owned(),
        };
        pieces.map(complete).collect::<Vec<_>>().join("`")
    }
}

/// A word as a shell takes it.
pub(crate) fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:+@%=".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    quoted::shell(word)
}

const ABOUT_A_VAULT: [&str; 15] = [
    "get", "list", "inspect", "token", "exec", "doctor", "create", "merge", "import", "app",
    "delete", "recover", "purge", "backup", "restore",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> ThisCall {
        let call = ThisCall::about(Some("web".to_owned()));
        call.flag("--vault", Some(&"contoso"))
            .flag("--ca-file", Some(&"my ca.pem"))
    }

    #[test]
    fn commands_get_the_flags_of_this_call() {
        let flags = "--vault contoso --ca-file 'my ca.pem'";
        for (hint, expected) in [
            (
                "`kvcert list` shows",
                format!("`kvcert list {flags}` shows"),
            ),
            (
                "`kvcert recover NAME`; `kvcert purge NAME`",
                format!("`kvcert recover web {flags}`; `kvcert purge web {flags}`"),
            ),
            (
                "use `kvcert exec CERT -- CMD`",
                format!("use `kvcert exec web {flags} -- CMD`"),
            ),
            ("for `kvcert token` add `--flow browser`", String::new()),
            ("start `kvcert dev` or `kvcert convert FILE`", String::new()),
            ("the other kvcert list `x` kvcert list", String::new()),
        ] {
            let expected = match &*expected {
                "" => hint,
                expected => expected,
            };
            assert_eq!(call().complete(hint), expected);
        }
    }

    #[test]
    fn what_the_command_says_itself_is_not_said_again() {
        let call = call().flag("--tenant", Some(&"contoso.com"));
        assert_eq!(
            call.command("token web --tenant T"),
            "kvcert token web --tenant T --vault contoso --ca-file 'my ca.pem'"
        );
    }

    #[test]
    fn without_a_name_the_place_for_it_stays() {
        let call = ThisCall::default().flag("--dev", None);
        assert_eq!(call.command("recover NAME"), "kvcert recover NAME --dev");
    }

    #[test]
    fn no_secret_is_repeated() {
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
        let call = ThisCall::default().flag("--token-file", Some(&token));
        assert_eq!(call.command("list"), "kvcert list");
    }
}
