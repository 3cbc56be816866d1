//! What kvcert prints: results, notes, warnings, errors, requests.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::hunt::Hunt;
use crate::support::replay::{Replay, Reply, TOKEN};
use crate::support::{self, Scratch, dev, openssl, run};

const PASSWORD: &str = "correct horse battery staple";

/// Runs each command as it is, with `-v` and with `--json`; none may print anything of the hunted.
/// Gives back the exit codes of the first runs.
#[track_caller]
fn nothing_printed(hunt: &Hunt, command: impl Fn() -> Command, arguments: &[&[&str]]) -> Vec<i32> {
    let mut codes = Vec::new();
    for arguments in arguments {
        for more in [
            &["-v"][..],
            &["--json"],
            &["--json", "-v"],
            &["--color", "always"],
        ] {
            let (code, output, errors) = run(command().args(more).args(*arguments));
            let what = format!("{more:?} {arguments:?}");
            hunt.nothing_in(&what, output);
            hunt.nothing_in(&what, errors);
            if more == ["-v"] {
                codes.push(code);
            }
        }
    }
    codes
}

#[test]
fn of_get_and_list() {
    let folder = Scratch::new();
    let secret = dev::access().client_secret.expose();
    let mut hunt = Hunt::default()
        .text("the client secret", secret)
        .text("the password", PASSWORD);
    for name in ["web", "api-ec"] {
        let arguments = ["get", name, "-o", "kept"];
        assert_eq!(run(dev::kvcert(folder.path()).args(arguments)).0, 0);
        hunt = hunt.key(&folder.join(format!("kept/{name}.key")));
    }
    let pair =
        ["web", "api-ec"].map(|name| fs::read(folder.join(format!("kept/{name}.key"))).unwrap());
    hunt_finds(&hunt, pair.concat());
    let commands: [&[&str]; 11] = [
        &["get", "web", "api-ec", "-o", "out"],
        &["get", "web", "-o", "kept", "--name", "api-ec"],
        &[
            "get",
            "web",
            "nothing-here",
            "vaulted",
            "retired",
            "-o",
            "out",
        ],
        &["get", "web", "-o", "out", "--format", "certbot"],
        &["get", "web", "-o", "out", "--dry-run"],
        &["get", "web", "--min-days", "5000", "-o", "out"],
        &["list"],
        &["get", "web", "api-ec", "-o", "jwk", "--format", "jwk"],
        &["get", "web", "-o", "kubernetes", "--format", "kubernetes"],
        &[
            "get",
            "web",
            "-o",
            "pfx",
            "--format",
            "pfx",
            "--key-password-file",
            "password",
        ],
        &[
            "get",
            "web",
            "-o",
            "sealed",
            "--key-password-file",
            "password",
        ],
    ];
    fs::write(folder.join("password"), PASSWORD).unwrap();
    let codes = nothing_printed(&hunt, || dev::kvcert(folder.path()), &commands);
    assert_eq!(codes, [0, 8, 7, 0, 0, 9, 0, 0, 0, 0, 0]);
    let by_environment = || dev::kvcert_by_environment(folder.path());
    nothing_printed(
        &hunt,
        by_environment,
        &[&["get", "web", "-o", "out"], &["list"]],
    );
}

/// The hunt is for what is in the key files; the others are in none.
#[track_caller]
fn hunt_finds(hunt: &Hunt, keys: Vec<u8>) {
    let bodies: String = String::from_utf8(keys)
        .unwrap()
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    hunt.all_in(bodies + dev::access().client_secret.expose() + PASSWORD);
}

#[test]
fn of_sign_ins_that_fail() {
    let folder = Scratch::new();
    let wrong = "wrong-secret-of-some-length";
    let hunt = Hunt::default()
        .text("the secret", wrong)
        .text("the token", TOKEN);
    let with_secret = || {
        let mut command = dev::kvcert_by_environment(folder.path());
        command.env("AZURE_CLIENT_SECRET", wrong);
        command
    };
    let with_token = || {
        let mut command = dev::kvcert_by_environment(folder.path());
        command.env("KVCERT_ACCESS_TOKEN", TOKEN);
        command
    };
    let commands: [&[&str]; 2] = [&["get", "web", "-o", "out"], &["list"]];
    assert_eq!(nothing_printed(&hunt, with_secret, &commands), [4, 4]);
    assert_eq!(nothing_printed(&hunt, with_token, &commands), [4, 4]);
    // A token that is none is not quoted either.
    let odd = || {
        let mut command = dev::kvcert_by_environment(folder.path());
        command.env("KVCERT_ACCESS_TOKEN", format!("Basic {TOKEN}"));
        command
    };
    assert_eq!(nothing_printed(&hunt, odd, &commands), [2, 2]);
}

#[test]
fn of_values_that_are_damaged() {
    let folder = Scratch::new();
    let pfx = sealed(folder.path(), "pass:");
    let key = fs::read_to_string(folder.join("kept/web.key")).unwrap();
    let certificate = fs::read_to_string(folder.join("kept/web.crt")).unwrap();
    let value = openssl(&["base64", "-A", "-in", pfx.to_str().unwrap()]);
    let hunt = Hunt::default()
        .key(&folder.join("kept/web.key"))
        .text("the value", &value);
    let cut = |text: &str| text[..text.len() / 2].to_owned();
    let swapped = |text: &str| text.replacen('A', "!", 3).replacen('M', "_", 1);
    let values = [
        cut(&value),
        swapped(&value),
        cut(&key),
        cut(&key) + &certificate,
        swapped(&key) + &certificate,
        key.clone(),
        key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY") + &certificate,
        key.replace("PRIVATE KEY", "RSA PRIVATE KEY") + &certificate,
        key.replace('\n', "\\n"),
        key.repeat(2).replace("-----BEGIN", "----BEGIN"),
    ];
    for value in values {
        let id = "https://x.vault.localhost/secrets/web/0123456789abcdef0123456789abcdef";
        for body in [
            json!({"value": value, "id": id}).to_string(),
            json!({"value": value, "id": id, "managed": true, "contentType": "application/x-pkcs12"})
                .to_string(),
            json!({"value": [value], "id": id}).to_string(),
            json!({"value": "x", "id": value}).to_string(),
            json!({"value": "x", "id": id, "managed": value}).to_string(),
            json!({"value": "x", "id": id, "attributes": value}).to_string(),
            json!({"value": value}).to_string().replace('}', ""),
        ] {
            let server = Replay::script(vec![Reply::new(200, body)]);
            let command = || {
                let mut command = support::kvcert(folder.path());
                command.env("KVCERT_ACCESS_TOKEN", TOKEN).arg("--ca-file");
                command.arg(support::replay::ca_file(folder.path()));
                command.args(["--vault", &server.url()]);
                command
            };
            let both = [&["get", "web", "-o", "out"][..]];
            let codes = nothing_printed(&hunt, command, &both);
            assert!([6, 7].contains(&codes[0]), "{codes:?}");
        }
    }
    assert!(!folder.join("out").exists());
}

/// A service, or something before it, that repeats what it was sent.
#[test]
fn of_refusals_that_echo_the_token() {
    let folder = Scratch::new();
    let hunt = Hunt::default().text("the token", TOKEN);
    let message = format!("the token 'Bearer {TOKEN}' of {TOKEN}{TOKEN} is no good");
    for status in [400, 401, 403, 404, 409, 501] {
        let body = json!({"error": {"code": TOKEN, "message": message}}).to_string();
        let server = Replay::vault(move |_| Reply::new(status, body.clone()));
        let command = || server.kvcert(folder.path(), &[]);
        let commands: [&[&str]; 2] = [&["get", "web", "-o", "out"], &["list"]];
        let codes = nothing_printed(&hunt, command, &commands);
        assert!(
            codes.iter().all(|code| [2, 3, 4, 5, 6].contains(code)),
            "{codes:?}"
        );
    }
}

#[test]
fn of_convert() {
    let folder = Scratch::new();
    sealed(folder.path(), &format!("pass:{PASSWORD}"));
    fs::write(folder.join("right"), format!("{PASSWORD}\n")).unwrap();
    fs::write(folder.join("wrong"), format!("not {PASSWORD}\n")).unwrap();
    let hunt = Hunt::default()
        .key(&folder.join("kept/web.key"))
        .text("the password", PASSWORD);
    let command = || {
        let mut command = support::kvcert(folder.path());
        command.env("PASSWORD", PASSWORD);
        command
    };
    let commands: [&[&str]; 5] = [
        &[
            "convert",
            "web.pfx",
            "--password-file",
            "right",
            "-o",
            "out",
        ],
        &[
            "convert",
            "web.pfx",
            "--password-env",
            "PASSWORD",
            "-o",
            "out",
        ],
        &[
            "convert",
            "web.pfx",
            "--password-file",
            "wrong",
            "-o",
            "out",
        ],
        &["convert", "web.pfx", "-o", "out"],
        &["convert", "kept/web.key", "-o", "out"],
    ];
    assert_eq!(nothing_printed(&hunt, command, &commands), [0, 0, 7, 7, 7]);
    support::pair(&folder.join("out/web.crt"), &folder.join("out/web.key"));
}

/// Gets `web` into `kept` and makes `web.pfx` of it, with a password.
fn sealed(folder: &Path, password: &str) -> std::path::PathBuf {
    let arguments = ["get", "web", "-o", "kept"];
    assert_eq!(run(dev::kvcert(folder).args(arguments)).0, 0);
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (certificate, key, pfx) = (path("kept/web.crt"), path("kept/web.key"), path("web.pfx"));
    let files = [
        "-in",
        &certificate,
        "-inkey",
        &key,
        "-out",
        &pfx,
        "-passout",
        password,
    ];
    openssl(&[&["pkcs12", "-export"], &files[..]].concat());
    pfx.into()
}
