//! The requests that each command makes: none that the result does not need.

use std::process::Command;

use kvcert_dev::{Access, Options};
use serde_json::Value;

use crate::support::{Scratch, dev, run};

/// The requests of a command to the vault that were answered, without version and query, sorted; sign-in
/// and the challenge before it are not counted.
#[track_caller]
fn requests(command: &mut Command) -> (i32, Vec<String>) {
    let (code, _, errors) = run(command);
    let line = |line: &str| {
        let mut words = line.split(' ');
        let (method, url, status) = (words.next()?, words.next()?, words.next()?);
        let path = url
            .strip_prefix("https://")?
            .split_once(".vault.localhost")?
            .1;
        let path = path.split_once('/')?.1.split('?').next()?;
        let mut parts = path.split('/');
        let (collection, name) = (parts.next()?, parts.next().unwrap_or_default());
        (status != "401").then(|| format!("{method} {collection}/{name} {status}"))
    };
    let mut found: Vec<String> = errors.lines().filter_map(line).collect();
    found.sort();
    (code, found)
}

#[track_caller]
fn check(access: &Access, arguments: &[&str], expected: &[&str]) {
    let folder = Scratch::new();
    let (code, found) = requests(
        dev::kvcert_at(access, folder.path())
            .arg("-v")
            .args(arguments),
    );
    assert_eq!(found, expected, "{arguments:?}");
    assert_eq!(code, 0, "{arguments:?}");
}

const CERTIFICATE: &str = "GET certificates/web 200";
const SECRET: &str = "GET secrets/web 200";
const KEY: &str = "GET keys/web 200";

#[test]
fn no_more_than_the_result_needs() {
    let access = dev::access();
    let all = [CERTIFICATE, KEY, SECRET];
    check(access, &["get", "web"], &all);
    check(access, &["get", "web", "--verify", "off"], &[SECRET]);
    // The leaf is public.
    let leaf = [CERTIFICATE];
    check(access, &["get", "web", "--no-key", "--no-chain"], &leaf);
    check(
        access,
        &["get", "web", "--no-key", "--format", "der"],
        &leaf,
    );
    let leaf_off = ["get", "web", "--no-key", "--no-chain", "--verify", "off"];
    check(access, &leaf_off, &leaf);
    // The chain is in the secret. Nothing is written of the key object.
    check(access, &["get", "web", "--no-key"], &[CERTIFICATE, SECRET]);
    check(
        access,
        &["get", "web", "--no-key", "--verify", "off"],
        &[SECRET],
    );
    let required = [
        "get",
        "web",
        "--no-key",
        "--no-chain",
        "--verify",
        "require",
    ];
    check(access, &required, &all);
    check(access, &["list"], &["GET certificates/ 200"]);
    check(
        access,
        &["inspect", "web", "--public-only"],
        &[CERTIFICATE, "GET certificates/web 200", KEY],
    );
    check(access, &["inspect", "--all"], &["GET certificates/ 200"]);
    check(access, &["doctor"], &["GET certificates/ 200"]);
}

#[test]
fn a_sign_in_by_the_vault_reads_no_secret() {
    let application = ["vaulted", "--sign-in-vault", "--for", "exchange"];
    let commands: [(&[&str], &[&str]); 2] = [
        (&["token", "--decode"], &[]),
        (&["exec", "--token"], &["--", "true"]),
    ];
    for (command, program) in commands {
        let arguments = [command, &application, program].concat();
        let signed = ["GET certificates/vaulted 200", "POST keys/vaulted 200"];
        check(dev::access(), &arguments, &signed);
    }
}

#[test]
fn a_public_certificate_asks_for_no_right_to_secrets() {
    let access = dev::start(Options::default());
    let folder = Scratch::new();
    let kvcert = || dev::kvcert_at(&access, folder.path());
    let mut forbid = crate::support::kvcert(folder.path());
    // Announces the vault.
    drop(kvcert());
    let (code, _, errors) = run(forbid.args(["dev", "set", "forbid", "--path", "/secrets"]));
    assert_eq!(code, 0, "{errors}");
    let (code, output, errors) = run(kvcert().args(["get", "web", "--no-key", "--json"]));
    assert_eq!(code, 0, "{errors}");
    assert!(errors.contains("only the leaf is written"), "{errors}");
    assert!(!errors.contains("assign the role"), "{errors}");
    let receipt: Value = serde_json::from_str(&output).unwrap();
    let certificate = &receipt["certificates"][0];
    assert_eq!(certificate["chain"].as_array().unwrap().len(), 1);
    assert!(
        certificate["notes"][0]
            .as_str()
            .unwrap()
            .contains("secrets/get")
    );
    let written = std::fs::read_to_string(folder.join("web.crt")).unwrap();
    assert_eq!(written.matches("BEGIN CERTIFICATE").count(), 1);
    assert!(!folder.join("web.key").exists());
    // All of a vault, too; with a key it is still an error.
    let all = ["get", "--all", "--no-key", "-o", "all"];
    assert_eq!(run(kvcert().args(all)).0, 0);
    assert_eq!(run(kvcert().args(["get", "web"])).0, 5);
}

#[test]
fn a_plain_secret_has_no_certificate_object() {
    let folder = Scratch::new();
    let (code, _, errors) =
        run(dev::kvcert(folder.path()).args(["get", "nothing-here", "--no-key", "--no-chain"]));
    assert_eq!(code, 3, "{errors}");
    assert!(errors.contains("certificate `nothing-here`"), "{errors}");
}

#[test]
fn a_disabled_certificate_is_said_to_be() {
    let folder = Scratch::new();
    let leaf = ["get", "retired", "--no-key", "--no-chain"];
    let (code, _, errors) = run(dev::kvcert(folder.path()).args(leaf));
    assert_eq!(code, 3, "{errors}");
    assert!(errors.contains("disabled"), "{errors}");
}
