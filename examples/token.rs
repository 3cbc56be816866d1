//! Gets an access token for Microsoft Graph with a certificate and its key from a file:
//!
//! `cargo run --example token -- web.pfx contoso.onmicrosoft.com CLIENT-ID`

#![allow(clippy::print_stdout, reason = "the token is what the example is for")]

use std::{env, fs};

use anyhow::Context;
use kvcert::cloud::Cloud;
use kvcert::identity::{Application, Assertor, Proof};
use kvcert::pki::format::{self, Limits, Password};
use kvcert::transport::{Transport, TransportOptions};
use zeroize::Zeroizing;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut args = env::args().skip(1);
    let mut next = || args.next().context("usage: token FILE TENANT ID");
    let (file, tenant, client_id) = (next()?, next()?, next()?);

    let bytes = Zeroizing::new(fs::read(file)?);
    let contents = format::read(&bytes, &Password::none(), &Limits::default())?;
    let certified = contents.into_certified_key()?;
    let cloud = Cloud::Public.endpoints();
    let application = Application {
        authority: cloud.authority.parse().map_err(anyhow::Error::msg)?,
        tenant,
        client_id,
        proof: Proof::Certificate(Assertor::local(&certified)?),
    };
    let transport = Transport::new(&TransportOptions::default())?;
    let scope = format!("{}/.default", cloud.graph);
    let token = application.token(&transport, &scope).await?;
    println!("{}", token.expose());
    Ok(())
}
