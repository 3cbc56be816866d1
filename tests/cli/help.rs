//! Help as it stands in `tests/golden/`. `UPDATE=1 cargo test --test cli` takes what is new.

use std::{fs, path::Path};

use clap::CommandFactory;
use kvcert::{
    cli::Cli,
    failure::{Kind, exit_code_help},
};

use crate::support::{Scratch, kvcert, run};

/// Compares with the file in `tests/golden/`, or with `UPDATE=1` writes it.
#[track_caller]
fn golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("UPDATE").is_some() {
        return fs::write(path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == found,
        "{} differs; `UPDATE=1 cargo test --test cli` takes the new one:\n{found}",
        path.display()
    );
}

fn help(arguments: &[&str]) -> String {
    let (code, output, errors) = run(kvcert(Scratch::new().path()).args(arguments));
    assert_eq!((code, errors.as_str()), (0, ""), "{arguments:?}");
    output
}

#[test]
fn of_every_command() {
    golden("help.txt", &help(&["--help"]));
    let mut names: Vec<String> = vec!["help.txt".into()];
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        let file = format!("help-{name}.txt");
        golden(&file, &help(&[name, "--help"]));
        names.push(file);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            !name.starts_with("help") || names.contains(&name),
            "{name} is of no command"
        );
    }
}

#[test]
fn of_exit_codes_is_the_table_of_kinds() {
    let text = help(&["--help"]);
    let (_, table) = text.split_once("Exit codes:\n").unwrap();
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("   0  done"));
    for (kind, meaning) in Kind::TABLE {
        let line = lines.next().unwrap();
        assert_eq!(line, format!("  {:>2}  {meaning}", kind.exit_code()));
    }
    assert_eq!(lines.next(), None);
    assert!(text.ends_with(&format!("{}\n", exit_code_help())));
    let codes = Kind::TABLE.map(|(kind, _)| kind.exit_code());
    assert_eq!(codes, [1, 2, 3, 4, 5, 6, 7, 8, 9, 130, 143]);
    let mut names: Vec<&str> = Kind::TABLE.iter().map(|(kind, _)| kind.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Kind::TABLE.len());
}

#[test]
fn without_a_command_there_is_help_too() {
    let (code, output, errors) = run(&mut kvcert(Scratch::new().path()));
    assert_eq!((code, output.as_str()), (2, ""));
    assert!(errors.contains("Usage: kvcert"), "{errors}");
}

#[test]
fn of_the_version() {
    let expected = format!("kvcert {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(help(&["--version"]), expected);
    assert_eq!(help(&["-V"]), expected);
}

#[test]
fn completions_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = help(&["completions", shell]);
        for word in ["kvcert", "get", "convert", "min-days"] {
            assert!(script.contains(word), "{shell} has no {word}");
        }
    }
}
