//! `kvcert inspect FILE` as people call it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use crate::golden::inspect;
use crate::support::{Scratch, failure, kvcert, run};

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

#[test]
fn standard_input_is_a_file_too() {
    let folder = Scratch::new();
    let mut child = kvcert(folder.path())
        .args(["inspect", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let bytes = fs::read(fixture("base64/pfx.txt")).unwrap();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && text.contains("base64-encoded"),
        "{text}"
    );
}

#[test]
fn a_file_that_is_not_there() {
    let folder = Scratch::new();
    let (code, output, errors) = run(kvcert(folder.path()).args(["inspect", "web.pfx", "--json"]));
    assert_eq!((code, output.as_str()), (2, ""));
    assert_eq!(failure(&errors)["reason"], "no-such-file");
}

#[test]
fn what_is_no_key_store() {
    let folder = Scratch::new();
    for name in ["other/keystore.jks", "other/empty", "other/page.html"] {
        let path = fixture(name);
        let (code, output, errors) =
            run(kvcert(folder.path()).arg("inspect").arg(path).arg("--json"));
        assert_eq!((code, output.as_str()), (7, ""), "{name}");
        assert_eq!(failure(&errors)["reason"], "not-a-key-store", "{name}");
    }
}

#[test]
fn a_wrong_password_shows_what_there_is_without() {
    let with = inspect("pkcs12/openssl-3.pfx", "wrong", &[]);
    let without = inspect("pkcs12/openssl-3.pfx", "", &[]);
    assert_eq!(with, without);
    assert!(with.contains("PBES2 with AES-256-CBC"), "{with}");
    assert!(with.contains("locked"), "{with}");
}

/// The commands under "Programs that can read it" convert the file as they say.
#[test]
fn the_command_that_mends_it_does() {
    let folder = Scratch::new();
    fs::copy(fixture("pkcs12/keyvault-2016.pfx"), folder.join("old.pfx")).unwrap();
    let readers = |file: &str| {
        let mut command = kvcert(folder.path());
        command.args(["inspect", file, "--json"]);
        if file == "new.pfx" {
            command.args(["--password-env", "PASSWORD"]);
        }
        let (_, output, _) = run(command.env("PASSWORD", "new"));
        let report: serde_json::Value = serde_json::from_str(&output).unwrap();
        report["readers"].as_array().unwrap().clone()
    };
    for reader in readers("old.pfx") {
        let Some(mend) = reader["mend"].as_str() else {
            assert_eq!(reader["verdict"], "reads");
            continue;
        };
        let words = mend.replace("--key-password-prompt", "--key-password-env PASSWORD");
        let words = words.strip_prefix("kvcert ").unwrap().split(' ');
        let (code, _, errors) = run(kvcert(folder.path())
            .args(words)
            .args(["--name", "new", "--force"])
            .env("PASSWORD", "new"));
        assert_eq!(code, 0, "{errors}");
        let again = readers("new.pfx");
        let now = again
            .iter()
            .find(|it| it["name"] == reader["name"])
            .unwrap();
        assert_eq!(now["verdict"], "reads", "{now}");
    }
}

#[test]
fn nothing_private_is_shown() {
    let shown = inspect("pem/chain.pem", "", &["--json"]) + &inspect("pem/chain.pem", "", &[]);
    let pem = fs::read_to_string(fixture("pem/chain.pem")).unwrap();
    let (_, key) = pem.split_once("-----BEGIN PRIVATE KEY-----\n").unwrap();
    let line = key.lines().nth(1).unwrap();
    assert!(line.len() > 40 && !shown.contains(line), "{shown}");
}
