//! Help as it stands in `tests/golden/`. `UPDATE=1 cargo test --test cli` takes what is new.

use std::fs;
use std::path::Path;

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

/// The names that `--help` lists, and the hidden command.
fn commands() -> Vec<String> {
    let text = help(&["--help"]);
    let (_, list) = text.split_once("Commands:\n").unwrap();
    let names = list.lines().take_while(|line| !line.is_empty());
    let names = names.filter(|line| !line.starts_with("   "));
    let mut names: Vec<String> = names
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .collect();
    names.push("exec-wipe".to_owned());
    names
}

#[test]
fn of_every_command() {
    golden("help.txt", &help(&["--help"]));
    let mut names: Vec<String> = vec!["help.txt".into()];
    for name in commands() {
        let file = format!("help-{name}.txt");
        golden(&file, &help(&[&name, "--help"]));
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
