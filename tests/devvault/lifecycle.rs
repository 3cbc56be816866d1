//! Secrets from the first version to the last, and what soft delete allows in between.

use reqwest::Method;
use serde_json::{Value, json};

use crate::running::{API, Running, TempFolder};

#[tokio::test]
async fn a_secret_has_versions() {
    let running = Running::start().await;
    let body = json!({"value": "one", "contentType": "text/plain", "tags": {"a": "b"},
        "attributes": {"nbf": 1, "exp": 4_102_444_800_i64}});
    let first = running.done(Method::PUT, "/secrets/mine", body).await;
    assert_eq!(first["value"], "one");
    assert_eq!(first["tags"], json!({"a": "b"}));
    assert_eq!(
        (&first["kid"], &first["managed"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(first["attributes"]["exp"], 4_102_444_800_i64);
    assert_eq!(
        first["attributes"]["recoveryLevel"],
        "CustomizedRecoverable+Purgeable"
    );
    let second = running
        .done(Method::PUT, "/secrets/MINE", json!({"value": "two"}))
        .await;
    assert!(
        second["id"].as_str().unwrap().contains("/secrets/mine/"),
        "{second}"
    );
    assert_eq!(running.secret("mine").await["value"], "two");
    let old = version_of(&first);
    let found = running.found(&format!("/secrets/mine/{old}?{API}")).await;
    assert_eq!(found["value"], "one");

    let path = format!("/secrets/mine/{old}");
    let change = json!({"contentType": "x", "attributes": {"enabled": false}});
    let changed = running.done(Method::PATCH, &path, change).await;
    assert_eq!(
        (&changed["value"], &changed["contentType"]),
        (&Value::Null, &json!("x"))
    );
    assert_ne!(
        changed["attributes"]["updated"],
        first["attributes"]["updated"]
    );
    assert_eq!(changed["tags"], json!({"a": "b"}));
    let (status, reply) = running.get(&format!("{path}?{API}")).await;
    assert_eq!(
        (status.as_u16(), &reply["error"]["innererror"]["code"]),
        (403, &json!("SecretDisabled"))
    );
    let versions = running
        .found(&format!("/secrets/mine/versions?{API}"))
        .await;
    assert_eq!(versions["value"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn limits_are_those_of_the_service() {
    let running = Running::start().await;
    let tags: Value = (0..16)
        .map(|n| (n.to_string(), json!("x")))
        .collect::<serde_json::Map<_, _>>()
        .into();
    for (body, status) in [
        (json!({"value": "x".repeat(25_600)}), 200),
        (json!({"value": "x".repeat(25_601)}), 400),
        (json!({}), 400),
        (json!({"value": 1}), 400),
        (json!({"value": "x", "tags": tags}), 400),
        (json!({"value": "x", "contentType": "x".repeat(256)}), 400),
    ] {
        let (got, reply) = running
            .call(Method::PUT, "/secrets/limits", Some(body))
            .await;
        assert_eq!(got, status, "{reply}");
    }
}

#[tokio::test]
async fn soft_delete_is_seen_a_moment_later() {
    let running = Running::start().await;
    running
        .done(Method::PUT, "/secrets/gone", json!({"value": "x"}))
        .await;
    let refusal = running
        .call(Method::DELETE, "/deletedsecrets/gone", None)
        .await;
    assert_eq!(
        code(&refusal),
        (400, "ObjectMustBeDeletedPriorToBeingPurged".into())
    );
    let refusal = running
        .call(Method::POST, "/deletedsecrets/gone/recover", None)
        .await;
    assert_eq!(
        code(&refusal),
        (400, "RequestNotAllowedOnNonDeletedObject".into())
    );

    let (status, deleted) = running.call(Method::DELETE, "/secrets/gone", None).await;
    assert_eq!(status, 200, "{deleted}");
    assert_eq!(deleted["recoveryId"], running.vault("/deletedsecrets/gone"));
    let days =
        deleted["scheduledPurgeDate"].as_i64().unwrap() - deleted["deletedDate"].as_i64().unwrap();
    assert_eq!(days, 7 * 24 * 3600);
    let (status, reply) = running.get(&format!("/deletedsecrets/gone?{API}")).await;
    assert_eq!(status, 404);
    assert_eq!(reply["error"]["message"], "Deleted Secret not found: gone");
    let set = || running.call(Method::PUT, "/secrets/gone", Some(json!({"value": "y"})));
    assert_eq!(code(&set().await), (409, "ObjectIsBeingDeleted".into()));
    running.until_found("/deletedsecrets/gone").await;
    assert_eq!(
        code(&set().await),
        (409, "ObjectIsDeletedButRecoverable".into())
    );
    assert_eq!(running.get(&format!("/secrets/gone?{API}")).await.0, 404);

    let (status, _) = running
        .call(Method::POST, "/deletedsecrets/gone/recover", None)
        .await;
    assert_eq!(status, 200);
    assert_eq!(running.secret("gone").await["value"], "x");
    running.call(Method::DELETE, "/secrets/gone", None).await;
    running.until_found("/deletedsecrets/gone").await;
    let purge = running
        .request(Method::DELETE, &format!("/deletedsecrets/gone?{API}"))
        .await;
    let response = purge.send().await.unwrap();
    assert_eq!(response.status(), 204);
    assert_eq!(response.bytes().await.unwrap().len(), 0);
    assert_eq!(set().await.0, 200);
}

#[tokio::test]
async fn a_backup_is_restored_where_it_was_made_only() {
    let running = Running::start().await;
    running
        .done(Method::PUT, "/secrets/kept", json!({"value": "one"}))
        .await;
    running
        .done(Method::PUT, "/secrets/kept", json!({"value": "two"}))
        .await;
    for collection in ["secrets/kept", "certificates/web"] {
        let (plural, name) = collection.split_once('/').unwrap();
        let (status, blob) = running
            .call(Method::POST, &format!("/{collection}/backup"), None)
            .await;
        assert_eq!(status, 200, "{blob}");
        let restore = format!("/{plural}/restore");
        let (status, reply) = running
            .call(Method::POST, &restore, Some(blob.clone()))
            .await;
        assert_eq!(status, 409, "{reply}");
        assert!(
            reply["error"]["message"]
                .as_str()
                .unwrap()
                .starts_with("There was a conflict restoring the")
        );
        running
            .call(Method::DELETE, &format!("/{collection}"), None)
            .await;
        running.until_found(&format!("/deleted{collection}")).await;
        running
            .request(Method::DELETE, &format!("/deleted{collection}?{API}"))
            .await
            .send()
            .await
            .unwrap();

        // One letter of the blob is another: it is nobody's.
        let value = blob["value"].as_str().unwrap();
        let middle = value.len() / 2;
        let other = if &value[middle..=middle] == "A" {
            "B"
        } else {
            "A"
        };
        let forged = format!("{}{other}{}", &value[..middle], &value[middle + 1..]);
        let (status, reply) = running
            .call(Method::POST, &restore, Some(json!({"value": forged})))
            .await;
        assert_eq!(
            (status, &reply["error"]["code"]),
            (400, &json!("Malformed backup blob"))
        );
        let other_kind = if plural == "secrets" {
            "/keys/restore"
        } else {
            "/secrets/restore"
        };
        assert_eq!(
            running
                .call(Method::POST, other_kind, Some(blob.clone()))
                .await
                .0,
            400
        );
        let elsewhere = Running::start().await;
        assert_eq!(
            elsewhere
                .call(Method::POST, &restore, Some(blob.clone()))
                .await
                .0,
            400
        );

        let (status, reply) = running.call(Method::POST, &restore, Some(blob)).await;
        assert_eq!(status, 200, "{reply}");
        running.found(&format!("/{plural}/{name}?{API}")).await;
    }
    assert_eq!(running.secret("kept").await["value"], "two");
    assert_eq!(running.secret("web").await["managed"], true);
    let versions = running
        .found(&format!("/secrets/kept/versions?{API}"))
        .await;
    assert_eq!(versions["value"].as_array().unwrap().len(), 2);
}

/// The real program is killed while it writes: whatever it acknowledged is there afterwards.
#[cfg(unix)]
#[tokio::test]
async fn nothing_acknowledged_is_lost_when_it_is_killed() {
    let folder = TempFolder::new("killed");
    let mut acknowledged = 0;
    for round in 0..3 {
        let mut program = crate::program::Program::start(&folder.0).await;
        for earlier in 0..acknowledged {
            let secret = program.running.secret(&format!("s{earlier}")).await;
            assert_eq!(secret["value"], format!("value {earlier}"));
        }
        let until = acknowledged + 5 + round;
        while acknowledged < until {
            let body = json!({"value": format!("value {acknowledged}")});
            program
                .running
                .done(Method::PUT, &format!("/secrets/s{acknowledged}"), body)
                .await;
            acknowledged += 1;
        }
        // One more is on its way, and may or may not arrive.
        let request = program
            .running
            .request(Method::PUT, &format!("/secrets/late?{API}"))
            .await;
        let late = tokio::spawn(request.body(r#"{"value":"late"}"#).send());
        program.kill();
        let _ = late.await;
    }
    let program = crate::program::Program::start(&folder.0).await;
    for earlier in 0..acknowledged {
        let secret = program.running.secret(&format!("s{earlier}")).await;
        assert_eq!(secret["value"], format!("value {earlier}"));
    }
}

fn version_of(bundle: &Value) -> String {
    bundle["id"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned()
}

fn code((status, reply): &(u16, Value)) -> (u16, String) {
    let code = reply["error"]["innererror"]["code"].as_str();
    (*status, code.unwrap_or_default().to_owned())
}
