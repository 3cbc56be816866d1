//! `kvcert token` beside the libraries that most people get their tokens with: they judge its
//! assertions, and sign in to the dev vault with a certificate that `kvcert get` wrote.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::replay::{Replay, Reply, ca_file};
use crate::vault::{Vault, succeed};
use crate::{installed, support};

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const CLIENT: &str = "66666666-7777-8888-9999-000000000000";

/// The certificate `web` with its key and its chain, in PEM.
fn written(vault: &Vault) -> std::path::PathBuf {
    let mut get = support::kvcert(vault.folder.path());
    get.args(["--dev", "get", "web", "--format", "combined", "--quiet"]);
    succeed(get);
    vault.folder.join("web.pem")
}

/// The assertions that kvcert makes of a certificate, and how.
fn assertions(vault: &Vault, pem: &Path) -> Value {
    let entra = Replay::start(|_| Reply::json(json!({"access_token": "t", "expires_in": 60})));
    let authority = format!("https://login.localhost:{}", entra.port);
    let ways: [&[&str]; 3] = [&[], &["--send-chain"], &["--algorithm", "rs256"]];
    for way in ways {
        let mut token = support::kvcert(vault.folder.path());
        token
            .arg("--ca-file")
            .arg(ca_file(vault.folder.path()))
            .args([
                "token",
                "--for",
                "exchange",
                "--tenant",
                TENANT,
                "--client-id",
                CLIENT,
            ])
            .arg(pem)
            .args(way)
            .env("AZURE_AUTHORITY_HOST", &authority);
        succeed(token);
    }
    let posted = entra.seen().into_iter().map(|seen| {
        let mut fields = form_urlencoded::parse(&seen.body);
        let found = fields.find(|(name, _)| name == "client_assertion");
        found.unwrap().1.into_owned()
    });
    json!({
        "pem": pem, "authority": authority, "tenant": TENANT, "client": CLIENT,
        "assertions": posted.collect::<Vec<_>>(), "algorithms": ["PS256", "PS256", "RS256"],
    })
}

/// PyJWT and `cryptography` verify them, and MSAL makes the same claims of the same input; jose
/// verifies them in Node.js.
#[test]
fn assertions_are_what_others_make_and_take() {
    let (python, js) = (
        installed::part("python", "bin/python"),
        installed::part("js", "node_modules"),
    );
    if python.is_none() && js.is_none() {
        return;
    }
    let vault = Vault::start(&[]);
    let task = assertions(&vault, &written(&vault));
    let file = vault.folder.join("task.json");
    fs::write(&file, task.to_string()).unwrap();
    if let Some(python) = python {
        succeed(python_script(&python, &vault, "assertion", &file));
    }
    if let Some(js) = js {
        let mut node = Command::new("node");
        vault.introduce(&mut node);
        node.arg(installed::script("js/assertion.cjs"))
            .arg(&file)
            .env("NODE_PATH", js.join("node_modules"));
        succeed(node);
    }
}

/// MSAL and azure-identity (both of its clients) get tokens of the dev vault's Entra.
#[test]
fn a_certificate_that_kvcert_wrote_signs_in() {
    let Some(python) = installed::part("python", "bin/python") else {
        return;
    };
    let vault = Vault::start(&[]);
    let pem = written(&vault);
    let mut client = python_script(&python, &vault, "application", &pem);
    let exchange = vault.access.exchange_client_id.as_deref();
    client.env("AZURE_CLIENT_ID", exchange.unwrap());
    let theirs: Value = serde_json::from_slice(&succeed(client)).unwrap();
    // kvcert gets one like theirs.
    let ways: [&[&str]; 2] = [&[], &["--sign-in-vault"]];
    for way in ways {
        let mut token = support::kvcert(vault.folder.path());
        token.args([
            "--dev", "token", "web", "--for", "exchange", "--decode", "--quiet",
        ]);
        token.args(way);
        let ours: Value = serde_json::from_slice(&succeed(token)).unwrap();
        for claim in ["aud", "iss", "appid", "roles", "tid", "idtyp"] {
            assert_eq!(ours["claims"][claim], theirs[claim], "{claim}");
        }
    }
}

/// With `--sign-in-vault` the vault is never asked for the secret, which has the key: its own log
/// says so.
#[test]
fn the_vault_signs_and_keeps_the_secret() {
    let vault = Vault::start(&[]);
    let requests = |arguments: &[&str]| -> Value {
        let mut dev = support::kvcert(vault.folder.path());
        dev.args(["--json", "dev", "requests"]).args(arguments);
        serde_json::from_slice(&succeed(dev)).unwrap()
    };
    requests(&["--clear"]);
    let mut token = support::kvcert(vault.folder.path());
    token.args([
        "--dev",
        "token",
        "vaulted",
        "--for",
        "exchange",
        "--sign-in-vault",
    ]);
    let token = succeed(token);
    assert!(token.starts_with(b"eyJ"));
    let log = requests(&[]);
    let all = log["requests"].as_array().unwrap().iter();
    let paths: Vec<&str> = all
        .map(|request| request["path"].as_str().unwrap())
        .collect();
    let of_vault = |path: &&&str| path.starts_with("/certificates/") || path.starts_with("/keys/");
    assert!(
        paths.iter().any(|path| path.ends_with("/sign")),
        "{paths:?}"
    );
    assert!(paths.iter().filter(of_vault).count() >= 2, "{paths:?}");
    assert!(
        !paths.iter().any(|path| path.contains("/secrets")),
        "{paths:?}"
    );
}

fn python_script(python: &Path, vault: &Vault, script: &str, argument: &Path) -> Command {
    let mut client = installed::python_script(python, script);
    vault.introduce(&mut client).arg(argument);
    client
}
