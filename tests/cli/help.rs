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
    names.retain(|name| name != "help");
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

/// Words of other tools lead to the command, and `help` and `version` are words too.
#[test]
fn words_of_other_tools() {
    let folder = Scratch::new();
    let help = |word: &str| run(kvcert(folder.path()).args([word, "--help"])).1;
    for (word, command) in [
        ("export", "get"),
        ("download", "get"),
        ("ls", "list"),
        ("show", "inspect"),
        ("rm", "delete"),
        ("undelete", "recover"),
    ] {
        assert_eq!(help(word), help(command), "{word}");
    }
    for (arguments, same) in [
        (&["help"][..], &["--help"][..]),
        (&["help", "get"], &["get", "--help"]),
        (&["help", "app", "create"], &["app", "create", "--help"]),
        (&["version"], &["--version"]),
    ] {
        let said = |arguments| run(kvcert(folder.path()).args(arguments));
        assert_eq!(said(arguments), said(same), "{arguments:?}");
    }
    for (word, hint) in [
        ("login", "kvcert doctor"),
        ("renew", "--new-version"),
        ("gte", "`kvcert get`"),
    ] {
        let (code, _, errors) = run(kvcert(folder.path()).arg(word));
        assert!(code == 2 && errors.contains(hint), "{errors}");
    }
}

#[test]
fn a_man_page_for_each_command() {
    let folder = Scratch::new();
    let (code, output, errors) = run(kvcert(folder.path()).args(["man", "."]));
    assert_eq!((code, output.as_str(), errors.as_str()), (0, "", ""));
    for page in [
        "kvcert",
        "kvcert-get",
        "kvcert-app-create",
        "kvcert-dev-set",
    ] {
        let text = fs::read_to_string(folder.join(format!("{page}.1"))).unwrap();
        assert!(
            text.contains(".SH SYNOPSIS") && text.contains(".SH OPTIONS"),
            "{page}"
        );
    }
    assert!(!folder.join("kvcert-exec-wipe.1").exists());
    assert_eq!(run(kvcert(folder.path()).args(["man", "."])).0, 0);
    fs::write(folder.join("kvcert.1"), "of another program").unwrap();
    let (code, _, errors) = run(kvcert(folder.path()).args(["man", "."]));
    assert!(code == 8 && errors.contains("--force"), "{errors}");
}
