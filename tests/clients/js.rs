//! @azure/keyvault-* and @azure/identity for JavaScript.

use std::path::Path;
use std::process::Command;

use crate::installed;
use crate::python::with_a_worker;
use crate::vault::{Vault, succeed};

/// Runs a script against a dev vault of its own.
fn check(script: &str) {
    let Some(folder) = installed::part("js", "node_modules") else {
        return;
    };
    succeed(client(&folder, script, &Vault::start(&[])));
}

fn client(folder: &Path, script: &str, vault: &Vault) -> Command {
    let mut client = Command::new("node");
    vault.introduce(&mut client);
    vault.introduce_identity(&mut client);
    client
        .arg("--require")
        .arg(installed::script("js/localhost.cjs"))
        .arg(installed::script(&format!("js/{script}.cjs")))
        .env("NODE_PATH", folder.join("node_modules"));
    client
}

#[test]
fn every_credential() {
    let (Some(folder), Some(python)) = (
        installed::part("js", "node_modules"),
        installed::part("python", "bin/python"),
    ) else {
        return;
    };
    let (vault, made) = with_a_worker(&python);
    let mut client = client(&folder, "sign_in", &vault);
    client.env("SIGN_IN_FOLDER", made.path());
    succeed(client);
}

#[test]
fn reading() {
    check("reading");
}

#[test]
fn from_making_to_end() {
    check("life");
}
