//! What `kvcert get 'web-*' --format combined` does, receipt included:
//!
//!     eval "$(kvcert dev --print-env)"        # or az login, a managed identity, …
//!     cargo run --example get -- "$KVCERT_VAULT" 'web-*'
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a program")]

use std::future::pending;
use std::sync::Arc;

use anyhow::Context;
use kvcert::export::{ExportOptions, Exporter, Format};
use kvcert::identity::{Credential, Environment, SignInMethod, SignInOptions, sources};
use kvcert::retrieve::{Retrieval, RetrieveOptions, Wanted};
use kvcert::transport::{Transport, TransportOptions};
use kvcert::vault::VaultClient;
use kvcert::vault::address::VaultUrl;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let vault = arguments.next().context("usage: get VAULT PATTERN...")?;
    let names: Vec<String> = arguments.collect();
    let environment: Environment = std::env::vars().collect();
    let sources = sources(SignInMethod::Auto, &SignInOptions::default(), &environment)?;
    let credential = Arc::new(Credential::new(sources));
    let transport = Transport::new(&TransportOptions::default())?;
    let client = |vault: &VaultUrl| {
        VaultClient::new(transport.clone(), vault.clone(), Arc::clone(&credential))
    };
    let options = ExportOptions {
        format: Format::Combined,
        ..ExportOptions::default()
    };
    let vaults = [VaultUrl::parse(&vault, Default::default())?];
    let wanted = Wanted::named(&names, &vaults, client)?;
    let retrieval = Retrieval::new(wanted, RetrieveOptions::default(), Exporter::new(options)?)?;
    let receipt = retrieval.run(pending()).await?;
    println!("{}", serde_json::to_string_pretty(&receipt)?);
    Ok(())
}
