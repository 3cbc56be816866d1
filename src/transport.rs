//! [`Transport`]: the one HTTP client. https only, no redirects, bounded in size and time. Services
//! are asked through the one request loop, in `exchange`.

pub(crate) mod exchange;
pub(crate) mod local;
mod proxy;
mod request;
pub(crate) mod retry;
mod transcript;
mod unreachable;
pub(crate) mod www_authenticate;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use kvcert_pki::validity;
pub use local::Endpoint;
pub use proxy::{InvalidProxy, Proxy, ProxySettings};
pub(crate) use request::Request;
use reqwest::header::{DATE, HeaderMap};
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, StatusCode, Url, redirect};
pub use transcript::{Message, Transcript};
pub use unreachable::{TlsProblem, Unreachable, UnreachableKind};
use zeroize::Zeroizing;

/// How to reach servers.
#[derive(Debug, Clone, Default)]
pub struct TransportOptions {
    /// CA certificates to trust, PEM. Empty: those of the system.
    pub ca_pem: Vec<u8>,
    /// Trust only [`ca_pem`](Self::ca_pem), and ignore proxies: for a server on this machine.
    pub only_this_ca: bool,
    /// The time for one request, from start to the last byte; 30 seconds if left out.
    pub timeout: Option<Duration>,
    /// The proxy settings of the environment, which failures name.
    pub proxies: ProxySettings,
}

/// The HTTP client, shared by everything. Cheap to clone.
#[derive(Clone)]
pub struct Transport {
    client: Client,
    /// The time for one request, if the caller set it.
    timeout: Option<Duration>,
    nearby_only: bool,
    proxies: ProxySettings,
    observer: Option<Observer>,
    transcript: Option<Transcript>,
}

/// Called after every exchange. What it sees carries no secret.
pub type Observer = Arc<dyn Fn(&Exchange) + Send + Sync>;

/// One request and its outcome, safe to log.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The HTTP method.
    pub method: Method,
    /// Where it went.
    pub url: Url,
    /// The status, if there was a reply.
    pub status: Option<StatusCode>,
    /// Key Vault's `x-ms-request-id`, if the reply had one.
    pub request_id: Option<String>,
    /// From sending to the last byte of the reply.
    pub elapsed: Duration,
}

/// A whole reply.
pub struct Reply {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// May hold a secret: wiped when dropped.
    pub body: Zeroizing<Vec<u8>>,
}

impl Transport {
    /// Builds the client.
    ///
    /// # Errors
    /// If the CA certificates cannot be read, or TLS cannot be set up.
    pub fn new(options: &TransportOptions) -> anyhow::Result<Self> {
        let authorities = Certificate::from_pem_bundle(&options.ca_pem)?;
        if authorities.is_empty() && !options.ca_pem.is_empty() {
            anyhow::bail!("no certificate in the CA file");
        }
        let timeout = options.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .https_only(true)
            .redirect(redirect::Policy::none())
            .tcp_nodelay(true)
            .connect_timeout(timeout.min(CONNECT_TIMEOUT))
            .timeout(timeout)
            .dns_resolver(local::Resolver);
        builder = match (options.only_this_ca, authorities.is_empty()) {
            (true, _) => builder.tls_certs_only(authorities).no_proxy(),
            (false, true) => builder,
            (false, false) => builder.tls_certs_merge(authorities),
        };
        let proxies = match options.only_this_ca {
            true => ProxySettings::default(),
            false => options.proxies.clone(),
        };
        Ok(Self {
            client: builder.build()?,
            timeout: options.timeout,
            nearby_only: false,
            proxies,
            observer: None,
            transcript: None,
        })
    }

    /// The client for an identity endpoint: this one for https; for plain http, one that ignores
    /// proxies and connects only to this machine and its link.
    pub(crate) fn to_endpoint(&self, endpoint: &Endpoint) -> Result<Self, Unreachable> {
        if !endpoint.is_plain() {
            return Ok(self.clone());
        }
        let timeout = self.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .tls_certs_only([])
            .connect_timeout(timeout.min(NEARBY_CONNECT_TIMEOUT))
            .timeout(timeout)
            .dns_resolver(local::Resolver)
            .build()?;
        Ok(Self {
            client,
            timeout: self.timeout,
            nearby_only: true,
            proxies: ProxySettings::default(),
            observer: self.observer.clone(),
            transcript: self.transcript.clone(),
        })
    }

    /// The same client, with `observer` called after every exchange.
    pub fn observed_by(self, observer: Observer) -> Self {
        Self {
            observer: Some(observer),
            ..self
        }
    }

    /// The same client, which records requests and replies, secrets masked.
    pub fn with_transcript(self, transcript: Transcript) -> Self {
        Self {
            transcript: Some(transcript),
            ..self
        }
    }

    /// The time for one request, if the caller set it.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Begins a request.
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request once and reads the whole reply, of at most `max_bytes`.
    ///
    /// # Errors
    /// [`Unreachable`], if no usable answer came.
    pub async fn send(
        &self,
        request: RequestBuilder,
        max_bytes: usize,
    ) -> Result<Reply, Unreachable> {
        self.execute(request.build()?, max_bytes).await
    }

    async fn execute(
        &self,
        request: reqwest::Request,
        max_bytes: usize,
    ) -> Result<Reply, Unreachable> {
        let started = std::time::Instant::now();
        let (method, url) = (request.method().clone(), request.url().clone());
        let recorded = self.transcript.as_ref();
        let recorded = recorded.map(|transcript| (transcript, Transcript::begin(&request)));
        let result = self.reply(request, max_bytes).await;
        if let Some((transcript, message)) = recorded {
            transcript.end(message, &result);
        }
        if let Some(observer) = &self.observer {
            let reply = result.as_ref().ok();
            observer(&Exchange {
                method,
                url,
                status: reply.map(|reply| reply.status),
                request_id: reply.and_then(|reply| reply.header("x-ms-request-id")),
                elapsed: started.elapsed(),
            });
        }
        result
    }

    async fn reply(
        &self,
        request: reqwest::Request,
        max_bytes: usize,
    ) -> Result<Reply, Unreachable> {
        if self.nearby_only && !local::is_nearby(request.url()) {
            return Err(Unreachable::too_far());
        }
        warm_up_randomness();
        let proxy = self.proxies.of(request.url());
        let response = self.client.execute(request).await;
        let response = response.map_err(|error| Unreachable::from(error).through(proxy))?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = read_body(response, max_bytes).await?;
        Ok(Reply {
            status,
            headers,
            body,
        })
    }
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

impl Reply {
    /// A header's value, if it is there and plain text.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?.to_str().ok()?;
        Some(kvcert_pki::text::excerpt(value, 200))
    }

    /// How many seconds this machine's clock is ahead of the server's, by the `Date` header.
    pub(crate) fn clock_ahead(&self) -> Option<i64> {
        let date = self.headers.get(DATE)?.to_str().ok()?;
        let theirs = httpdate::parse_http_date(date).ok()?;
        let theirs = theirs.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        validity::now().checked_sub(i64::try_from(theirs.as_secs()).ok()?)
    }
}

/// Collects the body in one buffer of its final size, so that no copy of a secret stays behind.
async fn read_body(
    mut response: Response,
    max_bytes: usize,
) -> Result<Zeroizing<Vec<u8>>, Unreachable> {
    let announced = response.content_length().unwrap_or(0);
    if announced > max_bytes as u64 {
        return Err(Unreachable::too_long(max_bytes));
    }
    let mut body = Zeroizing::new(Vec::with_capacity((announced as usize).max(FIRST_BUFFER)));
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > max_bytes {
            return Err(Unreachable::too_long(max_bytes));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// In builds without `AWS_LC_SYS_NO_JITTER_ENTROPY` the first random byte takes some 40 ms; they
/// pass while names are resolved and connections made. Elsewhere this is a few microseconds.
///
/// Not earlier: aws-lc aborts a process that exits while a thread draws its first bytes, unless it
/// exits the way `main` does.
fn warm_up_randomness() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // A failure shows up again where randomness is needed, and is reported there.
        std::thread::spawn(|| aws_lc_rs::rand::fill(&mut [0]).ok());
    });
}

const USER_AGENT: &str = concat!("kvcert/", env!("CARGO_PKG_VERSION"));
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const NEARBY_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const FIRST_BUFFER: usize = 16 * 1024;
