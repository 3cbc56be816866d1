//! `kvcert dev` beside the vault that runs: switches, requests, variables for other clients.

use std::process::Command;

use crate::support::{self, failure, run};
use crate::vault::Vault;

/// kvcert as one who has only the state folder of the vault.
fn kvcert(vault: &Vault, arguments: &[&str]) -> (i32, String, String) {
    run(support::kvcert(vault.folder.path()).args(arguments))
}

#[test]
fn switches_are_set_shown_and_cleared() {
    let vault = Vault::start(&[]);
    let set = "dev set throttle error=502 --path /secrets --times 3 --retry-after 2";
    let (code, shown, errors) = kvcert(&vault, &set.split(' ').collect::<Vec<_>>());
    assert_eq!(code, 0, "{errors}");
    let lines = "error=502 --path /secrets --times 3 --retry-after 2\n\
                 throttle --path /secrets --times 3 --retry-after 2\n";
    assert_eq!(shown, lines);
    let cleared = kvcert(&vault, &["dev", "clear", "error", "throttle"]);
    assert_eq!(cleared, (0, String::new(), "all switches are off\n".into()));

    kvcert(&vault, &["dev", "set", "forbid=firewall"]);
    let (code, _, errors) = kvcert(&vault, &["--dev", "--json", "get", "web", "-o", "out"]);
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (5, &"forbidden-by-firewall".into())
    );
    let (_, requests, _) = kvcert(&vault, &["dev", "requests"]);
    assert!(
        requests.contains(" https://demo.vault.localhost/secrets/web  forbid\n"),
        "{requests}"
    );
    assert_eq!(kvcert(&vault, &["dev", "requests", "--clear"]).1, "");

    let (code, _, errors) = kvcert(&vault, &["dev", "set", "nothing"]);
    assert_eq!(code, 2);
    assert!(errors.contains("there is no switch `nothing`"), "{errors}");
}

#[test]
fn a_shell_takes_the_variables() {
    let vault = Vault::start(&[]);
    let script = r#"eval "$("$KVCERT" dev --print-env 2>/dev/null)"
        printf '%s\n' "$AZURE_KEYVAULT_URL" "$AZURE_AUTHORITY_HOST" "$AZURE_TENANT_ID" \
            "$AZURE_CLIENT_ID" "$AZURE_CLIENT_SECRET" "$(cat "$REQUESTS_CA_BUNDLE")""#;
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", script])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("KVCERT", env!("CARGO_BIN_EXE_kvcert"))
        .env("KVCERT_STATE_DIR", vault.folder.join("state"));
    let (code, printed, errors) = run(&mut shell);
    assert_eq!((code, &*errors), (0, ""));
    let access = &vault.access;
    let expected = [
        &*access.vault_url,
        &access.authority,
        &access.tenant_id,
        &access.client_id,
        access.client_secret.expose(),
        access.ca_pem.trim_end(),
    ];
    assert_eq!(printed.trim_end(), expected.join("\n"));
}

#[test]
fn in_github_actions_the_secret_is_masked_first() {
    let vault = Vault::start(&[]);
    let (code, lines, errors) = kvcert(&vault, &["dev", "--print-env", "github", "--quiet"]);
    let secret = vault.access.client_secret.expose();
    let identity = vault.access.managed_identity.as_ref().unwrap();
    let masks = [secret, identity.header.expose()].map(|one| format!("::add-mask::{one}\n"));
    assert_eq!((code, errors), (0, masks.concat()));
    assert!(
        lines.contains(&format!("AZURE_CLIENT_SECRET={secret}\n")),
        "{lines}"
    );
    assert!(
        lines.lines().all(|line| line.split_once('=').is_some()),
        "{lines}"
    );
}
