//! Lists whose next page is somewhere else, or that have no end.

use std::process::{Command, Stdio};

use kvcert::cloud::Cloud;
use kvcert::identity::{Credential, ReadyToken};
use kvcert::transport::{Transport, TransportOptions};
use kvcert::vault::VaultClient;
use kvcert::vault::address::VaultUrl;
use serde_json::{Value, json};

use crate::support::replay::{Replay, Reply, Seen, ca_pem};
use crate::support::{Scratch, failure, run};

/// A page with one certificate, which goes on at `next`.
fn page(number: usize, next: Option<&str>) -> Reply {
    let id = format!("https://x.vault.localhost/certificates/c{number}");
    Reply::json(json!({"value": [{"id": id, "attributes": {}}], "nextLink": next}))
}

/// `list` must fail with these words; none of its output is kept.
#[track_caller]
fn refused(server: &Replay, words: &str) {
    let (code, output, errors) = run(&mut server.kvcert(Scratch::new().path(), &["list"]));
    let error = failure(&errors);
    assert_eq!(
        (code, &error["reason"]),
        (6, &"unexpected-reply".into()),
        "{errors}"
    );
    assert!(errors.contains(words), "{errors}");
    assert_eq!(output, "");
}

#[test]
fn the_next_page_is_on_the_same_host() {
    let other = Replay::vault(|_| page(2, None));
    let port = other.port;
    let links = [
        format!("https://other.vault.localhost:{port}/certificates?x=1"),
        format!("https://x.vault.localhost:{port}/certificates?x=1"),
        String::from("https://x.vault.localhost/certificates?x=1"),
    ];
    for link in links {
        let server = Replay::vault(move |_| page(1, Some(&link)));
        refused(&server, "another host");
    }
    let with_port: [fn(&str) -> String; 4] = [
        |host| format!("http://{host}/certificates?x=1"),
        |host| format!("https://evil@{host}/certificates?x=1"),
        |host| format!("https://{host}.evil.example/certificates"),
        |host| format!("https://evil.example/{host}/certificates"),
    ];
    for link in with_port {
        let server = Replay::vault(move |seen| page(1, Some(&link(&seen.host))));
        let (code, _, errors) = run(&mut server.kvcert(Scratch::new().path(), &["list"]));
        assert_eq!(
            (code, &failure(&errors)["reason"]),
            (6, &"unexpected-reply".into())
        );
        assert_eq!(server.seen().len(), 2);
    }
    assert!(other.seen().is_empty());
}

#[test]
fn a_page_does_not_lead_back() {
    let this = |seen: &Seen| format!("https://{}{}?{}", seen.host, seen.path, seen.query);
    let server = Replay::vault(move |seen| page(1, Some(&this(seen))));
    refused(&server, "leads back");

    let circle = Replay::vault(|seen| {
        let other = if seen.query.ends_with("=1") { 2 } else { 1 };
        let link = format!(
            "https://{}/certificates?api-version=7.4&skip={other}",
            seen.host
        );
        page(other, Some(&link))
    });
    refused(&circle, "leads back");
    assert!(circle.seen().len() < 10);
}

/// Ten thousand pages, by the library, whose budget of calls can be raised.
#[test]
fn a_list_ends() {
    let server = Replay::vault(endless);
    let options = TransportOptions {
        ca_pem: ca_pem().into(),
        only_this_ca: true,
        ..TransportOptions::default()
    };
    let token = ReadyToken::new(String::from("e30.e30.c2ln").try_into().unwrap());
    let vault = VaultUrl::parse(&server.url(), Cloud::Public).unwrap();
    let transport = Transport::new(&options).unwrap();
    let client = VaultClient::new(transport, vault, Credential::by(token).into());
    let client = client.with_budget(1_000_000);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let error = runtime
        .unwrap()
        .block_on(client.certificates())
        .unwrap_err();
    assert!(error.to_string().contains("does not end"), "{error}");
    assert_eq!(server.seen().len(), 10_001);
}

#[test]
fn a_list_of_large_pages_ends_in_bounded_memory() {
    let filler = "x".repeat(900_000);
    let server = Replay::vault(move |seen| {
        let mut page: Value = json!({"nextLink": next(seen)});
        page["value"] = json!([{"id": "https://x.vault.localhost/certificates/c", "x5t": filler}]);
        Reply::json(page)
    });
    let folder = Scratch::new();
    let command = server.kvcert(folder.path(), &["list"]);
    let (code, _, errors) = run(&mut bounded(&command));
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (6, &"unexpected-reply".into()),
        "{errors}"
    );
}

/// As small as items can be, as many as fit in a page that is not too long.
#[test]
fn a_list_of_many_certificates_ends_in_bounded_memory() {
    let item = json!({"id": "https://x/certificates/c"});
    let items = vec![item; 20_000];
    let server =
        Replay::vault(move |seen| Reply::json(json!({"value": items, "nextLink": next(seen)})));
    let folder = Scratch::new();
    let command = server.kvcert(folder.path(), &["list"]);
    let (code, _, errors) = run(&mut bounded(&command));
    assert_eq!(code, 6, "{errors}");
    assert!(errors.contains("is too long"), "{errors}");
    assert!(server.seen().len() < 9);
}

#[test]
fn empty_pages_may_go_on() {
    let server = Replay::vault(|seen| {
        let number: usize = seen.query.rsplit('=').next().unwrap().parse().unwrap_or(0);
        if number == 5 {
            return page(5, None);
        }
        let link = format!(
            "https://{}/certificates?api-version=7.4&skip={}",
            seen.host,
            number + 1
        );
        Reply::json(json!({"value": [], "nextLink": link}))
    });
    let (code, output, _) = run(&mut server.kvcert(Scratch::new().path(), &["list"]));
    let list: Value = serde_json::from_str(&output).unwrap();
    assert_eq!((code, &list["certificates"][0]["name"]), (0, &"c5".into()));
}

/// A page that leads to one that was never seen before.
fn endless(seen: &Seen) -> Reply {
    page(1, Some(&next(seen)))
}

fn next(seen: &Seen) -> String {
    let number: usize = seen.query.rsplit('=').next().unwrap().parse().unwrap_or(0);
    format!(
        "https://{}/certificates?api-version=7.4&skip={}",
        seen.host,
        number + 1
    )
}

/// The same command with at most 64 MiB of memory that it may write to, used or not.
pub fn bounded(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -d 65536 && exec \"$@\"", "sh"]);
    shell.arg(command.get_program()).args(command.get_args());
    shell
        .env_clear()
        .stdin(Stdio::null())
        .current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        shell.env(name, value.unwrap());
    }
    shell
}
