//! Nonsense, of every kind and at every door: it is refused, and by the service's own error body.
//! No 500, no panic, no silence.

use std::time::Duration;

use kvcert_dev::{DevVault, Options};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::running::{API, Running};

/// What a vault is asked for, once as it should be: method, path (`#` stands for a new number),
/// body, the status of the good request. Everything else is made of these.
#[rustfmt::skip]
const GOOD: &[(&str, &str, &str, u16)] = &[
    ("PUT",    "/secrets/s", r#"{"value": "v", "contentType": "t", "attributes": {"enabled": true, "nbf": 1, "exp": 2}, "tags": {"a": "b"}}"#, 200),
    ("PATCH",  "/secrets/s", r#"{"contentType": "t", "attributes": {"enabled": true}, "tags": {"a": "b"}}"#, 200),
    ("GET",    "/secrets/s/versions", "", 200),
    ("POST",   "/secrets/s/backup", "", 200),
    ("POST",   "/secrets/restore", r#"{"value": "AAAA"}"#, 400),
    ("DELETE", "/secrets/s#", "", 404),
    ("POST",   "/keys/k#/create", r#"{"kty": "EC", "crv": "P-256", "key_size": 256, "key_ops": ["sign", "verify"], "attributes": {"exp": 1}, "tags": {}, "public_exponent": 3}"#, 200),
    ("POST",   "/keys/k/create", r#"{"kty": "EC", "attributes": {"exportable": true}, "release_policy": {"data": "e30", "immutable": true}}"#, 200),
    ("PUT",    "/keys/i#", r#"{"Hsm": false, "key": {"kty": "EC", "crv": "P-256", "x": "xK4YCLSX1Fb5AHAEoOAq5ZGqWvhxQl0SqKkhyxmfHFk", "y": "AAAA", "d": "AQ", "key_ops": ["sign"]}}"#, 400),
    ("PUT",    "/keys/i#", r#"{"key": {"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQ", "p": "Aw", "q": "Aw", "dp": "AQ", "dq": "AQ", "qi": "AQ"}}"#, 400),
    ("PATCH",  "/keys/k", r#"{"key_ops": ["sign", "verify"], "attributes": {"enabled": true}}"#, 200),
    ("POST",   "/keys/u//sign", r#"{"alg": "ES256", "value": "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg"}"#, 200),
    ("POST",   "/keys/u//verify", r#"{"alg": "ES256", "digest": "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg", "value": "AAAA"}"#, 200),
    ("POST",   "/keys/u//encrypt", r#"{"alg": "RSA-OAEP", "value": "AAAA", "iv": "AA", "aad": "AA", "tag": "AA"}"#, 403),
    ("POST",   "/keys/k//release", r#"{"target": "t", "nonce": "n", "enc": "e"}"#, 403),
    ("POST",   "/keys/k/rotate", "", 200),
    ("PUT",    "/keys/k/rotationpolicy", r#"{"lifetimeActions": [{"trigger": {"timeBeforeExpiry": "P30D"}, "action": {"type": "Notify"}}], "attributes": {"expiryTime": "P90D"}}"#, 200),
    ("POST",   "/keys/restore", r#"{"value": "AAAA"}"#, 400),
    ("POST",   "/certificates/c#/create", r#"{"policy": {"key_props": {"kty": "EC", "crv": "P-256", "key_size": 256, "exportable": true, "reuse_key": true}, "secret_props": {"contentType": "application/x-pem-file"}, "x509_props": {"subject": "CN=c", "sans": {"emails": ["a@b.c"], "dns_names": ["a"], "upns": ["u"], "uris": ["u:"], "ipAddresses": ["::1"]}, "ekus": ["1.2.3"], "key_usage": ["digitalSignature"], "validity_months": 1, "basic_constraints": {"ca": true}}, "lifetime_actions": [{"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "EmailContacts"}}], "issuer": {"name": "Unknown", "cty": "t", "cert_transparency": true}, "attributes": {"enabled": true}, "platformManaged": {"certificateUsage": "u"}}, "attributes": {"enabled": true}, "tags": {"a": "b"}, "preserveCertOrder": true}"#, 202),
    ("POST",   "/certificates/i#/import", r#"{"value": "MIIB", "pwd": "p", "policy": {"secret_props": {"contentType": "application/x-pkcs12"}}, "preserveCertOrder": false}"#, 400),
    ("POST",   "/certificates/c1/pending/merge", r#"{"x5c": ["MIIB"], "attributes": {"enabled": true}, "tags": {}}"#, 404),
    ("PATCH",  "/certificates/c1/pending", r#"{"cancellation_requested": true}"#, 404),
    ("PATCH",  "/certificates/c1/policy", r#"{"x509_props": {"subject": "CN=c"}, "key_props": {"kty": "RSA"}}"#, 404),
    ("PUT",    "/certificates/contacts", r#"{"contacts": [{"email": "a@b.c", "name": "n", "phone": "1"}]}"#, 200),
    ("PUT",    "/certificates/issuers/i", r#"{"provider": "Test", "credentials": {"account_id": "a", "pwd": "p"}, "org_details": {"id": "o", "admin_details": [{"first_name": "f", "last_name": "l", "email": "e", "phone": "1"}]}, "attributes": {"enabled": true}}"#, 200),
    ("PATCH",  "/certificates/issuers/i", r#"{"provider": "Test"}"#, 200),
    ("POST",   "/certificates/restore", r#"{"value": "AAAA"}"#, 400),
    ("POST",   "/deletedsecrets/s/recover", "", 400),
    ("DELETE", "/deletedkeys/k", "", 400),
];

/// Values that fit nowhere, or nearly do.
#[rustfmt::skip]
const MISFITS: &[&str] = &[
    "null", "true", "-1", "0", "4294967296", "9223372036854775807", "-9223372036854775808",
    "18446744073709551616", "1e308", "0.5", r#""""#, r#""\u0000""#, r#""RSA-HSM""#, r#""é""#,
    r#""P-521""#, r#""P9999999999Y""#, r#""CN=a,CN=b""#, r#""====""#, "[]", "[null]", "[[]]", "{}",
    r#"{"a": null}"#, r#"[{"trigger": {}, "action": {}}]"#,
];

/// Bodies that are no JSON, or odd JSON.
fn oddities() -> Vec<Vec<u8>> {
    let nested = |open: &str, close: &str, depth| open.repeat(depth) + "1" + &close.repeat(depth);
    let mut all: Vec<Vec<u8>> = [
        "",
        " ",
        "{",
        "[]",
        "1",
        "\"a\"",
        "{}}",
        "{\"value\": }",
        "{'value': 1}",
        r#"{"value": "\ud800"}"#,
        r#"{"value": "a", "value": "b"}"#,
        r#"{"kty": "EC", "kty": "EC", "tags": {"a": "1", "a": "2"}}"#,
    ]
    .map(Vec::from)
    .to_vec();
    for depth in [100, 127, 128, 100_000] {
        all.push(nested("[", "]", depth).into());
        all.push(nested(r#"{"value":"#, "}", depth).into());
        all.push(nested(r#"{"policy":"#, "}", depth).into());
    }
    all.push(b"\xff\xfe{\0}".to_vec());
    all.push(b"{\"value\": \"\xc3\x28\"}".to_vec());
    all.push(format!(r#"{{"value": "{}"}}"#, "x".repeat(1 << 20)).into());
    all
}

/// A body with each of its members, at any depth, left out or replaced by what does not fit.
fn misfits(good: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    let members: Vec<(String, &Value)> = match good {
        Value::Object(members) => members.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(items) => items.iter().map(|v| (String::from("0"), v)).collect(),
        _ => return all,
    };
    for (name, value) in members {
        let with = |new: Option<Value>| {
            let mut changed = good.clone();
            match (&mut changed, new) {
                (Value::Object(members), Some(new)) => drop(members.insert(name.clone(), new)),
                (Value::Object(members), None) => drop(members.remove(&name)),
                (Value::Array(items), new) => *items = new.into_iter().collect(),
                _ => {}
            }
            changed
        };
        all.push(with(None));
        let parsed = MISFITS.iter().map(|text| match serde_json::from_str(text) {
            Ok(value) => value,
            Err(_) => json!(f64::MAX),
        });
        all.extend(parsed.map(|misfit| with(Some(misfit))));
        all.push(with(Some(json!("x".repeat(30_000)))));
        all.extend(misfits(value).into_iter().map(|inner| with(Some(inner))));
    }
    all
}

/// What was asked, and how often it was answered in which way.
struct Doors {
    running: Running,
    token: String,
    graph_token: String,
    asked: usize,
    refused: usize,
}

impl Doors {
    async fn open() -> Self {
        let options = Options {
            empty: true,
            ..Options::default()
        };
        let running = Running::serve(DevVault::open(options).unwrap());
        let scope = "https://graph.microsoft.com/.default";
        let (_, reply) = running.sign_in(&[("scope", Some(scope))]).await;
        Self {
            token: running.token().await,
            graph_token: reply["access_token"].as_str().unwrap().to_owned(),
            running,
            asked: 0,
            refused: 0,
        }
    }

    fn vault(&self, method: &str, path: &str) -> RequestBuilder {
        let url = self.running.vault(path);
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.running.client.request(method, url);
        request.bearer_auth(&self.token)
    }

    /// Whatever is asked is answered: soon, without a fault of ours, and refused in JSON.
    async fn ask(&mut self, what: &str, request: RequestBuilder) -> u16 {
        let answer = request.timeout(PATIENCE).send().await;
        let answer = answer.unwrap_or_else(|error| panic!("{what}: no answer: {error:?}"));
        let status = answer.status().as_u16();
        let json = answer.headers().get("content-type");
        let json = json.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        let body = answer.text().await.unwrap();
        assert!(status < 500, "{what}: {status} {body}");
        if json && status >= 400 && !body.is_empty() {
            let body: Value = serde_json::from_str(&body).unwrap();
            assert!(!body["error"].is_null(), "{what}: {status} {body}");
        }
        self.asked += 1;
        self.refused += usize::from(status >= 400);
        status
    }

    /// It must still do what it should.
    async fn end(mut self, at_least: usize) {
        let good = self.vault("PUT", &format!("/secrets/end?{API}"));
        let status = self.ask("the end", good.body(r#"{"value": "v"}"#)).await;
        assert_eq!(status, 200);
        assert!(
            self.asked >= at_least && self.refused * 2 > self.asked,
            "{} asked, {} refused: this tests nothing",
            self.asked,
            self.refused
        );
    }
}

#[tokio::test]
async fn a_body_that_does_not_fit_is_refused() {
    let mut doors = Doors::open().await;
    // A key that none of all this changes.
    let create = doors.vault("POST", &format!("/keys/u/create?{API}"));
    let status = doors.ask("a key", create.body(r#"{"kty": "EC"}"#)).await;
    assert_eq!(status, 200);
    let mut number = 0;
    let mut path_of = |path: &str| {
        number += 1;
        format!("{}?{API}", path.replace('#', &number.to_string()))
    };
    for (method, path, good, expected) in GOOD {
        let request = doors.vault(method, &path_of(path)).body(*good);
        let status = doors.ask(path, request).await;
        assert_eq!(status, *expected, "{method} {path}");
        for odd in oddities() {
            let what = format!("{method} {path}: {:.200}", String::from_utf8_lossy(&odd));
            let request = doors.vault(method, &path_of(path)).body(odd);
            doors.ask(&what, request).await;
        }
        let good: Value = serde_json::from_str(good).unwrap_or_default();
        for misfit in misfits(&good) {
            let what = format!("{method} {path}: {:.2000}", misfit.to_string());
            let request = doors.vault(method, &path_of(path));
            doors.ask(&what, request.body(misfit.to_string())).await;
        }
    }
    doors.end(3000).await;
}

#[tokio::test]
async fn an_address_or_a_header_that_does_not_fit_is_refused() {
    let mut doors = Doors::open().await;
    let long = "x".repeat(5000);
    let words = [
        "",
        "secrets",
        "keys",
        "certificates",
        "deletedkeys",
        "storage",
        "restore",
        "versions",
        "pending",
        "%00",
        "%ff",
        "%2e%2e",
        "a%2Fb",
        "é",
        "_",
        "create",
        &long,
    ];
    let queries = [
        "",
        API,
        "api-version",
        "api-version=",
        "api-version=%ff",
        "api-version=7.4&maxresults=0",
        "api-version=7.4&maxresults=26",
        "api-version=7.4&$skiptoken=%00",
        "&&==&%zz",
        "api-version=7.4&outContentType=x",
        "api-version=7.4&includePending=maybe",
    ];
    let methods = [
        "GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE", "ODD",
    ];
    for (at, first) in words.iter().enumerate() {
        for (next, second) in words.iter().enumerate() {
            let (method, query) = (methods[(at + next) % 9], queries[(at * 2 + next) % 11]);
            let third = words[(at + next * 3) % words.len()];
            let path = format!("/{first}/{second}/{third}?{query}");
            let request = doors.vault(method, &path);
            doors.ask(&format!("{method} {path:.300}"), request).await;
        }
    }
    for query in queries {
        let request = doors.vault("GET", &format!("/secrets?{query}"));
        doors.ask(query, request).await;
    }
    // What would be another method, behind another's back: it is as if it were not said.
    let path = format!("/secrets/end?{API}");
    let put = doors.vault("PUT", &path).body(r#"{"value": "v"}"#);
    assert_eq!(doors.ask("put", put).await, 200);
    for (name, value) in [
        ("x-http-method", "DELETE"),
        ("x-http-method-override", "DELETE"),
        ("x-ms-client-request-id", &*long),
        ("content-type", "text/plain"),
        ("content-encoding", "gzip"),
        ("range", "bytes=0-1"),
        ("accept", "text/html"),
    ] {
        let request = doors.vault("GET", &path).header(name, value);
        assert_eq!(doors.ask(name, request).await, 200, "{name}");
    }
    for value in ["Bearer", "Bearer a.b.c", "Basic e30=", "Bearer  ", &long] {
        let url = doors.running.vault(&path);
        let request = doors.running.client.get(url).header("authorization", value);
        assert_eq!(doors.ask(value, request).await, 401, "{value}");
    }
    doors.end(300).await;
}

#[tokio::test]
async fn forms_and_objects_that_do_not_fit_are_refused() {
    let mut doors = Doors::open().await;
    let access = &doors.running.access;
    let tenant = &access.tenant_id;
    let login = access.authority.clone();
    let fields = [
        "grant_type",
        "client_id",
        "client_secret",
        "scope",
        "resource",
        "client_assertion",
        "client_assertion_type",
        "code",
        "redirect_uri",
        "code_verifier",
        "code_challenge",
        "code_challenge_method",
        "response_type",
        "refresh_token",
        "assertion",
        "device_code",
        "user_code",
        "requested_token_use",
        "state",
        "claims",
    ];
    let long = "x".repeat(70_000);
    let bearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let values = [
        "",
        "client_credentials",
        "authorization_code",
        "refresh_token",
        bearer,
        "on_behalf_of",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        &access.client_id,
        access.client_secret.expose(),
        "https://vault.azure.net/.default",
        "code",
        "e30.e30.AAAA",
        "eyJhbGciOiJSUzI1NiJ9.e30.AAAA",
        "%00%ff",
        "http://localhost",
        "S256",
        &long,
    ];
    let mut asks = Vec::new();
    for page in ["token", "v2.0/token", "v2.0/devicecode", "v2.0/authorize"] {
        for tenant in [tenant, "common", "%00", "nobody"] {
            for turn in 0..15 {
                let form = fields.iter().enumerate().filter_map(|(at, field)| {
                    let value = values[(at * 5 + turn * 7 + page.len()) % values.len()];
                    ((at + turn) % 3 != 0).then(|| format!("{field}={value}"))
                });
                let form = form.collect::<Vec<String>>().join("&");
                asks.push((format!("{login}/{tenant}/oauth2/{page}"), form));
            }
            asks.push((
                format!("{login}/{tenant}/oauth2/{page}"),
                String::from("&&=&%zz=%"),
            ));
        }
    }
    for (url, form) in asks {
        let request = doors.running.client.post(&url).body(form.clone());
        doors.ask(&format!("{url} {form:.300}"), request).await;
        let short: String = form.chars().take(3000).collect();
        let request = doors.running.client.get(format!("{url}?{short}"));
        doors.ask(&format!("GET {url}?{short:.300}"), request).await;
    }
    let graph = doors.running.access.graph_url.clone().unwrap();
    let object = json!({
        "displayName": "a", "appId": "a", "tags": ["a"], "keyCredentials": [{"key": "AA", "type": "t"}],
        "requiredResourceAccess": [{"resourceAppId": "a", "resourceAccess": [{"id": "a"}]}],
        "principalId": "a", "resourceId": "a", "appRoleId": "a", "roleDefinitionId": "a",
        "directoryScopeId": "/", "keyCredential": {"key": "AA"}, "proof": "e30.e30.AA", "keyId": "a",
    });
    for path in [
        "/applications",
        "/servicePrincipals",
        "/servicePrincipals/x/appRoleAssignments",
        "/roleManagement/directory/roleAssignments",
        "/applications/x/addKey",
        "/applications/x",
    ] {
        for body in misfits(&object) {
            let url = format!("{graph}{path}");
            let request = doors
                .running
                .client
                .post(&url)
                .bearer_auth(&doors.graph_token);
            let what = format!("{url}: {:.500}", body.to_string());
            doors.ask(&what, request.body(body.to_string())).await;
        }
        for filter in [
            "(((",
            "appId eq",
            "displayName eq 'a''b",
            "startswith(a",
            "tags/any(t:t eq",
        ] {
            let url = format!("{graph}{path}?$filter={filter}&$top=x&$select=%ff");
            let request = doors
                .running
                .client
                .get(&url)
                .bearer_auth(&doors.graph_token);
            doors.ask(&url, request).await;
        }
    }
    doors.end(1500).await;
}

#[tokio::test]
async fn switches_that_do_not_fit_are_refused() {
    let mut doors = Doors::open().await;
    let good = json!({
        "throttle": {"value": 1, "path": "/none", "times": 1, "retryAfter": 1}, "latency": 0,
        "clock": "+1d", "error": {"value": 500, "path": "/none"}, "soft-delete": 1, "issuance": 1,
        "content-type": {"value": "a", "path": "/none"}, "forbid": {"value": "rbac", "path": "/none"},
    });
    let mut bodies: Vec<Vec<u8>> = misfits(&good)
        .iter()
        .map(|body| body.to_string().into_bytes())
        .collect();
    bodies.extend(oddities());
    bodies.push(r#"{"clock": 9223372036854775807}"#.into());
    bodies.push(r#"{"clock": "-106751991167300d"}"#.into());
    for body in bodies {
        let what = String::from_utf8_lossy(&body)
            .chars()
            .take(500)
            .collect::<String>();
        let request = doors.vault("PUT", "/_dev/switches").body(body);
        let answer = request.timeout(PATIENCE).send().await.unwrap();
        assert!(answer.status().as_u16() < 500, "{what}");
        // Whatever stands now, it can be told to stop.
        let answer = doors
            .vault("DELETE", "/_dev/switches")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{what}");
    }
    let good = doors.vault("GET", &format!("/secrets?{API}"));
    assert_eq!(doors.ask("the end", good).await, 200);
}

const PATIENCE: Duration = Duration::from_secs(60);
