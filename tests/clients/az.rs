//! Azure CLI.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

use crate::installed::{self, python_script};
use crate::python::{WORKER, with_a_worker};
use crate::support::openssl;
use crate::vault::{Vault, succeed};

/// Azure CLI, which knows the cloud of a dev vault of its own.
struct Az {
    vault: Vault,
    python: PathBuf,
}

impl Az {
    /// For a dev vault that is started once Azure CLI is known to be there.
    fn beside(start: impl FnOnce() -> Vault) -> Option<Self> {
        let python = installed::part("az", "bin/python")?.join("bin/python");
        let vault = start();
        let az = Self { vault, python };
        let host = &*az.vault.access.authority;
        az.run(&["config", "set", "core.instance_discovery=false"]);
        let cloud = ["--name", "dev", "--endpoint-resource-manager", host];
        az.run(&[&["cloud", "register"], &cloud[..]].concat());
        az.run(&["cloud", "set", "--name", "dev"]);
        Some(az)
    }

    fn sign_in() -> Option<Self> {
        let az = Self::beside(|| Vault::start(&[]))?;
        let access = &az.vault.access;
        az.sign_in_as(
            &access.client_id,
            "--password",
            access.client_secret.expose(),
        );
        Some(az)
    }

    /// Signs in as an application, by a proof of some kind.
    #[track_caller]
    fn sign_in_as(&self, client_id: &str, kind: &str, proof: &str) {
        let mut login = vec!["login", "--service-principal", "--allow-no-subscriptions"];
        login.extend(["--username", client_id, kind, proof]);
        login.extend(["--tenant", &self.vault.access.tenant_id]);
        self.run(&login);
    }

    /// Runs a command, which must succeed, and gives back what it printed.
    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Vec<u8> {
        let mut az = Command::new(&self.python);
        self.vault.introduce_identity(self.introduce(&mut az));
        az.args(["-m", "azure.cli"]).args(arguments);
        succeed(az)
    }

    /// What Azure CLI finds itself by, and the vault.
    fn introduce<'a>(&self, client: &'a mut Command) -> &'a mut Command {
        self.vault
            .introduce(client)
            .env_remove("PYTHONDONTWRITEBYTECODE")
            .env("PYTHONPATH", installed::script("python"))
            .env("PYTHONPYCACHEPREFIX", installed::python_cache())
            .env("AZURE_CONFIG_DIR", self.vault.folder.join("azure"))
            .env("AZURE_CORE_COLLECT_TELEMETRY", "false")
    }

    /// A folder with the program `az`.
    fn program(&self) -> PathBuf {
        let folder = self.vault.folder.join("bin");
        fs::create_dir(&folder).unwrap();
        let az = folder.join("az");
        let script = format!(
            "#!/bin/sh\nexec '{}' -m azure.cli \"$@\"\n",
            self.python.display()
        );
        fs::write(&az, script).unwrap();
        fs::set_permissions(&az, fs::Permissions::from_mode(0o755)).unwrap();
        folder
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
    fs::write(az.vault.folder.join("policy.json"), policy).unwrap();
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

#[test]
fn azure_cli_signs_in_by_certificate_and_other_tokens_and_as_a_machine() {
    let Some(python) = installed::part("python", "bin/python") else {
        return;
    };
    let mut made = None;
    let az = Az::beside(|| {
        let (vault, folder) = with_a_worker(&python);
        made = Some(folder);
        vault
    });
    let (Some(az), Some(made)) = (az, made) else {
        return;
    };
    let opens = || {
        let secret = az.keyvault(&["secret", "show", "--vault-name", "demo", "--name", "web"]);
        assert_eq!(secret["contentType"], "application/x-pkcs12");
        az.run(&["account", "clear"]);
    };
    let file = |name: &str| made.join(name).to_str().unwrap().to_owned();
    az.sign_in_as(WORKER, "--certificate", &file("worker.pem"));
    opens();
    let token = fs::read_to_string(made.join("token")).unwrap();
    az.sign_in_as(WORKER, "--federated-token", &token);
    opens();
    az.run(&["login", "--identity", "--allow-no-subscriptions"]);
    opens();
}

/// azure-identity asks `az` for its tokens.
#[test]
fn azure_identity_takes_the_sign_in_of_azure_cli() {
    let Some(python) = installed::part("python", "bin/python") else {
        return;
    };
    let Some(az) = Az::sign_in() else { return };
    let mut client = python_script(&python, "azure_cli");
    az.introduce(&mut client);
    let mut path = az.program().into_os_string();
    path.push(":");
    path.push(env::var_os("PATH").unwrap_or_default());
    client.env("PATH", path);
    succeed(client);
}
