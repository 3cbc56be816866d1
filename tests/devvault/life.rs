//! Starting, stopping, and what is left behind.

use std::fs;

use kvcert::devvault::{Access, DevVault, Options};
use serde_json::json;

use crate::running::{Running, TempFolder, read};

#[tokio::test]
async fn another_vault_is_not_here() {
    let running = Running::start().await;
    let url = format!("https://other.vault.localhost:{}/secrets", running.port);
    let response = running.client.get(url).send().await.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(
        response.text().await.unwrap(),
        "there is no vault `other` here"
    );
}

#[tokio::test]
async fn the_log_tells_which_calls_were_made() {
    let running = Running::start().await;
    running.secret("web").await;
    let response = running
        .client
        .get(running.vault("/_dev/requests"))
        .send()
        .await
        .unwrap();
    let log = read(response).await.1;
    let tenant = &running.access.tenant_id;
    assert_eq!(
        log,
        json!({"total": 2, "requests": [
            {"method": "POST", "host": "login.localhost", "path": format!("/{tenant}/oauth2/v2.0/token"), "status": 200},
            {"method": "GET", "host": "demo.vault.localhost", "path": "/secrets/web", "status": 200},
        ]})
    );
}

#[tokio::test]
async fn a_data_folder_outlasts_its_process() {
    let folder = TempFolder::new("data");
    let first = Running::in_folder(&folder.0);
    let (leaf, secret) = (
        first.leaf("web").await,
        first.secret("rotated").await["value"].clone(),
    );
    let (ca, client_id) = (first.access.ca_pem.clone(), first.access.client_id.clone());

    let second = DevVault::open(Options {
        data: Some(folder.0.clone()),
        ..Options::default()
    });
    let error = second.unwrap_err().to_string();
    assert!(
        error.ends_with("vault.redb` is in use by another dev vault"),
        "{error}"
    );

    first.stop().await;
    let again = Running::in_folder(&folder.0);
    assert_eq!(
        (&again.access.ca_pem, &again.access.client_id),
        (&ca, &client_id)
    );
    assert_eq!(again.leaf("web").await, leaf);
    assert_eq!(again.secret("rotated").await["value"], secret);
    again.stop().await;

    #[cfg(unix)]
    for name in ["ca.key", "vault.redb"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.0.join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn what_a_client_needs_goes_through_json_and_never_into_debug() {
    let vault = DevVault::open(Options::default()).unwrap();
    let access = vault.access(8443);
    let json = serde_json::to_string(&access).unwrap();
    let read: Access = serde_json::from_str(&json).unwrap();
    assert_eq!(read.client_secret.expose(), access.client_secret.expose());
    assert_eq!(read.authority, "https://login.localhost:8443");
    for shown in [format!("{access:#?}"), format!("{vault:#?}")] {
        assert!(!shown.contains(access.client_secret.expose()), "{shown}");
    }
}

#[test]
fn a_bad_vault_name_is_refused() {
    let vault = String::from("no.such");
    let error = DevVault::open(Options {
        vault,
        ..Options::default()
    })
    .unwrap_err();
    assert!(
        error.to_string().starts_with("`no.such` is no vault name"),
        "{error}"
    );
}
