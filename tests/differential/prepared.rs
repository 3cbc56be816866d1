//! What was there when an exchange was recorded alone, made again: as far as its answer tells.

use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::conversation::{Conversation, Exchange};

impl Conversation<'_> {
    /// Makes what the exchange is about. `false`: that cannot be had here.
    pub(crate) async fn prepare(&mut self, exchange: &Exchange) -> bool {
        let url: Url = exchange.url().parse().unwrap();
        let segments = url.path_segments().unwrap();
        let segments: Vec<&str> = segments.filter(|segment| !segment.is_empty()).collect();
        let told = exchange.told();
        if exchange.response.status != 200 {
            return self.prepare_refusal(exchange, &segments, &told).await;
        }
        match *segments.as_slice() {
            ["certificates", "contacts"] => self.contacts(&told).await,
            ["certificates", "issuers"] => self.issuers(&told).await,
            ["certificates", "issuers", name] => self.issuer(name, &told).await,
            ["certificates", name, "pending"] => return self.operation(name, &told).await,
            ["certificates", name, "policy"] => {
                let policy = json!({"policy": told});
                self.certificate(name, &policy).await;
            }
            [_, _, "import" | "create"] => {}
            ["keys", name, "backup"] => self.object("keys", name, &json!({})).await,
            [collection, name, "versions"] => {
                for _ in 0..how_many(&told) {
                    self.object(collection, name, &told["value"][0]).await;
                }
            }
            [collection @ ("secrets" | "keys" | "certificates"), name, ..] => {
                self.object(collection, name, &told).await;
            }
            [collection @ ("secrets" | "keys" | "certificates")] => {
                self.list(collection, &told).await;
            }
            ["deletedcertificates", name] => self.deleted("certificates", name, &told).await,
            ["deletedsecrets", name] => self.deleted("secrets", name, &told).await,
            ["deletedkeys", name] => self.deleted("keys", name, &told).await,
            [deleted] if deleted.starts_with("deleted") => {
                let collection = &deleted["deleted".len()..];
                for item in first_two(&told) {
                    self.deleted(collection, &name_of(item), item).await;
                }
            }
            _ => return false,
        }
        true
    }

    async fn prepare_refusal(
        &mut self,
        exchange: &Exchange,
        segments: &[&str],
        told: &Value,
    ) -> bool {
        let inner = told["error"]["innererror"]["code"].as_str();
        match (inner.unwrap_or_default(), segments) {
            ("AccessDenied" | "HardwareKeysNotSupported", _) => {}
            ("ForbiddenByPolicy", _) => {
                self.switch(json!({"forbid": "ForbiddenByPolicy"})).await;
            }
            ("KeyManagedByKeyVault" | "SecretManagedByKeyVault", [_, name]) => {
                self.certificate(name, &json!({})).await;
            }
            ("", [collection, "restore"]) => {
                self.object(collection, "kept", &json!({})).await;
                let path = format!("/{collection}/kept/backup");
                let backup = self.send(Method::POST, &path, Value::Null).await;
                self.means(&exchange.asked()["value"], &backup["value"]);
            }
            ("SecretDisabled" | "", ["secrets", name]) => {
                let off = json!({"attributes": {"enabled": false}});
                self.object("secrets", name, &off).await;
            }
            ("ObjectIsBeingDeleted", [collection, name, ..]) => {
                let collection = collection.trim_start_matches("deleted");
                self.object(collection, name, &json!({})).await;
                self.switch(json!({"soft-delete": LONG})).await;
                self.send(Method::DELETE, &format!("/{collection}/{name}"), json!({}))
                    .await;
            }
            ("ObjectIsDeletedButRecoverable", [collection, name, ..]) => {
                self.deleted(collection, name, &json!({})).await;
            }
            _ => return false,
        }
        true
    }

    /// An object of which the answer told this much.
    async fn object(&mut self, collection: &str, name: &str, told: &Value) {
        let managed = told["managed"] == true || told["kid"].is_string() && collection == "secrets";
        let made = match collection {
            "certificates" => return self.certificate(name, told).await,
            _ if managed => {
                // A key on a curve is made in no time, and nothing tells it from another here.
                let policy = json!({"key_props": {"kty": "EC"},
                    "secret_props": {"contentType": told["contentType"]}});
                let body = json!({"policy": policy, "tags": told["tags"], "attributes": told["attributes"]});
                self.certificate(name, &body).await;
                self.send(Method::GET, &format!("/{collection}/{name}"), Value::Null)
                    .await
            }
            "secrets" => {
                let body = json!({"value": "x", "contentType": told["contentType"],
                    "attributes": told["attributes"], "tags": told["tags"]});
                self.send(Method::PUT, &format!("/secrets/{name}"), body)
                    .await
            }
            _ => {
                let key = &told["key"];
                let kty = key["kty"].as_str().unwrap_or("RSA");
                let body = json!({"kty": kty, "crv": key["crv"], "key_ops": key["key_ops"],
                    "attributes": told["attributes"], "tags": told["tags"]});
                self.send(Method::POST, &format!("/keys/{name}/create"), body)
                    .await
            }
        };
        self.learn(Some(&told.to_string()), Some(&made.to_string()));
    }

    /// A certificate as the answer tells it, issued at once by the vault itself.
    async fn certificate(&mut self, name: &str, told: &Value) {
        let mut policy = told["policy"].clone();
        if policy["x509_props"]["subject"]
            .as_str()
            .is_none_or(str::is_empty)
        {
            policy["x509_props"]["subject"] = json!("CN=any");
        }
        let issuer = policy["issuer"]["name"].clone();
        policy["issuer"]["name"] = json!("Self");
        let body =
            json!({"policy": policy, "tags": told["tags"], "attributes": told["attributes"]});
        let on_its_way = told["id"].is_string() && told["cer"].is_null() && told["x5t"].is_null();
        let delay = if on_its_way { LONG } else { 0 };
        self.switch(json!({"issuance": delay})).await;
        self.send(Method::POST, &format!("/certificates/{name}/create"), body)
            .await;
        if issuer.is_string() && issuer != "Self" {
            let change = json!({"issuer": {"name": issuer}});
            self.send(
                Method::PATCH,
                &format!("/certificates/{name}/policy"),
                change,
            )
            .await;
        }
        if told["pending"].is_null() && told["cer"].is_string() {
            self.send(
                Method::DELETE,
                &format!("/certificates/{name}/pending"),
                Value::Null,
            )
            .await;
        }
        let path = format!("/certificates/{name}");
        let made = self.send(Method::GET, &path, Value::Null).await;
        self.learn(Some(&told.to_string()), Some(&made.to_string()));
    }

    async fn deleted(&mut self, collection: &str, name: &str, told: &Value) {
        self.switch(json!({"soft-delete": 0})).await;
        self.object(collection, name, told).await;
        self.switch(json!({"soft-delete": 0})).await;
        let path = format!("/{collection}/{name}");
        self.send(Method::DELETE, &path, Value::Null).await;
    }

    async fn list(&mut self, collection: &str, told: &Value) {
        for item in first_two(told) {
            self.object(collection, &name_of(item), item).await;
        }
        if told["nextLink"].is_string() {
            self.object(collection, "zz-the-next", &json!({})).await;
        }
    }

    /// A certificate on its way, as far as it was.
    async fn operation(&mut self, name: &str, told: &Value) -> bool {
        let issuer = told["issuer"]["name"].as_str().unwrap_or("Self").to_owned();
        let own = issuer == "Self";
        if !own && issuer != "Unknown" {
            self.issuer(&issuer, &json!({"provider": "Test"})).await;
        }
        let status = told["status"].as_str().unwrap_or_default();
        let delay = if status == "completed" { 0 } else { LONG };
        self.switch(json!({"issuance": delay})).await;
        let policy = json!({"x509_props": {"subject": "CN=any"}, "issuer": {"name": issuer}});
        let body = json!({"policy": policy});
        self.send(Method::POST, &format!("/certificates/{name}/create"), body)
            .await;
        let path = format!("/certificates/{name}/pending");
        let cancel = json!({"cancellation_requested": true});
        match status {
            "inProgress" => true,
            "completed" => own,
            "cancelled" | "canceled" if own => {
                self.send(Method::PATCH, &path, cancel).await;
                true
            }
            _ => false,
        }
    }

    async fn contacts(&mut self, told: &Value) {
        let body = json!({"contacts": told["contacts"]});
        self.send(Method::PUT, "/certificates/contacts", body).await;
    }

    async fn issuers(&mut self, told: &Value) {
        for item in first_two(told) {
            self.issuer(&name_of(item), item).await;
        }
    }

    async fn issuer(&mut self, name: &str, told: &Value) {
        let body = json!({"provider": told["provider"], "credentials": told["credentials"],
            "org_details": told["org_details"], "attributes": told["attributes"]});
        self.send(Method::PUT, &format!("/certificates/issuers/{name}"), body)
            .await;
    }
}

/// What of a list must be there: one, and another if there was a next page.
fn first_two(told: &Value) -> Vec<&Value> {
    let items = told["value"].as_array().into_iter().flatten();
    items.take(2).collect()
}

/// More than were told, if there was a next page.
fn how_many(told: &Value) -> usize {
    let items = told["value"].as_array().map_or(0, Vec::len);
    items + usize::from(told["nextLink"].is_string())
}

/// The name in an item's identifier.
fn name_of(item: &Value) -> String {
    let id = item["id"]
        .as_str()
        .or_else(|| item["kid"].as_str())
        .unwrap();
    let url: Url = id.parse().unwrap();
    let segments = url.path_segments().unwrap();
    let segments: Vec<&str> = segments.collect();
    let at = if segments.get(1) == Some(&"issuers") {
        2
    } else {
        1
    };
    segments[at].to_owned()
}

/// In milliseconds: longer than any test.
const LONG: i64 = 3_600_000;
