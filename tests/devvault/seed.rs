//! `--seed`: who is in the tenant and may do what, from a file.

use std::fs;
use std::path::Path;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use kvcert_dev::{DevVault, Options, Seed};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::assertions::{Signer, claims_of, now, present};
use crate::openssl::openssl;
use crate::running::{API, Running, form_body, read};

const MAIL: &str = "5c1b9a3e-0000-4000-8000-00000000a001";
const WORKER: &str = "5c1b9a3e-0000-4000-8000-00000000a002";
const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// The example, with what it names beside it.
fn example(signer: &Signer) -> (DevVault, String) {
    let folder = signer.folder();
    fs::copy(folder.join("certificate.pem"), folder.join("mail.pem")).unwrap();
    let key = folder.join("key.pem");
    let modulus = openssl(
        &["rsa", "-in", key.to_str().unwrap(), "-noout", "-modulus"],
        b"",
    );
    let modulus = modulus.trim().strip_prefix("Modulus=").unwrap();
    let n = BASE64_URL_SAFE_NO_PAD.encode(hex::decode(modulus).unwrap());
    let keys = json!({"keys": [{"kty": "RSA", "kid": "one", "n": n, "e": "AQAB"}]});
    fs::write(folder.join("issuer.json"), keys.to_string()).unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/seed/people.toml");
    let text = fs::read_to_string(example).unwrap();
    let vault = DevVault::open(Options::default()).unwrap();
    (vault, text)
}

fn seeded(vault: DevVault, text: &str, folder: &Path) -> Running {
    let seed = Seed::parse(text, folder).unwrap();
    let variable = |name: &str| (name == "SECRET").then(|| String::from("a secret of a variable"));
    vault.apply_seed(&seed, &variable).unwrap();
    Running::serve(vault)
}

async fn ask(running: &Running, form: &[(&str, &str)]) -> Value {
    let url = running.token_url(&running.access.tenant_id);
    let request = running.client.post(url).body(form_body(form));
    read(request.send().await.unwrap()).await.1
}

async fn vault_token(running: &Running, signer: &Signer) -> Value {
    let assertion = signer.sign(&signer.header("PS256"), &signer.claims(running));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &*signer.client_id),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", &assertion),
        ("scope", "https://vault.azure.net/.default"),
    ];
    ask(running, &form).await["access_token"].clone()
}

async fn try_it(
    running: &Running,
    token: &Value,
    method: Method,
    path: &str,
) -> (StatusCode, Value) {
    let url = running.vault(&format!("{path}?{API}"));
    let request = running.client.request(method, url);
    let request = request.bearer_auth(token.as_str().unwrap());
    let request = request.body(json!({"value": "x"}).to_string());
    read(
        request
            .header("content-type", "application/json")
            .send()
            .await
            .unwrap(),
    )
    .await
}

#[tokio::test]
async fn the_example_makes_apps_people_and_identities() {
    let signer = Signer::fresh(MAIL);
    let (vault, text) = example(&signer);
    let running = seeded(vault, &text, signer.folder());

    let assertion = signer.sign(&signer.header("PS256"), &signer.claims(&running));
    let (status, reply) = present(&running, MAIL, &assertion).await;
    assert_eq!(status, 200, "{reply}");
    assert_eq!(claims_of(&reply)["roles"], json!(["Exchange.ManageAsApp"]));

    // Its roles: the certificates of one vault, and one secret.
    let token = vault_token(&running, &signer).await;
    for (method, path, status) in [
        (Method::GET, "/secrets/web", 200),
        (Method::PUT, "/secrets/mail", 200),
        (Method::PUT, "/secrets/other", 403),
        (Method::GET, "/keys/web", 200),
        (Method::DELETE, "/certificates/web", 403),
    ] {
        let (got, reply) = try_it(&running, &token, method, path).await;
        assert_eq!(got, status, "{path}: {reply}");
    }

    // The user-assigned identity, by its client identifier.
    let access = running.access.managed_identity.as_ref().unwrap();
    let query =
        format!("api-version=2018-02-01&resource=https://vault.azure.net&client_id={WORKER}");
    let url = format!(
        "{}/metadata/identity/oauth2/token?{query}",
        access.machine_host
    );
    let request = running.client.get(url).header("Metadata", "true");
    let worker = read(request.send().await.unwrap()).await.1;
    let token = &worker["access_token"];
    assert_eq!(
        try_it(&running, token, Method::GET, "/secrets/web").await.0,
        200
    );
    let (status, reply) = try_it(&running, token, Method::GET, "/certificates/web").await;
    assert_eq!(
        (status.as_u16(), &reply["error"]["innererror"]["code"]),
        (403, &json!("ForbiddenByRbac"))
    );
}

#[tokio::test]
async fn the_token_of_a_trusted_issuer_signs_an_application_in() {
    let signer = Signer::fresh(MAIL);
    let (vault, text) = example(&signer);
    let text = text.replace(
        "name = \"pipeline\"",
        &format!("name = \"pipeline\"\nclient_id = \"{WORKER}\""),
    );
    let running = seeded(vault, &text, signer.folder());
    let header = json!({"alg": "RS256", "kid": "one"});
    let good = json!({
        "iss": GITHUB,
        "sub": "repo:contoso/app:ref:refs/heads/main",
        "aud": "api://AzureADTokenExchange",
        "exp": now() + 300,
    });
    let sign_in = async |header: &Value, claims: &Value| {
        let assertion = signer.sign(header, claims);
        present(&running, WORKER, &assertion).await
    };
    // It may be used again: a job keeps it in a file.
    for _ in 0..2 {
        let (status, reply) = sign_in(&header, &good).await;
        assert_eq!(status, 200, "{reply}");
    }
    for (name, value, number) in [
        ("sub", json!("repo:contoso/app:pull_request"), 700213),
        ("aud", json!("sts.amazonaws.com"), 700212),
        ("iss", json!("https://example.com"), 700211),
        ("exp", json!(now() - 10), 700024),
    ] {
        let mut wrong = good.clone();
        wrong[name] = value;
        let (_, reply) = sign_in(&header, &wrong).await;
        assert_eq!(reply["error_codes"], json!([number]), "{reply}");
    }
    let (_, reply) = sign_in(&json!({"alg": "RS256", "kid": "two"}), &good).await;
    assert_eq!(reply["error_codes"], json!([50013]), "{reply}");
}

#[tokio::test]
async fn a_vault_may_go_by_access_policies() {
    let signer = Signer::fresh(MAIL);
    let (vault, text) = example(&signer);
    let running = seeded(
        vault,
        &text.replace("\"older\"", "\"demo\""),
        signer.folder(),
    );
    let token = vault_token(&running, &signer).await;
    assert_eq!(
        try_it(&running, &token, Method::GET, "/secrets/web")
            .await
            .0,
        200
    );
    assert_eq!(
        try_it(&running, &token, Method::GET, "/certificates/web")
            .await
            .0,
        200
    );
    let (status, reply) = try_it(&running, &token, Method::GET, "/keys/web").await;
    assert_eq!(
        (status.as_u16(), &reply["error"]["innererror"]["code"]),
        (403, &json!("AccessDenied"))
    );
    let message = reply["error"]["message"].as_str().unwrap();
    let expected = "does not have keys get permission on key vault 'demo;location=";
    assert!(
        message.contains(expected) && message.contains(MAIL),
        "{message}"
    );
}

#[tokio::test]
async fn a_secret_comes_from_a_variable_or_a_file() {
    let signer = Signer::fresh(MAIL);
    fs::write(signer.folder().join("secret.txt"), "a secret of a file\n").unwrap();
    let text = format!(
        "[[app]]\nname = \"a\"\nclient_id = \"{MAIL}\"\nsecret_env = \"SECRET\"\n\
         [[app]]\nname = \"b\"\nclient_id = \"{WORKER}\"\nsecret_file = \"secret.txt\"\n"
    );
    let vault = DevVault::open(Options::default()).unwrap();
    let running = seeded(vault, &text, signer.folder());
    for (client_id, secret) in [
        (MAIL, "a secret of a variable"),
        (WORKER, "a secret of a file"),
    ] {
        let changes = [
            ("client_id", Some(client_id)),
            ("client_secret", Some(secret)),
        ];
        let (status, reply) = running.sign_in(&changes).await;
        assert_eq!(status, 200, "{reply}");
    }
}

#[test]
fn what_there_is_not_is_named() {
    let vault = DevVault::open(Options::default()).unwrap();
    for (text, words) in [
        (
            "[[app]]\nname = \"a\"\ncertificates = [\"none.pem\"]",
            "none.pem",
        ),
        ("[[app]]\nname = \"a\"\nsecret_env = \"NONE\"", "NONE"),
        ("[[app]]\nname = \"a\"\npermissions = [\"Fly\"]", "Fly"),
        (
            "[[user]]\nname = \"a@b\"\ndirectory_roles = [\"King\"]",
            "King",
        ),
        (
            "[[user]]\nname = \"a@b\"\nvault_roles = [{ role = \"King\" }]",
            "King",
        ),
        (
            "[[policies]]\nvault = \"demo\"\nprincipal = \"nobody\"",
            "nobody",
        ),
    ] {
        let seed = Seed::parse(text, Path::new("/nowhere")).unwrap();
        let error = vault.apply_seed(&seed, &|_| None).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains(words), "no `{words}` in {error}");
    }
}

#[tokio::test]
async fn vaults_and_switches_come_from_the_seed() {
    let options = Options {
        empty: true,
        ..Options::default()
    };
    let seed = r#"
        [[vault]]
        name = "other"
        retention_days = 90
        purge_protection = true

        [switches]
        latency = 1
        throttle = { path = "/keys", times = 1, retry_after = 2 }
    "#;
    let vault = DevVault::open(options.clone()).unwrap();
    let running = seeded(vault, seed, Path::new(""));
    let token = running.token().await;
    let url = running.vault(&format!("/secrets/s?{API}"));
    let other = url.replace("//demo.", "//other.");
    let put = running.client.put(&other).bearer_auth(&token);
    let (status, reply) = read(put.body(r#"{"value": "v"}"#).send().await.unwrap()).await;
    assert_eq!(status, 200, "{reply}");
    assert_eq!(reply["attributes"]["recoveryLevel"], "Recoverable");
    assert_eq!(reply["attributes"]["recoverableDays"], 90);
    let keys = running.request(Method::GET, &format!("/keys?{API}")).await;
    let throttled = keys.send().await.unwrap();
    assert_eq!(throttled.status(), 429);
    assert_eq!(throttled.headers()["retry-after"], "2");

    for (text, words) in [
        ("[[vault]]\nname = \"a\"", "the vault `a`"),
        (
            "[[vault]]\nname = \"good\"\nretention_days = 1",
            "7 to 90 days",
        ),
        ("[switches]\nlatency = \"long\"", "`latency`"),
        ("[switches]\nlate = 1", "no switch `late`"),
    ] {
        let seed = Seed::parse(text, Path::new("")).unwrap();
        let vault = DevVault::open(options.clone()).unwrap();
        let error = vault.apply_seed(&seed, &|_| None).unwrap_err();
        assert!(format!("{error:#}").contains(words), "{error:#}");
    }
}

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
