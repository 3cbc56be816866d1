//! [`Fake`]: a vault with one certificate that openssl made, and an Entra that gives a token to
//! everyone, on one server.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine;
use base64::prelude::*;
use serde_json::{Value, json};

use crate::support::replay::{Replay, Reply, Seen, ca_file, resource};
use crate::support::{self, Scratch, openssl};

/// The token that Entra gives; it is a JWT.
pub const TOKEN: &str =
    "eyJhbGciOiJub25lIn0.eyJhdWQiOiJodHRwczovL2dyYXBoIn0.c2lnbmF0dXJlLW9mLWVudHJh";
pub const TENANT: &str = "11111111-2222-3333-4444-555555555555";
pub const CLIENT: &str = "66666666-7777-8888-9999-000000000000";
pub const VERSION: &str = "0123456789abcdef0123456789abcdef";
/// The client secret that the vault keeps as the secret `app-secret`.
pub const SECRET: &str = "client-secret~of.some-length";
const RSA: [&str; 4] = ["-newkey", "rsa:2048", "-days", "90"];
pub const VAULT_TOKEN: &str = "eyJ0.token-for-the-vault.c2ln";

pub struct Fake {
    pub server: Replay,
    pub folder: Scratch,
}

impl Fake {
    pub fn new() -> Self {
        Self::with_entra(|_| granted())
    }

    /// What is sent to the login host is answered so.
    pub fn with_entra(entra: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::build(&RSA, |_| (), entra)
    }

    /// With a certificate that has expired.
    pub fn expired() -> Self {
        let remake = |folder: &Scratch| {
            let key = fs::read_to_string(folder.join("app.key")).unwrap();
            let mut params = rcgen::CertificateParams::default();
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2021, 1, 1);
            let key = rcgen::KeyPair::from_pem(&key).unwrap();
            let certificate = params.self_signed(&key).unwrap();
            fs::write(folder.join("app.crt"), certificate.pem()).unwrap();
        };
        Self::build(&RSA, remake, |_| granted())
    }

    /// With a certificate that openssl makes with these arguments, changed so.
    pub fn build(
        certificate: &[&str],
        change: impl Fn(&Scratch),
        entra: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let folder = Scratch::new();
        let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        let (key, crt) = (path("app.key"), path("app.crt"));
        let new = ["req", "-x509", "-nodes", "-subj", "/CN=app"];
        let files = ["-keyout", &key, "-out", &crt];
        openssl(&[&new[..], certificate, &files[..]].concat());
        change(&folder);
        let pem = fs::read_to_string(&key).unwrap() + &fs::read_to_string(&crt).unwrap();
        fs::write(path("app.pem"), &pem).unwrap();
        let cer = fs::read_to_string(&crt).unwrap();
        let cer: String = cer.lines().filter(|line| !line.starts_with("--")).collect();
        let server = Replay::start(move |seen| {
            if seen.host.starts_with("login.") {
                return entra(seen);
            }
            match &seen.authorization {
                None => Reply::challenge(&resource(&seen.host)),
                Some(_) => vault(seen, &pem, &cer, &key),
            }
        });
        Self { server, folder }
    }

    /// kvcert with this vault and this Entra.
    pub fn kvcert(&self, arguments: &[&str]) -> Command {
        let mut command = support::kvcert(self.folder.path());
        command
            .arg("--ca-file")
            .arg(ca_file(self.folder.path()))
            .args(["--vault", &self.server.url()])
            .args(arguments)
            .env("AZURE_AUTHORITY_HOST", self.authority())
            .env("KVCERT_ACCESS_TOKEN", VAULT_TOKEN);
        command
    }

    /// `kvcert token ARGUMENTS` for the application and Graph.
    pub fn token(&self, arguments: &[&str]) -> Command {
        let mut command = self.kvcert(&["token", "--tenant", TENANT, "--client-id", CLIENT]);
        command.args(["--for", "graph"]).args(arguments);
        command
    }

    pub fn authority(&self) -> String {
        format!("https://login.localhost:{}", self.server.port)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The forms that were posted to Entra.
    pub fn forms(&self) -> Vec<Form> {
        let seen = self.server.seen().into_iter();
        seen.filter(|seen| seen.host.starts_with("login."))
            .map(|seen| Form(String::from_utf8(seen.body).unwrap()))
            .collect()
    }

    /// The paths that the vault was asked for.
    pub fn vault_paths(&self) -> Vec<String> {
        let seen = self.server.seen().into_iter();
        seen.filter(|seen| !seen.host.starts_with("login."))
            .map(|seen| format!("{} {}", seen.method, seen.path))
            .collect()
    }
}

/// What was posted.
pub struct Form(pub String);

impl Form {
    #[track_caller]
    pub fn field(&self, name: &str) -> String {
        let found = self.get(name);
        found.unwrap_or_else(|| panic!("no {name} in {}", self.0))
    }

    pub fn get(&self, name: &str) -> Option<String> {
        let mut fields = form_urlencoded::parse(self.0.as_bytes());
        let found = fields.find(|(there, _)| there == name);
        found.map(|(_, value)| value.into_owned())
    }

    /// Header and claims of the assertion.
    #[track_caller]
    pub fn assertion(&self) -> (Value, Value) {
        let assertion = self.field("client_assertion");
        let mut parts = assertion.split('.');
        let mut part = || {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(parts.next().unwrap());
            serde_json::from_slice(&bytes.unwrap()).unwrap()
        };
        (part(), part())
    }
}

/// What Entra gives.
pub fn granted() -> Reply {
    Reply::json(json!({"token_type": "Bearer", "access_token": TOKEN, "expires_in": 3599}))
}

/// How Entra refuses.
pub fn refused(code: u32, words: &str) -> Reply {
    let body = json!({
        "error": "invalid_client",
        "error_description": format!("AADSTS{code}: {words}\r\nTrace ID: x"),
        "error_codes": [code],
    });
    Reply::new(401, body.to_string())
}

fn vault(seen: &Seen, pem: &str, cer: &str, key: &str) -> Reply {
    let id = |kind: &str, name: &str| format!("https://{}/{kind}/{name}/{VERSION}", seen.host);
    let attributes = json!({"enabled": true});
    match seen.path.trim_end_matches('/') {
        "/secrets/app" => Reply::json(json!({
            "id": id("secrets", "app"), "kid": id("keys", "app"), "value": pem, "managed": true,
            "contentType": "application/x-pem-file", "attributes": attributes,
        })),
        "/secrets/app-secret" => Reply::json(json!({
            "id": id("secrets", "app-secret"), "value": SECRET, "attributes": attributes,
        })),
        "/certificates/app" => Reply::json(json!({
            "id": id("certificates", "app"), "kid": id("keys", "app"), "cer": cer,
            "attributes": attributes,
        })),
        path if path == format!("/keys/app/{VERSION}/sign") => sign(seen, key, &id("keys", "app")),
        _ => Reply::refusal(404, "NotFound", None),
    }
}

/// As the service signs: a digest that the client made.
fn sign(seen: &Seen, key: &str, kid: &str) -> Reply {
    let body: Value = serde_json::from_slice(&seen.body).unwrap();
    let digest = BASE64_URL_SAFE_NO_PAD.decode(body["value"].as_str().unwrap());
    let folder = Scratch::new();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    fs::write(path("digest"), digest.unwrap()).unwrap();
    let (input, output) = (path("digest"), path("signature"));
    let mut arguments = vec![
        "pkeyutl",
        "-sign",
        "-inkey",
        key,
        "-in",
        &input,
        "-out",
        &output,
        "-pkeyopt",
        "digest:sha256",
        "-pkeyopt",
    ];
    match body["alg"].as_str().unwrap() {
        "PS256" => arguments.extend(["rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:32"]),
        "RS256" => arguments.push("rsa_padding_mode:pkcs1"),
        other => return Reply::refusal(400, "BadParameter", Some(other)),
    }
    openssl(&arguments);
    let signature = BASE64_URL_SAFE_NO_PAD.encode(fs::read(&output).unwrap());
    Reply::json(json!({"kid": kid, "value": signature}))
}
