//! Switches: what each does to a request, and who may turn them.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::openssl::openssl;
use crate::running::{API, Running, read};

impl Running {
    /// Turns exactly these on.
    async fn switch(&self, switches: Value) -> Value {
        let (status, state) = self.control(Method::PUT, "switches", switches).await;
        assert_eq!(status, 200, "{state}");
        state["switches"].clone()
    }

    async fn control(&self, method: Method, what: &str, body: Value) -> (StatusCode, Value) {
        let url = self.vault(&format!("/_dev/{what}"));
        let request = self.client.request(method, url).body(body.to_string());
        read(request.send().await.unwrap()).await
    }

    async fn ask(&self, path: &str) -> Response {
        let path = format!("{path}?{API}");
        let request = self.request(Method::GET, &path).await;
        request.send().await.unwrap()
    }

    async fn status(&self, path: &str) -> u16 {
        self.ask(path).await.status().as_u16()
    }
}

#[tokio::test]
async fn throttling_is_for_so_many_requests_or_for_what_is_too_much() {
    let running = Running::start().await;
    running
        .switch(json!({"throttle": {"times": 2, "path": "/Secrets/", "retryAfter": 7}}))
        .await;
    assert_eq!(running.status("/certificates/web").await, 200);
    let response = running.ask("/secrets/web").await;
    assert_eq!(response.headers()["retry-after"], "7");
    let (status, body) = read(response).await;
    assert_eq!(
        (status.as_u16(), &body["error"]["code"]),
        (429, &json!("Throttled"))
    );
    let state = running
        .control(Method::GET, "switches", Value::Null)
        .await
        .1;
    assert_eq!(state["switches"]["throttle"]["times"], 1);
    assert_eq!(running.status("/secrets/web").await, 429);
    assert_eq!(running.status("/secrets/web").await, 200);

    running.switch(json!({"throttle": 2})).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let response = running.ask("/keys/web").await;
        statuses.push((
            response.status().as_u16(),
            response.headers().contains_key("retry-after"),
        ));
    }
    assert_eq!(statuses, [(200, false), (200, false), (429, false)]);
}

#[tokio::test]
async fn every_kind_of_403_can_be_had() {
    let running = Running::start().await;
    for (word, code, part) in [
        (
            "rbac",
            "ForbiddenByRbac",
            "Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'",
        ),
        (
            "access-policy",
            "AccessDenied",
            "does not have secrets get permission on key vault 'demo;",
        ),
        ("ForbiddenByPolicy", "ForbiddenByPolicy", "policy"),
        ("firewall", "ForbiddenByFirewall", "Client address"),
        (
            "connection",
            "ForbiddenByConnection",
            "Public network access is disabled",
        ),
    ] {
        running.switch(json!({"forbid": word})).await;
        let (status, body) = read(running.ask("/secrets/web").await).await;
        assert_eq!(
            (status.as_u16(), &body["error"]["code"]),
            (403, &json!("Forbidden"))
        );
        assert_eq!(body["error"]["innererror"]["code"], code);
        let message = body["error"]["message"].as_str().unwrap();
        assert!(message.contains(part), "{message}");
        assert!(message.contains(&running.access.client_id), "{message}");
    }
    running.switch(json!({"html": true})).await;
    let response = running.ask("/secrets/web").await;
    assert_eq!(response.status(), 403);
    assert_eq!(
        response.headers()["content-type"],
        "text/html; charset=utf-8"
    );
    assert!(response.text().await.unwrap().starts_with("<html>"));
}

#[tokio::test]
async fn answers_are_spoilt() {
    let running = Running::start().await;
    let body = async |path: &str| read(running.ask(path).await).await.1;

    running.switch(json!({"disabled": true})).await;
    let refused = body("/secrets/web").await;
    assert_eq!(refused["error"]["innererror"]["code"], "SecretDisabled");
    assert_eq!(
        body("/certificates/web").await["attributes"]["enabled"],
        false
    );
    assert_eq!(
        body("/keys").await["value"][0]["attributes"]["enabled"],
        false
    );

    running.switch(json!({"expired": true})).await;
    let expired = body("/certificates/web").await["attributes"]["exp"].as_i64();
    running.switch(json!({})).await;
    let really = body("/certificates/web").await["attributes"]["exp"].as_i64();
    assert!(expired.unwrap() < really.unwrap() - 300 * 24 * 3600);

    running.switch(json!({"content-type": true})).await;
    assert_eq!(
        body("/secrets/web").await["contentType"],
        "application/x-pem-file"
    );
    running.switch(json!({"content-type": "text/plain"})).await;
    assert_eq!(body("/secrets/web").await["contentType"], "text/plain");

    running.switch(json!({"truncate": {"times": 1}})).await;
    let cut = running.ask("/secrets/web").await;
    assert_eq!(cut.status(), 200);
    cut.bytes().await.unwrap_err();
    assert_eq!(running.status("/secrets/web").await, 200);

    running.switch(json!({"error": 502, "latency": 1})).await;
    assert_eq!(running.status("/secrets/web").await, 502);
}

#[tokio::test]
async fn the_clock_can_be_turned_and_tokens_run_out() {
    let running = Running::start().await;
    let token = running.token().await;
    let ask = async || {
        let url = running.vault(&format!("/secrets/web?{API}"));
        let request = running.client.get(url).bearer_auth(&token);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(ask().await, 200);
    running.switch(json!({"clock": "+2h"})).await;
    assert_eq!(ask().await, 401);
    assert_eq!(
        running.status("/secrets/web").await,
        200,
        "with a new token"
    );
    running
        .control(Method::DELETE, "switches/clock", Value::Null)
        .await;
    assert_eq!(ask().await, 200);
}

#[tokio::test]
async fn the_sign_in_can_fail_too_and_the_first_request_of_a_client_cannot() {
    let running = Running::start().await;
    running
        .switch(json!({"error": {"path": "login.localhost/", "times": 1}}))
        .await;
    let url = running.token_url(&running.access.tenant_id);
    let response = running.client.post(url).send().await.unwrap();
    assert_eq!(response.status(), 503);

    running.switch(json!({"forbid": "rbac"})).await;
    let url = running.vault(&format!("/secrets/web?{API}"));
    let response = running.client.get(url).send().await.unwrap();
    assert_eq!(response.status(), 401);
}

#[tokio::test]
async fn what_is_no_switch_is_said_to_be_none() {
    let running = Running::start().await;
    for (body, words) in [
        (
            json!({"no": 1}),
            "there is no switch `no`, only clock, soft-delete",
        ),
        (
            json!({"error": 404}),
            "`error`: 404 is not a status from 500 to 599",
        ),
        (
            json!({"forbid": "x"}),
            "`forbid`: `x` is not one of rbac (ForbiddenByRbac)",
        ),
        (
            json!({"throttle": {"time": 1}}),
            "`throttle`: unknown field `time`",
        ),
        (json!([]), "the body must be an object"),
    ] {
        let (status, reply) = running.control(Method::POST, "switches", body).await;
        assert_eq!(status, 400);
        let message = reply["error"]["message"].as_str().unwrap();
        assert!(message.contains(words), "{message}");
    }
}

#[tokio::test]
async fn pages_of_other_sites_may_not() {
    let running = Running::start().await;
    for (name, value) in [
        ("origin", "https://example.com"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let url = running.vault("/_dev/switches");
        let request = running.client.delete(url).header(name, value);
        assert_eq!(request.send().await.unwrap().status(), 403, "{name}");
    }
}

#[tokio::test]
async fn the_log_names_the_switches_and_can_be_cleared() {
    let running = Running::start().await;
    running.switch(json!({"error": true, "latency": 1})).await;
    running.ask("/secrets/web").await;
    let log = running
        .control(Method::GET, "requests", Value::Null)
        .await
        .1;
    assert_eq!(
        log["requests"][1],
        json!({"method": "GET", "host": "demo.vault.localhost", "path": "/secrets/web",
               "status": 503, "switches": ["latency", "error"]})
    );
    let log = running
        .control(Method::DELETE, "requests", Value::Null)
        .await
        .1;
    assert_eq!(log, json!({"total": 0, "requests": []}));
}

#[tokio::test]
async fn a_chain_is_reversed_in_a_pfx_too() {
    let running = Running::start().await;
    let subjects = async || {
        let pfx = running.pfx("web").await;
        let arguments = ["pkcs12", "-passin", "pass:", "-nodes"];
        let text = openssl(&arguments, &pfx);
        assert!(text.contains("-----BEGIN PRIVATE KEY-----"), "{text}");
        let lines = text.lines().filter(|line| line.starts_with("subject="));
        lines.map(str::to_owned).collect::<Vec<String>>()
    };
    let mut before = subjects().await;
    assert_eq!(before.len(), 3);
    let switch = running.vault("/_dev/switches/reversed-chain");
    let put = running.client.put(switch).send().await.unwrap();
    assert_eq!(put.status(), 200);
    let after = subjects().await;
    before.reverse();
    assert_eq!(after, before);
}

/// A policy asks the person again: the client hands on the claims.
#[tokio::test]
async fn the_sign_in_refuses_by_number() {
    let running = Running::start().await;
    for (number, status, error, suberror) in [
        (50076, 400, "interaction_required", json!("basic_action")),
        (53003, 400, "interaction_required", json!("message_only")),
        (90094, 400, "invalid_grant", json!("consent_required")),
        (700030, 401, "invalid_client", Value::Null),
        (7000112, 400, "unauthorized_client", Value::Null),
    ] {
        running
            .switch(json!({"sign-in": {"value": number, "times": 1}}))
            .await;
        let (got, reply) = running.sign_in(&[]).await;
        assert_eq!((got.as_u16(), &reply["error"]), (status, &json!(error)));
        assert_eq!(reply["error_codes"], json!([number]));
        let text = reply["error_description"].as_str().unwrap();
        assert!(text.starts_with(&format!("AADSTS{number}: ")), "{text}");
        assert_eq!(reply["suberror"], suberror, "{reply}");
        if let Some(claims) = reply["claims"].as_str() {
            let claims: Value = serde_json::from_str(claims).unwrap();
            assert_eq!(claims["access_token"]["capolids"]["essential"], true);
        }
        assert_eq!(reply["claims"].is_string(), error == "interaction_required");
        assert_eq!(running.sign_in(&[]).await.0, 200);
    }
    // The vault and the rest of the sign-in go on.
    let token = running.token().await;
    running.switch(json!({"sign-in": 7000112})).await;
    let url = running.vault(&format!("/secrets/web?{API}"));
    let request = running.client.get(url).bearer_auth(token);
    assert_eq!(request.send().await.unwrap().status(), 200);
    let wrong = json!({"sign-in": 1});
    let (status, reply) = running.control(Method::PUT, "switches", wrong).await;
    assert_eq!(status, 400);
    assert!(
        reply.to_string().contains("1 is not one of 50001, "),
        "{reply}"
    );
}
