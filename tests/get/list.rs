//! `kvcert list`: what the list says, and what only each certificate says.

use kvcert_dev::{Access, Options};
use serde_json::{Value, json};

use crate::support::{Scratch, dev, failure, run};

#[test]
fn the_list_in_text_and_json() {
    let folder = Scratch::new();
    let (code, text, errors) = run(dev::kvcert(folder.path()).arg("list"));
    assert_eq!((code, errors.as_str()), (0, ""));
    let names: Vec<&str> = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let expected = [
        "api-ec",
        "api-ec-pem",
        "expiring",
        "retired",
        "rotated",
        "vaulted",
        "web",
        "web-pem",
    ];
    assert_eq!(names, expected);
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(line("retired").contains("disabled"));
    assert!(line("expiring").contains("expires soon"));

    let sorted = ["--json", "list", "--sort", "expires"];
    let (code, output, _) = run(dev::kvcert(folder.path()).args(sorted));
    assert_eq!(code, 0);
    let list: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(list["vault"], dev::access().vault_url);
    let rows = list["certificates"].as_array().unwrap();
    assert_eq!(rows.len(), expected.len());
    assert_eq!(
        (&rows[0]["name"], &rows[0]["status"]),
        (&"expiring".into(), &"expires soon".into())
    );
    for row in rows {
        let line = line(&format!("{} ", row["name"].as_str().unwrap()));
        assert!(line.contains(row["thumbprint"].as_str().unwrap()), "{line}");
        assert!(line.contains(row["expires"].as_str().unwrap()), "{line}");
        assert_eq!(row["enabled"], row["name"] != "retired");
        assert_eq!(row["vault"], list["vault"]);
        assert_eq!(row["tags"], json!({}));
        assert_eq!(row["recoverableDays"], 7);
        assert_eq!(row["recoveryLevel"], "CustomizedRecoverable+Purgeable");
        assert_eq!(row["key"], Value::Null);
    }
}

/// kvcert with the flags and variables for a vault, without `--dev`.
#[track_caller]
fn at(access: &Access, folder: &Scratch, arguments: &[&str]) -> (i32, String, String) {
    std::fs::write(folder.join("ca.pem"), &access.ca_pem).unwrap();
    let mut command = crate::support::kvcert(folder.path());
    command
        .env("AZURE_AUTHORITY_HOST", &access.authority)
        .env("AZURE_TENANT_ID", &access.tenant_id)
        .env("AZURE_CLIENT_ID", &access.client_id)
        .env("AZURE_CLIENT_SECRET", access.client_secret.expose());
    run(command.args(["--ca-file", "ca.pem"]).args(arguments))
}

fn names(list: &str) -> Vec<(String, String)> {
    let list: Value = serde_json::from_str(list).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = list["certificates"].as_array().unwrap().iter();
    rows.map(|row| (text(&row["vault"]), text(&row["name"])))
        .collect()
}

#[test]
fn names_and_patterns_choose() {
    let folder = Scratch::new();
    let list = |arguments: &[&str]| {
        run(dev::kvcert(folder.path())
            .args(["list", "--json"])
            .args(arguments))
    };
    let chosen = |arguments: &[&str]| -> Vec<String> {
        let (code, output, errors) = list(arguments);
        assert_eq!(code, 0, "{errors}");
        names(&output).into_iter().map(|(_, name)| name).collect()
    };
    assert_eq!(chosen(&["web*"]), ["web", "web-pem"]);
    assert_eq!(chosen(&["WEB", "vaul*", "web"]), ["vaulted", "web"]);
    // What there is is shown; what there is not is told.
    let (code, output, errors) = list(&["web", "nothing-*"]);
    let error = failure(&errors);
    assert_eq!(
        (code, &error["reason"]),
        (3, &json!("no-match")),
        "{errors}"
    );
    let list_of_one: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(list_of_one["certificates"][0]["name"], "web");
    assert_eq!(list_of_one["failures"][0]["reason"], "no-match");
    let (code, output, errors) = list(&["nothing"]);
    assert_eq!((code, output.as_str()), (3, ""), "{errors}");
    let (code, _, errors) = list(&["web-["]);
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (2, &json!("invalid-pattern"))
    );
}

#[test]
fn details_are_a_call_each() {
    let folder = Scratch::new();
    let list = |more: &[&str]| {
        run(dev::kvcert(folder.path())
            .args(["list", "--details", "web", "vaulted", "api-ec"])
            .args(more))
    };
    let (code, output, errors) = list(&["--json"]);
    assert_eq!((code, errors.as_str()), (0, ""));
    let report: Value = serde_json::from_str(&output).unwrap();
    let row = |name: &str| {
        let mut rows = report["certificates"].as_array().unwrap().iter();
        rows.find(|row| row["name"] == name).unwrap()
    };
    assert_eq!(row("web")["subject"], "CN=web.example.com");
    assert_eq!(
        row("web")["subjectAlternativeNames"][0],
        "DNS:web.example.com"
    );
    assert!(row("web")["issuer"].as_str().unwrap().contains("CN="));
    assert_eq!(row("web")["key"], "RSA 2048");
    assert_eq!(row("api-ec")["key"], "EC P-256");
    assert_eq!(row("web")["exportable"], true);
    assert_eq!(row("vaulted")["exportable"], false);
    let (_, text, _) = list(&[]);
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(
        line("NAME").ends_with("KEY       EXPORTABLE  SUBJECT"),
        "{text}"
    );
    assert!(line("vaulted").contains("RSA 2048  no"), "{text}");
    let (_, _, errors) = list(&["-v"]);
    assert_eq!(errors.matches("GET https://").count(), 5, "{errors}");
    assert!(!errors.contains("/secrets/"), "{errors}");
}

#[test]
fn several_vaults_in_one_table() {
    let access = dev::start(Options {
        vaults: vec!["alpha".into(), "beta".into()],
        ..Options::default()
    });
    let beta = access.vault_url.replace("//alpha.", "//beta.");
    let folder = Scratch::new();
    let vaults = ["--vault", &access.vault_url, "--vault", &beta];
    let (code, output, errors) = at(
        &access,
        &folder,
        &[&["list", "web", "--json"], &vaults[..]].concat(),
    );
    assert_eq!(code, 0, "{errors}");
    let row = |vault: &str| (vault.to_owned(), "web".to_owned());
    assert_eq!(names(&output), [row(&access.vault_url), row(&beta)]);
    let (_, text, _) = at(&access, &folder, &[&["list", "web"], &vaults[..]].concat());
    let firsts: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split("  ").next())
        .collect();
    assert_eq!(firsts, ["VAULT", "alpha", "beta"]);

    // One vault that is not there does not hide the other.
    let gone = access.vault_url.replace("//alpha.", "//gone.");
    let some = ["--vault", &gone, "--vault", &beta, "--json"];
    let (code, output, errors) = at(&access, &folder, &[&["list", "web"], &some[..]].concat());
    assert_ne!(code, 0, "{errors}");
    assert_eq!(names(&output), [row(&beta)]);
    let report: Value = serde_json::from_str(&output).unwrap();
    let message = report["failures"][0]["message"].as_str().unwrap();
    assert_eq!(message, format!("cannot list `{gone}`"));
}

/// What has not been issued is in the list, with what it waits for where that may be asked.
#[test]
fn what_is_pending_is_listed() {
    let access = dev::start(Options::default());
    let folder = Scratch::new();
    let kvcert = |arguments: &[&str]| run(dev::kvcert_at(&access, folder.path()).args(arguments));
    let create = [
        "create",
        "asked",
        "--issuer",
        "Unknown",
        "--dns",
        "a.example",
    ];
    assert_eq!(kvcert(&create).0, 0);

    let (code, text, errors) = kvcert(&["list"]);
    let note = "`asked` is pending: `kvcert inspect asked --dev` shows what it waits for\n";
    assert_eq!((code, errors.as_str()), (0, note));
    let line = text
        .lines()
        .find(|line| line.starts_with("asked "))
        .unwrap();
    assert_eq!(
        line.split_whitespace().collect::<Vec<_>>(),
        ["asked", "pending"]
    );
    let (code, _, errors) = kvcert(&["inspect", "asked"]);
    assert_eq!(code, 3);
    let waits = "has not been issued yet: it waits for the certificate of its authority";
    assert!(errors.contains(waits), "{errors}");
    assert!(
        errors.contains("`kvcert merge asked FILE --dev`"),
        "{errors}"
    );

    let (code, text, errors) = kvcert(&["list", "asked", "--details"]);
    assert_eq!((code, errors.as_str()), (0, ""));
    assert!(text.ends_with("waits for `kvcert merge`\n"), "{text}");
    let row = |more: &[&str]| {
        let (code, output, errors) = kvcert(&[&["list", "--json", "asked"], more].concat());
        assert_eq!((code, errors.as_str()), (0, ""));
        let report: Value = serde_json::from_str(&output).unwrap();
        report["certificates"][0].clone()
    };
    let found = row(&[]);
    assert_eq!(found["status"], "pending");
    assert_eq!(
        (&found["notAfter"], &found["thumbprint"], &found["waitsFor"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(row(&["--details"])["waitsFor"], "merge");

    // It is in the view by expiry, too, and no certificate to get.
    let (code, text, _) = kvcert(&["inspect", "--all"]);
    assert!(code == 0 && text.contains("asked (pending)"), "{text}");
    let (code, output, errors) = kvcert(&["get", "--all", "--dry-run"]);
    assert!(code == 0 && !output.contains("asked"), "{errors}");
    assert_eq!(
        kvcert(&[&create[..1], &["other"], &create[2..]].concat()).0,
        0
    );
    let (_, _, errors) = kvcert(&["list"]);
    let note = "2 are pending: `kvcert list --details --dev` shows what they wait for\n";
    assert_eq!(errors, note);
}
