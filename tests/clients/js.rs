//! @azure/keyvault-* and @azure/identity for JavaScript.

use std::process::Command;

use crate::{
    installed,
    vault::{Vault, succeed},
};

/// Runs a script against a dev vault of its own.
fn check(script: &str) {
    let Some(folder) = installed::part("js", "node_modules") else {
        return;
    };
    let vault = Vault::start(&[]);
    let mut client = Command::new("node");
    vault.introduce(&mut client);
    client
        .arg("--require")
        .arg(installed::script("js/localhost.cjs"))
        .arg(installed::script(&format!("js/{script}.cjs")))
        .env("NODE_PATH", folder.join("node_modules"));
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
