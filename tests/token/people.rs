//! People, and what acts for them: browser, device code, refresh token, on behalf of.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use base64::Engine;
use base64::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::application::fails;
use crate::fake::{CLIENT, Fake, TENANT, TOKEN, refused};
use crate::support::replay::Reply;
use crate::support::{Scratch, mode, run};

const REFRESH: &str = "refresh-token.of-some-length";
const NEWER: &str = "refresh-token.that-is-newer";

fn granted_anew() -> Reply {
    Reply::json(json!({"access_token": TOKEN, "expires_in": 3599, "refresh_token": NEWER}))
}

#[test]
fn a_refresh_token_is_replaced() {
    let fake = Fake::with_entra(|_| granted_anew());
    let file = fake.path("refresh");
    fs::write(&file, format!("{REFRESH}\n")).unwrap();
    let (code, output, errors) = run(&mut fake.token(&["--refresh-token-file", "refresh", "-v"]));
    assert_eq!((code, output.trim_end()), (0, TOKEN), "{errors}");
    assert!(!errors.contains("refresh-token."), "{errors}");
    let form = &fake.forms()[0];
    assert_eq!(form.field("grant_type"), "refresh_token");
    assert_eq!(form.field("refresh_token"), REFRESH);
    assert_eq!(
        form.field("scope"),
        "https://graph.microsoft.com/.default offline_access"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), NEWER);
    assert_eq!(mode(&file), 0o600);
    fs::write(&file, "two words").unwrap();
    fails(
        &fake,
        &["--refresh-token-file", "refresh"],
        2,
        "invalid-token",
    );
    fails(&fake, &["--flow", "refresh-token"], 2, "no-token");
}

/// Not even where Entra sends one with the token that is kept.
#[test]
fn the_token_cache_holds_no_refresh_token() {
    let fake = Fake::with_entra(|_| granted_anew());
    for _ in 0..2 {
        let (code, output, errors) = run(&mut fake.token(&["app", "--token-cache=kept"]));
        assert_eq!((code, output.trim_end()), (0, TOKEN), "{errors}");
    }
    assert_eq!(fake.forms().len(), 1);
    let kept = fake.path("kept");
    for name in Scratch::names_in(&kept) {
        let bytes = fs::read(kept.join(name)).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(NEWER));
    }
}

#[test]
fn on_behalf_of_a_person() {
    let fake = Fake::new();
    fs::write(fake.path("person"), "eyJ0.token-of-a-person.c2ln\n").unwrap();
    let (code, output, errors) = run(&mut fake.token(&["app", "--assertion-file", "person"]));
    assert_eq!((code, output.trim_end()), (0, TOKEN), "{errors}");
    let form = &fake.forms()[0];
    let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    assert_eq!(form.field("grant_type"), grant);
    assert_eq!(form.field("requested_token_use"), "on_behalf_of");
    assert_eq!(form.field("assertion"), "eyJ0.token-of-a-person.c2ln");
    assert_eq!(form.assertion().1["sub"], CLIENT);
    fails(&fake, &["--assertion-file", "person"], 2, "no-identity");
}

#[test]
fn a_device_code() {
    let fake = Fake::with_entra(|seen| {
        if seen.path.ends_with("/devicecode") {
            let message = "open https://microsoft.com/devicelogin and enter ABC123";
            return Reply::json(json!({
                "device_code": "the-device-code-is-secret", "message": message,
                "expires_in": 900, "interval": 1,
            }));
        }
        granted_anew()
    });
    let mut command = fake.token(&["--flow", "device-code", "--refresh-token-file", "refresh"]);
    let (code, output, errors) = run(&mut command);
    assert_eq!((code, output.trim_end()), (0, TOKEN), "{errors}");
    assert!(errors.contains("ABC123"), "{errors}");
    assert_eq!(fs::read_to_string(fake.path("refresh")).unwrap(), NEWER);
}

/// kvcert that waits for a browser, and the address that it printed.
fn browse(fake: &Fake, more: &[&str]) -> (Child, reqwest::Url) {
    let mut command = fake.token(&["--flow", "browser"]);
    command
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.as_mut().unwrap()).lines();
    // With `--json` it stands in quotes.
    let url = |line: String| line.split('"').find_map(|part| part.parse().ok());
    let url = lines.find_map(|line| url(line.unwrap()));
    (child, url.unwrap())
}

fn query(url: &reqwest::Url, name: &str) -> String {
    let found = url.query_pairs().find(|(there, _)| there == name);
    found.unwrap().1.into_owned()
}

/// What the browser gets when it comes back.
fn come_back(redirect: &str, query: &str) -> String {
    let port = redirect.rsplit(':').next().unwrap();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    write!(
        stream,
        "GET /?{query} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_browser() {
    let fake = Fake::new();
    let (child, url) = browse(&fake, &[]);
    let page = format!("{}/{TENANT}/oauth2/v2.0/authorize?", fake.authority());
    assert!(url.as_str().starts_with(&page), "{url}");
    assert_eq!(query(&url, "response_type"), "code");
    assert_eq!(query(&url, "code_challenge_method"), "S256");
    let (redirect, state) = (query(&url, "redirect_uri"), query(&url, "state"));
    // Whoever does not know the state is not heard.
    for stranger in ["", "code=evil", "code=evil&state=x", "error=evil&state="] {
        assert!(come_back(&redirect, stranger).starts_with("HTTP/1.1 404"));
    }
    let answer = come_back(&redirect, &format!("code=the%2Bcode&state={state}"));
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("signed in"),
        "{answer}"
    );
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), TOKEN);
    let form = &fake.forms()[0];
    assert_eq!(form.field("grant_type"), "authorization_code");
    assert_eq!(form.field("code"), "the+code");
    assert_eq!(form.field("redirect_uri"), redirect);
    assert!(form.get("client_secret").is_none() && form.get("client_assertion").is_none());
    // RFC 7636: the verifier is what the challenge was made from.
    let verifier = form.field("code_verifier");
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
    assert_eq!(challenge, query(&url, "code_challenge"));
    assert!((43..=128).contains(&verifier.len()));
}

/// An application on a server proves who it is, too.
#[test]
fn a_browser_and_a_certificate() {
    let fake = Fake::new();
    let (child, url) = browse(&fake, &["./app.pem"]);
    let state = query(&url, "state");
    come_back(
        &query(&url, "redirect_uri"),
        &format!("code=c&state={state}"),
    );
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(fake.forms()[0].assertion().1["iss"], CLIENT);
}

#[test]
fn a_browser_that_brings_an_error() {
    let fake = Fake::with_entra(|_| refused(1, "not asked"));
    let (child, url) = browse(&fake, &["--json"]);
    let state = query(&url, "state");
    let said = "AADSTS65001%3A+nobody+has+consented";
    let back = format!("error=access_denied&error_description={said}&state={state}");
    assert!(come_back(&query(&url, "redirect_uri"), &back).contains("failed"));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(fake.forms().is_empty());
}
