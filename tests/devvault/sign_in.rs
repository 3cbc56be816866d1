//! The challenge, the tokens and the small Entra.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use reqwest::Method;
use serde_json::{Value, json};

use crate::running::{Running, read};

#[tokio::test]
async fn every_request_without_a_token_gets_the_challenge() {
    let running = Running::start().await;
    let expected = format!(
        "Bearer authorization=\"https://login.localhost:{port}/{tenant}\", \
         resource=\"https://vault.localhost:{port}\"",
        port = running.port,
        tenant = running.access.tenant_id,
    );
    for (method, path) in [
        (Method::GET, "/secrets/web?api-version=7.4"),
        (Method::GET, "/secrets/web"),
        (Method::GET, "/nothing/here"),
        (Method::PUT, "/secrets/web?api-version=7.4"),
        (Method::POST, "/keys/web//sign?api-version=7.4"),
    ] {
        let request = running.client.request(method, running.vault(path));
        let response = request
            .header("x-ms-client-request-id", "mine")
            .send()
            .await
            .unwrap();
        assert_eq!(response.headers()["www-authenticate"], expected, "{path}");
        assert_eq!(response.headers()["x-ms-client-request-id"], "mine");
        assert_eq!(response.headers()["x-ms-request-id"].len(), 36);
        assert_eq!(response.headers()["cache-control"], "no-cache");
        let (status, body) = read(response).await;
        assert_eq!(status, 401);
        let message = "AKV10000: Request is missing a Bearer or PoP token.";
        assert_eq!(
            body,
            json!({"error": {"code": "Unauthorized", "message": message}})
        );
    }
}

#[tokio::test]
async fn tokens_are_really_checked() {
    let running = Running::start().await;
    let outcome = async |token: &str| {
        let url = running.vault("/secrets?api-version=7.4");
        let reply = running
            .client
            .get(url)
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        let (status, body) = read(reply).await;
        (
            status.as_u16(),
            body["error"]["message"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    };
    let token = running.token().await;
    assert_eq!(outcome(&token).await.0, 200);

    let public = running
        .sign_in(&[("scope", Some("https://vault.azure.net/.default"))])
        .await
        .1;
    assert_eq!(
        outcome(public["access_token"].as_str().unwrap()).await.0,
        200
    );

    let graph = Some("https://graph.microsoft.com/.default");
    let graph = running.sign_in(&[("scope", graph)]).await.1;
    let (status, message) = outcome(graph["access_token"].as_str().unwrap()).await;
    assert_eq!(status, 401);
    assert!(message.starts_with("AKV10022: Invalid audience. Expected https://vault.localhost"));

    let elsewhere = Running::start().await.token().await;
    assert_eq!(outcome(&elsewhere).await.0, 401);

    let parts: Vec<&str> = token.split('.').collect();
    let claims = BASE64_URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
    let mut claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["exp"] = json!(9_999_999_999_u64);
    let claims = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    assert_eq!(
        outcome(&format!("{}.{claims}.{}", parts[0], parts[2]))
            .await
            .0,
        401
    );
    assert_eq!(outcome("x").await.0, 401);
}

#[tokio::test]
async fn the_sign_in_refuses_as_entra_does() {
    let running = Running::start().await;
    for (changes, status, error, number) in [
        (
            ("client_secret", Some("wrong")),
            401,
            "invalid_client",
            7000215,
        ),
        (("client_secret", None), 401, "invalid_client", 7000218),
        (
            ("client_id", Some("nobody")),
            400,
            "unauthorized_client",
            700016,
        ),
        (("client_id", None), 400, "invalid_request", 900144),
        (("scope", None), 400, "invalid_request", 900144),
        (
            ("scope", Some("https://vault.azure.net")),
            400,
            "invalid_scope",
            70011,
        ),
        (
            (
                "scope",
                Some("https://vault.azure.net/.default https://graph.microsoft.com/.default"),
            ),
            400,
            "invalid_request",
            700022,
        ),
        (
            ("scope", Some("https://contoso.example/.default")),
            400,
            "invalid_resource",
            500011,
        ),
        (
            ("grant_type", Some("password")),
            400,
            "unsupported_grant_type",
            70003,
        ),
        (("grant_type", None), 400, "invalid_request", 900144),
    ] {
        let (got, reply) = running.sign_in(&[changes]).await;
        assert_eq!(got, status, "{changes:?}");
        assert_eq!(reply["error"], error, "{changes:?}");
        assert_eq!(reply["error_codes"], json!([number]), "{changes:?}");
        let text = reply["error_description"].as_str().unwrap();
        assert!(text.starts_with(&format!("AADSTS{number}: ")), "{text}");
        assert_eq!(
            reply["timestamp"].as_str().unwrap().len(),
            "2026-01-02 03:04:05Z".len()
        );
    }
    let url = running.token_url("contoso.onmicrosoft.com");
    let (status, reply) = read(running.client.post(url).send().await.unwrap()).await;
    assert_eq!(
        (status.as_u16(), &reply["error_codes"]),
        (400, &json!([90002]))
    );
}

#[tokio::test]
async fn the_sign_in_can_be_discovered() {
    let running = Running::start().await;
    let base = format!("{}/{}", running.access.authority, running.access.tenant_id);
    let get = async |url: String| read(running.client.get(url).send().await.unwrap()).await.1;
    let configuration = get(format!("{base}/v2.0/.well-known/openid-configuration")).await;
    assert_eq!(
        configuration["token_endpoint"],
        format!("{base}/oauth2/v2.0/token")
    );
    let keys = get(configuration["jwks_uri"].as_str().unwrap().to_owned()).await;
    assert_eq!(
        configuration["id_token_signing_alg_values_supported"],
        json!(["RS256"])
    );
    assert_eq!(keys["keys"][0]["kty"], "RSA");

    let basic = running
        .client
        .post(format!("{base}/oauth2/v2.0/token"))
        .basic_auth(
            &running.access.client_id,
            Some(running.access.client_secret.expose()),
        )
        .body("grant_type=client_credentials&scope=https://management.azure.com//.default");
    let reply = read(basic.send().await.unwrap()).await.1;
    let token = reply["access_token"].as_str().unwrap();
    let claims = token.split('.').nth(1).unwrap();
    let claims: Value =
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["aud"], "https://management.azure.com/");
    assert_eq!(claims["appid"], running.access.client_id);
}
