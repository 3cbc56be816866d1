//! The application as a credential of the Azure SDK for Rust, against the dev vault's Entra:
//! `cargo test --features azure-core --test token azure`.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use kvcert::identity::{Assertor, AzureCredential, Client, Identity};
use kvcert::transport::{Transport, TransportOptions};
use kvcert_pki::format::{self, Limits, Password};
use serde_json::Value;

use crate::support::{Scratch, dev, run};

/// The certificate `web` with its key, in memory.
fn assertor() -> Assertor {
    let folder = Scratch::new();
    let mut get = dev::kvcert(folder.path());
    let (code, pem, errors) = run(get.args(["get", "web", "--format", "combined", "-o", "-"]));
    assert_eq!(code, 0, "{errors}");
    let contents = format::read(pem.as_bytes(), &Password::none(), &Limits::default());
    let certified = contents.unwrap().into_certified_key().unwrap();
    Assertor::local(&certified).unwrap()
}

/// What the SDK sees: only its own trait.
fn credential() -> Arc<dyn TokenCredential> {
    let access = dev::access();
    let client = Client {
        authority: access.authority.parse().unwrap(),
        tenant: access.tenant_id.clone(),
        client_id: access.exchange_client_id.clone().unwrap(),
        identity: Identity::Certificate(assertor()),
    };
    let options = TransportOptions {
        ca_pem: access.ca_pem.clone().into_bytes(),
        only_this_ca: true,
        timeout: None,
    };
    let transport = Transport::new(&options).unwrap();
    Arc::new(AzureCredential::new(client, transport))
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn signs_in_and_keeps_the_token() {
    let credential = credential();
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
    let refused = credential().get_token(&nowhere, None).await.unwrap_err();
    let source = std::error::Error::source(&refused).unwrap().to_string();
    let told = format!("{refused} {source}");
    assert!(told.contains("AADSTS500011"), "{told}");
}
