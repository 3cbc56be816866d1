//! The flags of `get`, and the ways to sign in.

use crate::support::{self, Scratch, dev, failure, openssl, run};

#[test]
fn a_dry_run_writes_nothing() {
    let folder = Scratch::new();
    let mut command = dev::kvcert(folder.path());
    let (code, output, errors) = run(command.args(["get", "web", "-o", "out", "--dry-run"]));
    assert_eq!(code, 0, "{errors}");
    let expected = "out/web.crt  0644  would be created\nout/web.key  0600  would be created\n";
    assert_eq!(output, expected);
    assert!(!folder.join("out").exists());
}

#[test]
fn a_pipe_gets_key_leaf_and_chain() {
    let folder = Scratch::new();
    let (code, pem, errors) = run(dev::kvcert(folder.path()).args(["get", "web", "-o", "-"]));
    assert_eq!((code, errors.as_str()), (0, ""));
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert_eq!(pem.matches("-----BEGIN CERTIFICATE-----").count(), 3);
    let file = folder.join("all.pem");
    std::fs::write(&file, &pem).unwrap();
    support::pair(&file, &file);
    assert_eq!(folder.names(), ["all.pem", "state"]);

    let without = ["get", "web", "-o", "-", "--no-key", "--no-chain"];
    let (_, pem, _) = run(dev::kvcert(folder.path()).args(without));
    assert!(!pem.contains("PRIVATE"));
    assert_eq!(pem.matches("-----BEGIN CERTIFICATE-----").count(), 1);

    let json = ["--json", "get", "web", "-o", "-"];
    let (code, output, errors) = run(dev::kvcert(folder.path()).args(json));
    assert_eq!((code, output.contains("PRIVATE")), (2, false));
    assert_eq!(failure(&errors)["reason"], "two-results");
}

#[test]
fn the_other_formats() {
    let folder = Scratch::new();
    let get = |format: &str| {
        let arguments = ["get", "api-ec", "-o", "out", "--format", format];
        let (code, _, errors) = run(dev::kvcert(folder.path()).args(arguments));
        assert_eq!(code, 0, "{errors}");
    };
    get("combined");
    let all = folder.join("out/api-ec.pem");
    let thumbprint = support::pair(&all, &all);
    assert_eq!(support::mode(&all), 0o600);

    get("certbot");
    let file = |name: &str| folder.join("out/api-ec").join(name);
    assert_eq!(
        support::pair(&file("fullchain.pem"), &file("privkey.pem")),
        thumbprint
    );
    assert_eq!(
        support::pair(&file("cert.pem"), &file("privkey.pem")),
        thumbprint
    );
    assert_eq!(support::mode(&file("privkey.pem")), 0o600);
    let whole = std::fs::read_to_string(file("cert.pem")).unwrap()
        + &std::fs::read_to_string(file("chain.pem")).unwrap();
    assert_eq!(
        whole,
        std::fs::read_to_string(file("fullchain.pem")).unwrap()
    );

    get("der");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (certificate, key) = (path("out/api-ec.der"), path("out/api-ec.key.der"));
    let public = openssl(&[
        "x509",
        "-inform",
        "DER",
        "-in",
        &certificate,
        "-noout",
        "-pubkey",
    ]);
    assert_eq!(
        openssl(&["pkey", "-inform", "DER", "-in", &key, "-pubout"]),
        public
    );
    assert_eq!(support::mode(&folder.join("out/api-ec.key.der")), 0o600);
}

#[test]
fn modes_names_and_second_runs() {
    let folder = Scratch::new();
    let get = |more: &[&str]| {
        let mut command = dev::kvcert(folder.path());
        run(command
            .args(["--json", "get", "rotated", "-o", "out"])
            .args(more))
    };
    assert_eq!(get(&["--mode", "640", "--name", "site"]).0, 0);
    assert_eq!(support::mode(&folder.join("out/site.key")), 0o640);
    assert_eq!(support::mode(&folder.join("out/site.crt")), 0o644);
    assert_eq!(get(&[]).0, 0);
    let (code, output, _) = get(&[]);
    assert_eq!((code, output.matches("\"unchanged\"").count()), (0, 2));

    std::fs::write(folder.join("out/rotated.key"), "mine").unwrap();
    let (code, _, errors) = get(&[]);
    assert_eq!((code, &failure(&errors)["reason"]), (8, &"exists".into()));
    assert_eq!(
        std::fs::read(folder.join("out/rotated.key")).unwrap(),
        b"mine"
    );
    assert_eq!(get(&["--force"]).0, 0);
    support::pair(
        &folder.join("out/rotated.crt"),
        &folder.join("out/rotated.key"),
    );
}

#[test]
fn the_environment_signs_in() {
    let folder = Scratch::new();
    for way in ["environment", "auto"] {
        let mut command = dev::kvcert_by_environment(folder.path());
        let (code, output, errors) = run(command.args(["--json", "--auth", way, "get", "web"]));
        assert_eq!(code, 0, "{errors}");
        let receipt: serde_json::Value = serde_json::from_str(&output).unwrap();
        assert_eq!(receipt["signIn"], "environment");
    }
}

#[test]
fn sign_ins_that_fail() {
    let folder = Scratch::new();
    let other = "11111111-2222-3333-4444-555555555555";
    for (variable, value, reason, hint) in [
        (
            "AZURE_CLIENT_SECRET",
            "wrong-secret-0815",
            "wrong-secret",
            "not its id",
        ),
        (
            "AZURE_CLIENT_ID",
            "nobody",
            "no-such-application",
            "AZURE_CLIENT_ID",
        ),
        (
            "AZURE_CLIENT_SECRET",
            "",
            "no-credential",
            "AZURE_CLIENT_SECRET",
        ),
        ("AZURE_TENANT_ID", other, "other-tenant", "AZURE_TENANT_ID"),
        ("KVCERT_ACCESS_TOKEN", "stale", "token-refused", "expired"),
    ] {
        let mut command = dev::kvcert_by_environment(folder.path());
        command
            .args(["--json", "get", "web", "-o", "out"])
            .env(variable, value);
        let (code, _, errors) = run(&mut command);
        let error = failure(&errors);
        assert_eq!((code, &error["reason"]), (4, &reason.into()), "{errors}");
        assert!(error["hint"].as_str().unwrap().contains(hint), "{errors}");
        assert!(!folder.join("out").exists());
    }
}

#[test]
fn a_token_from_a_file() {
    let folder = Scratch::new();
    let get = |token: &str| {
        std::fs::write(folder.join("token"), token).unwrap();
        let mut command = dev::kvcert_by_environment(folder.path());
        run(command.args(["--json", "--token-file", "token", "get", "web", "-o", "out"]))
    };
    let (code, _, errors) = get("not.a.token\n");
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (4, &"token-refused".into())
    );
    for odd in ["two words", "", "Basic x", "x\n\nx"] {
        let (code, _, errors) = get(odd);
        assert_eq!(
            (code, &failure(&errors)["reason"]),
            (2, &"invalid-token".into()),
            "{odd:?}"
        );
    }
    assert!(!folder.join("out").exists());
}
