//! Exit codes and reasons of what a user can do wrong; each comes with a hint.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;

use crate::support::{Scratch, dev, failure, kvcert, run};

/// Each fails so, with a hint, as JSON and as text.
#[test]
fn what_a_user_can_get_wrong() {
    let folder = Scratch::new();
    fs::write(folder.join("ca.txt"), "no certificate").unwrap();
    fs::write(folder.join("long"), "x".repeat(100_000)).unwrap();
    fs::write(folder.join("odd.pfx"), "what is this").unwrap();
    fs::write(folder.join("empty"), "").unwrap();
    // Or there is a warning, too, that others can read a token there.
    #[cfg(unix)]
    fs::set_permissions(folder.join("empty"), PermissionsExt::from_mode(0o600)).unwrap();
    let local = "https://x.vault.localhost:1";
    let cases: [(&[&str], i32, &str); 25] = [
        (&["get", "web"], 2, "no-vault"),
        (&["list"], 2, "no-vault"),
        (&["list", "--vault", "a b"], 2, "invalid-address"),
        (
            &["list", "--vault", "https://v.example/x"],
            2,
            "invalid-address",
        ),
        (&["get", "a/b", "--vault", local], 2, "invalid-address"),
        (
            &["get", "web", "--auth", "environment", "--vault", local],
            4,
            "no-credential",
        ),
        (
            &["get", "web", "--auth", "token", "--vault", local],
            4,
            "no-credential",
        ),
        (
            &["get", "a", "b", "--name", "c", "--vault", local],
            2,
            "one-name",
        ),
        (
            &[
                "get",
                "a*",
                "--name",
                "c",
                "--password-env",
                "NOT_SET",
                "--vault",
                local,
            ],
            2,
            "one-name",
        ),
        (
            &["list", "--vault", local, "--ca-file", "ca.txt"],
            2,
            "tls-setup",
        ),
        (
            &["list", "--vault", local, "--ca-file", "none"],
            2,
            "no-such-file",
        ),
        (
            &["list", "--vault", local, "--token-file", "none"],
            2,
            "no-such-file",
        ),
        (
            &["list", "--vault", local, "--token-file", "empty"],
            2,
            "invalid-token",
        ),
        (&["convert", "none.pfx"], 2, "no-such-file"),
        (&["convert", "odd.pfx", "x/ODD.pem"], 2, "same-name"),
        (
            &["convert", "odd.pfx", "empty", "--name", "a"],
            2,
            "flags-conflict",
        ),
        (
            &["convert", "odd.pfx", "--key-password-file", "empty"],
            2,
            "empty-password",
        ),
        (
            &["convert", "odd.pfx", "--key-password-env", "NOT_SET"],
            2,
            "no-such-variable",
        ),
        (&["convert", "."], 2, "unreadable-file"),
        (&["convert", "odd.pfx"], 7, "not-a-key-store"),
        (&["convert", "empty"], 7, "not-a-key-store"),
        (
            &["convert", "odd.pfx", "--password-env", "NOT_SET"],
            2,
            "no-such-variable",
        ),
        (
            &["convert", "odd.pfx", "--password-file", "long"],
            2,
            "too-long",
        ),
        (
            &["convert", "odd.pfx", "--password-prompt"],
            2,
            "no-terminal",
        ),
        (
            &["convert", "-", "--password-file", "-"],
            2,
            "flags-conflict",
        ),
    ];
    for (arguments, code, reason) in cases {
        let (found, output, errors) = run(kvcert(folder.path()).args(["--json"]).args(arguments));
        let error = failure(&errors);
        assert_eq!(
            (found, &error["reason"]),
            (code, &reason.into()),
            "{arguments:?}: {errors}"
        );
        assert_eq!(error["exitCode"], code);
        assert!(
            error["hint"].as_str().is_some_and(|hint| hint.len() > 10),
            "{errors}"
        );
        if !output.is_empty() {
            let receipt: serde_json::Value = serde_json::from_str(&output).unwrap();
            assert_eq!(receipt["failures"][0]["error"], error);
        }
        let (found, _, text) = run(kvcert(folder.path()).args(arguments));
        assert_eq!(found, code);
        // error: …, indented causes, hint: …
        let lines: Vec<&str> = text.lines().collect();
        let [first, causes @ .., last] = &lines[..] else {
            panic!("{text}");
        };
        assert_eq!(
            *first,
            format!("error: {}", error["message"].as_str().unwrap())
        );
        assert!(causes.iter().all(|cause| cause.starts_with("  ")), "{text}");
        assert_eq!(*last, format!("hint: {}", error["hint"].as_str().unwrap()));
    }
}

#[test]
fn what_is_no_command_line() {
    let folder = Scratch::new();
    let cases: [&[&str]; 14] = [
        &["nonsense"],
        &["get"],
        &["convert"],
        &["get", "web", "--no-such-flag"],
        &["get", "web", "--mode", "999"],
        &["get", "web", "--mode", "7777"],
        &["get", "web", "--min-days", "-1"],
        &["get", "web", "--format", "jks"],
        &["get", "web", "--password-file", "a", "--password-env", "B"],
        &["--dev", "--vault", "contoso", "list"],
        &["--dev", "list", "--vault", "contoso"],
        &["--vault", "contoso", "list", "--dev"],
        &["list", "--timeout", "0"],
        &["list", "-v", "-q"],
    ];
    for arguments in cases {
        let (code, output, errors) = run(kvcert(folder.path()).args(arguments));
        assert_eq!((code, output.as_str()), (2, ""), "{arguments:?}");
        assert!(errors.starts_with("error: "), "{errors}");
    }
    assert!(folder.names().is_empty());
}

#[test]
fn a_port_that_is_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = Scratch::new();
    let (code, _, errors) = run(kvcert(folder.path()).args(["--json", "dev", "--port", &port]));
    let error = failure(&errors);
    assert_eq!((code, &error["reason"]), (6, &"port-in-use".into()));
    assert!(error["hint"].is_string());
}

#[test]
fn what_stands_in_the_way() {
    let folder = Scratch::new();
    fs::write(folder.join("file"), "").unwrap();
    fs::create_dir_all(folder.join("out/web.key")).unwrap();
    let cases: [(&[&str], &str); 3] = [
        (&["-o", "file"], "no-folder"),
        (&["-o", "out", "--force"], "not-a-file"),
        (
            &["-o", "new", "--owner", "nobody-of-that-name"],
            "unknown-principal",
        ),
    ];
    for (more, reason) in cases {
        let mut command = dev::kvcert(folder.path());
        let (code, _, errors) = run(command.args(["--json", "get", "web"]).args(more));
        let error = failure(&errors);
        assert_eq!((code, &error["reason"]), (8, &reason.into()), "{errors}");
        assert!(error["hint"].is_string(), "{errors}");
    }
}

/// A command in a hint has the flags of the call that failed, and its certificate.
#[test]
fn commands_in_hints_work_as_they_are_written() {
    let folder = Scratch::new();
    let (_, _, errors) = run(dev::kvcert(folder.path()).args(["get", "nothing-here", "-o", "out"]));
    assert!(
        errors.contains("hint: `kvcert list --dev` shows"),
        "{errors}"
    );
    let (_, _, errors) = run(dev::kvcert(folder.path()).args(["get", "vaulted", "-o", "out"]));
    let command = "`kvcert token vaulted --sign-in-vault --dev`";
    assert!(errors.contains(command), "{errors}");
    let (_, output, errors) =
        run(dev::kvcert(folder.path()).args(["create", "signed-elsewhere", "--issuer", "Unknown"]));
    let next = "kvcert merge signed-elsewhere FILE --dev";
    assert!(errors.contains(next), "{output}{errors}");

    let access = dev::access();
    let vault = access.vault_url.clone();
    let mut command = dev::kvcert_by_environment(folder.path());
    let (_, _, errors) = run(command.args(["get", "nothing-here", "-o", "out", "--json"]));
    let hint = format!(
        "`kvcert list --vault {vault} --ca-file ca.pem` shows the certificates of the vault"
    );
    assert_eq!(failure(&errors)["hint"], hint.as_str());
    // An identifier says which vault is meant.
    let id = format!("{vault}/certificates/nothing-here");
    let mut command = dev::kvcert_by_environment(folder.path());
    let (_, _, errors) = run(command.args(["get", &id, "-o", "out", "--json"]));
    assert_eq!(failure(&errors)["hint"], hint.as_str());
}
