//! Diagnoses the connection to a vault, step by step: name, TCP, TLS, challenge, sign-in, list, get.
//!
//! A failed request says why, but not how far it got, so each step is taken by itself. If a proxy is
//! set, requests go through it, and the first two steps are skipped.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use kvcert_pki::text::excerpt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::input::ReadOptions;
use crate::retrieve::{RetrieveError, certified_key};
use crate::transport::{Unreachable, UnreachableKind, local};
use crate::vault::address::CertificateRef;
use crate::vault::{Greeting, VaultClient, VaultError};

/// What to try, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A certificate to get; without one that step is skipped.
    pub certificate: Option<CertificateRef>,
    /// The time limit for resolving the name, and for connecting; ten seconds if left out.
    pub patience: Option<Duration>,
    /// Whether a proxy is set. It is not used for vaults on this machine.
    pub has_proxy: bool,
}

/// One of the steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The host's name resolves.
    Name,
    /// A connection opens.
    Tcp,
    /// TLS is set up, and the server's certificate is trusted.
    Tls,
    /// The vault says which token it wants.
    Challenge,
    /// There is such a token.
    SignIn,
    /// The certificates can be listed.
    List,
    /// The certificate can be read to its private key.
    Get,
}

/// The outcome of one step.
#[derive(Debug)]
pub struct Finding {
    /// Which step.
    pub step: Step,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub elapsed: Duration,
}

/// How a step ended.
#[derive(Debug)]
pub enum Outcome {
    /// It succeeded; this is what was found.
    Passed(Fact),
    /// It failed. The steps after it are not taken, except that `Get` is tried after `List`.
    Failed(RetrieveError),
    /// It does not apply: there is a proxy, or no certificate to get.
    Skipped,
}

/// What a step found.
#[derive(Debug)]
pub enum Fact {
    /// The addresses of the vault's host.
    Resolved(Vec<IpAddr>),
    /// The address that accepted a connection.
    Connected(SocketAddr),
    /// The server's certificate is trusted.
    Trusted,
    /// The vault's challenge.
    Greeted(Greeting),
    /// The way that gave a token, if it has a name.
    SignedIn(Option<&'static str>),
    /// The certificates on the first page of the list.
    Listed {
        /// How many.
        count: usize,
        /// Whether there are more pages.
        has_more: bool,
    },
    /// A certificate with its private key.
    Read {
        /// What the certificate is called.
        label: String,
        /// Its end, Unix seconds.
        not_after: i64,
    },
}

impl Step {
    /// The name, as reports have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Challenge => "challenge",
            Self::SignIn => "sign-in",
            Self::List => "list",
            Self::Get => "get",
        }
    }
}

/// Takes the steps in order until one fails, and reports each as soon as it is done. A caller who
/// may not list certificates may still be allowed to get one, so that is tried in any case.
pub async fn diagnose(client: &VaultClient, options: &Options, report: &mut dyn FnMut(Finding)) {
    let mut diagnosis = Diagnosis {
        client,
        options,
        report,
    };
    diagnosis.run().await;
}

struct Diagnosis<'a> {
    client: &'a VaultClient,
    options: &'a Options,
    report: &'a mut dyn FnMut(Finding),
}

impl Diagnosis<'_> {
    /// Ends early with the first step that fails.
    async fn run(&mut self) -> Option<()> {
        let (client, options) = (self.client, self.options);
        if options.has_proxy && !local::is_local(client.vault().host()) {
            self.skip(Step::Name);
            self.skip(Step::Tcp);
        } else {
            let patience = options.patience.unwrap_or(PATIENCE);
            let addresses = self.take(Step::Name, resolve(client, patience)).await?;
            let connected = connect(client, &addresses, patience);
            self.take(Step::Tcp, connected).await?;
        }
        let greeting = self.greet().await?;
        self.take(Step::SignIn, sign_in(client, &greeting)).await?;
        let listed = self.take(Step::List, list(client)).await;
        match &options.certificate {
            Some(certificate) => self.take(Step::Get, get(client, certificate)).await?,
            None => self.skip(Step::Get),
        }
        listed
    }

    async fn take<T>(
        &mut self,
        step: Step,
        work: impl Future<Output = Result<(Fact, T), RetrieveError>>,
    ) -> Option<T> {
        let started = Instant::now();
        let (outcome, found) = match work.await {
            Ok((fact, found)) => (Outcome::Passed(fact), Some(found)),
            Err(error) => (Outcome::Failed(error), None),
        };
        self.report(step, outcome, started.elapsed());
        found
    }

    /// One request shows TLS and the challenge. Its error tells which of them failed.
    async fn greet(&mut self) -> Option<Greeting> {
        let started = Instant::now();
        let greeted = self.client.greet().await;
        let elapsed = started.elapsed();
        let failed_at = match &greeted {
            Err(VaultError::Unreachable { source, .. }) if is_before_http(source.kind) => Step::Tls,
            _ => Step::Challenge,
        };
        // A reply that ended early says nothing about the steps before it.
        if !matches!(greeted, Err(VaultError::Unreachable { .. })) {
            self.report(Step::Tls, Outcome::Passed(Fact::Trusted), elapsed);
        }
        match greeted {
            Ok(greeting) => {
                let fact = Fact::Greeted(greeting.clone());
                self.report(Step::Challenge, Outcome::Passed(fact), elapsed);
                Some(greeting)
            }
            Err(error) => {
                self.report(failed_at, Outcome::Failed(error.into()), elapsed);
                None
            }
        }
    }

    fn skip(&mut self, step: Step) {
        self.report(step, Outcome::Skipped, Duration::ZERO);
    }

    fn report(&mut self, step: Step, outcome: Outcome, elapsed: Duration) {
        (self.report)(Finding {
            step,
            outcome,
            elapsed,
        });
    }
}

async fn resolve(
    client: &VaultClient,
    patience: Duration,
) -> Result<(Fact, Vec<SocketAddr>), RetrieveError> {
    let vault = client.vault();
    let asked = local::addresses(vault.host(), vault.port());
    let (kind, detail) = match timeout(patience, asked).await {
        Ok(Ok(found)) if !found.is_empty() => {
            let addresses = found.iter().map(SocketAddr::ip).collect();
            return Ok((Fact::Resolved(addresses), found));
        }
        Ok(Ok(_)) => (UnreachableKind::UnknownHost, "it has no address".into()),
        Ok(Err(error)) => (UnreachableKind::UnknownHost, error.to_string()),
        Err(_) => (
            UnreachableKind::TimedOut,
            "the name server did not answer".into(),
        ),
    };
    Err(unreachable(client, kind, &detail))
}

/// Opens a connection to the first of `addresses` that accepts one.
async fn connect(
    client: &VaultClient,
    addresses: &[SocketAddr],
    patience: Duration,
) -> Result<(Fact, ()), RetrieveError> {
    let (mut kind, mut detail) = (
        UnreachableKind::Refused,
        String::from("there is no address"),
    );
    for address in addresses {
        (kind, detail) = match timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok((Fact::Connected(*address), ())),
            Ok(Err(error)) => (UnreachableKind::Refused, error.to_string()),
            Err(_) => (
                UnreachableKind::TimedOut,
                io::ErrorKind::TimedOut.to_string(),
            ),
        };
    }
    Err(unreachable(client, kind, &detail))
}

async fn sign_in(client: &VaultClient, greeting: &Greeting) -> Result<(Fact, ()), RetrieveError> {
    client.sign_in_for(greeting).await?;
    Ok((Fact::SignedIn(client.credential().winner()), ()))
}

async fn list(client: &VaultClient) -> Result<(Fact, ()), RetrieveError> {
    let mut pages = client.pages();
    let count = pages.next().await?.map_or(0, |page| page.len());
    let has_more = pages.has_more();
    Ok((Fact::Listed { count, has_more }, ()))
}

/// Reads the certificate and its key from the secret, and drops them.
async fn get(
    client: &VaultClient,
    certificate: &CertificateRef,
) -> Result<(Fact, ()), RetrieveError> {
    let (certified, _) = certified_key(client, certificate, &ReadOptions::default()).await?;
    let leaf = certified.chain().leaf();
    let (label, not_after) = (leaf.label().to_owned(), leaf.not_after());
    Ok((Fact::Read { label, not_after }, ()))
}

/// Problems that occur only before there is a secure connection.
fn is_before_http(kind: UnreachableKind) -> bool {
    use UnreachableKind::{
        Broken, Busy, ProxyAuthentication, ProxyRefused, Refused, TimedOut, Tls, TooLong,
        UnknownHost,
    };
    match kind {
        Tls(_) | Refused | UnknownHost | ProxyAuthentication | ProxyRefused => true,
        TimedOut | TooLong | Broken | Busy { .. } => false,
    }
}

fn unreachable(client: &VaultClient, kind: UnreachableKind, detail: &str) -> RetrieveError {
    let detail = excerpt(detail, 300);
    RetrieveError::Vault(VaultError::Unreachable {
        vault: client.vault().to_string(),
        source: Unreachable::new(kind, detail),
    })
}

const PATIENCE: Duration = Duration::from_secs(10);
