//! Client assertions: made by openssl, checked by the small Entra.

use std::fs;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD, Engine};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::openssl::{openssl, openssl_bytes};
use crate::running::{Running, TempFolder, form_body, read};

const EXCHANGE: &str = "https://outlook.office365.com";

/// A certificate with its key, and the application that it signs in.
pub(crate) struct Signer {
    folder: TempFolder,
    pub(crate) certificate: Vec<u8>,
    pub(crate) client_id: String,
}

impl Signer {
    /// The vault's certificate `web`, as whoever exported it has it.
    pub(crate) async fn web(running: &Running) -> Self {
        let folder = TempFolder::new("assertion");
        let arguments = "pkcs12 -in /dev/stdin -passin pass: -nodes -nocerts";
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let key = openssl(&arguments, &running.pfx("web").await);
        fs::write(folder.0.join("key.pem"), key).unwrap();
        Self {
            folder,
            certificate: running.leaf("web").await,
            client_id: running.access.exchange_client_id.clone().unwrap(),
        }
    }

    /// A new certificate, made by openssl.
    pub(crate) fn fresh(client_id: &str) -> Self {
        let folder = TempFolder::new("fresh");
        let path = |name: &str| folder.0.join(name).to_str().unwrap().to_owned();
        let (key, certificate) = (path("key.pem"), path("certificate.pem"));
        let arguments = "req -x509 -newkey rsa:2048 -nodes -subj /CN=mail -days 30";
        let mut arguments: Vec<&str> = arguments.split(' ').collect();
        arguments.extend(["-keyout", &key, "-out", &certificate]);
        openssl(&arguments, b"");
        let arguments = ["x509", "-in", &certificate, "-outform", "DER"];
        let certificate = openssl_bytes(&arguments, b"");
        Self {
            folder,
            certificate,
            client_id: client_id.to_owned(),
        }
    }

    /// Where the key is, and a new certificate.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder.0
    }

    pub(crate) fn header(&self, alg: &str) -> Value {
        json!({
            "alg": alg,
            "typ": "JWT",
            "x5t#S256": BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&self.certificate)),
        })
    }

    pub(crate) fn claims(&self, running: &Running) -> Value {
        let now = now();
        json!({
            "aud": running.token_url(&running.access.tenant_id),
            "iss": self.client_id,
            "sub": self.client_id,
            "jti": format!("{:?}", std::time::Instant::now()),
            "nbf": now,
            "iat": now,
            "exp": now + 600,
        })
    }

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", part(header), part(claims));
        let key = self.folder.0.join("key.pem");
        let mut arguments = vec!["dgst", "-sha256", "-sign", key.to_str().unwrap()];
        if header["alg"] == "PS256" {
            let options = ["rsa_padding_mode:pss", "rsa_pss_saltlen:digest"];
            arguments.extend(options.iter().flat_map(|option| ["-sigopt", option]));
        }
        let signature = openssl_bytes(&arguments, input.as_bytes());
        format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}

pub(crate) fn now() -> i64 {
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    since.as_secs().try_into().unwrap()
}

/// Posts an assertion, for a token for Exchange.
pub(crate) async fn present(
    running: &Running,
    client_id: &str,
    assertion: &str,
) -> (StatusCode, Value) {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client_id),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
        ("scope", &format!("{EXCHANGE}/.default")),
    ];
    let url = running.token_url(&running.access.tenant_id);
    let request = running.client.post(url).body(form_body(&form));
    read(request.send().await.unwrap()).await
}

pub(crate) fn claims_of(reply: &Value) -> Value {
    let token = reply["access_token"].as_str().unwrap();
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[tokio::test]
async fn what_openssl_signed_is_good_for_a_token() {
    let running = Running::start().await;
    let signer = Signer::web(&running).await;
    let sha1 = Sha1::digest(&signer.certificate);
    let x5c = json!([BASE64_STANDARD.encode(&signer.certificate)]);
    for header in [
        signer.header("PS256"),
        signer.header("RS256"),
        json!({"alg": "RS256", "x5t": BASE64_URL_SAFE_NO_PAD.encode(sha1)}),
        json!({"alg": "RS256", "x5t": BASE64_URL_SAFE.encode(sha1)}),
        json!({"alg": "RS256", "x5t": BASE64_STANDARD.encode(sha1)}),
        json!({"alg": "PS256", "x5t": BASE64_URL_SAFE.encode(sha1), "x5c": x5c}),
        json!({"alg": "PS256", "x5c": x5c}),
    ] {
        let assertion = signer.sign(&header, &signer.claims(&running));
        let (status, reply) = present(&running, &signer.client_id, &assertion).await;
        assert_eq!(status, 200, "{header}: {reply}");
        let claims = claims_of(&reply);
        assert_eq!(claims["aud"], EXCHANGE);
        assert_eq!(claims["roles"], json!(["Exchange.ManageAsApp"]));
        assert_eq!(claims["appid"], signer.client_id);
        assert_eq!(
            (&claims["idtyp"], &claims["appidacr"]),
            (&json!("app"), &json!("2"))
        );
    }
}

#[tokio::test]
async fn a_time_may_be_missing_or_have_a_fraction() {
    let running = Running::start().await;
    let signer = Signer::web(&running).await;
    let mut claims = signer.claims(&running);
    claims["exp"] = json!(now() as f64 + 600.5);
    claims.as_object_mut().unwrap().remove("nbf");
    claims["aud"] = json!([format!(
        "{}/{}/v2.0",
        running.access.authority, running.access.tenant_id
    )]);
    let assertion = signer.sign(&signer.header("PS256"), &claims);
    let (status, reply) = present(&running, &signer.client_id, &assertion).await;
    assert_eq!(status, 200, "{reply}");
}

#[tokio::test]
async fn each_wrong_assertion_is_refused_by_its_number() {
    let running = Running::start().await;
    let signer = Signer::web(&running).await;
    let check = async |header: Value, change: &dyn Fn(&mut Value), number: u32, words: &str| {
        let mut claims = signer.claims(&running);
        change(&mut claims);
        let assertion = signer.sign(&header, &claims);
        let (status, reply) = present(&running, &signer.client_id, &assertion).await;
        assert_refused(status, &reply, number, words);
    };
    let good = || signer.header("PS256");
    let nothing = |_: &mut Value| {};
    let other = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest("another"));
    let shown = hex::encode_upper(Sha256::digest("another"));
    let unknown = json!({"alg": "PS256", "x5t#S256": other});
    check(unknown, &nothing, 700027, &shown).await;
    let mut header = good();
    header["x5c"] = json!([BASE64_STANDARD.encode(running.leaf("web-pem").await)]);
    check(header, &nothing, 700027, "x5c").await;
    let mut header = good();
    header["alg"] = json!("none");
    check(header, &nothing, 50012, "'none'").await;
    let mut header = good();
    header["alg"] = json!("HS256");
    check(header, &nothing, 50012, "'HS256'").await;
    check(
        good(),
        &|c| c["aud"] = json!("https://login.microsoftonline.com"),
        700023,
        "audience",
    )
    .await;
    check(good(), &|c| c["sub"] = json!("somebody"), 700021, "'sub'").await;
    check(good(), &|c| c["iss"] = json!("somebody"), 700021, "'iss'").await;
    check(
        good(),
        &|c| c["exp"] = json!(now() - 60),
        700024,
        "Current time: 20",
    )
    .await;
    check(
        good(),
        &|c| c["nbf"] = json!(now() + 3600),
        700024,
        "valid from 20",
    )
    .await;
    let without = |c: &mut Value| drop(c.as_object_mut().unwrap().remove("exp"));
    check(good(), &without, 90014, "'exp'").await;

    // The signature of other claims.
    let one = signer.sign(&good(), &signer.claims(&running));
    let two = signer.sign(&good(), &signer.claims(&running));
    let signed = one.rsplit_once('.').unwrap().0;
    let forged = format!("{signed}.{}", two.rsplit_once('.').unwrap().1);
    let (status, reply) = present(&running, &signer.client_id, &forged).await;
    assert_refused(status, &reply, 700027, "did not match");
    // RSASSA-PKCS1-v1_5 where the header says PSS.
    let weaker = signer.sign(&signer.header("RS256"), &signer.claims(&running));
    let claims = signed.split_once('.').unwrap();
    let mixed = format!("{}.{}", claims.0, weaker.split_once('.').unwrap().1);
    let (status, reply) = present(&running, &signer.client_id, &mixed).await;
    assert_refused(status, &reply, 700027, "did not match");
    let (status, reply) = present(&running, &signer.client_id, "x.y.z").await;
    assert_eq!(
        (status.as_u16(), &reply["error_codes"]),
        (400, &json!([50027]))
    );
    let (status, reply) = present(&running, &running.access.client_id, &one).await;
    assert_refused(status, &reply, 700021, "client_id");
}

#[tokio::test]
async fn an_expired_certificate_signs_nobody_in() {
    let running = Running::start().await;
    let signer = Signer::web(&running).await;
    let switches = running.vault("/_dev/switches");
    for (days, number) in [(300, None), (800, Some(700_027))] {
        let body = json!({"clock": format!("+{days}d")}).to_string();
        let put = running.client.put(&switches).body(body).send();
        assert_eq!(put.await.unwrap().status(), 200);
        let mut claims = signer.claims(&running);
        let ahead = now() + days * 86_400;
        (claims["nbf"], claims["iat"]) = (json!(ahead), json!(ahead));
        claims["exp"] = json!(ahead + 600);
        let assertion = signer.sign(&signer.header("PS256"), &claims);
        let (status, reply) = present(&running, &signer.client_id, &assertion).await;
        match number {
            None => assert_eq!(status, 200, "{reply}"),
            Some(number) => assert_refused(status, &reply, number, "The key used is expired."),
        }
    }
}

#[tokio::test]
async fn an_assertion_is_good_for_one_request_of_a_kind() {
    let running = Running::start().await;
    let signer = Signer::web(&running).await;
    let claims = signer.claims(&running);
    let assertion = signer.sign(&signer.header("PS256"), &claims);
    assert_eq!(
        present(&running, &signer.client_id, &assertion).await.0,
        200
    );
    let (status, reply) = present(&running, &signer.client_id, &assertion).await;
    assert_refused(status, &reply, 50012, "'jti'");
    // The same identifier, signed anew.
    let again = signer.sign(&signer.header("RS256"), &claims);
    let (status, reply) = present(&running, &signer.client_id, &again).await;
    assert_refused(status, &reply, 50012, "'jti'");
    // MSAL for Python uses one assertion for several resources.
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &*signer.client_id),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", &assertion),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let url = running.token_url(&running.access.tenant_id);
    let request = running.client.post(url).body(form_body(&form));
    let (status, reply) = read(request.send().await.unwrap()).await;
    assert_eq!(status, 200, "{reply}");
    assert_eq!(claims_of(&reply)["roles"], Value::Null);
}

#[tokio::test]
async fn the_older_endpoint_writes_numbers_as_texts() {
    let running = Running::start().await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &*running.access.client_id),
        ("client_secret", running.access.client_secret.expose()),
        ("resource", "https://management.core.windows.net/"),
    ];
    let url = running
        .token_url(&running.access.tenant_id)
        .replace("/v2.0", "");
    let request = running.client.post(&url).body(form_body(&form));
    let (status, reply) = read(request.send().await.unwrap()).await;
    assert_eq!(status, 200, "{reply}");
    assert_eq!(reply["expires_in"], "3599");
    assert_eq!(reply["resource"], "https://management.core.windows.net/");
    assert!(
        reply["expires_on"]
            .as_str()
            .unwrap()
            .parse::<i64>()
            .unwrap()
            > now()
    );
    let request = running.client.post(&url).body(form_body(&form[..3]));
    let (_, reply) = read(request.send().await.unwrap()).await;
    assert_eq!(reply["error_codes"], json!([900144]));
    let common = running.token_url("common");
    let (_, reply) = read(
        running
            .client
            .post(common)
            .body(form_body(&form))
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(reply["error_codes"], json!([9001023]));
}

#[track_caller]
pub(crate) fn assert_refused(status: StatusCode, reply: &Value, number: u32, words: &str) {
    assert_eq!(reply["error_codes"], json!([number]), "{reply}");
    assert_eq!(
        (status.as_u16(), &reply["error"]),
        (401, &json!("invalid_client")),
        "{reply}"
    );
    let text = reply["error_description"].as_str().unwrap();
    assert!(text.contains(words), "no `{words}` in {text}");
}

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
