//! An HTTPS server in the test process that answers what a test tells it to, bad manners
//! included, and remembers what it was asked.

mod reply;
mod wire;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

pub use self::reply::Reply;
use self::wire::Speaks;

/// The token that [`Replay::kvcert`] has.
pub const TOKEN: &str = "eyJ0.bearer-token-of-a-test.c2ln";

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct Seen {
    pub host: String,
    pub method: String,
    pub path: String,
    pub query: String,
    pub authorization: Option<String>,
    /// All of them, with names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(there, _)| there == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The server: bound when it is made, gone with the test process.
pub struct Replay {
    pub port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Replay {
    /// Answers each request with what `answer` says.
    pub fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(Speaks::Https, answer)
    }

    /// As [`start`](Self::start), without TLS.
    pub fn plain(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(Speaks::Http, answer)
    }

    /// A proxy that inspects TLS: every host that a client wants is this server, with a certificate
    /// by the CA of [`ca_file`].
    pub fn proxy(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(Speaks::ProxyAndHttps, answer)
    }

    fn listen(speaks: Speaks, answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&seen), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                // A client that hangs up is no trouble of the server's.
                thread::spawn(move || drop(wire::serve(stream, speaks, &log, &*answer)));
            }
        });
        Self { port, seen }
    }

    /// As [`start`](Self::start), for a vault: asks for a token first, as the service does.
    pub fn vault(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(move |seen| match &seen.authorization {
            None => Reply::challenge(&resource(&seen.host)),
            Some(_) => answer(seen),
        })
    }

    /// A vault that gives these replies one after the other, the last one for ever.
    pub fn script(replies: Vec<Reply>) -> Self {
        let next = Mutex::new(0);
        Self::vault(move |_| {
            let mut next = next.lock().unwrap();
            let reply = replies[*next].clone();
            *next = (*next + 1).min(replies.len() - 1);
            reply
        })
    }

    /// The URL of a vault on this server.
    pub fn url(&self) -> String {
        format!("https://x.vault.localhost:{}", self.port)
    }

    /// kvcert in `folder`, with this server as its vault, a token, and `--json`. It takes no look
    /// at the other two objects unless asked to: most tests are about one answer.
    pub fn kvcert(&self, folder: &Path, arguments: &[&str]) -> Command {
        let off = ["--verify", "off"];
        let (is_get, decided) = (arguments.contains(&"get"), arguments.contains(&"--verify"));
        let mut command = super::kvcert(folder);
        command
            .arg("--ca-file")
            .arg(ca_file(folder))
            .args(["--json", "--vault", &self.url()])
            .args(arguments)
            .args(off.iter().filter(|_| is_get && !decided))
            .env("KVCERT_ACCESS_TOKEN", TOKEN);
        command
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Whether any request carried a token.
    pub fn got_a_token(&self) -> bool {
        self.seen().iter().any(|seen| seen.authorization.is_some())
    }
}

/// The resource of the vault that answers on `host`: its parent, with the port.
pub fn resource(host: &str) -> String {
    let (_, parent) = host.split_once('.').unwrap();
    format!("https://{parent}")
}

/// Writes the CA that all these servers share to `folder`.
pub fn ca_file(folder: &Path) -> PathBuf {
    let path = folder.join("ca.pem");
    std::fs::write(&path, &wire::tls().ca_pem).unwrap();
    path
}

/// The CA in PEM, for clients in this process.
pub fn ca_pem() -> &'static str {
    &wire::tls().ca_pem
}
