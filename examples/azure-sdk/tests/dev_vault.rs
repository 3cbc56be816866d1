//! The credential, against the Entra of a dev vault.

use std::net::TcpListener;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_sdk_example::AzureCredential;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use kvcert::identity::{Application, Assertor, Credential, Proof};
use kvcert::transport::{Transport, TransportOptions};
use kvcert::unpack;
use kvcert::vault::VaultClient;
use kvcert::vault::address::VaultUrl;
use kvcert_dev::{DevVault, Options};
use kvcert_pki::sensitive::Sensitive;
use serde_json::Value;

/// A dev vault that serves in the background, and the application of its certificate `web`: all that
/// the SDK sees is its own trait.
async fn credential() -> Arc<dyn TokenCredential> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let vault = DevVault::open(Options::default()).unwrap();
    let access = vault.access(listener.local_addr().unwrap().port());
    tokio::spawn(vault.serve(listener, std::future::pending()));
    let options = TransportOptions {
        ca_pem: access.ca_pem.clone().into_bytes(),
        only_this_ca: true,
        ..TransportOptions::default()
    };
    let transport = Transport::new(&options).unwrap();
    let application = |client_id: &str, proof| Application {
        authority: access.authority.parse().unwrap(),
        tenant: access.tenant_id.clone(),
        client_id: client_id.to_owned(),
        proof,
    };
    let secret = Sensitive::new(access.client_secret.expose().clone());
    let owner = Credential::by(application(&access.client_id, Proof::Secret(secret)));
    let url = VaultUrl::parse(&access.vault_url, Default::default()).unwrap();
    let client = VaultClient::new(transport.clone(), url, Arc::new(owner));
    let secret = client.secret(&"web".parse().unwrap(), None).await.unwrap();
    let contents = unpack::contents(&secret, &Default::default()).unwrap();
    let certified = contents.into_certified_key().unwrap();
    let proof = Proof::Certificate(Assertor::local(&certified).unwrap());
    let application = application(&access.exchange_client_id.clone().unwrap(), proof);
    Arc::new(AzureCredential::new(application, transport))
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn signs_in_and_caches_the_token() {
    let credential = credential().await;
    let exchange = ["https://outlook.office365.com/.default"];
    let token = credential.get_token(&exchange, None).await.unwrap();
    let claims = claims(token.token.secret());
    assert_eq!(claims["aud"], "https://outlook.office365.com");
    assert_eq!(claims["roles"], serde_json::json!(["Exchange.ManageAsApp"]));
    let end = claims["exp"].as_i64().unwrap();
    assert!((token.expires_on.unix_timestamp() - end).abs() < 60);
    // The same until shortly before its end; another for another scope.
    let again = credential.get_token(&exchange, None).await.unwrap();
    assert_eq!(again.token.secret(), token.token.secret());
    let graph = ["https://graph.microsoft.com/.default"];
    let other = credential.get_token(&graph, None).await.unwrap();
    assert_ne!(other.token.secret(), token.token.secret());
}

#[tokio::test]
async fn a_refusal_is_told_with_its_number() {
    let nowhere = ["https://no-such-resource.example/.default"];
    let refused = credential().await.get_token(&nowhere, None).await.unwrap_err();
    let told = format!("{:#}", anyhow::Error::new(refused));
    assert!(told.contains("AADSTS500011"), "{told}");
}
