//! What a bearer token may hold (RFC 6750 section 2.1), from every source and in every form.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::json;

use crate::fake::Fake;
use crate::support::replay::{Replay, Reply};
use crate::support::{self, Scratch, run, say};

/// Texts that mean something to a shell, to PowerShell, to curl, to a runner or to a header.
const ODD: [&str; 16] = [
    "x';touch${IFS}PWNED;'",
    "x\u{2019};calc;\u{2019}",
    "x$(touch PWNED)",
    "x`touch PWNED`",
    "x\r\nX-Injected: 1",
    "x\\r\\nX-Injected:1",
    "x\"\nurl = \"https://evil.example",
    "x%0a##vso[task.setvariable variable=PATH]evil",
    "x]evil",
    "x y",
    "x\u{0}y",
    "x=y",
    "x\u{e9}",
    "x\ty",
    "==",
    "",
];

const FORMS: [&[&str]; 8] = [
    &["--output", "token"],
    &["--output", "env"],
    &["--output", "powershell"],
    &["--output", "header"],
    &["--output", "json"],
    &["--output", "azure-pipelines"],
    &["--curl-config", "-"],
    &["--curl-config", "curl.conf"],
];

/// The command must fail, and print and write nothing.
#[track_caller]
fn gives_nothing(command: &mut Command, folder: &Scratch, text: &str) {
    let (code, output, errors) = run(command);
    assert!(code != 0 && output.is_empty(), "{text:?}: {output}");
    assert!(text.len() < 3 || !errors.contains(text), "{errors}");
    assert!(!folder.join("curl.conf").exists());
}

fn managed_identity(folder: &Scratch, text: &str) -> Command {
    let reply = json!({"access_token": text, "expires_in": "3600"});
    let server = Replay::plain(move |_| Reply::json(reply.clone()));
    let mut command = support::kvcert(folder.path());
    command
        .args(["token", "--flow", "managed-identity", "--scope"])
        .arg("https://x.example/.default")
        .env(
            "AZURE_POD_IDENTITY_AUTHORITY_HOST",
            format!("http://127.0.0.1:{}", server.port),
        );
    command
}

fn azure_cli(folder: &Scratch, text: &str) -> Command {
    let output = json!({"accessToken": text, "expires_on": 4_000_000_000_u64});
    fs::write(folder.join("output"), output.to_string()).unwrap();
    fs::write(folder.join("az"), "#!/bin/sh\nexec /bin/cat output\n").unwrap();
    fs::set_permissions(folder.join("az"), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = support::kvcert(folder.path());
    command
        .args(["token", "--flow", "azure-cli", "--scope"])
        .arg("https://x.example/.default")
        .env("PATH", folder.path());
    command
}

fn token_file(folder: &Scratch, text: &str) -> Command {
    fs::write(folder.join("token"), text).unwrap();
    fs::set_permissions(folder.join("token"), fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = support::kvcert(folder.path());
    command
        .args(["token", "--flow", "token", "--token-file", "token"])
        .args(["--scope", "https://x.example/.default"]);
    command
}

#[test]
fn no_source_gives_an_odd_token() {
    for text in ODD {
        let folder = Scratch::new();
        for source in [managed_identity, azure_cli, token_file] {
            gives_nothing(&mut source(&folder, text), &folder, text);
        }
        let mut variable = support::kvcert(folder.path());
        variable.args(["token", "--flow", "token", "--scope", "https://x/.default"]);
        if !text.contains('\0') {
            variable.env("KVCERT_ACCESS_TOKEN", text);
        }
        gives_nothing(&mut variable, &folder, text);
        let reply = json!({"access_token": text, "expires_in": 60});
        let fake = Fake::with_entra(move |_| Reply::json(reply.clone()));
        gives_nothing(&mut fake.token(&["./app.pem"]), &fake.folder, text);
    }
}

#[test]
fn no_form_prints_an_odd_token() {
    let folder = Scratch::new();
    for text in &ODD[..4] {
        for form in FORMS {
            let mut command = managed_identity(&folder, text);
            gives_nothing(command.args(form), &folder, text);
        }
    }
}

/// All of the alphabet, as the programs read it that the forms are for.
#[test]
fn each_form_is_read_back() {
    let token = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/==";
    let folder = Scratch::new();
    let prints = |form: &[&str]| {
        let (code, output, errors) = run(managed_identity(&folder, token).args(form));
        assert_eq!(code, 0, "{errors}");
        output
    };
    let env = prints(&["--output", "env"]);
    for shell in ["sh", "bash", "dash", "zsh"] {
        let mut command = Command::new(shell);
        command.args(["-c", "eval \"$1\"; printf %s \"$KVCERT_TOKEN\"", "x", &env]);
        match command.output() {
            Ok(output) => assert_eq!(String::from_utf8_lossy(&output.stdout), token, "{shell}"),
            Err(_) => say(&format!("skipped: there is no `{shell}`")),
        }
    }
    let script = prints(&["--output", "powershell"]) + "[Console]::Out.Write($env:KVCERT_TOKEN)";
    let mut pwsh = Command::new("pwsh");
    match pwsh.args(["-NoProfile", "-Command", &script]).output() {
        Ok(output) => assert_eq!(String::from_utf8_lossy(&output.stdout), token),
        Err(_) => say("skipped: there is no `pwsh`"),
    }
    let json: serde_json::Value = serde_json::from_str(&prints(&["--output", "json"])).unwrap();
    assert_eq!(json["accessToken"], token);
    let server = Replay::plain(|_| Reply::new(200, ""));
    fs::write(folder.join("curl.conf"), prints(&["--curl-config", "-"])).unwrap();
    let mut curl = Command::new("curl");
    curl.current_dir(folder.path())
        .args(["-s", "--noproxy", "*", "-K", "curl.conf"])
        .arg(format!("http://127.0.0.1:{}/", server.port));
    match curl.output() {
        Ok(_) => {
            let seen = server.seen().pop().unwrap();
            assert_eq!(seen.authorization, Some(format!("Bearer {token}")));
        }
        Err(_) => say("skipped: there is no `curl`"),
    }
}
