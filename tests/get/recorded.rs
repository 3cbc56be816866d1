//! Secrets as the service gave them, judged by openssl and by what the index says.

use std::path::Path;

use serde_json::Value;

use crate::corpus::{Recording, each, kvcert, recordings};
use crate::support::{self, failure};

#[test]
fn every_recorded_certificate() {
    let Some(recordings) = recordings(&["kv-secret-pkcs12", "kv-secret-pem"]) else {
        return;
    };
    let done = each(&recordings, |recording, vault, folder| {
        let out = folder.join("out");
        if recording.expected().contains("NO private key") {
            not_exportable(recording, vault, folder);
        } else if recording.expected().starts_with("must_fail") {
            let (code, _, errors) = get(recording, vault, folder, &[]);
            assert_eq!(
                (code, &failure(&errors)["kind"]),
                (7, &"content".into()),
                "{errors}"
            );
            assert!(!out.exists());
        } else {
            exported(recording, vault, folder);
        }
    });
    let of_kind = |kind: &str| done.iter().filter(|r| r.index["kind"] == kind).count();
    let that_say = |text: &str| done.iter().filter(|r| r.expected().contains(text)).count();
    support::say(&format!(
        "{} recorded certificates: {} PKCS#12, {} PEM; {} without a key, {} placeholders",
        done.len(),
        of_kind("kv-secret-pkcs12"),
        of_kind("kv-secret-pem"),
        that_say("NO private key"),
        that_say("must_fail"),
    ));
}

#[test]
fn every_recorded_plain_secret() {
    let Some(recordings) = recordings(&["http-secret-other"]) else {
        return;
    };
    let done = each(&recordings, |recording, vault, folder| {
        let (code, _, errors) = get(recording, vault, folder, &[]);
        let reason = if recording.expected().contains("placeholder") {
            "not-a-key-store"
        } else {
            "not-a-certificate"
        };
        assert_eq!(
            (code, &failure(&errors)["reason"]),
            (7, &reason.into()),
            "{errors}"
        );
        assert!(!folder.join("out").exists());
        let body: Value = serde_json::from_str(recording.body()).unwrap();
        assert!(
            !errors.contains(body["value"].as_str().unwrap()),
            "{errors}"
        );
    });
    support::say(&format!("{} recorded plain secrets", done.len()));
}

#[track_caller]
fn exported(recording: &Recording, vault: &str, folder: &Path) {
    let (code, receipt, errors) = get(recording, vault, folder, &[]);
    assert_eq!(code, 0, "{errors}");
    let file = |ending| folder.join("out").join(recording.name() + ending);
    let thumbprint = support::pair(&file(".crt"), &file(".key"));
    assert_eq!(thumbprint, expected_thumbprint(recording));
    assert_eq!(support::mode(&file(".key")), 0o600);
    let receipt: Value = serde_json::from_str(&receipt).unwrap();
    let receipt = &receipt["certificates"][0];
    assert_eq!(receipt["thumbprints"]["sha1"], *thumbprint);
    assert_eq!(receipt["checks"]["keyMatchesLeaf"], true);
    let body: Value = serde_json::from_str(recording.body()).unwrap();
    assert_eq!(receipt["vault"]["id"], body["id"]);
}

fn not_exportable(recording: &Recording, vault: &str, folder: &Path) {
    let (code, _, errors) = get(recording, vault, folder, &[]);
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (7, &"not-exportable".into()),
        "{errors}"
    );
    assert!(!folder.join("out").exists());
    let (code, _, errors) = get(recording, vault, folder, &["--no-key"]);
    assert_eq!(code, 0, "{errors}");
    let (_, thumbprint) = support::leaf(&folder.join("out").join(recording.name() + ".crt"));
    assert_eq!(thumbprint, expected_thumbprint(recording));
    assert!(!folder.join("out").join(recording.name() + ".key").exists());
}

fn get(recording: &Recording, vault: &str, folder: &Path, more: &[&str]) -> (i32, String, String) {
    let name = recording.name();
    let arguments = [&["get", &name, "-o", "out", "--verify", "off"], more].concat();
    kvcert(folder, vault, &arguments)
}

fn expected_thumbprint(recording: &Recording) -> String {
    let contents = &recording.index["contents"];
    let found = if let Some(certificates) = contents["certs"].as_array() {
        let leaf = contents["leaf_index"][0].as_u64().unwrap_or(0);
        &certificates[usize::try_from(leaf).unwrap()]["sha1"]
    } else {
        let blocks = contents["analysis"]["blocks"].as_array().unwrap();
        let leaf = blocks
            .iter()
            .find(|block| block["label"] == "CERTIFICATE")
            .unwrap();
        &leaf["pyca"]["sha1"]
    };
    found.as_str().unwrap().to_owned()
}
