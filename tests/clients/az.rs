//! Azure CLI.

use std::{path::PathBuf, process::Command};

use serde_json::Value;

use crate::{
    installed,
    support::openssl,
    vault::{Vault, succeed},
};

/// Azure CLI, signed in to a dev vault of its own.
struct Az {
    vault: Vault,
    python: PathBuf,
}

impl Az {
    fn sign_in() -> Option<Self> {
        let python = installed::part("az", "bin/python")?.join("bin/python");
        let vault = Vault::start(&[]);
        let az = Self { vault, python };
        let access = &az.vault.access;
        let host = &*access.authority;
        az.run(&["config", "set", "core.instance_discovery=false"]);
        az.run(&[
            "cloud",
            "register",
            "--name",
            "dev",
            "--endpoint-resource-manager",
            host,
        ]);
        az.run(&["cloud", "set", "--name", "dev"]);
        let mut login = vec!["login", "--service-principal", "--allow-no-subscriptions"];
        login.extend(["--username", &access.client_id]);
        login.extend(["--password", access.client_secret.expose()]);
        login.extend(["--tenant", &access.tenant_id]);
        az.run(&login);
        Some(az)
    }

    /// Runs a command, which must succeed, and gives back what it printed.
    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Vec<u8> {
        let mut az = Command::new(&self.python);
        self.vault.introduce(&mut az);
        az.args(["-m", "azure.cli"])
            .args(arguments)
            .env_remove("PYTHONDONTWRITEBYTECODE")
            .env("PYTHONPATH", installed::script("python"))
            .env("PYTHONPYCACHEPREFIX", installed::python_cache())
            .env("AZURE_CONFIG_DIR", self.vault.folder.join("azure"))
            .env("AZURE_CORE_COLLECT_TELEMETRY", "false");
        succeed(az)
    }

    /// As [`run`](Self::run), for a command of `az keyvault` that prints JSON.
    #[track_caller]
    fn keyvault(&self, arguments: &[&str]) -> Value {
        let printed = self.run(&[&["keyvault"], arguments].concat());
        serde_json::from_slice(&printed).unwrap()
    }
}

#[test]
fn azure_cli_has_its_way_with_the_vault() {
    let Some(az) = Az::sign_in() else { return };
    let url = &az.vault.access.vault_url;
    // By identifier, and by name: `az cloud register` learnt where vaults are.
    let id = format!("{url}/secrets/web-pem");
    let secret = az.keyvault(&["secret", "show", "--id", &id]);
    assert_eq!(secret["contentType"], "application/x-pem-file");
    let named = ["--vault-name", "demo", "--name", "web"];
    let secret = az.keyvault(&[&["secret", "show"], &named[..]].concat());
    assert_eq!(secret["contentType"], "application/x-pkcs12");

    // What is downloaded is the certificate, and the PFX that holds it.
    let pfx = ["--file", "web.pfx", "--encoding", "base64"];
    az.run(&[&["keyvault", "secret", "download"], &named[..], &pfx].concat());
    let pem = ["--file", "web.pem"];
    az.run(&[&["keyvault", "certificate", "download"], &named[..], &pem].concat());
    let file = |name: &str| az.vault.folder.join(name).to_str().unwrap().to_owned();
    let (pfx, pem) = (file("web.pfx"), file("web.pem"));
    let fingerprint =
        |input: &str| openssl(&["x509", "-in", input, "-noout", "-fingerprint", "-sha256"]);
    let inside = file("inside.pem");
    openssl(&[
        "pkcs12", "-in", &pfx, "-passin", "pass:", "-clcerts", "-nokeys", "-legacy", "-out",
        &inside,
    ]);
    assert_eq!(fingerprint(&inside), fingerprint(&pem));

    let key = az.keyvault(&[&["key", "show"], &named[..]].concat());
    assert_eq!(key["key"]["kty"], "RSA");
    let certificate = az.keyvault(&[&["certificate", "show"], &named[..]].concat());
    assert_eq!(certificate["kid"], key["key"]["kid"]);

    let imported = [
        "--vault-name",
        "demo",
        "--name",
        "again",
        "--file",
        "web.pfx",
    ];
    let imported = az.keyvault(&[&["certificate", "import"], &imported[..]].concat());
    assert_eq!(imported["cer"], certificate["cer"]);
    let policy = az.run(&["keyvault", "certificate", "get-default-policy"]);
    std::fs::write(az.vault.folder.join("policy.json"), policy).unwrap();
    let created = [
        "--vault-name",
        "demo",
        "--name",
        "made",
        "--policy",
        "@policy.json",
    ];
    let created = az.keyvault(&[&["certificate", "create"], &created[..]].concat());
    assert_eq!(created["status"], "completed");
}
