//! The rungs: name, TCP, TLS and challenge, sign-in, list, get.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kvcert::transport::{Unreachable, UnreachableKind, connect, is_local, resolve};
use kvcert::unpack;
use kvcert::vault::address::CertificateRef;
use kvcert::vault::{Greeting, VaultClient, VaultError};
use kvcert_pki::format::{Contents, Limits};
use kvcert_pki::text::rfc3339;

use super::{Context, Outcome, Rung};
use crate::commands::get::explain;
use crate::failure::{Failure, Reason};

/// The first rung that failed, and why.
type Stopped = Option<(&'static str, Failure)>;
/// Takes each rung as it is left.
type Sink<'a> = &'a mut dyn FnMut(Rung) -> Result<(), Failure>;

pub(super) struct Ladder<'a> {
    client: &'a VaultClient,
    patience: Duration,
    has_proxy: bool,
}

impl<'a> Ladder<'a> {
    pub(super) fn new(client: &'a VaultClient, context: &Context<'_>) -> Self {
        let proxy = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
            .into_iter()
            .find_map(|name| context.environment.get(name));
        let seconds = context.global.timeout.unwrap_or(PATIENCE);
        Self {
            client,
            patience: Duration::from_secs(seconds.min(PATIENCE)),
            has_proxy: proxy.is_some() && !is_local(client.vault().host()),
        }
    }

    /// Climbs until a rung fails. Whether the list is allowed says nothing about `certificate`,
    /// which is tried all the same.
    pub(super) async fn climb(
        &self,
        certificate: Option<&CertificateRef>,
        sink: Sink<'_>,
    ) -> Result<Stopped, Failure> {
        if self.has_proxy {
            for name in ["name", "tcp"] {
                sink(skipped(name, "requests go through a proxy"))?;
            }
        } else {
            let (rung, found) = step("name", self.name()).await;
            sink(rung)?;
            let addresses = match found {
                Ok(addresses) => addresses,
                Err(failure) => return Ok(Some(("name", failure))),
            };
            let (rung, connected) = step("tcp", self.tcp(&addresses)).await;
            sink(rung)?;
            if let Err(failure) = connected {
                return Ok(Some(("tcp", failure)));
            }
        }
        let started = Instant::now();
        let greeting = match self.client.greet().await {
            Ok(greeting) => greeting,
            Err(error) => return stopped_while_greeting(error, started, sink),
        };
        sink(passed("tls", started, TRUSTED.into()))?;
        sink(passed("challenge", started, describe(&greeting)))?;
        let (rung, signed_in) = step("sign-in", self.sign_in(&greeting)).await;
        sink(rung)?;
        if let Err(failure) = signed_in {
            return Ok(Some(("sign-in", failure)));
        }
        let (rung, listed) = step("list", self.list()).await;
        sink(rung)?;
        let stopped = listed.err().map(|failure| ("list", failure));
        let Some(certificate) = certificate else {
            sink(skipped("get", "name a certificate to try this too"))?;
            return Ok(stopped);
        };
        let (rung, got) = step("get", self.get(certificate)).await;
        sink(rung)?;
        Ok(stopped.or_else(|| got.err().map(|failure| ("get", failure))))
    }

    async fn name(&self) -> Result<(String, Vec<SocketAddr>), Failure> {
        let vault = self.client.vault();
        let found = resolve(vault.host(), vault.port(), self.patience).await;
        let found = found.map_err(|source| self.unreachable(source))?;
        let addresses: Vec<String> = found.iter().map(|it| it.ip().to_string()).collect();
        let detail = format!("{} is {}", vault.host(), addresses.join(", "));
        Ok((detail, found))
    }

    async fn tcp(&self, addresses: &[SocketAddr]) -> Result<(String, ()), Failure> {
        let address = connect(addresses, self.patience).await;
        let address = address.map_err(|source| self.unreachable(source))?;
        Ok((format!("connected to {address}"), ()))
    }

    async fn sign_in(&self, greeting: &Greeting) -> Result<(String, ()), Failure> {
        self.client.sign_in_for(greeting).await?;
        let way = self.client.credential().winner().unwrap_or("token");
        Ok((format!("got a token by: {way}"), ()))
    }

    async fn list(&self) -> Result<(String, ()), Failure> {
        let mut pages = self.client.pages();
        let count = pages.next().await?.map_or(0, |page| page.len());
        let more = if pages.has_more() { " and more" } else { "" };
        Ok((format!("{count} certificates{more}"), ()))
    }

    /// Reads the secret to the end, and forgets it.
    async fn get(&self, certificate: &CertificateRef) -> Result<(String, ()), Failure> {
        let (name, version) = (&certificate.name, certificate.version.as_ref());
        let secret = self.client.secret(name, version).await?;
        let certified = unpack::contents(&secret, &Limits::default())
            .and_then(Contents::into_certified_key)
            .map_err(|error| explain(error, &secret))?;
        let leaf = certified.chain().leaf();
        let (subject, end) = (leaf.label(), rfc3339(leaf.not_after()));
        let detail = format!("`{subject}` with its private key, valid until {end}");
        Ok((detail, ()))
    }

    fn unreachable(&self, source: Unreachable) -> Failure {
        let vault = self.client.vault().to_string();
        Failure::from(VaultError::Unreachable { vault, source })
    }
}

/// One request shows TLS and the challenge; the error tells which of them failed.
fn stopped_while_greeting(
    error: VaultError,
    started: Instant,
    sink: Sink<'_>,
) -> Result<Stopped, Failure> {
    let name = match &error {
        VaultError::Unreachable { source, .. } if is_before_http(source.kind) => "tls",
        VaultError::Unreachable { .. } => "challenge",
        _ => {
            sink(passed("tls", started, TRUSTED.into()))?;
            "challenge"
        }
    };
    let failure = Failure::from(error);
    sink(failed(name, started, &failure))?;
    Ok(Some((name, failure)))
}

/// What can only have happened before there was a secure connection.
fn is_before_http(reason: UnreachableKind) -> bool {
    matches!(
        reason,
        UnreachableKind::Tls | UnreachableKind::Refused | UnreachableKind::UnknownHost
    )
}

fn describe(greeting: &Greeting) -> String {
    let mut text = format!("wants a token for {}", greeting.resource);
    if let Some(tenant) = &greeting.tenant {
        text.push_str(&format!(", tenant {tenant}"));
    }
    if let Some(ahead) = greeting.clock_ahead {
        text.push_str(&format!("; this machine's clock is off by {ahead} s"));
    }
    text
}

/// Does one step and takes its time.
async fn step<T>(
    name: &'static str,
    work: impl Future<Output = Result<(String, T), Failure>>,
) -> (Rung, Result<T, Failure>) {
    let started = Instant::now();
    match work.await {
        Ok((detail, found)) => (passed(name, started, detail), Ok(found)),
        Err(failure) => (failed(name, started, &failure), Err(failure)),
    }
}

fn passed(name: &'static str, started: Instant, detail: String) -> Rung {
    Rung {
        name,
        outcome: Outcome::Ok,
        detail,
        milliseconds: started.elapsed().as_millis(),
        error: None,
    }
}

fn failed(name: &'static str, started: Instant, failure: &Failure) -> Rung {
    Rung {
        name,
        outcome: Outcome::Failed,
        detail: detail(failure),
        milliseconds: started.elapsed().as_millis(),
        error: Some(failure.to_json()),
    }
}

/// The last cause says most, but where several ways failed each for its own: then it is the first.
fn detail(failure: &Failure) -> String {
    match failure.reason {
        Reason::NoCredential => failure.error.to_string(),
        _ => failure.error.root_cause().to_string(),
    }
}

fn skipped(name: &'static str, why: &str) -> Rung {
    Rung {
        name,
        outcome: Outcome::Skipped,
        detail: why.to_owned(),
        milliseconds: 0,
        error: None,
    }
}

const TRUSTED: &str = "the server's certificate is trusted";
/// Seconds for one step.
const PATIENCE: u64 = 10;
