//! [`BrowserSignIn`]: a person signs in with a browser on this machine.
//!
//! The authorization code flow (RFC 6749 section 4.1) as RFC 8252 has it for native programs: the
//! browser comes back to a port of this machine, and only who asked can redeem what it brings
//! (PKCE, RFC 7636).

use std::io;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::fill;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kvcert_pki::sensitive::Sensitive;
use reqwest::Url;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::application::Application;
use super::entra::{Grant, Granted};
use super::error::CredentialError;
use super::token_error::TokenError;
use crate::transport::Transport;

/// A sign-in that a browser has still to do. It listens from the start.
#[derive(Debug)]
pub struct BrowserSignIn<'a> {
    application: &'a Application,
    scope: &'a str,
    listeners: Vec<TcpListener>,
    redirect: String,
    state: String,
    verifier: Sensitive<String>,
}

impl<'a> BrowserSignIn<'a> {
    /// Begins to listen on this port of the loopback addresses; 0 takes a free one.
    ///
    /// # Errors
    /// If the port is taken, or there is no randomness.
    pub async fn begin(
        application: &'a Application,
        scope: &'a str,
        port: u16,
    ) -> io::Result<Self> {
        let first = TcpListener::bind(("127.0.0.1", port)).await?;
        let port = first.local_addr()?.port();
        // A browser may take `localhost` for the other one.
        let second = TcpListener::bind(("::1", port)).await.ok();
        Ok(Self {
            application,
            scope,
            listeners: std::iter::once(first).chain(second).collect(),
            redirect: format!("http://localhost:{port}"),
            state: random()?,
            verifier: Sensitive::new(random()?),
        })
    }

    /// The page to open.
    pub fn url(&self) -> Url {
        let challenge = digest(&SHA256, self.verifier.expose().as_bytes());
        let challenge = URL_SAFE_NO_PAD.encode(challenge);
        let Application {
            authority, tenant, ..
        } = self.application;
        let mut url = authority.endpoint(tenant, "authorize");
        url.query_pairs_mut()
            .append_pair("client_id", &self.application.client_id)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("response_mode", "query")
            .append_pair("scope", self.scope)
            .append_pair("state", &self.state)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        url
    }

    /// Waits for the browser to come back, and redeems what it brings.
    ///
    /// # Errors
    /// [`CredentialError`]; [`CredentialError::NobodySignedIn`] if it does not come within five minutes.
    pub async fn finish(self, transport: &Transport) -> Result<Granted, CredentialError> {
        let came = timeout(PATIENCE, self.browser()).await;
        let never = |_| CredentialError::NobodySignedIn("nobody signed in within five minutes");
        let code = came.map_err(never)??;
        let grant = Grant::Code {
            code: &code,
            redirect: &self.redirect,
            verifier: &self.verifier,
        };
        self.application.request(transport, self.scope, grant).await
    }

    /// Answers whatever comes until it is the browser with an answer to this very question.
    async fn browser(&self) -> Result<Sensitive<String>, CredentialError> {
        loop {
            let Ok(mut stream) = self.accept().await else {
                continue;
            };
            let Ok(Some(target)) = timeout(REQUEST_TIME, target(&mut stream)).await else {
                continue;
            };
            let answer = self.read(&target);
            let (status, text) = match &answer {
                None => ("404 Not Found", "This is not what is waited for."),
                Some(Ok(_)) => ("200 OK", "You are signed in. You may close this page."),
                Some(Err(_)) => ("200 OK", "The sign-in failed; the terminal says why."),
            };
            let reply = format!(
                "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{text}",
                text.len()
            );
            // The browser may be gone; what it brought is here.
            let _ = timeout(REQUEST_TIME, stream.write_all(reply.as_bytes())).await;
            let _ = stream.shutdown().await;
            if let Some(answer) = answer {
                return answer;
            }
        }
    }

    async fn accept(&self) -> io::Result<TcpStream> {
        let (stream, _) = match self.listeners.as_slice() {
            [first, second] => tokio::select! {
                came = first.accept() => came?,
                came = second.accept() => came?,
            },
            [only] => only.accept().await?,
            _ => return Err(io::ErrorKind::NotConnected.into()),
        };
        Ok(stream)
    }

    /// The code or the error in the query; nothing if the state is not ours.
    fn read(&self, target: &str) -> Option<Result<Sensitive<String>, CredentialError>> {
        let url = Url::parse(&self.redirect).ok()?.join(target).ok()?;
        let field = |wanted: &str| {
            let mut pairs = url.query_pairs();
            pairs.find_map(|(name, value)| (name == wanted).then(|| value.into_owned()))
        };
        let state = field("state")?;
        verify_slices_are_equal(state.as_bytes(), self.state.as_bytes()).ok()?;
        if let Some(error) = field("error") {
            let said = field("error_description").unwrap_or_default();
            return Some(Err(TokenError::refused_in_redirect(&error, &said).into()));
        }
        field("code").map(|code| Ok(Sensitive::new(code)))
    }
}

/// The path and query of an HTTP request, whose head is read to its end.
async fn target(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut chunk).await.ok()?;
        if count == 0 || head.len() + count > MAX_HEAD {
            return None;
        }
        head.extend_from_slice(&chunk[..count]);
    }
    let text = String::from_utf8(head).ok()?;
    let target = text.strip_prefix("GET ")?.split(' ').next()?;
    target.starts_with('/').then(|| target.to_owned())
}

/// 256 random bits, 43 characters: enough for a state and for a verifier (RFC 7636 section 4.1).
fn random() -> io::Result<String> {
    let mut bytes = [0; 32];
    fill(&mut bytes).map_err(|_| io::Error::other("no randomness"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

const PATIENCE: Duration = Duration::from_secs(300);
const REQUEST_TIME: Duration = Duration::from_secs(5);
/// A code has some 2 kB.
const MAX_HEAD: usize = 64 * 1024;
