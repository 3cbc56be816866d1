//! azure-keyvault-* and azure-identity for Python.

use std::process::Command;

use crate::{
    installed,
    vault::{Vault, succeed},
};

/// Runs a script against a dev vault of its own.
fn check(script: &str) {
    let Some(python) = installed::part("python", "bin/python") else {
        return;
    };
    let vault = Vault::start(&[]);
    let mut client = Command::new(python.join("bin/python"));
    vault.introduce(&mut client);
    if let Some(identity) = &vault.access.managed_identity {
        client
            .env("IDENTITY_ENDPOINT", &identity.endpoint)
            .env("IDENTITY_HEADER", identity.header.expose())
            .env("MACHINE_HOST", &identity.machine_host);
    }
    client
        .arg(installed::script(&format!("python/{script}.py")))
        .env_remove("PYTHONDONTWRITEBYTECODE")
        .env("PYTHONPATH", installed::script("python"))
        .env("PYTHONPYCACHEPREFIX", installed::python_cache());
    succeed(client);
}

#[test]
fn identities() {
    check("identities");
}

#[test]
fn tokens_are_checked_as_apis_check_them() {
    check("tokens");
}

#[test]
fn reading() {
    check("reading");
}

#[test]
fn the_life_of_a_secret() {
    check("secret_life");
}

#[test]
fn the_life_of_a_certificate() {
    check("certificate_life");
}

#[test]
fn keys_work() {
    check("key_life");
}

#[test]
fn the_asynchronous_clients() {
    check("asynchronous");
}
