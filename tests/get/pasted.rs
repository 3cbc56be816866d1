//! Vaults and certificates, named as people copy them from elsewhere.

use std::process::Command;

use crate::support::{Scratch, dev, failure, run};

/// kvcert with the dev vault's CA and sign-in, and no vault.
fn kvcert(folder: &Scratch) -> Command {
    let access = dev::access();
    std::fs::write(folder.join("ca.pem"), &access.ca_pem).unwrap();
    let mut command = crate::support::kvcert(folder.path());
    command
        .args(["--ca-file", "ca.pem"])
        .env("AZURE_AUTHORITY_HOST", &access.authority)
        .env("AZURE_TENANT_ID", &access.tenant_id)
        .env("AZURE_CLIENT_ID", &access.client_id)
        .env("AZURE_CLIENT_SECRET", access.client_secret.expose());
    command
}

#[track_caller]
fn gets(arguments: &[&str], file: &str) {
    let folder = Scratch::new();
    let (code, _, errors) = run(kvcert(&folder).arg("get").args(arguments));
    assert_eq!(code, 0, "{arguments:?}: {errors}");
    assert!(folder.join(file).exists(), "{arguments:?}");
}

#[test]
fn the_vault_and_the_certificate() {
    let url = dev::access().vault_url.trim_end_matches('/');
    let host = url.strip_prefix("https://").unwrap();
    gets(&["web", "--vault", host], "web.crt");
    gets(&["web", "--vault", &format!("{url}/")], "web.crt");
    gets(
        &["web", "--vault", &format!("{url}/secrets/web")],
        "web.crt",
    );
    gets(
        &["--vault", &format!("{url}/certificates/api-ec")],
        "api-ec.crt",
    );
    let reference = format!("@Microsoft.KeyVault(SecretUri={url}/secrets/web/)");
    gets(&[&reference], "web.crt");
    gets(&["--vault", &reference], "web.crt");
    gets(&[&format!("{host}/keys/web")], "web.crt");
}

#[track_caller]
fn refused(arguments: &[&str], reason: &str, words: &[&str]) {
    let folder = Scratch::new();
    let (code, _, errors) = run(kvcert(&folder).arg("--json").args(arguments));
    let failure = failure(&errors);
    assert_eq!((code, &failure["reason"]), (2, &reason.into()), "{errors}");
    let said = failure.to_string();
    for words in words {
        assert!(said.contains(words), "no `{words}` in {said}");
    }
}

#[test]
fn what_is_refused_and_how() {
    let url = dev::access().vault_url.trim_end_matches('/');
    let other = format!("{url}/secrets/web");
    let flags = ["get", "api-ec", "--vault", &other];
    refused(
        &flags,
        "flags-conflict",
        &["`web`", "`api-ec`", &format!("--vault {url}")],
    );
    refused(
        &["get", "--vault", url],
        "usage",
        &["no certificate given", "--all"],
    );
    refused(&["get", url], "invalid-address", &["no certificate in it"]);
    let alias = ["list", "--vault", "contoso.privatelink.vaultcore.azure.net"];
    refused(
        &alias,
        "invalid-address",
        &["private endpoint", "--vault contoso`"],
    );
    let hsm = ["list", "--vault", "contoso.managedhsm.azure.net"];
    refused(&hsm, "invalid-address", &["managed HSM"]);
    let plain = ["list", "--vault", "http://contoso.vault.azure.net"];
    refused(
        &plain,
        "invalid-address",
        &["only https://", "`--vault contoso`"],
    );
    let portal = ["list", "--vault", "https://portal.azure.com/#home"];
    refused(
        &portal,
        "invalid-address",
        &["Azure portal", "give its name or its URL"],
    );
    let typo = ["list", "--vault", "contoso.vault.azure.nte"];
    refused(
        &typo,
        "invalid-address",
        &["https://contoso.vault.azure.net"],
    );
}

/// The others take the vault, and the certificate that is named twice.
#[test]
fn for_the_other_commands() {
    let url = dev::access().vault_url.trim_end_matches('/');
    let secret = format!("{url}/secrets/web");
    let commands: [&[&str]; 4] = [
        &["list"],
        &["inspect", "web"],
        &["doctor", "WEB"],
        &["backup", "web"],
    ];
    for arguments in commands {
        let folder = Scratch::new();
        let mut command = kvcert(&folder);
        let (code, _, errors) = run(command.args(arguments).args(["--vault", &secret]));
        assert_eq!(code, 0, "{arguments:?}: {errors}");
    }
}
