//! Starting, stopping, and what is left behind.

use std::fs;

use kvcert_dev::{Access, DevVault, InUse, Options};
use serde_json::json;

use crate::openssl::openssl;
use crate::program::Program;
use crate::running::{API, Running, TempFolder, read};

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
    let error = second.unwrap_err();
    assert!(error.is::<InUse>());
    assert!(
        error.to_string().contains(folder.0.to_str().unwrap()),
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

/// Its name is told in other bytes than the vault would write.
#[tokio::test]
async fn the_authority_in_the_folder_may_be_made_elsewhere() {
    let folder = TempFolder::new("authority");
    let path = |name: &str| folder.0.join(name).to_str().unwrap().to_owned();
    let (key, certificate) = (path("ca.key"), path("ca.pem"));
    let curve = ["-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    let made = ["-keyout", &key, "-out", &certificate, "-subj", "/CN=Ours"];
    openssl(
        &[&["req", "-x509", "-newkey", "ec"], &curve[..], &made].concat(),
        b"",
    );
    let made = fs::read_to_string(&certificate).unwrap();
    let running = Running::in_folder(&folder.0);
    assert!(running.secret("web").await["value"].is_string());
    running.stop().await;
    assert_eq!(
        fs::read_to_string(&certificate).unwrap(),
        made,
        "it is kept"
    );
}

/// Also where the folder was made before there was such a key, as it is until it is first served.
#[tokio::test]
async fn a_token_outlasts_the_process_that_signed_it() {
    let folder = TempFolder::new("tokens");
    let options = Options {
        data: Some(folder.0.clone()),
        ..Options::default()
    };
    drop(DevVault::open(options).unwrap());
    let first = Running::in_folder(&folder.0);
    // This audience does not depend on the port.
    let scope = [("scope", Some("https://vault.azure.net/.default"))];
    let token = first.sign_in(&scope).await.1["access_token"].clone();
    first.stop().await;
    let again = Running::in_folder(&folder.0);
    let url = again.vault(&format!("/secrets/web?{API}"));
    let request = again.client.get(url).bearer_auth(token.as_str().unwrap());
    assert_eq!(request.send().await.unwrap().status(), 200);
    again.stop().await;
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
        vaults: vec![vault],
        ..Options::default()
    })
    .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("`no.such` is not a valid vault name"),
        "{error}"
    );
}

#[tokio::test]
async fn several_vaults_are_apart() {
    let vault = DevVault::open(Options {
        vaults: vec![String::from("demo"), String::from("Other")],
        empty: true,
        ..Options::default()
    });
    let running = Running::serve(vault.unwrap());
    let demo = running.vault(&format!("/secrets/s?{API}"));
    let other = demo.replace("//demo.", "//other.");
    let token = running.token().await;
    let put = running.client.put(&other).bearer_auth(&token);
    let (status, reply) = read(put.body(r#"{"value": "v"}"#).send().await.unwrap()).await;
    assert_eq!(status, 200, "{reply}");
    let id = reply["id"].as_str().unwrap();
    assert!(id.starts_with("https://other.vault.localhost:"), "{id}");
    for (url, expected) in [(&other, 200), (&demo, 404)] {
        let get = running.client.get(url).bearer_auth(&token).send();
        assert_eq!(get.await.unwrap().status(), expected, "{url}");
    }
}

/// The certificate names the address, and whoever opens the vault to others is told.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn it_listens_on_another_address_too() {
    let folder = TempFolder::new("listen");
    let start = async |address: &str| Program::with(&folder.0, &["--listen", address]).await;
    let program = start("127.0.0.2").await;
    let port = program.running.port;
    for host in ["127.0.0.1", "127.0.0.2"] {
        let get = program
            .running
            .client
            .get(format!("https://{host}:{port}/"));
        assert_eq!(get.send().await.unwrap().status(), 404, "{host}");
    }
    assert_eq!(program.errors(), "");
    drop(program);
    let program = start("0.0.0.0").await;
    program.running.token().await;
    let errors = program.errors();
    assert!(errors.contains("other machines can ask"), "{errors}");
}

#[tokio::test]
async fn a_second_process_says_who_has_the_folder() {
    let folder = TempFolder::new("second");
    let program = Program::start(&folder.0).await;
    let second = std::process::Command::new(env!("CARGO_BIN_EXE_kvcert"))
        .env_clear()
        .env("KVCERT_STATE_DIR", folder.0.join("other"))
        .args(["dev", "--port", "0", "--data"])
        .arg(folder.0.join("data"))
        .output()
        .unwrap();
    drop(program);
    let errors = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(8), "{errors}");
    let data = folder.0.join("data");
    for words in [
        data.to_str().unwrap(),
        "another running dev vault",
        "hint: ",
        "--data",
    ] {
        assert!(errors.contains(words), "no `{words}` in {errors}");
    }
}
