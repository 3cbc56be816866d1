//! Passwords that are typed on a terminal, which `script` plays.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Scratch, kvcert, run, say};

/// A PFX under the password `secret`, whose key has the password `another`.
fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pkcs12/password-of-key.pfx")
}

/// The exit code of `kvcert arguments` where `typed` is typed, how often it asked for the password of the
/// file, how often for that of the key, how often it said that one was wrong, and all that it said.
#[track_caller]
fn asked(folder: &Scratch, arguments: &str, typed: &str) -> Option<(i32, [usize; 3], String)> {
    if Command::new("script").arg("--version").output().is_err() {
        say("skipped: there is no `script`");
        return None;
    }
    let binary = kvcert(folder.path());
    let line = format!("{} {arguments}", binary.get_program().to_str().unwrap());
    let lines: String = typed.split(' ').map(|it| format!("{it}\n")).collect();
    fs::write(folder.join("typed"), lines).unwrap();
    fs::write(folder.join("secret"), "secret").unwrap();
    fs::write(folder.join("another"), "another").unwrap();
    let mut script = Command::new("script");
    script
        .args(["-qec", &line, "/dev/null"])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("SHELL", "/bin/sh")
        .stdin(fs::File::open(folder.join("typed")).unwrap());
    let (code, said, _) = run(&mut script);
    let of_file = said.matches("password for `").count();
    let of_key = said.matches("password for the private key in ").count();
    let wrong = said.matches("wrong password; ").count();
    Some((code, [of_file, of_key, wrong], said))
}

#[test]
fn a_wrong_password_is_asked_for_again() {
    let folder = Scratch::new();
    let file = fixture();
    let convert = format!("convert {} -o out --force", file.display());
    let exec = format!("exec {} -- true", file.display());
    let inspect = format!("inspect {}", file.display());
    let cases: [(&str, &str, i32, [usize; 3]); 9] = [
        ("", "secret another", 0, [1, 1, 0]),
        ("", "wrong secret another", 0, [2, 1, 1]),
        // Three answers are all that it takes.
        ("", "wrong wrong wrong", 7, [3, 0, 2]),
        ("--password-prompt", "wrong secret another", 0, [2, 1, 1]),
        ("--password-file secret", "wrong another", 0, [0, 2, 1]),
        ("--key-in-password-file another", "secret", 0, [1, 0, 0]),
        (
            "--key-in-password-file another",
            "wrong secret",
            0,
            [2, 0, 1],
        ),
        // What a file says is not asked for.
        ("--password-file typed", "wrong", 7, [0, 0, 0]),
        (
            "--password-file secret --key-in-password-file typed",
            "wrong",
            7,
            [0, 0, 0],
        ),
    ];
    for (flags, typed, code, counts) in cases {
        for (command, name) in [
            (&convert, "convert"),
            (&exec, "exec"),
            (&inspect, "inspect"),
        ] {
            let line = match command.split_once(" -- ") {
                Some((kvcert, program)) => format!("{kvcert} {flags} -- {program}"),
                None => format!("{command} {flags}"),
            };
            let Some((found, asked, said)) = asked(&folder, &line, typed) else {
                return;
            };
            // `inspect` shows what it can.
            let code = if name == "inspect" { 0 } else { code };
            assert_eq!((found, asked), (code, counts), "{line} {typed}: {said}");
        }
    }
    let (_, _, said) = asked(&folder, &inspect, "secret another").unwrap();
    assert!(
        !said.contains("none of the passwords tried opens it"),
        "{said}"
    );
}
