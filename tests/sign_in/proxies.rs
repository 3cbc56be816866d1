//! Proxies: what fails is named as the proxy's, and what inspects TLS leads to `--ca-file`.

use kvcert::cloud::Cloud;
use serde_json::{Value, json};

use crate::authorities::{at, through};
use crate::cloud::{TOKEN, ends, says, signs_in};
use crate::support::Scratch;
use crate::support::replay::{Replay, Reply, ca_file};

/// Plays the sign-in and a vault that lists nothing.
fn inspecting() -> Replay {
    Replay::proxy(|seen| match seen.authorization {
        Some(_) => Reply::json(json!({"value": []})),
        None => Reply::json(json!({"access_token": TOKEN, "expires_in": 3599})),
    })
}

/// Through this proxy the sign-in fails for this reason; gives the failure back.
#[track_caller]
fn fails(proxy: &str, reason: &str) -> Value {
    let folder = Scratch::new();
    let mut command = through(&folder, proxy, "contoso", Cloud::Public);
    ends(&mut command, 6, reason)
}

#[track_caller]
fn hints(failure: &Value, words: &str) {
    let hint = failure["hint"].as_str().unwrap();
    assert!(hint.contains(words), "no {words:?} in {hint}");
}

#[test]
fn a_name_that_does_not_resolve_is_the_proxys() {
    let failure = fails(
        "http://me:secret-of-the-proxy@proxy.invalid:3128",
        "unknown-host",
    );
    says(
        &failure,
        "the name of the proxy `proxy.invalid:3128` (HTTPS_PROXY) does not resolve",
    );
    hints(&failure, "check the proxy's name in HTTPS_PROXY");
    assert!(!failure.to_string().contains("secret-of-the-proxy"));
}

/// Nothing is sent, not past the proxy either.
#[test]
fn a_proxy_that_cannot_be_used_is_refused() {
    for (proxy, words) in [
        ("http://user:p ss@127.0.0.1:9", "percent-encoded"),
        ("http://user:secret#x@127.0.0.1:9", "`%23`"),
        ("http://127.0.0.1:99999", "port"),
        ("socks5://127.0.0.1:9", "SOCKS"),
    ] {
        let folder = Scratch::new();
        let mut command = through(&folder, proxy, "contoso", Cloud::Public);
        let failure = ends(&mut command, 2, "invalid-setting");
        says(&failure, "HTTPS_PROXY is not usable as a proxy");
        says(&failure, words);
        assert!(!failure.to_string().contains("secret#x"), "{failure}");
    }
}

#[test]
fn a_proxy_may_want_a_password() {
    let proxy = Replay::plain(|_| Reply::new(407, ""));
    let failure = fails(&at(&proxy), "proxy-refused");
    says(
        &failure,
        &format!("proxy `127.0.0.1:{}` (HTTPS_PROXY)", proxy.port),
    );
    hints(&failure, "put user name and password into HTTPS_PROXY");
}

#[test]
fn a_proxy_that_inspects_tls_needs_its_ca() {
    let proxy = inspecting();
    let failure = fails(&at(&proxy), "tls");
    let name = format!("proxy `127.0.0.1:{}` (HTTPS_PROXY)", proxy.port);
    hints(
        &failure,
        &format!("if the {name} inspects TLS, give its CA's certificate with `--ca-file`"),
    );
    // Nothing was sent through it.
    assert!(proxy.seen().is_empty());
    let folder = Scratch::new();
    let mut command = through(&folder, &at(&proxy), "contoso", Cloud::Public);
    command.arg("--ca-file").arg(ca_file(folder.path()));
    signs_in(&mut command, "environment");
}

/// A private endpoint has the certificate of the vault's usual name, whichever network leads there.
#[test]
fn a_private_endpoints_name_leads_to_the_vaults() {
    for (cloud, host, usual) in [
        (
            Cloud::Public,
            "contoso.privatelink.vaultcore.azure.net",
            "contoso.vault.azure.net",
        ),
        (
            Cloud::China,
            "contoso.privatelink.vaultcore.azure.cn",
            "contoso.vault.azure.cn",
        ),
    ] {
        let (proxy, folder) = (inspecting(), Scratch::new());
        let vault = format!("https://{host}");
        let mut command = through(&folder, &at(&proxy), &vault, cloud);
        command.arg("--ca-file").arg(ca_file(folder.path()));
        let failure = ends(&mut command, 6, "tls");
        hints(&failure, &format!("use `https://{usual}`"));
        let hint = failure["hint"].as_str().unwrap();
        assert!(!hint.contains("--ca-file"), "{hint}");
        assert!(proxy.seen().iter().all(|seen| seen.host != host));
    }
}
