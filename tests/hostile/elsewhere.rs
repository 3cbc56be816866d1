//! Replies that lead to another host. The other host is real, trusted, and must hear nothing.

use crate::support::replay::{Replay, Reply, TOKEN, ca_file};
use crate::support::{Scratch, failure, kvcert, run};
use crate::{accepted, good, refused};

/// A host that would serve anything.
fn other() -> Replay {
    Replay::start(|_| Reply::json(good()))
}

#[test]
fn a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let other = other();
        let target = format!("https://other.vault.localhost:{}/secrets/web", other.port);
        let location = target.clone();
        let with_token =
            Replay::vault(move |_| Reply::new(status, "").header("Location", &location));
        refused(&with_token, 6, "unexpected-reply");
        let at_once = Replay::start(move |_| Reply::new(status, "").header("Location", &target));
        refused(&at_once, 6, "unexpected-reply");
        assert!(!at_once.got_a_token());
        assert!(other.seen().is_empty());
    }
}

#[test]
fn a_redirect_to_the_same_host_is_not_followed_either() {
    let server = Replay::vault(|seen| match seen.path.as_str() {
        "/secrets/web" => Reply::new(307, "").header("Location", "/secrets/other"),
        _ => Reply::json(good()),
    });
    refused(&server, 6, "unexpected-reply");
    assert!(server.seen().iter().all(|seen| seen.path == "/secrets/web"));
}

#[test]
fn a_redirect_of_the_sign_in_does_not_get_the_client_secret() {
    let other = other();
    let target = format!("https://login.localhost:{}/t/oauth2/v2.0/token", other.port);
    let server = Replay::vault(|_| Reply::json(good()));
    let authority = Replay::start(move |_| Reply::new(307, "").header("Location", &target));
    let folder = Scratch::new();
    let mut command = kvcert(folder.path());
    command
        .args(["--json", "--vault", &server.url(), "--ca-file"])
        .arg(ca_file(folder.path()))
        .args(["get", "web", "-o", "out"])
        .env(
            "AZURE_AUTHORITY_HOST",
            format!("https://login.localhost:{}", authority.port),
        )
        .env("AZURE_TENANT_ID", "t")
        .env("AZURE_CLIENT_ID", "app")
        .env("AZURE_CLIENT_SECRET", "client-secret-4711");
    let (code, _, errors) = run(&mut command);
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (4, &"sign-in-refused".into()),
        "{errors}"
    );
    let asked = authority.seen();
    assert_eq!(asked.len(), 1);
    assert!(String::from_utf8_lossy(&asked[0].body).contains("client-secret-4711"));
    assert!(other.seen().is_empty());
    assert!(!server.got_a_token());
    assert!(!folder.join("out").exists());
}

#[test]
fn a_challenge_for_something_else_gets_no_token() {
    type Resource = fn(u16) -> String;
    let resources: [Resource; 10] = [
        |_| "https://graph.microsoft.com".into(),
        |_| "https://vault.azure.net".into(),
        |_| "https://management.azure.com/".into(),
        // The vault's own host is no parent of it.
        |port| format!("https://x.vault.localhost:{port}"),
        // A name that everything is under.
        |port| format!("https://localhost:{port}"),
        |port| format!("https://ault.localhost:{port}"),
        |port| format!("http://vault.localhost:{port}"),
        |port| format!("https://vault.localhost:{}", port ^ 1),
        |port| format!("https://evil@vault.example:{port}"),
        |_| String::new(),
    ];
    for resource in resources {
        let server = Replay::start(move |seen| {
            let port = seen.host.rsplit(':').next().unwrap().parse().unwrap();
            Reply::challenge(&resource(port))
        });
        let error = refused(&server, 4, "challenge-refused");
        assert!(!error.to_string().contains(TOKEN));
        assert_eq!(server.seen().len(), 1);
        assert!(!server.got_a_token());
    }
}

#[test]
fn a_challenge_that_is_none_gets_no_token() {
    for header in [
        None,
        Some("Basic realm=\"vault\""),
        Some("Bearer"),
        Some("Bearer realm"),
    ] {
        let server = Replay::start(move |_| {
            let reply = Reply::refusal(401, "Unauthorized", None);
            match header {
                Some(header) => reply.header("WWW-Authenticate", header),
                None => reply,
            }
        });
        refused(&server, 4, "challenge-refused");
        assert!(!server.got_a_token());
    }
}

/// The service takes proof-of-possession tokens, too: the challenge for a bearer token is one of
/// several, in one header or in headers of their own.
#[test]
fn a_challenge_may_be_one_of_several() {
    let several = |together: bool| {
        Replay::start(move |seen| {
            if seen.authorization.is_some() {
                return Reply::json(good());
            }
            let resource = crate::support::replay::resource(&seen.host);
            let pop = format!("PoP nonce=\"x\", resource=\"{resource}\"");
            let bearer = format!("Bearer resource = \"{resource}\"");
            let reply = Reply::refusal(401, "Unauthorized", None);
            if together {
                return reply.header("WWW-Authenticate", &format!("{pop}, {bearer}"));
            }
            let reply = reply.header("WWW-Authenticate", &pop);
            reply.and_header("WWW-Authenticate", &bearer)
        })
    };
    accepted(&several(true));
    accepted(&several(false));
}

#[test]
fn a_token_is_sent_twice_at_most() {
    let server =
        Replay::start(|seen| Reply::challenge(&crate::support::replay::resource(&seen.host)));
    refused(&server, 4, "token-refused");
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn plain_http_is_refused_before_anything_is_sent() {
    let folder = Scratch::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!(
        "http://x.vault.localhost:{}",
        listener.local_addr().unwrap().port()
    );
    let check = |arguments: &[&str], variable: &str| {
        let mut command = kvcert(folder.path());
        command
            .env("KVCERT_ACCESS_TOKEN", TOKEN)
            .env("KVCERT_VAULT", variable);
        let (code, _, errors) = run(command.arg("--json").args(arguments));
        let error = failure(&errors);
        assert_eq!(
            (code, &error["reason"]),
            (2, &"invalid-address".into()),
            "{errors}"
        );
        assert!(
            error["message"].as_str().unwrap().contains("only https://"),
            "{errors}"
        );
    };
    check(&["get", "web", "--vault", &url], "");
    check(&["get", "web"], &url);
    check(&["list"], &url);
    check(&["get", &format!("{url}/secrets/web")], "");
    assert!(listener.accept().is_err());
}
