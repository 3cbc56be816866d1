//! People sign in: with a device code, with an authorization code, and an API on behalf of them.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use reqwest::{Client, Response, redirect};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::assertions::claims_of;
use crate::running::{API, Running, form_body, read};

/// Azure CLI's client identifier, which every tenant knows.
const AZURE_CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const VAULT: &str = "https://vault.azure.net/.default";
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

async fn post(running: &Running, path: &str, form: &[(&str, &str)]) -> Value {
    let tenant = &running.access.tenant_id;
    let url = format!("{}/{tenant}/oauth2/v2.0/{path}", running.access.authority);
    let request = running.client.post(url).body(form_body(form));
    read(request.send().await.unwrap()).await.1
}

fn number(reply: &Value) -> &Value {
    &reply["error_codes"][0]
}

async fn begin(running: &Running, client_id: &str, scope: &str) -> Value {
    post(
        running,
        "devicecode",
        &[("client_id", client_id), ("scope", scope)],
    )
    .await
}

async fn poll(running: &Running, client_id: &str, codes: &Value) -> Value {
    let code = codes["device_code"].as_str().unwrap();
    let form = [
        ("grant_type", DEVICE_CODE),
        ("client_id", client_id),
        ("device_code", code),
    ];
    post(running, "token", &form).await
}

async fn type_in(running: &Running, codes: &Value, answer: &str) -> String {
    let form = [
        ("user_code", codes["user_code"].as_str().unwrap()),
        ("answer", answer),
        ("start_code", running.access.start_code.expose()),
    ];
    let url = codes["verification_uri"].as_str().unwrap();
    let page = running
        .client
        .post(url)
        .body(form_body(&form))
        .send()
        .await
        .unwrap();
    page.text().await.unwrap()
}

#[tokio::test]
async fn a_code_that_a_person_types_in_is_good_for_a_token() {
    let running = Running::start().await;
    let scope = format!("{VAULT} openid profile offline_access");
    let codes = begin(&running, AZURE_CLI, &scope).await;
    assert_eq!(
        (&codes["expires_in"], &codes["interval"]),
        (&json!(900), &json!(5))
    );
    let pending = poll(&running, AZURE_CLI, &codes).await;
    assert_eq!(
        (&pending["error"], number(&pending)),
        (&json!("authorization_pending"), &json!(70016))
    );
    let mut wrong = codes.clone();
    wrong["user_code"] = json!("AAAAAAAAA");
    assert!(
        type_in(&running, &wrong, "allow")
            .await
            .contains("not valid")
    );
    assert!(type_in(&running, &codes, "allow").await.contains("Done"));
    let token = poll(&running, AZURE_CLI, &codes).await;
    assert_eq!(token["scope"], scope);
    let claims = claims_of(&token);
    assert_eq!(
        (&claims["idtyp"], &claims["appidacr"]),
        (&json!("user"), &json!("0"))
    );
    assert_eq!(claims["upn"], "dev@kvcert.onmicrosoft.com");
    let identity = claims_of(&json!({"access_token": token["id_token"]}));
    assert_eq!(
        (&identity["aud"], &identity["oid"]),
        (&json!(AZURE_CLI), &claims["oid"])
    );
    // The person is the vault's administrator.
    let request = running
        .client
        .get(running.vault(&format!("/secrets/web?{API}")));
    let request = request.bearer_auth(token["access_token"].as_str().unwrap());
    assert_eq!(request.send().await.unwrap().status(), 200);
    let again = poll(&running, AZURE_CLI, &codes).await;
    assert_eq!(
        (&again["error"], number(&again)),
        (&json!("bad_verification_code"), &json!(70018))
    );

    let refresh = token["refresh_token"].as_str().unwrap();
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", AZURE_CLI),
        ("refresh_token", refresh),
        ("scope", "https://management.azure.com/.default"),
    ];
    let other = post(&running, "token", &form).await;
    assert_eq!(claims_of(&other)["aud"], "https://management.azure.com");
    assert_ne!(other["refresh_token"], token["refresh_token"]);
    // An access token is no refresh token, nor the other way round.
    let mut wrong = form;
    wrong[2].1 = token["access_token"].as_str().unwrap();
    assert_eq!(
        number(&post(&running, "token", &wrong).await),
        &json!(70000)
    );
    let request = running
        .client
        .get(running.vault(&format!("/secrets/web?{API}")));
    let status = request.bearer_auth(refresh).send().await.unwrap().status();
    assert_eq!(status, 401);
}

#[tokio::test]
async fn a_person_may_decline() {
    let running = Running::start().await;
    let codes = begin(&running, AZURE_CLI, VAULT).await;
    type_in(&running, &codes, "decline").await;
    let reply = poll(&running, AZURE_CLI, &codes).await;
    assert_eq!(reply["error"], "authorization_declined");
}

/// A browser that shows where it is sent, instead of going there.
fn browser(running: &Running) -> Client {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], running.port));
    let certificate = reqwest::Certificate::from_pem(running.access.ca_pem.as_bytes()).unwrap();
    Client::builder()
        .tls_certs_only([certificate])
        .no_proxy()
        .resolve("login.localhost", address)
        .redirect(redirect::Policy::none())
        .build()
        .unwrap()
}

fn sent_to(response: &Response) -> Vec<(String, String)> {
    let target = response.headers()["location"].to_str().unwrap();
    let query = target.split_once('?').unwrap().1;
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

fn value(all: &[(String, String)], name: &str) -> String {
    let found = all.iter().find(|(other, _)| other == name);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

#[tokio::test]
async fn an_authorization_code_goes_with_its_verifier_once() {
    let running = Running::start().await;
    let browser = browser(&running);
    let verifier = "0123456789012345678901234567890123456789012";
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let redirect_uri = "http://localhost:4000/";
    let open = |changes: &[(&str, &str)]| {
        let mut query = vec![
            ("client_id", AZURE_CLI),
            ("response_type", "code"),
            ("redirect_uri", redirect_uri),
            (
                "scope",
                "https://vault.azure.net/.default openid offline_access",
            ),
            ("state", "a<b"),
            ("code_challenge", &*challenge),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            query.retain(|(other, _)| other != name);
            query.push((name, value));
        }
        let base = format!(
            "{}/organizations/oauth2/v2.0/authorize",
            running.access.authority
        );
        browser.get(format!("{base}?{}", form_body(&query)))
    };
    let url = format!(
        "{}/organizations/oauth2/v2.0/authorize",
        running.access.authority
    );
    // What a browser is sent back with, once someone agreed on the page.
    let agree = async |changes: &[(&str, &str)]| {
        let page = open(changes).send().await.unwrap().text().await.unwrap();
        assert!(page.contains("Microsoft Azure CLI"), "{page}");
        let ticket = page.split("name=\"ticket\" value=\"").nth(1).unwrap();
        let ticket = ticket.split('"').next().unwrap();
        let start_code = running.access.start_code.expose();
        let form = [
            ("ticket", ticket),
            ("answer", "allow"),
            ("start_code", start_code),
        ];
        let post = browser.post(&url).body(form_body(&form));
        let back = post.send().await.unwrap();
        assert_eq!(back.status(), 302);
        sent_to(&back)
    };
    let parameters = agree(&[]).await;
    assert_eq!(value(&parameters, "state"), "a<b");
    let code = value(&parameters, "code");
    let plain = [
        ("code_challenge", verifier),
        ("code_challenge_method", "plain"),
    ];
    let plain = value(&agree(&plain).await, "code");
    let redeem = async |code: &str, redirect_uri: &str, verifier: &str| {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", AZURE_CLI),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        post(&running, "token", &form).await
    };
    assert_eq!(
        number(&redeem(&code, "http://localhost:4001/", verifier).await),
        &json!(500112)
    );
    assert_eq!(
        number(&redeem(&code, redirect_uri, "wrong").await),
        &json!(501481)
    );
    let token = redeem(&code, redirect_uri, verifier).await;
    assert_eq!(claims_of(&token)["scp"], "user_impersonation");
    assert!(token["id_token"].is_string() && token["refresh_token"].is_string());
    assert_eq!(
        number(&redeem(&code, redirect_uri, verifier).await),
        &json!(54005)
    );

    // The challenge may be the verifier itself; a hash of it is none then.
    assert_eq!(
        number(&redeem(&plain, redirect_uri, &challenge).await),
        &json!(501481)
    );
    assert!(redeem(&plain, redirect_uri, verifier).await["access_token"].is_string());

    // The client hears of errors by way of the browser, but only where it is known to be.
    let implicit = open(&[("response_type", "token")]).send().await.unwrap();
    let parameters = sent_to(&implicit);
    assert_eq!(value(&parameters, "error"), "unsupported_response_type");
    assert!(value(&parameters, "error_description").starts_with("AADSTS700051: "));
    let elsewhere = open(&[("redirect_uri", "https://example.com/")])
        .send()
        .await
        .unwrap();
    assert_eq!(number(&read(elsewhere).await.1), &json!(50011));
}

#[tokio::test]
async fn an_api_acts_on_behalf_of_who_called_it() {
    let running = Running::start().await;
    let client_id = &*running.access.client_id;
    let secret = running.access.client_secret.expose();
    let scope = format!("api://{client_id}/.default");
    let codes = begin(&running, AZURE_CLI, &scope).await;
    type_in(&running, &codes, "allow").await;
    let token = poll(&running, AZURE_CLI, &codes).await;
    let ask = async |assertion: &Value, scope: &str| {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("client_id", client_id),
            ("client_secret", secret),
            ("assertion", assertion.as_str().unwrap()),
            ("requested_token_use", "on_behalf_of"),
            ("scope", scope),
        ];
        post(&running, "token", &form).await
    };
    let access = &token["access_token"];
    assert_eq!(number(&ask(access, VAULT).await), &json!(65001));
    assert_eq!(number(&ask(&json!("x.y.z"), VAULT).await), &json!(50013));
    let (_, own) = running.sign_in(&[("scope", Some(&scope))]).await;
    assert_eq!(
        number(&ask(&own["access_token"], VAULT).await),
        &json!(7000114)
    );
    let (_, other) = running.sign_in(&[]).await;
    assert_eq!(
        number(&ask(&other["access_token"], VAULT).await),
        &json!(500131)
    );

    // Once the person has agreed that the API may do so.
    let agreed = begin(&running, client_id, VAULT).await;
    type_in(&running, &agreed, "allow").await;
    let passed_on = ask(access, VAULT).await;
    let claims = claims_of(&passed_on);
    assert_eq!(claims["aud"], "https://vault.azure.net");
    assert_eq!(
        (&claims["appid"], &claims["upn"]),
        (&json!(client_id), &json!("dev@kvcert.onmicrosoft.com"))
    );
}
