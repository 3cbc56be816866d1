//! Who signs in for which cloud. A proxy that inspects TLS plays all hosts, and sees who was asked
//! for what.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use kvcert::cloud::Cloud;
use serde_json::json;

use crate::cloud::{CLIENT, TENANT, TOKEN, signs_in};
use crate::support::replay::{Replay, Reply, ca_file};
use crate::support::{self, Scratch};

const SECRET: &str = "a-secret-of-some-length";
const OLD: &str = "eyJ0.taken-back.c2ln";

/// `kvcert list` on the vault of a cloud by this name, through a proxy, with a client secret.
pub fn through(folder: &Scratch, proxy: &str, vault: &str, cloud: Cloud) -> Command {
    let mut command = support::kvcert(folder.path());
    command
        .args(["-v", "--json", "--auth", "environment", "--vault", vault])
        .args(["--cloud", cloud.endpoints().name, "list"])
        .env("HTTPS_PROXY", proxy)
        .env("AZURE_TENANT_ID", TENANT)
        .env("AZURE_CLIENT_ID", CLIENT)
        .env("AZURE_CLIENT_SECRET", SECRET);
    command
}

pub fn at(proxy: &Replay) -> String {
    format!("http://127.0.0.1:{}", proxy.port)
}

/// A vault whose challenge names the sign-in of `elsewhere`.
fn challenge(resource: &str, elsewhere: Cloud) -> Reply {
    let authority = elsewhere.endpoints().authority;
    let header = format!(r#"Bearer authorization="{authority}/{TENANT}", resource="{resource}""#);
    Reply::new(401, "").header("WWW-Authenticate", &header)
}

#[test]
fn a_secret_goes_to_the_authority_of_the_cloud_alone() {
    for cloud in Cloud::ALL {
        for elsewhere in Cloud::ALL {
            check(cloud, elsewhere);
        }
    }
}

/// Before the first request to the vault and after its challenge, the cloud's own authority is asked.
#[track_caller]
fn check(cloud: Cloud, elsewhere: Cloud) {
    let resource = cloud.vault_audience();
    let granted = AtomicUsize::new(0);
    let proxy = Replay::proxy(move |seen| match seen.authorization.as_deref() {
        Some(held) if held.ends_with(TOKEN) => Reply::json(json!({"value": []})),
        None if !seen.host.starts_with("contoso.") => {
            // The vault takes back the first one.
            let token = [OLD, TOKEN][granted.fetch_add(1, Ordering::SeqCst)];
            Reply::json(json!({"access_token": token, "expires_in": 3599}))
        }
        _ => challenge(&resource, elsewhere),
    });
    let folder = Scratch::new();
    let mut command = through(&folder, &at(&proxy), "contoso", cloud);
    command.arg("--ca-file").arg(ca_file(folder.path()));
    signs_in(&mut command, "environment");
    let of = cloud.endpoints();
    let vault = format!("contoso.{}", of.vault_domain);
    let authority = of.authority.strip_prefix("https://").unwrap();
    let seen = proxy.seen();
    let hosts: Vec<&str> = seen.iter().map(|seen| seen.host.as_str()).collect();
    assert_eq!(hosts, [authority, &vault, authority, &vault]);
    for seen in seen {
        let body = String::from_utf8_lossy(&seen.body);
        assert_eq!(body.contains(SECRET), seen.host == authority, "{seen:?}");
        assert_eq!(seen.authorization.is_some(), seen.host == vault, "{seen:?}");
        if seen.host == authority {
            assert_eq!(seen.path, format!("/{TENANT}/oauth2/v2.0/token"));
            let scope = format!("scope=https%3A%2F%2F{}%2F.default", of.vault_domain);
            assert!(body.contains(&scope), "{body}");
        }
    }
}
