//! Microsoft Graph as the dev vault plays it: from an application to a token with its permission.

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::assertions::{Signer, assert_refused, claims_of, now, present};
use crate::running::{Running, read};

const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";
const MANAGE_AS_APP: &str = "dc50a0fb-09a3-484d-be87-e023b12c6440";
const EXCHANGE_ADMINISTRATOR: &str = "29232cdf-9323-42fd-ade2-1d097af3e4de";

/// Graph, for the holder of one token.
struct Graph<'a> {
    running: &'a Running,
    token: String,
}

impl<'a> Graph<'a> {
    /// For the first application, which may do everything.
    async fn of(running: &'a Running) -> Self {
        let scope = Some("https://graph.microsoft.com/.default");
        let (_, reply) = running.sign_in(&[("scope", scope)]).await;
        let token = reply["access_token"].as_str().unwrap().to_owned();
        Self { running, token }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let base = self.running.access.graph_url.as_deref().unwrap();
        let url = format!("{base}/{path}");
        let mut request = self.running.client.request(method, url);
        request = request.bearer_auth(&self.token);
        if !body.is_null() {
            request = request.body(body.to_string());
        }
        let response = request.send().await.unwrap();
        match response.status() {
            status @ StatusCode::NO_CONTENT => (status, Value::Null),
            _ => read(response).await,
        }
    }

    #[track_caller]
    fn expect(reply: (StatusCode, Value), status: u16) -> Value {
        assert_eq!(reply.0, status, "{}", reply.1);
        reply.1
    }

    async fn get(&self, path: &str) -> Value {
        Self::expect(self.ask(Method::GET, path, Value::Null).await, 200)
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        Self::expect(self.ask(Method::POST, path, body).await, 201)
    }

    async fn fails(&self, method: Method, path: &str, body: Value, status: u16, code: &str) {
        let (got, reply) = self.ask(method, path, body).await;
        assert_eq!(got, status, "{path}: {reply}");
        assert_eq!(reply["error"]["code"], code, "{path}: {reply}");
        let inner = &reply["error"]["innerError"];
        assert_eq!(inner["request-id"].as_str().unwrap().len(), 36);
    }
}

fn key_credential(der: &[u8]) -> Value {
    json!({
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        "key": BASE64_STANDARD.encode(der),
    })
}

#[tokio::test]
async fn an_application_gets_its_permission_and_a_token_says_so() {
    let running = Running::start().await;
    let graph = Graph::of(&running).await;
    let mut signer = Signer::web(&running).await;
    let application = graph
        .post(
            "applications",
            json!({
                "displayName": "mail",
                "signInAudience": "AzureADMyOrg",
                "keyCredentials": [key_credential(&signer.certificate)],
                "requiredResourceAccess": [{"resourceAppId": EXCHANGE,
                    "resourceAccess": [{"id": MANAGE_AS_APP, "type": "Role"}]}],
            }),
        )
        .await;
    signer.client_id = application["appId"].as_str().unwrap().to_owned();
    let sign = async || {
        let assertion = signer.sign(&signer.header("PS256"), &signer.claims(&running));
        present(&running, &signer.client_id, &assertion).await
    };
    let (status, reply) = sign().await;
    assert_eq!(
        (status.as_u16(), &reply["error_codes"]),
        (400, &json!([7000229]))
    );

    let principal = graph
        .post("servicePrincipals", json!({"appId": signer.client_id}))
        .await;
    assert_eq!(claims_of(&sign().await.1)["roles"], Value::Null);

    let path = format!("servicePrincipals(appId='{EXCHANGE}')?$select=id,appRoles");
    let exchange = graph.get(&path).await;
    assert_eq!(exchange["displayName"], Value::Null);
    let roles = exchange["appRoles"].as_array().unwrap();
    let role = roles
        .iter()
        .find(|role| role["value"] == "Exchange.ManageAsApp")
        .unwrap();
    assert_eq!(role["id"], MANAGE_AS_APP);
    let id = principal["id"].as_str().unwrap();
    let grant = json!({"principalId": id, "resourceId": exchange["id"], "appRoleId": role["id"]});
    let grants = format!("servicePrincipals/{id}/appRoleAssignments");
    graph.post(&grants, grant.clone()).await;
    graph
        .fails(Method::POST, &grants, grant, 400, "Request_BadRequest")
        .await;
    let listed = graph.get(&grants).await;
    assert_eq!(
        listed["value"][0]["resourceDisplayName"],
        "Office 365 Exchange Online"
    );
    let assignment = json!({"principalId": id, "roleDefinitionId": EXCHANGE_ADMINISTRATOR, "directoryScopeId": "/"});
    let assignments = "roleManagement/directory/roleAssignments";
    graph.post(assignments, assignment.clone()).await;
    graph
        .fails(
            Method::POST,
            assignments,
            assignment,
            400,
            "Request_BadRequest",
        )
        .await;
    let listed = graph
        .get(&format!("{assignments}?$filter=principalId eq '{id}'"))
        .await;
    assert_eq!(listed["value"].as_array().unwrap().len(), 1);

    let claims = claims_of(&sign().await.1);
    assert_eq!(claims["roles"], json!(["Exchange.ManageAsApp"]));
    assert_eq!(claims["oid"], principal["id"]);
    assert!(
        claims["wids"]
            .as_array()
            .unwrap()
            .contains(&json!(EXCHANGE_ADMINISTRATOR))
    );

    let application = format!("applications/{}", application["id"].as_str().unwrap());
    let (status, _) = graph.ask(Method::DELETE, &application, Value::Null).await;
    assert_eq!(status, 204);
    assert_eq!(sign().await.1["error_codes"], json!([700016]));
    graph
        .fails(
            Method::GET,
            &application,
            Value::Null,
            404,
            "Request_ResourceNotFound",
        )
        .await;
    graph
        .fails(
            Method::GET,
            &grants,
            Value::Null,
            404,
            "Request_ResourceNotFound",
        )
        .await;
}

#[tokio::test]
async fn a_list_of_certificates_is_replaced_as_a_whole() {
    let running = Running::start().await;
    let graph = Graph::of(&running).await;
    let (web, other) = (running.leaf("web").await, running.leaf("web-pem").await);
    let body = json!({"displayName": "app", "keyCredentials": [key_credential(&web)]});
    let made = graph.post("applications", body).await;
    let path = format!("applications/{}", made["id"].as_str().unwrap());
    let shown = graph.get(&path).await;
    let kept = shown["keyCredentials"][0].clone();
    assert_eq!(kept["key"], Value::Null);
    let sha1 = BASE64_STANDARD.encode(Sha1::digest(&web));
    assert_eq!(kept["customKeyIdentifier"], sha1);
    let selected = graph.get(&format!("{path}?$select=keyCredentials")).await;
    assert_eq!(
        selected["keyCredentials"][0]["key"],
        BASE64_STANDARD.encode(&web)
    );
    assert_eq!(selected["appId"], Value::Null);

    // What is there may come without its certificate; what is left out goes.
    let both = json!({"keyCredentials": [kept, key_credential(&other)]});
    assert_eq!(graph.ask(Method::PATCH, &path, both).await.0, 204);
    assert_eq!(
        graph.get(&path).await["keyCredentials"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let one = json!({"keyCredentials": [key_credential(&other)]});
    assert_eq!(graph.ask(Method::PATCH, &path, one).await.0, 204);
    let left = graph.get(&path).await["keyCredentials"].clone();
    assert_eq!(left.as_array().unwrap().len(), 1);
    assert_ne!(left[0]["customKeyIdentifier"], sha1);

    let mut late = key_credential(&web);
    late["endDateTime"] = json!("2099-01-01T00:00:00Z");
    let mut unusable = key_credential(&web);
    unusable["key"] = json!("AAAA");
    for (credential, code) in [
        (late, "KeyCredentialsInvalidEndDate"),
        (unusable, "KeyCredentialsInvalidKey"),
        (
            json!({"type": "AsymmetricX509Cert", "usage": "Verify"}),
            "KeyCredentialsInvalidKey",
        ),
        (
            json!({"type": "Symmetric", "usage": "Verify"}),
            "Request_BadRequest",
        ),
    ] {
        let body = json!({"keyCredentials": [credential]});
        graph.fails(Method::PATCH, &path, body, 400, code).await;
    }
    assert_eq!(graph.get(&path).await["keyCredentials"], left);
    let unknown = json!({"colour": "red"});
    graph
        .fails(Method::PATCH, &path, unknown, 400, "Request_BadRequest")
        .await;
}

#[tokio::test]
async fn applications_are_found_by_their_names() {
    let running = Running::start().await;
    let graph = Graph::of(&running).await;
    let made = graph
        .post("applications", json!({"displayName": "it's"}))
        .await;
    let app_id = made["appId"].as_str().unwrap();
    for path in [
        format!("applications?$filter=appId eq '{app_id}'"),
        String::from("applications?$filter=displayName eq 'it''s'"),
    ] {
        let found = graph.get(&path).await;
        assert_eq!(found["value"].as_array().unwrap().len(), 1, "{path}");
        assert_eq!(found["value"][0]["id"], made["id"]);
    }
    let found = graph
        .get(&format!("applications(appId='{app_id}')?$select=id"))
        .await;
    assert_eq!(found["id"], made["id"]);
    let none = graph
        .get("applications?$filter=displayName eq 'nobody'")
        .await;
    assert_eq!(none["value"], json!([]));
    let wrong = "applications?$filter=startswith(displayName,'i')";
    graph
        .fails(Method::GET, wrong, Value::Null, 400, "Request_BadRequest")
        .await;
}

#[tokio::test]
async fn a_caller_needs_the_permission() {
    let running = Running::start().await;
    let graph = Graph::of(&running).await;
    let signer = Signer::web(&running).await;
    let assertion = signer.sign(&signer.header("PS256"), &signer.claims(&running));
    let exchange = present(&running, &signer.client_id, &assertion).await.1;
    let with = |token: &Value| Graph {
        running: &running,
        token: token.as_str().unwrap().to_owned(),
    };
    let wrong = with(&exchange["access_token"]);
    wrong
        .fails(
            Method::GET,
            "applications",
            Value::Null,
            401,
            "InvalidAuthenticationToken",
        )
        .await;

    // An application without any permission at Graph.
    let made = graph
        .post("applications", json!({"displayName": "nobody"}))
        .await;
    graph
        .post("servicePrincipals", json!({"appId": made["appId"]}))
        .await;
    let id = made["id"].as_str().unwrap();
    let added = graph
        .ask(
            Method::POST,
            &format!("applications/{id}/addPassword"),
            json!({"passwordCredential": {}}),
        )
        .await;
    let secret = Graph::expect(added, 200)["secretText"]
        .as_str()
        .unwrap()
        .to_owned();
    let shown = graph.get(&format!("applications/{id}")).await.to_string();
    assert!(!shown.contains(&secret));
    let scope = Some("https://graph.microsoft.com/.default");
    let (_, reply) = running
        .sign_in(&[
            ("client_id", made["appId"].as_str()),
            ("client_secret", Some(&secret)),
            ("scope", scope),
        ])
        .await;
    let nobody = with(&reply["access_token"]);
    for (method, path, body) in [
        (Method::GET, "applications", Value::Null),
        (Method::POST, "applications", json!({"displayName": "x"})),
        (
            Method::GET,
            "roleManagement/directory/roleAssignments",
            Value::Null,
        ),
        (Method::DELETE, &*format!("applications/{id}"), Value::Null),
    ] {
        nobody
            .fails(method, path, body, 403, "Authorization_RequestDenied")
            .await;
    }
}

#[tokio::test]
async fn an_application_rolls_its_own_certificate_with_a_proof() {
    let running = Running::start().await;
    let graph = Graph::of(&running).await;
    let mut signer = Signer::web(&running).await;
    let body =
        json!({"displayName": "roller", "keyCredentials": [key_credential(&signer.certificate)]});
    let made = graph.post("applications", body).await;
    graph
        .post("servicePrincipals", json!({"appId": made["appId"]}))
        .await;
    signer.client_id = made["appId"].as_str().unwrap().to_owned();
    let id = made["id"].as_str().unwrap();

    // Its own token, without any permission.
    let assertion = signer.sign(&signer.header("RS256"), &signer.claims(&running));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &*signer.client_id),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", &assertion),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let url = running.token_url(&running.access.tenant_id);
    let request = running
        .client
        .post(url)
        .body(crate::running::form_body(&form));
    let reply = read(request.send().await.unwrap()).await.1;
    let itself = Graph {
        running: &running,
        token: reply["access_token"].as_str().unwrap().to_owned(),
    };
    let thumbprint = BASE64_URL_SAFE_NO_PAD.encode(Sha1::digest(&signer.certificate));
    let header = json!({"alg": "RS256", "typ": "JWT", "x5t": thumbprint});
    let claims = json!({
        "aud": "00000002-0000-0000-c000-000000000000",
        "iss": id,
        "nbf": now(),
        "exp": now() + 600,
    });
    let other = running.leaf("web-pem").await;
    let add = format!("applications/{id}/addKey");
    let body = |proof: &str| json!({"keyCredential": key_credential(&other), "passwordCredential": null, "proof": proof});
    let code = "Authentication_MissingOrMalformed";
    for (name, value) in [
        ("aud", json!("https://graph.microsoft.com")),
        ("iss", json!(signer.client_id)),
        ("exp", json!(now() - 1)),
        ("exp", json!(now() + 3600)),
    ] {
        let mut wrong = claims.clone();
        wrong[name] = value;
        let proof = signer.sign(&header, &wrong);
        itself
            .fails(Method::POST, &add, body(&proof), 400, code)
            .await;
    }
    let mut forged = signer.sign(&header, &claims);
    forged.truncate(forged.len() - 4);
    itself
        .fails(Method::POST, &add, body(&forged), 400, code)
        .await;

    let proof = signer.sign(&header, &claims);
    let added = Graph::expect(itself.ask(Method::POST, &add, body(&proof)).await, 200);
    let with_both = graph.get(&format!("applications/{id}")).await;
    assert_eq!(with_both["keyCredentials"].as_array().unwrap().len(), 2);

    let remove = format!("applications/{id}/removeKey");
    let body = json!({"keyId": added["keyId"], "proof": proof});
    assert_eq!(itself.ask(Method::POST, &remove, body.clone()).await.0, 204);
    itself
        .fails(Method::POST, &remove, body, 400, "Request_BadRequest")
        .await;

    // A certificate that was taken away no longer signs in.
    let patch = json!({"keyCredentials": [key_credential(&other)]});
    graph
        .ask(Method::PATCH, &format!("applications/{id}"), patch)
        .await;
    let assertion = signer.sign(&signer.header("PS256"), &signer.claims(&running));
    let (status, reply) = present(&running, &signer.client_id, &assertion).await;
    assert_refused(status, &reply, 700027, "not registered");
}
