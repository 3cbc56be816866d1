//! The dev vault: its Entra checks assertions for real.

use serde_json::Value;

use crate::support::{Scratch, dev, failure, run};

#[track_caller]
fn claims(arguments: &[&str]) -> Value {
    let folder = Scratch::new();
    let mut command = dev::kvcert(folder.path());
    command
        .args(["token", "--decode", "--quiet"])
        .args(arguments);
    let (code, output, errors) = run(&mut command);
    assert_eq!(code, 0, "{errors}");
    let decoded: Value = serde_json::from_str(&output).unwrap();
    decoded["claims"].clone()
}

#[test]
fn its_entra_takes_every_kind_of_assertion() {
    for arguments in [
        &["web", "--for", "exchange"][..],
        &["web", "--for", "exchange", "--algorithm", "rs256"],
        &["web", "--for", "exchange", "--send-chain"],
        &["web", "--for", "exchange", "--sign-in-vault"],
        &["vaulted", "--for", "exchange", "--sign-in-vault"],
    ] {
        let claims = claims(arguments);
        assert_eq!(claims["aud"], "https://outlook.office365.com");
        assert_eq!(claims["roles"], serde_json::json!(["Exchange.ManageAsApp"]));
        assert_eq!(claims["idtyp"], "app");
    }
}

#[test]
fn a_key_that_is_not_exportable_is_told_the_way() {
    let folder = Scratch::new();
    for arguments in [
        &["get", "vaulted"][..],
        &["token", "vaulted", "--for", "graph"],
    ] {
        let (code, _, errors) = run(dev::kvcert(folder.path()).arg("--json").args(arguments));
        let failure = failure(&errors);
        assert_eq!(
            (code, &failure["reason"]),
            (7, &"not-exportable".into()),
            "{errors}"
        );
        let hint = failure["hint"].as_str().unwrap();
        assert!(hint.contains("--sign-in-vault"), "{hint}");
    }
}

#[test]
fn it_does_not_take_every_certificate() {
    let folder = Scratch::new();
    let mut command = dev::kvcert(folder.path());
    command.args(["--json", "token", "web-pem", "--for", "exchange"]);
    let (code, _, errors) = run(&mut command);
    let failure = failure(&errors);
    assert_eq!(
        (code, &failure["reason"]),
        (4, &"certificate-not-registered".into()),
        "{errors}"
    );
    assert!(errors.contains("SHA-256"), "{errors}");
}
