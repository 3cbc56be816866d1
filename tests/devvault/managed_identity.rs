//! Managed identities, asked as programs on a virtual machine and in App Service ask.

use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::assertions::{claims_of, now};
use crate::running::{API, Running, read};

struct Machine {
    running: Running,
    client: Client,
}

impl Machine {
    async fn start() -> Self {
        Self {
            running: Running::start().await,
            client: Client::builder().no_proxy().build().unwrap(),
        }
    }

    fn ask(&self, query: &str) -> RequestBuilder {
        let access = self.running.access.managed_identity.as_ref().unwrap();
        let host = &access.machine_host;
        let url = format!("{host}/metadata/identity/oauth2/token?{query}");
        self.client.get(url).header("Metadata", "true")
    }

    fn ask_app_service(&self, query: &str, header: &str) -> RequestBuilder {
        let access = self.running.access.managed_identity.as_ref().unwrap();
        let url = format!("{}?{query}", access.endpoint);
        self.client.get(url).header("X-IDENTITY-HEADER", header)
    }
}

async fn reply(request: RequestBuilder) -> (StatusCode, Value) {
    read(request.send().await.unwrap()).await
}

const VAULT: &str = "api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";

#[tokio::test]
async fn a_machine_gets_a_token_that_opens_the_vault() {
    let machine = Machine::start().await;
    let (status, token) = reply(machine.ask(VAULT)).await;
    assert_eq!(status, 200, "{token}");
    for name in ["expires_in", "expires_on", "ext_expires_in", "not_before"] {
        token[name].as_str().unwrap().parse::<i64>().unwrap();
    }
    assert!(
        token["expires_on"]
            .as_str()
            .unwrap()
            .parse::<i64>()
            .unwrap()
            > now()
    );
    assert_eq!(
        (&token["token_type"], &token["resource"]),
        (&json!("Bearer"), &json!("https://vault.azure.net"))
    );
    assert_eq!(claims_of(&token)["appid"], token["client_id"]);

    let local = format!(
        "api-version=2019-08-01&resource={}",
        machine.running.resource()
    );
    let (_, token) = reply(machine.ask(&local)).await;
    let url = machine.running.vault(&format!("/secrets/web?{API}"));
    let secret = machine.running.client.get(url);
    let secret = secret.bearer_auth(token["access_token"].as_str().unwrap());
    assert_eq!(secret.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn an_identity_can_be_named() {
    let machine = Machine::start().await;
    let (_, token) = reply(machine.ask(VAULT)).await;
    let oid = claims_of(&token)["oid"].as_str().unwrap().to_owned();
    for name in [
        format!("client_id={}", token["client_id"].as_str().unwrap()),
        format!("object_id={oid}"),
    ] {
        let (status, other) = reply(machine.ask(&format!("{VAULT}&{name}"))).await;
        assert_eq!(
            (status.as_u16(), &other["client_id"]),
            (200, &token["client_id"])
        );
    }
    for name in [
        "client_id=nobody",
        "msi_res_id=/subscriptions/x",
        "object_id=nobody",
    ] {
        let (status, refusal) = reply(machine.ask(&format!("{VAULT}&{name}"))).await;
        assert_eq!(status, 400);
        let expected =
            json!({"error": "invalid_request", "error_description": "Identity not found"});
        assert_eq!(refusal, expected);
    }
}

#[tokio::test]
async fn what_the_machine_endpoint_refuses() {
    let machine = Machine::start().await;
    let host = &machine
        .running
        .access
        .managed_identity
        .as_ref()
        .unwrap()
        .machine_host;
    let bare = machine
        .client
        .get(format!("{host}/metadata/identity/oauth2/token?{VAULT}"));
    let check = async |request: RequestBuilder, status: u16, error: &str| {
        let (got, refusal) = reply(request).await;
        assert_eq!(
            (got.as_u16(), &refusal["error"]),
            (status, &json!(error)),
            "{refusal}"
        );
    };
    check(bare, 400, "bad_request_102").await;
    let forwarded = machine.ask(VAULT).header("X-Forwarded-For", "10.0.0.1");
    check(forwarded, 400, "invalid_request").await;
    check(
        machine.ask("resource=https://vault.azure.net"),
        400,
        "invalid_request",
    )
    .await;
    check(
        machine.ask("api-version=2018-02-01"),
        400,
        "invalid_request",
    )
    .await;
    let unknown = machine.ask("api-version=2018-02-01&resource=https://contoso.example");
    check(unknown, 400, "invalid_resource").await;
    let rebound = machine.ask(VAULT).header("Host", "rebound.example:80");
    check(rebound, 403, "access_denied").await;
}

#[tokio::test]
async fn app_service_hands_its_programs_a_header() {
    let machine = Machine::start().await;
    let access = machine.running.access.managed_identity.as_ref().unwrap();
    let query = "api-version=2019-08-01&resource=https://vault.azure.net";
    let (status, token) = reply(machine.ask_app_service(query, access.header.expose())).await;
    assert_eq!(status, 200, "{token}");
    token["expires_on"]
        .as_str()
        .unwrap()
        .parse::<i64>()
        .unwrap();
    assert_eq!(token["expires_in"], Value::Null);
    let (status, _) = reply(machine.ask_app_service(query, "another")).await;
    assert_eq!(status, 401);
    let older = query.replace("2019-08-01", "2017-09-01");
    let (status, _) = reply(machine.ask_app_service(&older, access.header.expose())).await;
    assert_eq!(status, 400);
    assert!(!format!("{:?}", machine.running.access).contains(&**access.header.expose()));
}
