//! A vault for benchmarks: it adds a fixed latency and enforces the service's limit.
//!
//! `bench-vault SECRET-FILE X5T COUNT LATENCY-MS LIMIT FOLDER` serves COUNT certificates, all copies
//! of the one in SECRET-FILE. It writes `url` and `ca.pem` to FOLDER, and when Ctrl-C ends it,
//! `stats`: the number of calls, and how many of them got a 429.
//!
//! The responses are prepared in advance, because client and server share the processor.

use std::collections::VecDeque;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};
use std::{fs, thread};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
};
use serde_json::{Value, json};
use tokio::sync::oneshot;

struct Vault {
    /// What comes before and after the name in a secret.
    secret: [String; 2],
    pages: Vec<Bytes>,
    latency: Latency,
    limit: usize,
    calls: Mutex<Calls>,
}

/// Lets every call wait equally long.
///
/// A thread of its own does it, as the runtime's timer rounds up to whole milliseconds, which would
/// be time that the client is blamed for.
struct Latency {
    length: Duration,
    waiting: mpsc::Sender<(Instant, oneshot::Sender<()>)>,
}

/// The calls of the last ten seconds, and of all time.
#[derive(Default)]
struct Calls {
    recent: VecDeque<Instant>,
    all: usize,
    refused: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    // Where there is such a thing: the system may let a sleeping thread wait some 50 µs longer.
    let _ = write(Path::new("/proc/self/timerslack_ns"), "1");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [secret, x5t, count, latency, limit, folder] = arguments.as_slice() else {
        anyhow::bail!("usage: bench-vault SECRET-FILE X5T COUNT LATENCY-MS LIMIT FOLDER");
    };
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let url = format!(
        "https://x.vault.localhost:{}",
        listener.local_addr()?.port()
    );
    let vault = Arc::new(Vault {
        secret: made_secret(fs::read_to_string(secret)?.trim()),
        pages: made_pages(&url, x5t, count.parse()?),
        latency: Latency::new(Duration::from_millis(latency.parse()?)),
        limit: limit.parse()?,
        calls: Mutex::default(),
    });
    let tls = tls(Path::new(folder)).await?;
    let app = Router::new()
        .fallback(answer)
        .with_state(Arc::clone(&vault));
    write(&Path::new(folder).join("url"), &url)?;
    let tls = RustlsAcceptor::new(tls).acceptor(NoDelayAcceptor::new());
    let server = axum_server::from_tcp(listener)?.acceptor(tls);
    tokio::select! {
        ended = server.serve(app.into_make_service()) => ended?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    let calls = vault.calls();
    let stats = format!("{} {}\n", calls.all, calls.refused);
    write(&Path::new(folder).join("stats"), &stats)?;
    Ok(())
}

async fn answer(State(vault): State<Arc<Vault>>, headers: HeaderMap, uri: Uri) -> Response {
    let wait = vault.count_call(Instant::now());
    vault.latency.pass().await;
    if let Some(wait) = wait {
        let body = json!({"error": {"code": "Throttled"}}).to_string();
        let seconds = (wait.as_secs() + 1).to_string();
        return (
            StatusCode::TOO_MANY_REQUESTS,
            [("retry-after", seconds)],
            body,
        )
            .into_response();
    }
    if !headers.contains_key("authorization") {
        let host = headers.get("host").and_then(|host| host.to_str().ok());
        let host = uri
            .authority()
            .map(|it| it.as_str())
            .or(host)
            .unwrap_or_default();
        let parent = host.split_once('.').map_or("", |(_, parent)| parent);
        let challenge = format!(
            "Bearer authorization=\"https://login.localhost/t\", resource=\"https://{parent}\""
        );
        return (StatusCode::UNAUTHORIZED, [("www-authenticate", challenge)]).into_response();
    }
    let body = match uri.path().strip_prefix("/secrets/") {
        Some(name) => Some(vault.secret(name.trim_end_matches('/'))),
        None => vault.page(&uri),
    };
    match body {
        Some(body) => ([("content-type", "application/json")], body).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

impl Latency {
    fn new(length: Duration) -> Self {
        let (waiting, calls) = mpsc::channel::<(Instant, oneshot::Sender<()>)>();
        thread::spawn(move || {
            for (until, call) in calls {
                thread::sleep(until.saturating_duration_since(Instant::now()));
                let _ = call.send(());
            }
        });
        Self { length, waiting }
    }

    async fn pass(&self) {
        let (call, over) = oneshot::channel();
        if self
            .waiting
            .send((Instant::now() + self.length, call))
            .is_ok()
        {
            let _ = over.await;
        }
    }
}

impl Vault {
    /// Counts a call; refuses it for so long.
    fn count_call(&self, now: Instant) -> Option<Duration> {
        let mut calls = self.calls();
        calls.all += 1;
        while calls
            .recent
            .front()
            .is_some_and(|call| now - *call >= WINDOW)
        {
            calls.recent.pop_front();
        }
        if calls.recent.len() >= self.limit {
            calls.refused += 1;
            return calls.recent.front().map(|call| WINDOW - (now - *call));
        }
        calls.recent.push_back(now);
        None
    }

    fn calls(&self) -> std::sync::MutexGuard<'_, Calls> {
        self.calls
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn secret(&self, name: &str) -> Bytes {
        let [head, tail] = &self.secret;
        Bytes::from([head, name, tail].concat())
    }

    fn page(&self, uri: &Uri) -> Option<Bytes> {
        let query = uri.query().unwrap_or_default();
        let page = query.split("page=").nth(1);
        let page: usize = page.map_or(Some(0), |page| page.parse().ok())?;
        self.pages.get(page).cloned()
    }
}

/// A certificate's secret, but for its name.
fn made_secret(value: &str) -> [String; 2] {
    let secret = json!({
        "value": value,
        "contentType": "application/x-pkcs12",
        "id": "https://x.vault.localhost/secrets/NAME/0123456789abcdef0123456789abcdef",
        "managed": true,
        "attributes": {"enabled": true},
    });
    let secret = secret.to_string();
    let (head, tail) = secret.split_once("NAME").unwrap_or_default();
    [head.to_owned(), tail.to_owned()]
}

/// The pages of the list, with the service's 25 certificates on each.
fn made_pages(url: &str, x5t: &str, count: usize) -> Vec<Bytes> {
    let pages = count.div_ceil(25).max(1);
    let page = |page: usize| {
        let item = |number: usize| {
            let id = format!("https://x.vault.localhost/certificates/c{number:05}");
            json!({"id": id, "x5t": x5t, "attributes": {"enabled": true}})
        };
        let items: Vec<Value> = (page * 25..count.min(page * 25 + 25)).map(item).collect();
        let next = format!("{url}/certificates?api-version=7.4&page={}", page + 1);
        let next = (page + 1 < pages).then_some(next);
        Bytes::from(json!({"value": items, "nextLink": next}).to_string())
    };
    (0..pages).map(page).collect()
}

/// A certificate authority, whose certificate is left in the folder, and a server's certificate.
async fn tls(folder: &Path) -> anyhow::Result<RustlsConfig> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    write(&folder.join("ca.pem"), &ca.self_signed(&ca_key)?.pem())?;
    let key = KeyPair::generate()?;
    let mut server = CertificateParams::new([String::from("*.vault.localhost")])?;
    // Of one name with its issuer it would look self-signed to openssl.
    server
        .distinguished_name
        .push(DnType::CommonName, "a vault to measure against");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = server.signed_by(&key, &Issuer::new(ca, ca_key))?;
    let chain = vec![certificate.der().to_vec()];
    Ok(RustlsConfig::from_der(chain, key.serialize_der()).await?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing secret, and no reader yet"
)]
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    fs::write(path, text)
}

const WINDOW: Duration = Duration::from_secs(10);
