//! Keys, with openssl as the judge of what they do.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD as BASE64URL, Engine};
use reqwest::Method;
use serde_json::{Value, json};

use crate::openssl::{openssl, openssl_bytes};
use crate::running::{API, Running, TempFolder};

#[tokio::test]
async fn signatures_are_those_that_openssl_takes() {
    let running = Running::start().await;
    let digest = openssl_digest("sha256", b"signed");
    let key = running
        .done(
            Method::POST,
            "/keys/rsa/create",
            json!({"kty": "RSA", "key_size": 2048}),
        )
        .await;
    assert_eq!(
        key["key"]["key_ops"],
        json!([
            "encrypt",
            "decrypt",
            "sign",
            "verify",
            "wrapKey",
            "unwrapKey"
        ])
    );
    for (algorithm, padding) in [("RS256", "pkcs1"), ("PS256", "pss")] {
        let task = json!({"alg": algorithm, "value": BASE64URL.encode(&digest)});
        // The SDKs leave the version empty when they mean the latest.
        let done = running.done(Method::POST, "/keys/rsa//sign", task).await;
        assert_eq!(done["kid"], key["key"]["kid"]);
        let signature = BASE64URL.decode(done["value"].as_str().unwrap()).unwrap();
        let salt = if padding == "pss" {
            "rsa_pss_saltlen:digest"
        } else {
            "digest:sha256"
        };
        verified(
            &public_pem(&key),
            &digest,
            &signature,
            &[
                "digest:sha256",
                &format!("rsa_padding_mode:{padding}"),
                salt,
            ],
        );
        let task =
            json!({"alg": algorithm, "digest": BASE64URL.encode(&digest), "value": done["value"]});
        assert_eq!(
            running.done(Method::POST, "/keys/rsa//verify", task).await["value"],
            true
        );
        let other = BASE64URL.encode(openssl_digest("sha256", b"other"));
        let task = json!({"alg": algorithm, "digest": other, "value": done["value"]});
        assert_eq!(
            running.done(Method::POST, "/keys/rsa//verify", task).await["value"],
            false
        );
    }
    for (curve, algorithm, hash) in [
        ("P-256", "ES256", "sha256"),
        ("P-384", "ES384", "sha384"),
        ("P-521", "ES512", "sha512"),
        ("P-256K", "ES256K", "sha256"),
    ] {
        let path = format!("/keys/{algorithm}");
        let key = running
            .done(
                Method::POST,
                &format!("{path}/create"),
                json!({"kty": "EC", "crv": curve}),
            )
            .await;
        assert_eq!(
            (&key["key"]["crv"], &key["key"]["key_ops"]),
            (&json!(curve), &json!(["sign", "verify"]))
        );
        let digest = openssl_digest(hash, b"signed");
        let task = json!({"alg": algorithm, "value": BASE64URL.encode(&digest)});
        let done = running
            .done(Method::POST, &format!("{path}/sign"), task)
            .await;
        let signature = BASE64URL.decode(done["value"].as_str().unwrap()).unwrap();
        verified(&public_pem(&key), &digest, &der_of(&signature), &[]);
    }
}

/// `RSNULL` signs what it is given, as openssl does where no digest is named.
#[tokio::test]
async fn bytes_are_signed_as_they_are() {
    let running = Running::start().await;
    running
        .done(Method::POST, "/keys/raw/create", json!({"kty": "RSA"}))
        .await;
    let public = public_pem(&running.until_found("/keys/raw").await);
    let longest = [7; 256 - 11];
    for value in [&b"x"[..], &[9; 36], &longest] {
        let text = BASE64URL.encode(value);
        let task = json!({"alg": "RSNULL", "value": text});
        let done = running.done(Method::POST, "/keys/raw//sign", task).await;
        let signature = done["value"].as_str().unwrap();
        let recovered = recovered(&public, &BASE64URL.decode(signature).unwrap());
        assert_eq!(recovered, value);
        for (digest, expected) in [(text, true), (BASE64URL.encode([8; 36]), false)] {
            let task = json!({"alg": "RSNULL", "digest": digest, "value": signature});
            let verdict = running.done(Method::POST, "/keys/raw//verify", task).await;
            assert_eq!(verdict["value"], expected);
        }
    }
    let task = json!({"alg": "RSNULL", "digest": "eA", "value": BASE64URL.encode([255; 300])});
    let verdict = running.done(Method::POST, "/keys/raw//verify", task).await;
    assert_eq!(verdict["value"], false);
    running
        .done(Method::POST, "/keys/ec/create", json!({"kty": "EC"}))
        .await;
    for (name, length) in [("raw", 256 - 10), ("raw", 0), ("ec", 32)] {
        let task = json!({"alg": "RSNULL", "value": BASE64URL.encode(vec![7; length])});
        let path = format!("/keys/{name}//sign");
        let (status, reply) = running.call(Method::POST, &path, Some(task)).await;
        assert_eq!(
            (status, &reply["error"]["code"]),
            (400, &json!("BadParameter")),
            "{name}, {length} bytes"
        );
    }
}

#[tokio::test]
async fn what_was_encrypted_is_decrypted() {
    let running = Running::start().await;
    running
        .done(Method::POST, "/keys/box/create", json!({"kty": "RSA-HSM"}))
        .await;
    for algorithm in ["RSA1_5", "RSA-OAEP", "RSA-OAEP-256"] {
        for (there, back) in [("encrypt", "decrypt"), ("wrapkey", "unwrapkey")] {
            let plain = BASE64URL.encode(b"something small");
            let task = json!({"alg": algorithm, "value": plain});
            let done = running
                .done(Method::POST, &format!("/keys/box//{there}"), task)
                .await;
            assert_ne!(done["value"], json!(plain));
            let task = json!({"alg": algorithm, "value": done["value"]});
            let done = running
                .done(Method::POST, &format!("/keys/box//{back}"), task)
                .await;
            assert_eq!(done["value"], json!(plain));
        }
    }
    let task = json!({"alg": "RSA-OAEP", "value": BASE64URL.encode([1; 256])});
    let (status, reply) = running
        .call(Method::POST, "/keys/box//decrypt", Some(task))
        .await;
    assert_eq!(
        (status, &reply["error"]["message"]),
        (400, &json!("The parameter is incorrect.\r\n"))
    );
}

#[tokio::test]
async fn a_key_does_what_it_may_and_nothing_else() {
    let running = Running::start().await;
    let value = BASE64URL.encode([7; 32]);
    let sign = json!({"alg": "RS256", "value": value});
    let attempts = [
        (
            "short",
            json!({"kty": "RSA"}),
            json!({"alg": "RS256", "value": "AAAA"}),
            400,
            "",
        ),
        ("wrong", json!({"kty": "EC"}), sign.clone(), 400, ""),
        (
            "unknown",
            json!({"kty": "RSA"}),
            json!({"alg": "RS1", "value": value}),
            400,
            "",
        ),
        (
            "few",
            json!({"kty": "RSA", "key_ops": ["verify"]}),
            sign.clone(),
            403,
            "KeyOperationForbidden",
        ),
        (
            "off",
            json!({"kty": "RSA", "attributes": {"enabled": false}}),
            sign.clone(),
            403,
            "KeyDisabled",
        ),
        (
            "over",
            json!({"kty": "RSA", "attributes": {"exp": 1000}}),
            sign.clone(),
            403,
            "KeyExpired",
        ),
        (
            "early",
            json!({"kty": "RSA", "attributes": {"nbf": 9_999_999_999_i64}}),
            sign,
            403,
            "KeyNotYetValid",
        ),
    ];
    for (name, key, task, status, code) in attempts {
        running
            .done(Method::POST, &format!("/keys/{name}/create"), key)
            .await;
        let (got, reply) = running
            .call(Method::POST, &format!("/keys/{name}//sign"), Some(task))
            .await;
        let inner = reply["error"]["innererror"]["code"]
            .as_str()
            .unwrap_or_default();
        assert_eq!((got, inner), (status, code), "{name}: {reply}");
    }
    for body in [
        json!({"kty": "oct"}),
        json!({"kty": "oct-HSM", "key_size": 256}),
        json!({"kty": "RSA", "key_size": 1024}),
        json!({"kty": "EC", "crv": "P-1"}),
        json!({"kty": "RSA", "key_ops": ["dance"]}),
        json!({"kty": "RSA-HSM", "attributes": {"exportable": true}}),
        json!({}),
    ] {
        let (status, reply) = running
            .call(Method::POST, "/keys/none/create", Some(body))
            .await;
        assert_eq!(
            (status, &reply["error"]["code"]),
            (400, &json!("BadParameter"))
        );
    }
    assert_eq!(running.get(&format!("/keys/none?{API}")).await.0, 404);
}

#[tokio::test]
async fn keys_are_imported_and_rotated() {
    let running = Running::start().await;
    let (status, reply) = running
        .call(Method::PUT, "/keys/in", Some(json!({"key": {}})))
        .await;
    let message = "The property \"key\" must be a valid JsonWebKey object.";
    assert_eq!((status, &reply["error"]["message"]), (400, &json!(message)));
    // The example of RFC 7517, appendix A.2.
    let jwk = json!({"kty": "EC", "crv": "P-256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE", "key_ops": ["sign", "verify"]});
    let key = running
        .done(Method::PUT, "/keys/in", json!({"key": jwk}))
        .await;
    assert_eq!(
        (&key["key"]["x"], &key["key"]["d"]),
        (&jwk["x"], &Value::Null)
    );
    let digest = openssl_digest("sha256", b"signed");
    let task = json!({"alg": "ES256", "value": BASE64URL.encode(&digest)});
    let done = running.done(Method::POST, "/keys/in/sign", task).await;
    let signature = BASE64URL.decode(done["value"].as_str().unwrap()).unwrap();
    verified(&public_pem(&key), &digest, &der_of(&signature), &[]);

    let rotated = running
        .done(Method::POST, "/keys/in/rotate", json!({}))
        .await;
    assert_ne!(rotated["key"]["kid"], key["key"]["kid"]);
    assert_ne!(rotated["key"]["x"], key["key"]["x"]);
    assert_eq!(rotated["key"]["crv"], "P-256");
    let policy = json!({"lifetimeActions": [{"trigger": {"timeAfterCreate": "P2M"}, "action": {"type": "rotate"}}],
        "attributes": {"expiryTime": "P90D"}});
    let told = running
        .done(Method::PUT, "/keys/in/rotationpolicy", policy)
        .await;
    assert_eq!(told["attributes"]["expiryTime"], "P90D");
    let found = running
        .found(&format!("/keys/in/rotationpolicy?{API}"))
        .await;
    assert_eq!(found, told);
    let types: Vec<&Value> = found["lifetimeActions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| &action["action"]["type"])
        .collect();
    assert_eq!(types, ["Rotate", "Notify"]);
    let attributes = running
        .done(Method::POST, "/keys/in/rotate", Value::Null)
        .await["attributes"]
        .take();
    let created = attributes["created"].as_i64().unwrap();
    assert_eq!(attributes["exp"], created + 90 * 24 * 3600);

    let notice = json!({"trigger": {"timeAfterCreate": "P2M"}, "action": {"type": "notify"}});
    for bad in [
        json!({"attributes": {"expiryTime": "P27D"}}),
        json!({"attributes": {"expiryTime": "90"}}),
        json!({"lifetimeActions": [notice]}),
    ] {
        let path = "/keys/in/rotationpolicy";
        let (status, reply) = running.call(Method::PUT, path, Some(bad)).await;
        assert_eq!(
            (status, &reply["error"]["code"]),
            (400, &json!("BadParameter"))
        );
    }
}

#[tokio::test]
async fn no_key_is_released_and_a_fixed_policy_stays() {
    let running = Running::start().await;
    let policy = |immutable: bool| json!({"data": "e30", "immutable": immutable});
    for (name, immutable, status) in [("loose", false, 200), ("fixed", true, 400)] {
        let made = running
            .done(
                Method::POST,
                &format!("/keys/{name}/create"),
                json!({
                    "kty": "EC-HSM",
                    "attributes": {"exportable": true},
                    "release_policy": policy(immutable),
                }),
            )
            .await;
        let listed = running.found(&format!("/keys/{name}/versions?{API}")).await;
        for attributes in [&made["attributes"], &listed["value"][0]["attributes"]] {
            assert_eq!(attributes["hsmPlatform"], "2");
            assert_eq!(attributes["exportable"], true);
        }
        let change = Some(json!({"release_policy": policy(immutable)}));
        let (got, reply) = running
            .call(Method::PATCH, &format!("/keys/{name}"), change)
            .await;
        assert_eq!(got, status, "{reply}");
        let target = Some(json!({"target": "an attestation"}));
        let path = format!("/keys/{name}//release");
        let (status, reply) = running.call(Method::POST, &path, target).await;
        assert_eq!(
            (status, &reply["error"]["innererror"]["code"]),
            (403, &json!("AccessDenied"))
        );
    }
}

#[tokio::test]
async fn what_a_certificate_brought_along_goes_with_it_only() {
    let running = Running::start().await;
    let refused = [
        (
            Method::PUT,
            "/secrets/web",
            json!({"value": "x"}),
            "SecretManagedByKeyVault",
        ),
        (
            Method::DELETE,
            "/secrets/web",
            json!({}),
            "SecretManagedByKeyVault",
        ),
        (
            Method::POST,
            "/keys/web/create",
            json!({"kty": "RSA"}),
            "KeyManagedByKeyVault",
        ),
        (
            Method::DELETE,
            "/keys/web",
            json!({}),
            "KeyManagedByKeyVault",
        ),
        (
            Method::PATCH,
            "/keys/web",
            json!({"tags": {}}),
            "KeyManagedByKeyVault",
        ),
        (
            Method::POST,
            "/keys/web/rotate",
            json!({}),
            "KeyManagedByKeyVault",
        ),
    ];
    for (method, path, body, code) in refused {
        let (status, reply) = running.call(method, path, Some(body)).await;
        assert_eq!(
            (status, &reply["error"]["innererror"]["code"]),
            (403, &json!(code)),
            "{path}: {reply}"
        );
    }
    running
        .call(Method::DELETE, "/certificates/web", None)
        .await;
    assert_eq!(running.get(&format!("/secrets/web?{API}")).await.0, 404);
    assert_eq!(running.get(&format!("/keys/web?{API}")).await.0, 404);
}

fn openssl_digest(hash: &str, data: &[u8]) -> Vec<u8> {
    openssl_bytes(&["dgst", &format!("-{hash}"), "-binary"], data)
}

/// openssl checks a signature of a digest.
#[track_caller]
fn verified(public: &[u8], digest: &[u8], signature: &[u8], options: &[&str]) {
    let folder = TempFolder::new("verified");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (key, signature) = (file("key", public), file("signature", signature));
    let mut arguments = vec![
        "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", &key, "-sigfile", &signature,
    ];
    for option in options {
        arguments.extend(["-pkeyopt", option]);
    }
    let said = openssl(&arguments, digest);
    assert!(said.contains("Signature Verified Successfully"), "{said}");
}

/// What openssl finds in a signature, without its padding.
#[track_caller]
fn recovered(public: &[u8], signature: &[u8]) -> Vec<u8> {
    let folder = TempFolder::new("recovered");
    let key = folder.0.join("key");
    std::fs::write(&key, public).unwrap();
    let recover = ["pkeyutl", "-verifyrecover", "-pubin", "-keyform", "DER"];
    let recover = [&recover[..], &["-inkey", key.to_str().unwrap()]].concat();
    openssl_bytes(&recover, signature)
}

/// The SubjectPublicKeyInfo of a JWK, put together by hand.
fn public_pem(bundle: &Value) -> Vec<u8> {
    let member = |name: &str| {
        BASE64URL
            .decode(bundle["key"][name].as_str().unwrap())
            .unwrap()
    };
    let (algorithm, key) = match bundle["key"]["crv"].as_str() {
        None => {
            let key = sequence(&[integer(&member("n")), integer(&member("e"))]);
            ("06092a864886f70d0101010500", key)
        }
        Some(curve) => {
            let oid = match curve {
                "P-256" => "06072a8648ce3d020106082a8648ce3d030107",
                "P-384" => "06072a8648ce3d020106052b81040022",
                "P-521" => "06072a8648ce3d020106052b81040023",
                _ => "06072a8648ce3d020106052b8104000a",
            };
            (oid, [vec![4], member("x"), member("y")].concat())
        }
    };
    let bits = [vec![0], key].concat();
    sequence(&[sequence(&[hex(algorithm)]), tagged(3, &bits)])
}

/// `r` and `s` as the DER that openssl wants.
fn der_of(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    sequence(&[integer(r), integer(s)])
}

fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let number = &number[zeros..];
    let sign = if number[0] >= 0x80 { vec![0] } else { vec![] };
    tagged(2, &[sign, number.to_vec()].concat())
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tagged(0x30, &parts.concat())
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let length = match length {
        0..=127 => vec![length as u8],
        128..=255 => vec![0x81, length as u8],
        _ => vec![0x82, (length >> 8) as u8, length as u8],
    };
    [vec![tag], length, content.to_vec()].concat()
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}
