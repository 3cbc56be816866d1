//! What is not valid now is told and gated by every command that reads a certificate.
#![cfg(all(feature = "cli", feature = "dev-vault"))]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test may panic, and sets its own scene"
)]

mod support;

use std::fs;
use std::path::Path;

use kvcert_pki::format::{self, Limits, Password};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use support::replay::{Replay, Reply};
use support::{Scratch, dev, failure, kvcert, run};
use time::{Duration, OffsetDateTime};

/// From when to when, in days from now.
type Days = (i64, i64);

const PAST: Days = (-700, -20);
const NOW: Days = (-20, 700);
const FUTURE: Days = (200, 900);

/// A PEM file with a key, its leaf, an issuer and a root, valid for these days.
fn chain(leaf: Days, issuer: Days) -> String {
    let keys: [KeyPair; 3] = std::array::from_fn(|_| KeyPair::generate().unwrap());
    let params = |name: &str, (from, until): Days, is_ca: bool| {
        let mut params = CertificateParams::new(vec![format!("{name}.example.com")]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let now = OffsetDateTime::now_utc();
        params.not_before = now + Duration::days(from);
        params.not_after = now + Duration::days(until);
        if is_ca {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        params
    };
    let root = Issuer::new(params("Root", (-900, 900), true), &keys[2]);
    let root_pem = params("Root", (-900, 900), true).self_signed(&keys[2]);
    let issuing = params("Issuing", issuer, true);
    let issuer_pem = issuing.clone().signed_by(&keys[1], &root);
    let issuing = Issuer::new(issuing, &keys[1]);
    let leaf_pem = params("leaf", leaf, false).signed_by(&keys[0], &issuing);
    let certificates = [leaf_pem, issuer_pem, root_pem];
    let certificates = certificates.map(|made| made.unwrap().pem());
    keys[0].serialize_pem() + &certificates.concat()
}

fn scene(name: &str, leaf: Days, issuer: Days) -> Scratch {
    let scratch = Scratch::new();
    fs::write(scratch.join(name), chain(leaf, issuer)).unwrap();
    scratch
}

#[track_caller]
fn convert(scratch: &Scratch, flags: &[&str]) -> (i32, String, String) {
    let mut command = kvcert(scratch.path());
    run(command
        .args(["convert", "web.pem", "-o", "out"])
        .args(flags))
}

/// Kinds and messages of the warnings in a receipt.
fn warnings(receipt: &str) -> Vec<(String, String)> {
    let receipt: Value = serde_json::from_str(receipt).unwrap();
    let warnings = match receipt.get("certificates") {
        Some(certificates) => &certificates[0]["warnings"],
        None => &receipt["warnings"],
    };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let warnings = warnings.as_array().unwrap().iter();
    warnings
        .map(|it| (text(&it["kind"]), text(&it["message"])))
        .collect()
}

/// What is outside its validity is written, with a warning that `-q` keeps too.
#[test]
fn an_export_warns_of_every_link() {
    for (leaf, issuer, expected) in [
        (NOW, NOW, vec![]),
        (
            PAST,
            NOW,
            vec![("expired", "of `CN=leaf` expired 19 days ago (")],
        ),
        (
            FUTURE,
            NOW,
            vec![("not-yet-valid", "of `CN=leaf` is not valid before ")],
        ),
        (
            NOW,
            PAST,
            vec![(
                "issuer-expired",
                "issuer `CN=Issuing` in the chain expired 19 days",
            )],
        ),
        (
            NOW,
            FUTURE,
            vec![(
                "issuer-not-yet-valid",
                "`CN=Issuing` in the chain is not valid before",
            )],
        ),
        (
            FUTURE,
            PAST,
            vec![
                ("not-yet-valid", "CN=leaf"),
                ("issuer-expired", "CN=Issuing"),
            ],
        ),
    ] {
        let scratch = scene("web.pem", leaf, issuer);
        let (code, receipt, errors) = convert(&scratch, &["--json", "-q"]);
        assert_eq!(code, 0, "{errors}");
        let found = warnings(&receipt);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for ((kind, words), (found_kind, message)) in expected.iter().zip(&found) {
            assert_eq!(kind, found_kind);
            assert!(message.contains(words), "{message}");
            assert!(
                errors.contains(&format!("warning: {message}\n")),
                "{errors}"
            );
        }
        assert_eq!(errors.lines().count(), expected.len(), "{errors}");
        let (_, _, errors) = convert(&scratch, &["--force"]);
        assert_eq!(
            errors.matches("warning: ").count(),
            expected.len(),
            "{errors}"
        );
    }
}

/// Nothing is said about the chain where the leaf alone is written.
#[test]
fn a_leaf_alone_has_no_warning_of_its_chain() {
    let without_issuers = |pem: String| {
        let ends: Vec<usize> = pem
            .match_indices("-----BEGIN CERT")
            .map(|it| it.0)
            .collect();
        pem[..ends[1]].to_owned()
    };
    for (flags, count) in [
        (&[][..], 1),
        (&["--no-chain"], 0),
        (&["--format", "der"], 0),
        (&["--format", "certbot"], 1),
        (&["--no-key", "--no-chain"], 0),
    ] {
        let scratch = Scratch::new();
        let whole = chain(NOW, PAST);
        for pem in [without_issuers(whole.clone()), whole] {
            fs::write(scratch.join("web.pem"), pem).unwrap();
            let flags = [&["--json", "--force"], flags].concat();
            let (code, receipt, errors) = convert(&scratch, &flags);
            assert_eq!(
                (code, warnings(&receipt).len()),
                (0, count),
                "{flags:?}: {errors}"
            );
        }
    }
}

/// Fewer days would not help.
#[test]
fn an_expired_certificate_is_to_be_renewed() {
    let scratch = scene("web.pem", PAST, NOW);
    let (code, _, errors) = convert(&scratch, &["--min-days", "0"]);
    assert_eq!(code, 9, "{errors}");
    assert!(
        errors.contains("hint: renew the certificate; without"),
        "{errors}"
    );
    assert!(!errors.contains("fewer days"), "{errors}");
}

/// The summary and the receipt have what each certificate's validity means.
#[test]
fn the_receipt_has_the_status_of_every_link() {
    let scratch = scene("web.pem", FUTURE, PAST);
    let (_, receipt, _) = convert(&scratch, &["--json"]);
    let receipt: Value = serde_json::from_str(&receipt).unwrap();
    let certificate = &receipt["certificates"][0];
    assert_eq!(certificate["status"], "not yet valid");
    let chain = certificate["chain"].as_array().unwrap().iter();
    let chain: Vec<&str> = chain.map(|link| link["status"].as_str().unwrap()).collect();
    assert_eq!(chain, ["not yet valid", "expired", "valid"]);
    let (_, _, errors) = convert(&scratch, &["--force"]);
    assert!(errors.contains("(not yet valid, begins 20"), "{errors}");
}

/// The gate looks at all that is written; the worst of it decides.
#[test]
fn min_days_gates_on_the_worst() {
    let soon: Days = (-20, 10);
    for (leaf, issuer, flags, reason) in [
        (NOW, NOW, &["--min-days", "30"][..], ""),
        (NOW, NOW, &["--min-days", "701"], "expires-too-soon"),
        (PAST, NOW, &["--min-days", "0"], "expired"),
        (FUTURE, NOW, &["--min-days", "0"], "not-yet-valid"),
        (NOW, PAST, &["--min-days", "0"], "expired"),
        (NOW, FUTURE, &["--min-days", "30"], "not-yet-valid"),
        (NOW, soon, &["--min-days", "30"], "expires-too-soon"),
        (NOW, soon, &["--min-days", "9"], ""),
        // What is not written does not count.
        (NOW, PAST, &["--min-days", "30", "--no-chain"], ""),
        (NOW, PAST, &["--min-days", "30", "--format", "der"], ""),
        (
            FUTURE,
            PAST,
            &["--min-days", "30", "--no-chain"],
            "not-yet-valid",
        ),
    ] {
        let scratch = scene("web.pem", leaf, issuer);
        let (code, _, errors) = convert(&scratch, &[&["--json"], flags].concat());
        if reason.is_empty() {
            assert_eq!(code, 0, "{errors}");
            continue;
        }
        assert_eq!(code, 9, "{errors}");
        assert_eq!(failure(&errors)["reason"], reason, "{errors}");
        assert!(!scratch.join("out").exists());
    }
}

/// Hours, days or weeks: the policy that goes with it fits the lifetime.
#[test]
fn short_lived_certificates_are_imported() {
    for (number, hours) in [1, 6 * 24, 20 * 24, 47 * 24].into_iter().enumerate() {
        let scratch = Scratch::new();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["short.example.com".to_owned()]).unwrap();
        params.not_before = OffsetDateTime::now_utc() - Duration::minutes(5);
        params.not_after = OffsetDateTime::now_utc() + Duration::hours(hours);
        let pem = key.serialize_pem() + &params.self_signed(&key).unwrap().pem();
        fs::write(scratch.join("short.pem"), pem).unwrap();
        let name = format!("short-{number}");
        let mut command = dev::kvcert(scratch.path());
        let (code, _, errors) = run(command.args(["import", &name, "short.pem"]));
        assert_eq!(code, 0, "{hours} hours: {errors}");
    }
}

/// The dev vault takes it, as the service does; `import`, `list`, `get`, `inspect`, `exec` and
/// `token` say that it is not valid yet.
#[test]
fn no_command_is_silent_about_a_certificate_of_the_future() {
    let scratch = scene("web.pem", FUTURE, PAST);
    let run = |arguments: &[&str]| run(dev::kvcert(scratch.path()).args(arguments));
    let (code, receipt, errors) = run(&["import", "future", "web.pem", "--json"]);
    assert_eq!(code, 0, "{errors}");
    let kinds = |receipt: &str| -> Vec<String> {
        let found = warnings(receipt).into_iter();
        found.map(|(kind, _)| kind).collect()
    };
    let expected = ["not-yet-valid", "issuer-expired"];
    assert_eq!(kinds(&receipt), expected);
    let is_told = |errors: &str| {
        assert!(
            errors.contains("warning: the certificate of `CN=leaf` is not valid before"),
            "{errors}"
        );
        assert!(
            errors.contains("warning: the issuer `CN=Issuing` in the chain expired"),
            "{errors}"
        );
    };
    is_told(&errors);

    let (_, list, _) = run(&["list"]);
    let row = list
        .lines()
        .find(|line| line.starts_with("future "))
        .unwrap();
    assert!(row.contains("not yet valid"), "{row}");
    let (code, receipt, errors) = run(&["get", "future", "--json", "-q", "-o", "out"]);
    assert_eq!(
        (code, kinds(&receipt).as_slice()),
        (0, &expected.map(String::from)[..])
    );
    is_told(&errors);
    let (_, report, _) = run(&["inspect", "future"]);
    assert!(report.contains("not yet valid"), "{report}");
    if cfg!(target_os = "linux") {
        let (code, _, errors) = run(&["exec", "future", "-q", "--", "true"]);
        assert_eq!(code, 0, "{errors}");
        is_told(&errors);
    }
    let (_, _, errors) = run(&[
        "token",
        "future",
        "-q",
        "--client-id",
        "app",
        "--for",
        "exchange",
    ]);
    assert!(
        errors.contains("warning: the certificate of `CN=leaf` is not valid before"),
        "{errors}"
    );
}

/// A vault with a secret that has a validity of its own.
fn vault_with(attributes: Value, pem: String) -> Replay {
    let version = "0123456789abcdef0123456789abcdef";
    Replay::vault(move |seen| match seen.path.split('/').nth(1).unwrap() {
        "secrets" => Reply::json(json!({
            "id": format!("https://{}/secrets/web/{version}", seen.host),
            "value": pem,
            "contentType": "application/x-pem-file",
            "attributes": attributes,
        })),
        _ => Reply::refusal(404, "NotFound", None),
    })
}

#[track_caller]
fn get(server: &Replay, folder: &Path, flags: &[&str]) -> (i32, String, String) {
    let arguments = [&["get", "web", "-o", "out", "--json", "-q"], flags].concat();
    run(&mut server.kvcert(folder, &arguments))
}

#[test]
fn the_validity_of_the_secret_itself_counts() {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let scratch = Scratch::new();
    for (attributes, kind, reason) in [
        (
            json!({"nbf": now + 200 * 86_400}),
            "object-not-yet-valid",
            "not-yet-valid",
        ),
        (
            json!({"exp": now - 3 * 86_400}),
            "object-expired",
            "expired",
        ),
        (json!({"exp": now + 3 * 86_400}), "", "expires-too-soon"),
        (json!({"nbf": now - 5, "exp": now + 90 * 86_400}), "", ""),
    ] {
        let server = vault_with(attributes, chain(NOW, NOW));
        let (code, receipt, errors) = get(&server, scratch.path(), &["--force"]);
        assert_eq!(code, 0, "{errors}");
        let found = warnings(&receipt);
        let kinds: Vec<&str> = found.iter().map(|(kind, _)| kind.as_str()).collect();
        match kind {
            "" => assert_eq!((kinds, errors.as_str()), (vec![], "")),
            kind => {
                assert_eq!(kinds, [kind]);
                assert!(
                    errors.starts_with("warning: the secret `web` in the vault "),
                    "{errors}"
                );
            }
        }
        let receipt: Value = serde_json::from_str(&receipt).unwrap();
        let validity = &receipt["certificates"][0]["vault"]["validity"];
        assert!(validity["status"].is_string(), "{receipt}");
        let (code, _, errors) = get(&server, scratch.path(), &["--force", "--min-days", "30"]);
        match reason {
            "" => assert_eq!(code, 0, "{errors}"),
            reason => assert_eq!((code, &failure(&errors)["reason"]), (9, &json!(reason))),
        }
    }
}

#[test]
fn inspect_tells_the_validity_of_the_secret_itself() {
    let scratch = Scratch::new();
    let begins = OffsetDateTime::now_utc().unix_timestamp() + 200 * 86_400;
    let server = vault_with(json!({"nbf": begins}), chain(NOW, NOW));
    let (code, report, errors) = run(&mut server.kvcert(scratch.path(), &["inspect", "web"]));
    assert_eq!(code, 0, "{errors}");
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["warnings"][0]["kind"], "object-not-yet-valid");
    assert_eq!(report["warnings"].as_array().unwrap().len(), 1);
}

/// What the vault copies from the certificate is told once.
#[test]
fn an_expired_certificate_is_told_once() {
    let scratch = Scratch::new();
    let pem = chain(PAST, NOW);
    let contents = format::read(pem.as_bytes(), &Password::none(), &Limits::default()).unwrap();
    let leaf = &contents.certificates[0];
    let attributes = json!({"nbf": leaf.not_before(), "exp": leaf.not_after()});
    let (code, receipt, errors) = get(&vault_with(attributes, pem), scratch.path(), &[]);
    assert_eq!(code, 0, "{errors}");
    assert_eq!(warnings(&receipt)[0].0, "expired");
    assert_eq!(errors.matches("warning: ").count(), 1, "{errors}");
}

/// A bundle of the CA belongs to the leaf whose issuers it holds, with its key or without; one of another
/// CA does not.
#[test]
fn issuers_in_a_file_of_their_own_belong_to_the_leaf() {
    let scratch = Scratch::new();
    let pem = chain(NOW, NOW);
    let at: Vec<usize> = pem
        .match_indices("-----BEGIN CERT")
        .map(|it| it.0)
        .collect();
    fs::write(scratch.join("leaf.crt"), &pem[at[0]..at[1]]).unwrap();
    fs::write(scratch.join("ca-bundle.crt"), &pem[at[1]..]).unwrap();
    fs::write(scratch.join("leaf.key"), &pem[..at[0]]).unwrap();
    let other = chain(NOW, NOW);
    let at = other.match_indices("-----BEGIN CERT").nth(1).unwrap().0;
    fs::write(scratch.join("other.crt"), &other[at..]).unwrap();
    for (files, expected) in [
        (&["leaf.crt", "ca-bundle.crt", "--no-key"][..], vec![3]),
        (&["ca-bundle.crt", "leaf.crt", "--no-key"], vec![3]),
        (&["leaf.crt", "ca-bundle.crt", "leaf.key"], vec![3]),
        (&["leaf.crt", "other.crt", "--no-key"], vec![1, 2]),
    ] {
        let arguments = [&["convert", "-o", "out", "--force", "--json"], files].concat();
        let (code, receipt, errors) = run(kvcert(scratch.path()).args(arguments));
        assert_eq!(code, 0, "{files:?}: {errors}");
        let receipt: Value = serde_json::from_str(&receipt).unwrap();
        let certificates = receipt["certificates"].as_array().unwrap().iter();
        let lengths: Vec<usize> = certificates
            .map(|it| it["chain"].as_array().unwrap().len())
            .collect();
        assert_eq!(lengths, expected, "{files:?}");
        let name = &receipt["certificates"][0]["name"];
        assert_eq!(name, "leaf", "{files:?}");
    }
    // And `import` takes the files as they are.
    let files = [
        "import",
        "parts",
        "leaf.crt",
        "ca-bundle.crt",
        "leaf.key",
        "--json",
    ];
    let (code, receipt, errors) = run(dev::kvcert(scratch.path()).args(files));
    assert_eq!(code, 0, "{errors}");
    let receipt: Value = serde_json::from_str(&receipt).unwrap();
    assert_eq!(receipt["chain"], 3, "{receipt}");
}
