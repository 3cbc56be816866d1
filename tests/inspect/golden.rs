//! What is shown of the fixtures, as it stands in `tests/golden/inspect/`. `UPDATE=1 cargo test
//! --test inspect` takes what is new.

use std::fs;
use std::path::Path;

use crate::support::{Scratch, kvcert, run};

/// Compares with the file in `tests/golden/inspect/`, or with `UPDATE=1` writes it.
#[track_caller]
pub fn golden(name: &str, found: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/inspect");
    let path = folder.join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(&folder).unwrap();
        return fs::write(path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == found,
        "{} differs; `UPDATE=1 cargo test --test inspect` takes the new one:\n{found}",
        path.display()
    );
}

/// The number of days before `days left` and after `daysLeft`, which changes from day to day.
pub fn without_days(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let line = match line.split_once(" days left") {
            Some((before, after)) => {
                let number = before.rfind(|c: char| !c.is_ascii_digit() && c != '-');
                let before = &before[..number.map_or(0, |at| at + 1)];
                format!("{before}N days left{after}")
            }
            None => line.to_owned(),
        };
        let line = match line.split_once("\"daysLeft\": ") {
            Some((before, after)) => {
                let comma = if after.ends_with(',') { "," } else { "" };
                format!("{before}\"daysLeft\": 0{comma}")
            }
            None => line,
        };
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// What kvcert says of a fixture, which lies in the folder that it runs in.
pub fn inspect(fixture: &str, password: &str, flags: &[&str]) -> String {
    let folder = Scratch::new();
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(fixture);
    let name = path.file_name().unwrap();
    fs::copy(&path, folder.join(name)).unwrap();
    let mut command = kvcert(folder.path());
    command.arg("inspect").arg(name).args(flags);
    if !password.is_empty() {
        command.env("PASSWORD", password);
        command.args(["--password-env", "PASSWORD"]);
    }
    let (code, output, errors) = run(&mut command);
    assert_eq!((code, errors.as_str()), (0, ""), "{fixture}");
    output
}

#[track_caller]
fn check(fixture: &str, password: &str) {
    let name = fixture.replace('/', "-");
    let plain = without_days(&inspect(fixture, password, &[]));
    golden(&format!("{name}.txt"), &plain);
    let json = without_days(&inspect(fixture, password, &["--json"]));
    golden(&format!("{name}.json"), &json);
}

#[test]
fn what_key_vault_writes() {
    check("pkcs12/keyvault-chain-shuffled.pfx", "");
    check("pkcs12/keyvault-2016-leaf-last.pfx", "");
    check("pkcs12/keyvault-not-exportable.pfx", "");
}

#[test]
fn what_others_write() {
    check("pkcs12/openssl-3.pfx", "secret");
    check("pkcs12/java-two-keys.pfx", "changeit");
    check("pkcs12/pbmac1-sha256.pfx", "secret");
    check("pkcs12/openssl-nothing-at-all.pfx", "");
    check("pkcs12/ber-indefinite.pfx", "");
    check("pkcs12/nested-3.pfx", "");
    check("pkcs12/cross-signed.pfx", "");
}

#[test]
fn what_is_locked_or_damaged() {
    check("pkcs12/openssl-legacy.pfx", "");
    check("pkcs12/flipped-mac.pfx", "");
    check("pkcs12/costly-pbkdf2.pfx", "");
    check("pkcs12/public-key-privacy.pfx", "");
    check("pkcs12/openssl-mac-sha3-256.pfx", "secret");
}

#[test]
fn pem_and_der() {
    check("pem/bag-attributes.pem", "");
    check("pem/dek-info-aes256.pem", "secret");
    check("pem/dek-info-no-password.pem", "");
    check("der/certificate-rsa.cer", "");
    check("der/key-encrypted-no-password.der", "");
    check("base64/pfx-lines.txt", "");
}

#[test]
fn a_terminal_gets_colour_and_boxes() {
    let fancy = inspect("pkcs12/openssl-3.pfx", "secret", &["--color", "always"]);
    golden("fancy.txt", &without_days(&fancy));
}
