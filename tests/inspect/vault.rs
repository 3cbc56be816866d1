//! `kvcert inspect NAME` against the dev vault.

use serde_json::Value;

use crate::golden::{golden, without_days};
use crate::support::{Scratch, dev, failure, run};

/// What kvcert says, without what differs from run to run.
#[track_caller]
fn inspect(flags: &[&str]) -> String {
    let (code, output, errors) = run(dev::kvcert(Scratch::new().path())
        .arg("inspect")
        .args(flags));
    assert_eq!((code, errors.as_str()), (0, ""), "{flags:?}");
    output
}

fn report(flags: &[&str]) -> Value {
    let output = inspect(&[flags, &["--json"]].concat());
    serde_json::from_str(&output).unwrap()
}

/// Digits and hexadecimal that differ from vault to vault, letter by letter.
pub fn normal(text: &str) -> String {
    let text = text.replace(
        &dev::access().vault_url,
        "https://demo.vault.localhost:PORT",
    );
    let text = without_slashes(&text);
    let is_value = |word: &str| {
        // Of a long one the start is shown, in which there may be no digit.
        if word.len() >= 24 && word.ends_with("...") {
            return true;
        }
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        // Certificates in base64, and how long they are, as signatures differ by a byte or two.
        let length = word.parse::<u16>();
        if word.starts_with("MII") || matches!(length, Ok(800..1500 | 4000..5000)) {
            return true;
        }
        // Names of fields are no values.
        if word.starts_with("policy.") {
            return false;
        }
        // One thumbprint in a hundred has no digit in base64url.
        let thumbprint = word.len() == 27
            && word
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        thumbprint || word.len() >= 8 && word.bytes().any(|b| b.is_ascii_digit())
    };
    let words = text.split_inclusive([' ', '\n', '/']);
    let words = words.map(|word| {
        let end = word.trim_end_matches([' ', '\n', '/', ',']);
        if is_value(end) {
            format!("~{}", &word[end.len()..])
        } else {
            word.to_owned()
        }
    });
    words.collect()
}

/// The start of a certificate in base64 may have a slash, which would end a word.
fn without_slashes(text: &str) -> String {
    let mut parts = text.split("MII");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let base64 = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
        let rest = part.trim_start_matches(base64);
        clean.push_str("MII");
        clean.push_str(&part[..part.len() - rest.len()].replace(['/', '+'], "x"));
        clean.push_str(rest);
    }
    clean
}

/// How long a certificate is depends on its signature, which on a curve is now longer, now shorter.
fn without_length(text: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once(" (") {
        Some((start, _)) if line.trim_start().starts_with("cer: ") => format!("{start}\n"),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

#[test]
fn the_three_parts_stand_side_by_side() {
    let text = inspect(&["web"]);
    let (parts, rest) = text.split_once("\n\nChecks\n").unwrap();
    let (_, parts) = parts.split_once('\n').unwrap();
    golden("three-parts.txt", &format!("{parts}\n"));
    let (ties, _) = rest.split_once("\n\nCERTIFICATE").unwrap();
    golden("ties.txt", &format!("{}\n", normal(ties)));
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
}

/// All that is said of a certificate, but for what differs from vault to vault.
#[test]
fn all_of_it() {
    for name in ["web", "vaulted", "retired"] {
        let text = inspect(&[name]);
        let text = without_length(&without_days(&text));
        golden(&format!("vault-{name}.txt"), &normal(&text));
        let json = inspect(&[name, "--json"]);
        golden(&format!("vault-{name}.json"), &normal(&without_days(&json)));
    }
    golden("vault.txt", &normal(&without_days(&inspect(&["--all"]))));
    let json = inspect(&["--all", "--json"]);
    golden("vault.json", &normal(&without_days(&json)));
}

/// One part that is forbidden is told in its place, with what would do; the others are shown.
#[test]
fn a_part_that_is_forbidden_is_told_in_its_place() {
    let access = dev::start(kvcert_dev::Options::default());
    let folder = Scratch::new();
    let run_on = |arguments: &[&str]| run(dev::kvcert_at(&access, folder.path()).args(arguments));
    let parts = [
        ("certificate", "Key Vault Reader", "certificates/get"),
        ("key", "Key Vault Reader", "keys/get"),
        ("secret", "Key Vault Secrets User", "secrets/get"),
    ];
    for (part, role, verb) in parts {
        let path = format!("/{part}s");
        assert_eq!(run_on(&["dev", "set", "forbid=rbac", "--path", &path]).0, 0);
        let (code, json, errors) = run_on(&["inspect", "web", "--json"]);
        assert_eq!(code, 0, "{part}: {errors}");
        let report: Value = serde_json::from_str(&json).unwrap();
        for (other, _, _) in parts {
            let shown = &report["parts"][other];
            let expected = if other == part {
                "forbidden"
            } else {
                "fetched"
            };
            assert_eq!(shown["outcome"], expected, "{part}: {other}");
        }
        let told = &report["parts"][part];
        assert!(told["problem"]["message"].is_string(), "{told}");
        assert_eq!(told["problem"]["role"], role, "{told}");
        assert_eq!(told["permission"]["policy"], verb, "{told}");
        // What only that part has is not made up.
        for tie in report["ties"].as_array().unwrap() {
            assert_ne!(tie["holds"], false, "{part}: {tie}");
        }
        assert_eq!(report["contents"].is_null(), part == "secret");
        let (code, text, errors) = run_on(&["inspect", "web"]);
        assert_eq!((code, errors.as_str()), (0, ""), "{part}");
        let title = format!("{}: forbidden", part.to_uppercase());
        assert!(text.contains(&title) && text.contains(role), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80));
        let (code, page, errors) = run_on(&["inspect", "web", "--html", "-"]);
        assert_eq!(code, 0, "{part}: {errors}");
        assert!(page.contains("forbidden") && page.contains(role), "{part}");
        assert_eq!(run_on(&["dev", "clear"]).0, 0);
    }
    // All three: then there is nothing to show.
    assert_eq!(run_on(&["dev", "set", "forbid=rbac"]).0, 0);
    let (code, output, errors) = run_on(&["inspect", "web", "--json"]);
    assert_eq!((code, output.as_str()), (5, ""), "{errors}");
}

#[test]
fn every_tie_of_every_certificate_holds() {
    for name in ["web", "web-pem", "api-ec", "rotated", "expiring", "vaulted"] {
        let report = report(&[name]);
        assert_eq!(report["kind"], "certificate");
        for tie in report["ties"].as_array().unwrap() {
            assert_eq!(tie["holds"], true, "{name}: {tie}");
        }
        for part in ["certificate", "key", "secret"] {
            assert_eq!(report["parts"][part]["outcome"], "fetched", "{name}");
        }
        let keys = report["contents"]["keys"].as_array().unwrap();
        assert_eq!(keys.len(), usize::from(name != "vaulted"), "{name}");
    }
}

#[test]
fn versions_over_time() {
    let report = report(&["rotated"]);
    let versions = report["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 2);
    assert_eq!(
        (&versions[0]["isShown"], &versions[1]["isShown"]),
        (&true.into(), &false.into())
    );
    assert!(versions[0]["notAfter"].as_str() > versions[1]["notAfter"].as_str());
}

#[test]
fn a_disabled_secret_is_told_in_its_place() {
    let report = report(&["retired"]);
    assert_eq!(report["parts"]["secret"]["outcome"], "disabled");
    assert_eq!(report["parts"]["certificate"]["outcome"], "fetched");
    let ties = report["ties"].as_array().unwrap();
    assert!(ties.iter().any(|tie| tie["holds"].is_null()));
    assert!(ties.iter().all(|tie| tie["holds"] != false));
}

#[test]
fn public_only_never_asks_for_the_secret() {
    let report = report(&["web", "--public-only", "--http"]);
    assert_eq!(report["parts"]["secret"]["outcome"], "notFetched");
    assert!(report["contents"].is_null());
    for message in report["http"].as_array().unwrap() {
        let url = message["url"].as_str().unwrap();
        assert!(!url.contains("/secrets/"), "{url}");
    }
}

#[test]
fn requests_and_replies_go_with_secrets_masked() {
    let report = report(&["web", "--http"]);
    let http = report["http"].as_array().unwrap();
    let statuses: Vec<_> = http
        .iter()
        .map(|it| it["status"].as_u64().unwrap())
        .collect();
    assert_eq!(
        statuses[..3],
        [401, 200, 200],
        "challenge, token, certificate"
    );
    let whole = serde_json::to_string(&report).unwrap();
    let secret = dev::access().client_secret.expose();
    assert!(!whole.contains(secret.as_str()), "the client secret");
    assert!(!whole.contains("eyJ"), "a token");
    assert!(whole.contains("Bearer ***"));
    let value = http
        .iter()
        .find(|it| it["url"].as_str().unwrap().contains("/secrets/"));
    let body = value.unwrap()["replyBody"].as_str().unwrap();
    assert!(body.contains("\"value\": \"*** ("), "{body}");
    let private = inspect(&["web-pem", "--http"]) + &inspect(&["web-pem", "--html", "-"]);
    assert!(
        !private.contains("PRIVATE KEY-----") && !private.contains("MIIE"),
        "{private}"
    );
}

#[test]
fn a_certificate_that_is_not_there() {
    let folder = Scratch::new();
    let mut command = dev::kvcert(folder.path());
    let (code, output, errors) = run(command.args(["inspect", "nowhere", "--json"]));
    assert_eq!((code, output.as_str()), (3, ""));
    assert_eq!(failure(&errors)["reason"], "not-found");
}

#[test]
fn a_whole_vault_by_expiry() {
    let report = report(&["--all"]);
    assert_eq!(report["kind"], "vault");
    let certificates = report["certificates"].as_array().unwrap();
    assert_eq!(certificates[0]["name"], "expiring");
    let ends = certificates
        .iter()
        .map(|it| it["notAfter"].as_str().unwrap());
    assert!(ends.is_sorted());
    assert!(inspect(&["--all"]).contains("expires soon"));
}

#[test]
fn list_is_the_same_report() {
    let list = |order: &str| {
        let arguments = ["--json", "list", "--sort", order];
        let (code, output, errors) = run(dev::kvcert(Scratch::new().path()).args(arguments));
        assert_eq!((code, errors.as_str()), (0, ""), "{order}");
        let mut list: Value = serde_json::from_str(&output).unwrap();
        list["seenAt"].take();
        list
    };
    let mut report = report(&["--all"]);
    report["seenAt"].take();
    assert_eq!(list("expires"), report);
    let rows = report["certificates"].as_array_mut().unwrap();
    rows.sort_by_key(|row| row["name"].as_str().unwrap().to_owned());
    assert_eq!(list("name"), report);
}
