//! What goes where, in which colours, and when no one listens.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Scratch, dev, failure, kvcert, run};

#[test]
fn no_colour_without_a_terminal() {
    let folder = Scratch::new();
    for arguments in [
        &["list"][..],
        &["get", "nothing-here"],
        &["get", "web", "-v", "--dry-run"],
    ] {
        for more in [&[][..], &["--color", "never"]] {
            let (_, output, errors) = run(dev::kvcert(folder.path()).args(arguments).args(more));
            assert!(!(output + &errors).contains('\u{1b}'), "{arguments:?}");
        }
        let always = ["--color", "always"];
        let (_, output, errors) = run(dev::kvcert(folder.path()).args(arguments).args(always));
        assert!((output + &errors).contains("\u{1b}["), "{arguments:?}");
    }
    let json = ["--json", "--color", "always", "list"];
    let (code, output, errors) = run(dev::kvcert(folder.path()).args(json));
    assert_eq!((code, errors.as_str()), (0, ""));
    assert!(!output.contains('\u{1b}'));
    let (code, _, errors) = run(kvcert(folder.path()).args(json));
    assert_eq!((code, &failure(&errors)["reason"]), (2, &"no-vault".into()));
    assert!(!errors.contains('\u{1b}'));
}

#[test]
fn colour_is_all_that_differs() {
    let folder = Scratch::new();
    let list = |when: &str| run(dev::kvcert(folder.path()).args(["list", "--color", when])).1;
    let before = list("never");
    let mut plain = String::new();
    let coloured = list("always");
    let mut rest = &*coloured;
    while let Some((text, code)) = rest.split_once("\u{1b}[") {
        plain += text;
        rest = code.split_once('m').unwrap().1;
    }
    plain += rest;
    // A day may end between two of them.
    assert!([before, list("never")].contains(&plain), "{coloured}");
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let folder = Scratch::new();
    let commands: [&[&str]; 5] = [
        &["list", "web"],
        &["--json", "list"],
        &["get", "web", "-o", "-"],
        &["get", "web", "-o", "out", "-q", "--json"],
        &["completions", "bash"],
    ];
    for arguments in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = dev::kvcert(folder.path());
        let child = command
            .args(arguments)
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(command);
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), errors.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
    assert!(folder.join("out/web.key").exists());
}

#[test]
fn nobody_at_standard_error_is_no_trouble_either() {
    let folder = Scratch::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = dev::kvcert(folder.path());
    command.args(["get", "nothing-here", "-v"]).stderr(writer);
    assert_eq!(command.output().unwrap().status.code(), Some(3));
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_is_full_is_an_error() {
    let folder = Scratch::new();
    let commands: [&[&str]; 4] = [
        &["list"],
        &["list", "--json"],
        &["get", "web", "-o", "-"],
        &["completions", "bash"],
    ];
    for arguments in commands {
        let full = fs::File::options().write(true).open("/dev/full");
        let mut command = dev::kvcert(folder.path());
        let output = command
            .args(arguments)
            .stdout(full.unwrap())
            .output()
            .unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(8), "{errors}");
        assert!(
            errors.contains("cannot write to standard output"),
            "{errors}"
        );
    }
}

#[test]
fn quiet_leaves_results_and_errors() {
    let folder = Scratch::new();
    // What is written to files is no result, whether something changed or not.
    for _ in 0..2 {
        let quiet = run(dev::kvcert(folder.path()).args(["-q", "get", "web"]));
        assert_eq!(quiet, (0, String::new(), String::new()));
    }
    assert!(folder.join("web.key").exists());
    let (code, output, errors) = run(dev::kvcert(folder.path()).args(["-q", "list"]));
    assert_eq!((code, errors.as_str()), (0, ""));
    assert!(output.contains("web"), "{output}");
    let (_, output, _) = run(dev::kvcert(folder.path()).args(["-q", "--json", "get", "web"]));
    assert!(output.contains("unchanged"), "{output}");
    let (code, _, errors) = run(dev::kvcert(folder.path()).args(["-q", "get", "nothing-here"]));
    assert_eq!(code, 3);
    assert!(errors.starts_with("error: "), "{errors}");
}

#[test]
fn verbose_shows_requests_on_standard_error() {
    let folder = Scratch::new();
    let (code, output, errors) =
        run(dev::kvcert(folder.path()).args(["-v", "get", "web", "--verify", "off"]));
    assert_eq!((code, output.lines().count()), (0, 2));
    let requests: Vec<Vec<&str>> = errors
        .lines()
        .filter(|line| line.starts_with("GET ") || line.starts_with("POST "))
        .map(|line| line.split(' ').collect())
        .collect();
    let seen: Vec<(&str, &str)> = requests.iter().map(|words| (words[0], words[2])).collect();
    assert_eq!(seen, [("GET", "401"), ("POST", "200"), ("GET", "200")]);
    assert!(
        requests.iter().all(|words| words[3].len() == 36),
        "a request id: {errors}"
    );
}

/// Runs kvcert on a terminal that `script` plays, on which `typed` is typed. None where there is no
/// such program.
#[cfg(target_os = "linux")]
fn on_terminal(folder: &Path, arguments: &str, typed: &str) -> Option<(i32, String, String)> {
    if Command::new("script").arg("--version").output().is_err() {
        crate::support::say("skipped: there is no `script`");
        return None;
    }
    let command = dev::kvcert(folder);
    let binary = command.get_program().to_str().unwrap();
    fs::write(folder.join("typed"), typed).unwrap();
    let line = format!("{binary} --dev {arguments}");
    let mut script = Command::new("script");
    script
        .args(["-qec", &line, "/dev/null"])
        .current_dir(folder)
        .env_clear()
        .env("KVCERT_STATE_DIR", folder.join("state"))
        .env("PATH", "/usr/bin:/bin")
        .env("SHELL", "/bin/sh")
        .stdin(fs::File::open(folder.join("typed")).unwrap());
    Some(run(&mut script))
}

/// A key goes to a terminal only with `--force`.
#[cfg(target_os = "linux")]
#[test]
fn a_key_is_not_shown_on_a_terminal() {
    let folder = Scratch::new();
    let get = |more: &str| on_terminal(folder.path(), &format!("get web -o - {more}"), "");
    let Some((code, output, _)) = get("") else {
        return;
    };
    assert_eq!(code, 2, "{output}");
    assert!(
        !output.contains("PRIVATE") && output.contains("--force"),
        "{output}"
    );
    assert!(get("--no-key").unwrap().1.contains("BEGIN CERTIFICATE"));
    assert!(get("--force").unwrap().1.contains("BEGIN PRIVATE KEY"));
}

/// Who says no gets what they want.
#[cfg(target_os = "linux")]
#[test]
fn a_declined_deletion_is_no_error() {
    let folder = Scratch::new();
    for (command, said) in [("delete", "nothing deleted"), ("purge", "nothing purged")] {
        for answer in ["n\n", "\n", "what?\n"] {
            let line = format!("{command} web");
            let Some((code, output, _)) = on_terminal(folder.path(), &line, answer) else {
                return;
            };
            assert!(code == 0 && output.contains(said), "{code}: {output}");
        }
    }
    let (code, _, errors) = run(dev::kvcert(folder.path()).args(["get", "web", "-o", "out"]));
    assert_eq!(code, 0, "{errors}");
}

/// A name of a file that turns text around, and one that is a command to some terminals.
#[test]
fn no_name_steers_a_terminal_in_json() {
    let folder = Scratch::new();
    assert_eq!(
        run(dev::kvcert(folder.path()).args(["get", "web-pem"])).0,
        0
    );
    let name = "a\u{9b}31m\u{202e}b.pem";
    let both = fs::read_to_string(folder.join("web-pem.key")).unwrap()
        + &fs::read_to_string(folder.join("web-pem.crt")).unwrap();
    fs::write(folder.join(name), both).unwrap();
    let arguments = ["convert", name, "--json", "--name", "new"];
    let (code, output, errors) = run(kvcert(folder.path()).args(arguments));
    assert_eq!(code, 0, "{errors}");
    assert!(!output.contains(['\u{9b}', '\u{202e}']), "{output}");
    let receipt: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(receipt["certificates"][0]["source"], name);
}

/// Requests, warnings, notes and the failure: each is a JSON value.
#[test]
fn with_json_standard_error_is_json_too() {
    let folder = Scratch::new();
    let arguments = ["--json", "-v", "get", "expiring", "vaulted", "web"];
    let output = dev::kvcert(folder.path()).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let values = serde_json::Deserializer::from_slice(&output.stderr).into_iter();
    let values: Result<Vec<serde_json::Value>, _> = values.collect();
    let values = values.unwrap();
    let has = |kind: &str| values.iter().any(|value| value.get(kind).is_some());
    assert!(has("request") && has("error"), "{values:?}");
}
