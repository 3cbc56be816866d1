//! Several names at once, and the receipt.

use serde_json::{Value, json};

use crate::support::{self, Scratch, dev, failure, openssl, run};

#[test]
fn the_rest_is_written_and_the_worst_decides() {
    let folder = Scratch::new();
    let mut command = dev::kvcert(folder.path());
    command.args([
        "--json",
        "get",
        "web",
        "vaulted",
        "nothing-here",
        "api-ec",
        "-o",
        "out",
    ]);
    let (code, output, errors) = run(&mut command);
    assert_eq!(code, 7, "{errors}");
    let receipt: Value = serde_json::from_str(&output).unwrap();
    let names = |list: &Value, field: &str| -> Vec<Value> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|entry| entry[field].clone())
            .collect()
    };
    assert_eq!(names(&receipt["certificates"], "name"), ["web", "api-ec"]);
    assert_eq!(
        names(&receipt["failures"], "certificate"),
        ["vaulted", "nothing-here"]
    );
    let reasons: Vec<&Value> = receipt["failures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["error"]["reason"])
        .collect();
    assert_eq!(reasons, ["not-exportable", "not-found"]);
    // The worst comes last; each was told.
    assert_eq!(failure(&errors)["reason"], "not-exportable");
    assert!(errors.contains("\"not-found\""), "{errors}");
    for name in ["web", "api-ec"] {
        let file = |ending| folder.join(format!("out/{name}.{ending}"));
        support::pair(&file("crt"), &file("key"));
    }
    assert!(!folder.join("out/vaulted.crt").exists());
}

#[test]
fn in_words_too() {
    let folder = Scratch::new();
    let mut command = dev::kvcert(folder.path());
    let (code, output, errors) = run(command.args(["get", "nothing-here", "web", "-o", "out"]));
    assert_eq!(code, 3);
    assert_eq!(
        output,
        "out/web.crt  0644  created\nout/web.key  0600  created\n"
    );
    assert!(
        errors.contains("error: cannot get `nothing-here`"),
        "{errors}"
    );
    assert!(errors.contains("hint: "), "{errors}");
}

#[test]
fn the_receipt_tells_what_openssl_tells() {
    let folder = Scratch::new();
    let mut command = dev::kvcert(folder.path());
    let (code, output, errors) = run(command.args(["--json", "get", "web", "-o", "out"]));
    assert_eq!((code, errors.as_str()), (0, ""));
    let receipt: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(receipt["signIn"], "environment");
    assert_eq!(receipt["failures"], json!([]));
    let web = &receipt["certificates"][0];
    let file = folder.join("out/web.crt");
    let of_openssl = |what: &[&str]| {
        let text = openssl(&[&["x509", "-in", file.to_str().unwrap(), "-noout"], what].concat());
        text.trim().split_once('=').unwrap().1.to_owned()
    };
    let sha256 = of_openssl(&["-fingerprint", "-sha256"])
        .replace(':', "")
        .to_lowercase();
    assert_eq!(web["thumbprints"]["sha256"], sha256);
    assert_eq!(web["thumbprints"]["sha1"], support::leaf(&file).1);
    let end = of_openssl(&["-enddate", "-dateopt", "iso_8601"]).replace(' ', "T");
    assert_eq!(web["notAfter"], end);
    assert_eq!(web["subject"], "CN=web.example.com");
    assert_eq!(
        web["subjectAlternativeNames"],
        json!(["DNS:web.example.com"])
    );
    assert_eq!(web["key"], "RSA 2048");
    // The first second of a certificate's year still has all days.
    assert!([364, 365].contains(&web["daysLeft"].as_i64().unwrap()));
    assert_eq!(web["chain"].as_array().unwrap().len(), 3);
    assert_eq!(web["chain"][0]["sha256"], sha256);
    assert_eq!(web["reachesRoot"], true);
    assert_eq!(
        web["checks"],
        json!({
            "keyMatchesLeaf": true,
            "chainSignatures": true,
            "certificateObject": "agrees",
            "keyObject": "agrees"
        })
    );
    assert_eq!(web["container"]["format"], "pkcs12");
    assert_eq!(web["container"]["password"], "null");
    assert_eq!(web["dryRun"], false);
    assert_eq!(web["vault"]["contentType"], "application/x-pkcs12");
    let version = web["vault"]["version"].as_str().unwrap();
    let id = format!("{}/secrets/web/{version}", dev::access().vault_url);
    assert_eq!(web["vault"]["id"], id);
    for (entry, mode) in web["files"]
        .as_array()
        .unwrap()
        .iter()
        .zip(["0644", "0600"])
    {
        let path = folder.join(entry["path"].as_str().unwrap());
        let digest = openssl(&["dgst", "-sha256", "-r", path.to_str().unwrap()]);
        assert_eq!(entry["sha256"], digest.split(' ').next().unwrap());
        assert_eq!(
            (&entry["mode"], &entry["outcome"]),
            (&mode.into(), &"created".into())
        );
    }
}
