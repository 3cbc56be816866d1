//! Services that are busy, down, or not there.

use std::io::Write;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use kvcert::graph::{Call, GraphClient, GraphError, ServicePrincipal};
use kvcert::identity::{AccessToken, Credential, Pending, ReadyToken, TokenRequest, TokenSource};
use kvcert::transport::{Transport, TransportOptions};
use serde_json::json;

use crate::support::replay::{Replay, Reply, TOKEN, ca_file, ca_pem};
use crate::support::{Scratch, failure, kvcert, run};
use crate::{accepted, good, refused};

fn busy(status: u16, wait: &str) -> Reply {
    Reply::refusal(status, "Throttled", None).header("Retry-After", wait)
}

#[test]
fn what_passes_is_waited_for() {
    for status in [408, 429, 500, 502, 503, 504] {
        let replies = vec![busy(status, "0"), busy(status, "0"), Reply::json(good())];
        let server = Replay::script(replies);
        accepted(&server);
        assert_eq!(server.seen().len(), 4);
    }
}

#[test]
fn what_does_not_pass_ends() {
    for (status, reason, tries) in [(429, "throttled", 5), (503, "service-failed", 3)] {
        let server = Replay::script(vec![busy(status, "0")]);
        refused(&server, 6, reason);
        // The one without a token, the first with one, and more.
        assert_eq!(server.seen().len(), 2 + tries);
    }
}

#[test]
fn a_wait_beyond_reason_is_not_begun() {
    let far = "Tue, 31 Dec 2199 23:59:59 GMT";
    for (status, reason) in [(429, "throttled"), (503, "service-failed")] {
        for wait in [
            "31",
            "3600",
            "18446744073709551615",
            "99999999999999999999",
            far,
        ] {
            let start = Instant::now();
            let server = Replay::script(vec![busy(status, wait)]);
            let failure = refused(&server, 6, reason);
            assert!(start.elapsed() < Duration::from_secs(15));
            assert_eq!(server.seen().len(), 2);
            let text = failure.to_string();
            assert!(text.contains("the service asks to wait "), "{text}");
            if let "31" | "3600" = wait {
                let words = format!("the service asks to wait {wait} s (HTTP {status})");
                assert!(text.contains(&words), "{text}");
                let hint = failure["hint"].as_str().unwrap();
                assert!(hint.contains("wait as long as"), "{hint}");
            }
        }
    }
}

fn graph_client(graph: &Replay, credential: Credential) -> GraphClient {
    let options = TransportOptions {
        ca_pem: ca_pem().into(),
        only_this_ca: true,
        ..TransportOptions::default()
    };
    let transport = Transport::new(&options).unwrap();
    let base = format!("https://graph.localhost:{}", graph.port);
    GraphClient::new(transport, &base, Arc::new(credential)).unwrap()
}

/// Graph is asked by the same rules as a vault.
#[tokio::test]
async fn graph_may_be_busy_too() {
    let wait = Arc::new(Mutex::new("0"));
    let answer = Arc::clone(&wait);
    let graph = Replay::start(move |_| {
        let wait = *answer.lock().unwrap();
        match wait {
            "done" => Reply::json(json!({"id": "1"})),
            "lost" => Reply::new(200, "{").announcing(5000),
            wait => Reply::new(503, "{}").header("Retry-After", wait),
        }
    });
    let options = TransportOptions {
        ca_pem: ca_pem().into(),
        only_this_ca: true,
        ..TransportOptions::default()
    };
    let transport = Transport::new(&options).unwrap();
    let token = ReadyToken::new(String::from("opaque-token-4711").try_into().unwrap());
    let base = format!("https://graph.localhost:{}", graph.port);
    let client = GraphClient::new(transport, &base, Arc::new(Credential::by(token))).unwrap();
    let read = Call::service_principal("1");
    let change = Call::create_service_principal("1");
    let requests = |before: usize| graph.seen().len() - before;

    let found = client.send::<ServicePrincipal>(&read).await.unwrap_err();
    assert!(
        matches!(found, GraphError::Refused { status: 503, .. }),
        "{found}"
    );
    assert_eq!(requests(0), 4);
    // What changes something is sent once.
    client.send::<ServicePrincipal>(&change).await.unwrap_err();
    assert_eq!(requests(4), 1);
    *wait.lock().unwrap() = "31";
    let found = client.send::<ServicePrincipal>(&read).await.unwrap_err();
    let GraphError::Unreachable { source, .. } = found else {
        panic!("{found}");
    };
    let words = "the service asks to wait 31 s (HTTP 503)";
    assert_eq!((source.to_string().as_str(), requests(5)), (words, 1));
    *wait.lock().unwrap() = "lost";
    client.send::<ServicePrincipal>(&read).await.unwrap_err();
    client.send::<ServicePrincipal>(&change).await.unwrap_err();
    assert_eq!(requests(6), 2 + 1);
    *wait.lock().unwrap() = "done";
    assert_eq!(
        client.send::<ServicePrincipal>(&read).await.unwrap().id,
        "1"
    );
}

/// A source whose tokens tell which they are, and what was asked for.
#[derive(Debug, Default)]
struct Counting(Arc<Mutex<Vec<Option<String>>>>);

impl TokenSource for Counting {
    fn name(&self) -> &'static str {
        "counting"
    }

    fn token<'a>(&'a self, _: &'a Transport, request: &'a TokenRequest) -> Pending<'a> {
        let mut asked = self.0.lock().unwrap();
        asked.push(request.claims.clone());
        let token = format!("token-number-{}", asked.len());
        let token = AccessToken::given(token.try_into().unwrap());
        Box::pin(std::future::ready(Ok(token)))
    }
}

/// Graph revokes a token (a claims challenge): there is a new one with the claims, once.
#[tokio::test]
async fn graph_may_ask_for_claims() {
    let challenge = r#"Bearer error="insufficient_claims", claims="eyJhIjoxfQ==""#;
    for (accepted, expected) in [
        ("token-number-2", vec![None, Some(r#"{"a":1}"#.to_owned())]),
        ("none of them", vec![None, Some(r#"{"a":1}"#.to_owned())]),
    ] {
        let graph = Replay::start(move |seen| match seen.authorization.as_deref() {
            Some(token) if token == format!("Bearer {accepted}") => Reply::json(json!({"id": "1"})),
            token => {
                let echo = json!({"error": {"message": format!("no {token:?}")}});
                Reply::new(401, echo.to_string()).header("WWW-Authenticate", challenge)
            }
        });
        let source = Counting::default();
        let asked = Arc::clone(&source.0);
        let client = graph_client(&graph, Credential::by(source));
        let call = Call::service_principal("1");
        let found = client.send::<ServicePrincipal>(&call).await;
        assert_eq!(*asked.lock().unwrap(), expected);
        assert_eq!(graph.seen().len(), 2);
        match found {
            Ok(principal) => assert_eq!((principal.id.as_str(), accepted), ("1", "token-number-2")),
            Err(error) => {
                assert!(matches!(error, GraphError::Unauthorized { .. }), "{error}");
                assert!(!error.to_string().contains("token-number"), "{error}");
            }
        }
    }
}

#[test]
fn without_a_word_about_time_it_waits_a_second() {
    for wait in ["-1", "soon"] {
        let start = Instant::now();
        accepted(&Replay::script(vec![busy(503, wait), Reply::json(good())]));
        let elapsed = start.elapsed();
        assert!(elapsed > Duration::from_millis(900) && elapsed < Duration::from_secs(5));
    }
}

#[test]
fn what_waiting_does_not_help_is_not_tried_again() {
    for status in [400, 403, 404, 405, 409, 501] {
        let server = Replay::script(vec![Reply::refusal(status, "Odd", None)]);
        let folder = Scratch::new();
        let (code, _, _) = run(&mut server.kvcert(folder.path(), &["get", "web", "-o", "out"]));
        assert!([2, 3, 5, 6].contains(&code));
        // Where nothing was found, looks at what was deleted and at what is pending follow.
        let requests = if status == 404 { 4 } else { 2 };
        assert_eq!(server.seen().len(), requests, "{status}");
    }
}

/// Runs `get` for the vault at `url`, with the tests' CA or without; it must fail so.
#[track_caller]
fn unreachable(url: &str, trusting: bool, reason: &str) -> String {
    let folder = Scratch::new();
    let mut command = kvcert(folder.path());
    if trusting {
        command.arg("--ca-file").arg(ca_file(folder.path()));
    }
    command.args([
        "--json",
        "--timeout",
        "5",
        "get",
        "web",
        "-o",
        "out",
        "--vault",
        url,
    ]);
    let (code, _, errors) = run(command.env("KVCERT_ACCESS_TOKEN", TOKEN));
    let error = failure(&errors);
    assert_eq!((code, &error["reason"]), (6, &reason.into()), "{errors}");
    assert!(errors.contains(url), "{errors}");
    assert!(!folder.join("out").exists());
    error["hint"].as_str().unwrap().to_owned()
}

#[test]
fn a_host_without_a_name() {
    unreachable("https://no-such-vault.invalid", true, "unknown-host");
}

#[test]
fn a_port_where_nobody_listens() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    unreachable(
        &format!("https://x.vault.localhost:{port}"),
        true,
        "connection-failed",
    );
}

#[test]
fn a_server_that_nobody_vouches_for() {
    let server = Replay::vault(|_| Reply::json(good()));
    let hint = unreachable(&server.url(), false, "tls");
    assert!(hint.contains("--ca-file"), "{hint}");
    assert!(server.seen().is_empty());
}

#[test]
fn a_server_with_the_wrong_name() {
    let server = Replay::vault(|_| Reply::json(good()));
    unreachable(
        &format!("https://elsewhere.localhost:{}", server.port),
        true,
        "tls",
    );
    assert!(server.seen().is_empty());
}

#[test]
fn a_server_that_speaks_no_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    unreachable(&format!("https://x.vault.localhost:{port}"), true, "tls");
}

#[test]
fn a_server_that_says_nothing_at_all() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "https://x.vault.localhost:{}",
        listener.local_addr().unwrap().port()
    );
    let folder = Scratch::new();
    let start = Instant::now();
    let mut command = kvcert(folder.path());
    command.args(["--json", "--timeout", "1", "list", "--vault", &url]);
    let (code, _, errors) = run(command.env("KVCERT_ACCESS_TOKEN", TOKEN));
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (6, &"timed-out".into()),
        "{errors}"
    );
    assert!(start.elapsed() < Duration::from_secs(5));
}

/// A certificate of another time may also mean a clock that is off; an unknown issuer does not.
#[test]
fn a_certificate_out_of_its_time() {
    for (first, last, hint) in [
        (2000, 2001, "clock"),
        (2990, 2999, "clock"),
        (2000, 2999, "--ca-file"),
    ] {
        let folder = Scratch::new();
        let (server, port) = serve_certificate_of(&folder, first, last);
        let found = unreachable(&format!("https://x.vault.localhost:{port}"), true, "tls");
        assert!(found.contains(hint), "{first} to {last}: {found}");
        drop(server);
    }
}

/// An openssl that serves a certificate of these years, which the tests' CA did not issue.
fn serve_certificate_of(folder: &Scratch, first: i32, last: i32) -> (Server, u16) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new([String::from("x.vault.localhost")]).unwrap();
    params.not_before = rcgen::date_time_ymd(first, 1, 1);
    params.not_after = rcgen::date_time_ymd(last, 1, 1);
    let certificate = params.self_signed(&key).unwrap();
    std::fs::write(folder.join("key"), key.serialize_pem()).unwrap();
    std::fs::write(folder.join("certificate"), certificate.pem()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let server = std::process::Command::new("openssl")
        .current_dir(folder.path())
        .args(["s_server", "-quiet", "-cert", "certificate", "-key", "key"])
        .args(["-accept", &format!("127.0.0.1:{port}")])
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let server = Server(server);
    let answers = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    while !answers() {
        thread::sleep(Duration::from_millis(10));
    }
    (server, port)
}

/// Stops with the test.
struct Server(std::process::Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
