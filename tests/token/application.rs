//! Applications: by certificate, with its key or without, by secret, by file.

use std::fs;

use crate::fake::{CLIENT, Fake, SECRET, TENANT, TOKEN, VERSION, granted};
use crate::support::{failure, run};

#[track_caller]
fn gives(fake: &Fake, arguments: &[&str]) -> String {
    let (code, output, errors) = run(&mut fake.token(arguments));
    assert_eq!((code, output.trim_end()), (0, TOKEN), "{errors}");
    errors
}

#[track_caller]
pub fn fails(fake: &Fake, arguments: &[&str], code: i32, reason: &str) -> String {
    let (found, output, errors) = run(fake.token(arguments).arg("--json"));
    assert_eq!(output, "", "{errors}");
    let failure = failure(&errors);
    let expected = (code, &reason.into());
    assert_eq!((found, &failure["reason"]), expected, "{errors}");
    assert!(failure["hint"].is_string(), "{errors}");
    failure.to_string()
}

#[test]
fn with_the_key_just_fetched() {
    let fake = Fake::new();
    assert_eq!(gives(&fake, &["app"]), "");
    let form = &fake.forms()[0];
    assert_eq!(form.field("grant_type"), "client_credentials");
    assert_eq!(form.field("client_id"), CLIENT);
    assert_eq!(form.field("scope"), "https://graph.microsoft.com/.default");
    let (header, claims) = form.assertion();
    assert_eq!(
        (&header["alg"], &header["typ"]),
        (&"PS256".into(), &"JWT".into())
    );
    assert!(header.get("x5c").is_none() && header.get("x5t").is_none());
    let endpoint = format!("{}/{TENANT}/oauth2/v2.0/token", fake.authority());
    assert_eq!(claims["aud"], endpoint);
    assert_eq!(
        (&claims["iss"], &claims["sub"]),
        (&CLIENT.into(), &CLIENT.into())
    );
    // Nothing but what was asked for is read, and nothing is written.
    assert_eq!(fake.vault_paths(), ["GET /secrets/app", "GET /secrets/app"]);
    assert_eq!(
        fake.folder.names(),
        ["app.crt", "app.key", "app.pem", "ca.pem"]
    );
}

#[test]
fn with_the_key_in_the_vault() {
    let fake = Fake::new();
    for algorithm in ["ps256", "rs256"] {
        gives(&fake, &["app", "--sign-in-vault", "--algorithm", algorithm]);
    }
    let paths = fake.vault_paths();
    assert!(
        paths.iter().all(|path| !path.contains("/secrets")),
        "{paths:?}"
    );
    let sign = format!("POST /keys/app/{VERSION}/sign");
    assert!(paths.contains(&sign), "{paths:?}");
}

#[test]
fn with_a_client_secret_of_the_vault() {
    let fake = Fake::new();
    let said = gives(&fake, &["--client-secret-from", "app-secret", "-v"]);
    assert!(!said.contains(SECRET), "{said}");
    let form = &fake.forms()[0];
    assert_eq!(form.field("client_secret"), SECRET);
    assert!(form.get("client_assertion").is_none());
    let text = fails(&fake, &["--client-secret-from", "app"], 2, "not-a-secret");
    assert!(text.contains("kvcert token CERT"), "{text}");
    fails(&fake, &["--client-secret-from", "nothing"], 3, "not-found");
}

#[test]
fn with_a_file() {
    let fake = Fake::new();
    gives(&fake, &["./app.pem"]);
    gives(&fake, &[fake.path("app.pem").to_str().unwrap()]);
    assert!(fake.vault_paths().is_empty());
    fails(&fake, &["./nothing.pem"], 2, "no-such-file");
    fails(&fake, &["./app.crt"], 7, "no-private-key");
    fails(
        &fake,
        &["./app.pem", "--sign-in-vault"],
        2,
        "flags-conflict",
    );
    fs::write(fake.path("odd.pem"), "odd").unwrap();
    fails(&fake, &["./odd.pem"], 7, "not-a-key-store");
}

/// What the flags and the environment mean where two identities are in play.
#[test]
fn the_environment_is_the_vaults() {
    let fake = Fake::new();
    let graph = ["--for", "graph"];
    let mut command = fake.kvcert(&["--json", "token", "app"]);
    command
        .args(graph)
        .env("AZURE_TENANT_ID", "t")
        .env("AZURE_CLIENT_ID", "c");
    let (code, _, errors) = run(&mut command);
    let failure = failure(&errors);
    assert_eq!((code, &failure["reason"]), (2, &"no-application".into()));
    let hint = failure["hint"].as_str().unwrap();
    assert!(hint.contains("signs in to the vault"), "{hint}");
    // Without a vault there is only one identity.
    let mut command = fake.kvcert(&["token", "./app.pem"]);
    command
        .args(graph)
        .env("AZURE_TENANT_ID", "t")
        .env("AZURE_CLIENT_ID", "c");
    assert_eq!(run(&mut command).0, 0);
    assert_eq!(fake.forms()[0].field("client_id"), "c");
    // The vault's own sign-in takes its own tenant and client id, flags first.
    let mut command = fake.token(&["app", "--auth", "environment"]);
    command
        .args(["--vault-tenant", "vt", "--vault-client-id", "vc"])
        .env("AZURE_CLIENT_SECRET", "secret-for-the-vault")
        .env("AZURE_CLIENT_ID", "ignored");
    let (code, _, errors) = run(&mut command);
    assert_eq!(code, 0, "{errors}");
    let clients: Vec<String> = fake
        .forms()
        .iter()
        .map(|form| form.field("client_id"))
        .collect();
    assert_eq!(clients[1..], ["vc", CLIENT]);
    let seen = fake.server.seen();
    let paths: Vec<&str> = seen.iter().map(|seen| seen.path.as_str()).collect();
    assert!(paths.contains(&"/vt/oauth2/v2.0/token"), "{paths:?}");
}

#[test]
fn what_can_be_got_wrong() {
    let fake = Fake::new();
    fails(&fake, &[], 2, "no-identity");
    fails(
        &fake,
        &["app", "--flow", "managed-identity"],
        2,
        "flags-conflict",
    );
    let odd = [
        "token",
        "app",
        "--for",
        "graph",
        "--tenant",
        "a/b",
        "--client-id",
        CLIENT,
    ];
    let (code, _, errors) = run(fake.kvcert(&odd).arg("--json"));
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (2, &"invalid-setting".into())
    );
    for (flow, instead) in [
        ("password", "device-code"),
        ("ropc", "browser"),
        ("implicit", "PKCE"),
    ] {
        let text = fails(&fake, &["--flow", flow], 2, "retired-flow");
        assert!(text.contains(instead), "{text}");
    }
    let mut command = fake.kvcert(&[
        "--json",
        "token",
        "app",
        "--tenant",
        TENANT,
        "--client-id",
        CLIENT,
    ]);
    assert_eq!(failure(&run(&mut command).2)["reason"], "no-scope");
    assert!(fake.forms().is_empty());
}

#[test]
fn certificates_that_cannot_sign_in() {
    let ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    let fake = Fake::build(&ec, |_| (), |_| granted());
    for arguments in [&["app"][..], &["app", "--sign-in-vault"], &["./app.pem"]] {
        let text = fails(&fake, arguments, 4, "unfit-certificate");
        assert!(text.contains("its key is EC P-256"), "{text}");
    }
    let fake = Fake::expired();
    for arguments in [&["app"][..], &["app", "--sign-in-vault"], &["./app.pem"]] {
        let text = fails(&fake, arguments, 9, "expired");
        assert!(text.contains("2021-01-01T00:00:00Z"), "{text}");
    }
    // Nobody was asked.
    assert!(fake.forms().is_empty());
}
