//! Certificates, keys, secrets, and lists of them.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use reqwest::Method;
use serde_json::{Value, json};

use crate::openssl::openssl;
use crate::running::{API, Running, read};

#[tokio::test]
async fn the_three_parts_of_a_certificate_agree() {
    let running = Running::start().await;
    let certificate = running.found(&format!("/certificates/web?{API}")).await;
    let secret = running.found(&format!("/secrets/WEB/?{API}")).await;
    let key = running.found(&format!("//keys//web?{API}")).await;
    let ids = [&certificate["id"], &secret["id"], &key["key"]["kid"]];
    let [id, sid, kid] = ids.map(|id| id.as_str().unwrap());
    let version = id.rsplit('/').next().unwrap();
    assert_eq!(version.len(), 32);
    assert_eq!(id, running.vault(&format!("/certificates/web/{version}")));
    assert_eq!(sid, running.vault(&format!("/secrets/web/{version}")));
    assert_eq!(kid, running.vault(&format!("/keys/web/{version}")));
    assert_eq!(
        (&certificate["kid"], &certificate["sid"]),
        (&json!(kid), &json!(sid))
    );
    assert_eq!(
        (&secret["kid"], &secret["managed"], &key["managed"]),
        (&json!(kid), &json!(true), &json!(true))
    );
    assert_eq!(certificate["attributes"], secret["attributes"]);
    let mut attributes = certificate["attributes"].clone();
    attributes["exportable"] = json!(false);
    attributes["hsmPlatform"] = json!("0");
    assert_eq!(attributes, key["attributes"]);
    assert_eq!(
        key["key"]["key_ops"],
        json!(["sign", "verify", "wrapKey", "unwrapKey"])
    );
    assert_eq!(
        (&key["key"]["kty"], &key["key"]["e"]),
        (&json!("RSA"), &json!("AQAB"))
    );
    assert_eq!(
        certificate["policy"]["id"],
        running.vault("/certificates/web/policy")
    );
    let policy = running
        .found(&format!("/certificates/web/policy?{API}"))
        .await;
    assert_eq!(policy, certificate["policy"]);

    let versioned = running
        .found(&format!("/certificates/web/{version}?{API}"))
        .await;
    assert_eq!(versioned["cer"], certificate["cer"]);
    let leaf = running.leaf("web").await;
    let text = openssl(
        &[
            "x509",
            "-inform",
            "DER",
            "-noout",
            "-fingerprint",
            "-ext",
            "subjectAltName",
        ],
        &leaf,
    );
    let x5t = BASE64_URL_SAFE_NO_PAD
        .decode(certificate["x5t"].as_str().unwrap())
        .unwrap();
    let x5t: Vec<String> = x5t.iter().map(|byte| format!("{byte:02X}")).collect();
    assert!(
        text.contains(&x5t.join(":")) && text.contains("DNS:web.example.com"),
        "{text}"
    );

    let ec = running.found(&format!("/keys/api-ec?{API}")).await;
    assert_eq!(
        (&ec["key"]["crv"], &ec["key"]["key_ops"]),
        (&json!("P-256"), &json!(["sign", "verify"]))
    );
}

#[tokio::test]
async fn lists_come_in_pages() {
    let running = Running::start().await;
    let names = [
        "api-ec",
        "api-ec-pem",
        "expiring",
        "retired",
        "rotated",
        "vaulted",
        "web",
        "web-pem",
    ];
    for (collection, id) in [("secrets", "id"), ("certificates", "id"), ("keys", "kid")] {
        let whole = running.found(&format!("/{collection}?{API}")).await;
        assert_eq!(whole["nextLink"], Value::Null);
        let ids = |page: &Value| -> Vec<String> {
            let items = page["value"].as_array().unwrap().iter();
            items
                .map(|item| item[id].as_str().unwrap().to_owned())
                .collect()
        };
        let expected = names.map(|name| running.vault(&format!("/{collection}/{name}")));
        assert_eq!(ids(&whole), expected);

        let mut path = format!("/{collection}?{API}&maxresults=3");
        let mut got = Vec::new();
        for left in [true, true, false] {
            let page = running.found(&path).await;
            got.extend(ids(&page));
            assert_eq!(page["nextLink"].is_string(), left, "{page}");
            if let Some(link) = page["nextLink"].as_str() {
                assert!(link.contains("&$skiptoken=") && link.ends_with("&maxresults=3"));
                path = link
                    .strip_prefix(&running.access.vault_url)
                    .unwrap()
                    .to_owned();
            }
        }
        assert_eq!(got, expected);
    }
    let secrets = running.found(&format!("/secrets?{API}")).await;
    assert!(
        !secrets.to_string().contains("\"value\":\""),
        "a list has no secrets"
    );
    assert_eq!(secrets["value"][0]["managed"], true);
    assert_eq!(secrets["value"][0]["contentType"], "application/x-pkcs12");
}

#[tokio::test]
async fn a_rotated_certificate_has_two_versions() {
    let running = Running::start().await;
    let versions = running
        .found(&format!("/certificates/rotated/versions?{API}"))
        .await;
    let items = versions["value"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    let newest = items
        .iter()
        .max_by_key(|item| item["attributes"]["created"].as_i64())
        .unwrap();
    let current = running.found(&format!("/certificates/rotated?{API}")).await;
    assert_eq!(current["id"], newest["id"]);
    let page = running
        .found(&format!("/secrets/rotated/versions?{API}&maxresults=1"))
        .await;
    let link = page["nextLink"].as_str().unwrap();
    let next = running
        .found(link.strip_prefix(&running.access.vault_url).unwrap())
        .await;
    assert_eq!(next["nextLink"], Value::Null);
    assert_ne!(next["value"][0]["id"], page["value"][0]["id"]);
}

#[tokio::test]
async fn refusals_say_what_the_service_says() {
    let running = Running::start().await;
    let no_version = "0".repeat(32);
    for (path, status, code) in [
        (format!("/secrets/nope?{API}"), 404, "SecretNotFound"),
        (format!("/keys/nope?{API}"), 404, "KeyNotFound"),
        (
            format!("/certificates/web/{no_version}?{API}"),
            404,
            "CertificateNotFound",
        ),
        (
            format!("/certificates/web/pending?{API}"),
            404,
            "PendingCertificateNotFound",
        ),
        (
            format!("/certificates/contacts?{API}"),
            404,
            "ContactsNotFound",
        ),
        (format!("/deletedsecrets/web?{API}"), 404, "SecretNotFound"),
        (format!("/secrets/a_b?{API}"), 400, "BadParameter"),
        (format!("/secrets?{API}&maxresults=26"), 400, "BadParameter"),
        (String::from("/secrets/web"), 400, "BadParameter"),
        (format!("/nothing?{API}"), 404, "NotFound"),
    ] {
        let (got, reply) = running.get(&path).await;
        assert_eq!(
            (got.as_u16(), &reply["error"]["code"]),
            (status, &json!(code)),
            "{path}"
        );
    }
    // What is not there has no versions, which is no refusal.
    let none = running
        .found(&format!("/certificates/nope/versions?{API}"))
        .await;
    assert_eq!(none, json!({"value": [], "nextLink": null}));

    let (_, reply) = running.get(&format!("/secrets/nope?{API}")).await;
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("A secret with (name/id) nope was not found in this key vault."));

    let (status, reply) = running.get(&format!("/secrets/retired?{API}")).await;
    assert_eq!(status, 403);
    let message = "Operation get is not allowed on a disabled secret.";
    let inner = json!({"code": "SecretDisabled"});
    assert_eq!(
        reply["error"],
        json!({"code": "Forbidden", "message": message, "innererror": inner})
    );

    let put = running
        .request(Method::PUT, &format!("/secrets?{API}"))
        .await;
    let (status, reply) = read(put.send().await.unwrap()).await;
    assert_eq!(
        (status.as_u16(), &reply["error"]["message"]),
        (405, &json!("HTTP PUT not allowed"))
    );
}

/// Of a client that can send POST alone.
#[tokio::test]
async fn a_post_may_stand_for_another_method() {
    let running = Running::start().await;
    for (method, body, expected) in [
        ("PUT", r#"{"value": "tunnelled"}"#, 200),
        ("PATCH", r#"{"tags": {"a": "b"}}"#, 200),
        ("DELETE", "", 200),
        ("GET", "", 400),
    ] {
        let path = format!("/secrets/posted?{API}");
        let request = running.request(Method::POST, &path).await;
        let request = request.header("X-HTTP-METHOD", method).body(body);
        let (status, reply) = read(request.send().await.unwrap()).await;
        assert_eq!(status.as_u16(), expected, "{method}: {reply}");
    }
}
