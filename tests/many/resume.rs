//! `--resume`: what is there is neither fetched nor touched.

use std::fs;

use crate::support::{Scratch, failure};
use crate::vault::{self, count, good, got, name};

#[test]
fn only_what_is_missing_is_fetched() {
    let folder = Scratch::new();
    assert_eq!(got(&good(30), &folder, &["--all"]).code, 0);
    fs::remove_file(folder.join("out/c0003.key")).unwrap();
    fs::remove_file(folder.join("out/c0004.crt")).unwrap();
    fs::remove_file(folder.join("out/c0004.key")).unwrap();
    let before = fs::metadata(folder.join("out/c0005.key")).unwrap();
    let server = good(32);
    let again = got(&server, &folder, &["--all", "--resume"]);
    assert_eq!(again.code, 0, "{}", again.errors);
    assert_eq!(again.errors, "");
    assert_eq!(again.names(), [3, 4, 30, 31].map(name));
    assert_eq!(count(&server, "/secrets"), 4);
    assert_eq!(again.all("skipped", "reason"), vec!["present"; 28]);
    let after = fs::metadata(folder.join("out/c0005.key")).unwrap();
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());
}

#[test]
fn what_is_there_is_told() {
    let (server, folder) = (good(3), Scratch::new());
    let told = || vault::told(&server, &folder, &["--all", "--resume"]);
    assert!(!told().contains("skipped"));
    let present = "skipped 3 certificates: their files already exist\n";
    assert_eq!(told(), present);
}

#[test]
fn what_was_renewed_is_not_replaced() {
    let folder = Scratch::new();
    assert_eq!(got(&good(2), &folder, &["--all"]).code, 0);
    let old = fs::read(folder.join("out/c0001.crt")).unwrap();
    let renewed = vault::vault(2, |seen| {
        let is_new = seen.path.contains("/c0001") && seen.path != "/certificates";
        is_new.then(|| vault::object(&seen.path, 1))
    });
    // By name there is no list: the certificate object tells.
    let again = got(&renewed, &folder, &["c0000", "c0001", "--resume"]);
    assert_eq!(again.code, 8, "{}", again.errors);
    assert_eq!(failure(&again.errors)["reason"], "exists");
    assert_eq!(again.all("skipped", "certificate"), ["c0000"]);
    assert_eq!(count(&renewed, "/secrets/c0000"), 0);
    assert_eq!(fs::read(folder.join("out/c0001.crt")).unwrap(), old);
}

#[test]
fn in_every_format_that_can_be_read() {
    for format in ["combined", "certbot", "pfx", "der"] {
        let (server, folder) = (good(2), Scratch::new());
        assert_eq!(
            got(&server, &folder, &["--all", "--format", format]).code,
            0
        );
        let again = got(&server, &folder, &["--all", "--format", format, "--resume"]);
        assert_eq!(
            (again.code, again.names().len()),
            (0, 0),
            "{format}: {}",
            again.errors
        );
    }
}
