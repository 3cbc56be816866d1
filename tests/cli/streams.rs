//! What goes where, in which colours, and when no one listens.

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
        &["list"],
        &["--json", "list"],
        &["get", "web", "-o", "-"],
        &["get", "web", "-o", "out", "-q"],
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
        let full = std::fs::File::options().write(true).open("/dev/full");
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
    let (code, output, errors) = run(dev::kvcert(folder.path()).args(["-q", "get", "web"]));
    assert_eq!((code, output.lines().count(), errors.as_str()), (0, 2, ""));
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

/// A key goes to a terminal only with `--force`. `script` plays the terminal, where there is one.
#[cfg(target_os = "linux")]
#[test]
fn a_key_is_not_shown_on_a_terminal() {
    if Command::new("script").arg("--version").output().is_err() {
        return crate::support::say("skipped: there is no `script`");
    }
    let folder = Scratch::new();
    let on_terminal = |more: &str| {
        let command = dev::kvcert(folder.path());
        let binary = command.get_program().to_str().unwrap();
        let line = format!("{binary} --dev get web -o - {more}");
        let mut script = Command::new("script");
        script
            .args(["-qec", &line, "/dev/null"])
            .current_dir(folder.path())
            .env_clear();
        script
            .env("KVCERT_STATE_DIR", folder.join("state"))
            .env("PATH", "/usr/bin:/bin");
        script.env("SHELL", "/bin/sh");
        run(script.stdin(Stdio::null()))
    };
    let (code, output, _) = on_terminal("");
    assert_eq!(code, 2, "{output}");
    assert!(
        !output.contains("PRIVATE") && output.contains("--force"),
        "{output}"
    );
    assert!(on_terminal("--no-key").1.contains("BEGIN CERTIFICATE"));
    assert!(on_terminal("--force").1.contains("BEGIN PRIVATE KEY"));
}
