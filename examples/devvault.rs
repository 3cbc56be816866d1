//! Starts a dev vault in this process and prints a report of its certificates as JSON:
//!
//! `cargo run --example devvault`

#![allow(clippy::print_stdout, reason = "the report is what the example is for")]

use std::sync::Arc;

use kvcert::identity::{Application, Credential, Proof};
use kvcert::pki::sensitive::Sensitive;
use kvcert::pki::validity::{Moment, Soon};
use kvcert::report::{Order, VaultReport};
use kvcert::transport::{Transport, TransportOptions};
use kvcert::vault::VaultClient;
use kvcert::vault::address::VaultUrl;
use kvcert_dev::DevVault;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let dev_vault = DevVault::start().await?;
    let access = dev_vault.access();
    let transport = Transport::new(&TransportOptions {
        ca_pem: access.ca_pem.clone().into_bytes(),
        ..TransportOptions::default()
    })?;
    let application = Application {
        authority: access.authority.parse().map_err(anyhow::Error::msg)?,
        tenant: access.tenant_id.clone(),
        client_id: access.client_id.clone(),
        proof: Proof::Secret(Sensitive::new(access.client_secret.expose().clone())),
    };
    let vault = VaultUrl::parse(&access.vault_url, Default::default())?;
    let client = VaultClient::new(transport, vault, Arc::new(Credential::by(application)));

    let moment = Moment::now(Soon::default());
    let report = VaultReport::fetch(&client, Order::Expiry, moment).await?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    dev_vault.stop().await
}
