//! The pages that the dev vault serves, drawn as `kvcert inspect --html` draws them: by a client of
//! the vault like any other, with an address, a CA and a sign-in. No secret is asked for.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use kvcert::report::{CertificateOptions, CertificateReport, Order};
use kvcert::transport::Transcript;
use kvcert::vault::VaultClient;
use kvcert::vault::address::VaultUrl;
use kvcert_dev::{Access, Page, PageRequest};
use kvcert_pki::validity::Moment;
use reqwest::Method;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::control::Endpoints;
use crate::commands::list;
use crate::failure::{Failure, Kind};
use crate::render::html::served;
use crate::session::{Context, Session};

/// Draws what is asked for, until it is dropped.
pub(super) async fn draw(
    mut requests: mpsc::Receiver<PageRequest>,
    access: &Access,
    context: &Context<'_>,
) -> Infallible {
    let requests = stream::poll_fn(|task| requests.poll_recv(task));
    let answer = async |request: PageRequest| {
        let page = page(&request.page, request.vault.as_deref(), access, context);
        let (status, html) = match timeout(PATIENCE, page).await {
            Ok(Ok(html)) => (200, html),
            Ok(Err(failure)) => (status(failure.kind), served::failed(&failure.to_string())),
            Err(_) => (
                504,
                served::failed("error: the vault did not answer in time"),
            ),
        };
        request.answer(status, html);
    };
    requests.for_each_concurrent(AT_ONCE, answer).await;
    std::future::pending().await
}

async fn page(
    page: &Page,
    vault: Option<&str>,
    access: &Access,
    context: &Context<'_>,
) -> Result<String, Failure> {
    match page {
        Page::Live => {
            let endpoints = Endpoints::of(access, context)?;
            let log = endpoints.ask(Method::GET, "requests", None).await?;
            let state = endpoints.ask(Method::GET, "switches", None).await?;
            Ok(served::live(&log, &state))
        }
        Page::Vault => {
            let session = Session::to_dev_vault(access, context)?;
            let client = client(&session, vault, access)?;
            Ok(served::whole(
                &list::fetch(&client, Order::Expiry, Moment::default()).await?,
            ))
        }
        Page::Certificate(name) => {
            let transcript = Transcript::default();
            let session = Session::to_dev_vault(access, context)?.with_transcript(&transcript);
            let client = client(&session, vault, access)?;
            let options = CertificateOptions {
                public_only: true,
                ..CertificateOptions::default()
            };
            let (name, moment) = (name.parse()?, Moment::default());
            let mut report =
                CertificateReport::fetch(&client, &name, None, &options, moment).await?;
            report.http = Some(transcript.messages());
            Ok(served::certificate(&report, moment.now))
        }
    }
}

/// A new client for every page, so that each shows the 401, the token and the 200.
fn client(session: &Session, vault: Option<&str>, access: &Access) -> Result<VaultClient, Failure> {
    let Some((vault, (_, domain))) = vault.zip(access.vault_url.split_once('.')) else {
        return session.vault(None);
    };
    let url = VaultUrl::parse(&format!("https://{vault}.{domain}"), Default::default())?;
    Ok(session.vault_at(&url))
}

fn status(kind: Kind) -> u16 {
    match kind {
        Kind::Usage => 400,
        Kind::NotFound => 404,
        _ => 502,
    }
}

const AT_ONCE: usize = 8;
/// A client tries again when it is throttled; a reader does not wait so long.
const PATIENCE: Duration = Duration::from_secs(10);
