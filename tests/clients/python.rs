//! azure-keyvault-* and azure-identity for Python.

use std::path::Path;
use std::process::Command;

use crate::installed::{self, python_script};
use crate::support::Scratch;
use crate::vault::{Vault, succeed};

/// The application of `python/sign_in_seed.py`.
pub(crate) const WORKER: &str = "5c1b9a3e-0000-4000-8000-00000000b001";

/// Runs a script against a dev vault of its own.
fn check(script: &str) {
    let Some(python) = installed::part("python", "bin/python") else {
        return;
    };
    let vault = Vault::start(&[]);
    succeed(client(&python, script, &vault));
}

/// As [`check`], where the dev vault knows an application with a certificate.
fn check_sign_in(script: &str) {
    let Some(python) = installed::part("python", "bin/python") else {
        return;
    };
    let (vault, made) = with_a_worker(&python);
    let mut client = client(&python, script, &vault);
    client.env("SIGN_IN_FOLDER", made.path());
    succeed(client);
}

/// A dev vault that knows an application with a certificate, and the folder with what that signs
/// in with.
pub(crate) fn with_a_worker(python: &Path) -> (Vault, Scratch) {
    let made = Scratch::new();
    let mut seed = python_script(python, "sign_in_seed");
    seed.arg(made.path());
    succeed(seed);
    let vault = Vault::start(&["--seed", made.join("seed.toml").to_str().unwrap()]);
    (vault, made)
}

fn client(python: &Path, script: &str, vault: &Vault) -> Command {
    let mut client = python_script(python, script);
    vault.introduce(&mut client);
    vault.introduce_identity(&mut client);
    client
}

#[test]
fn identities() {
    check("identities");
}

#[test]
fn every_credential_of_azure_identity() {
    check_sign_in("sign_in");
}

#[test]
fn every_credential_of_msal() {
    check_sign_in("sign_in_msal");
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
