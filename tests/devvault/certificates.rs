//! Certificates: asked for, imported, merged, read back.

use base64::prelude::{BASE64_STANDARD, Engine};
use reqwest::Method;
use serde_json::{Value, json};

use crate::openssl::{
    chain_holds, openssl, openssl_bytes, public_key_of_key, public_key_of_leaf, read_pfx,
};
use crate::running::{API, Running, TempFolder, read};

#[tokio::test]
async fn a_certificate_is_issued_after_a_moment() {
    let running = Running::start().await;
    let policy = json!({"x509_props": {"subject": "C=US, O=\"Test, Inc.\", CN=made.example.com",
        "sans": {"dns_names": ["made.example.com"], "emails": ["a@example.com"], "upns": ["u@example.com"],
            "uris": ["https://example.com/x"], "ipAddresses": ["127.0.0.1", "::1"]},
        "key_usage": ["keyEncipherment", "digitalSignature"], "validity_months": 6}, "issuer": {"name": "Self"}});
    let create = running
        .request(Method::POST, &format!("/certificates/made/create?{API}"))
        .await;
    let body = json!({"policy": policy, "tags": {"a": "b"}}).to_string();
    let response = create.body(body).send().await.unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    let (location, wait) = (header("location"), header("retry-after"));
    let (status, operation) = read(response).await;
    // The service says 10, and takes as long; the dev vault says how long it takes.
    assert_eq!((status.as_u16(), &*wait), (202, "1"));
    let pending = running.vault("/certificates/made/pending");
    let id = operation["request_id"].as_str().unwrap();
    assert_eq!(location, format!("{pending}?{API}&request_id={id}"));
    assert_eq!(
        (&operation["id"], &operation["status"]),
        (&json!(pending), &json!("inProgress"))
    );
    assert_eq!(
        (&operation["issuer"]["name"], &operation["target"]),
        (&json!("Self"), &Value::Null)
    );
    let csr = BASE64_STANDARD
        .decode(operation["csr"].as_str().unwrap())
        .unwrap();
    openssl(&["req", "-inform", "DER", "-verify", "-noout"], &csr);

    let again = running
        .call(
            Method::POST,
            "/certificates/made/create",
            Some(json!({"policy": policy})),
        )
        .await;
    assert_eq!(
        (again.0, &again.1["error"]["code"]),
        (409, &json!("Forbidden"))
    );
    let bundle = running.found(&format!("/certificates/made?{API}")).await;
    let attributes = &bundle["attributes"];
    assert_eq!(attributes["enabled"], false);
    let begins = attributes["created"].as_i64().unwrap() - 600;
    assert_eq!(attributes["nbf"], begins);
    assert!(attributes["exp"].as_i64().unwrap() > begins);
    for later in ["cer", "x5t", "kid", "sid"] {
        assert!(bundle.get(later).is_none(), "{later}");
    }
    let other = running
        .get(&format!(
            "/certificates/made/pending?{API}&request_id={}",
            "0".repeat(32)
        ))
        .await;
    assert_eq!(
        (other.0.as_u16(), &other.1["error"]["code"]),
        (404, &json!("PendingCertificateNotFound"))
    );

    let done = completed(&running, "made").await;
    assert_eq!(done["target"], running.vault("/certificates/made"));
    assert_eq!(done["csr"], operation["csr"]);
    let bundle = running.found(&format!("/certificates/made?{API}")).await;
    assert_eq!(
        (&bundle["pending"]["id"], &bundle["tags"]),
        (&json!(pending), &json!({"a": "b"}))
    );
    assert_eq!(
        bundle["policy"]["x509_props"]["key_usage"],
        json!(["digitalSignature", "keyEncipherment"])
    );
    let leaf = running.leaf("made").await;
    let text = openssl(
        &[
            "x509", "-inform", "DER", "-noout", "-text", "-nameopt", "RFC2253",
        ],
        &leaf,
    );
    for expected in [
        "Subject: C=US,O=Test\\, Inc.,CN=made.example.com",
        "DNS:made.example.com",
        "email:a@example.com",
        "URI:https://example.com/x",
        "IP Address:127.0.0.1",
        "Digital Signature, Key Encipherment",
        "TLS Web Server Authentication",
    ] {
        assert!(text.contains(expected), "{expected} not in {text}");
    }
    let secret = read_pfx(&running.pfx("made").await);
    assert_eq!(public_key_of_key(&secret), public_key_of_leaf(&leaf));
}

#[tokio::test]
async fn a_cancelled_certificate_is_never_issued() {
    let running = Running::start().await;
    let body = json!({"policy": {"x509_props": {"subject": "CN=x"}, "issuer": {"name": "Self"}}});
    running
        .call(Method::POST, "/certificates/off/create", Some(body))
        .await;
    let change = json!({"cancellation_requested": true});
    let told = running
        .done(Method::PATCH, "/certificates/off/pending", change)
        .await;
    assert_eq!(
        (&told["cancellation_requested"], &told["status"]),
        (&json!(true), &json!("inProgress"))
    );
    let pending = running
        .found(&format!("/certificates/off/pending?{API}"))
        .await;
    assert_eq!(pending["status"], "cancelled");
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert_eq!(
        running
            .found(&format!("/certificates/off/pending?{API}"))
            .await["status"],
        "cancelled"
    );
    assert_eq!(
        running
            .call(Method::DELETE, "/certificates/off/pending", None)
            .await
            .0,
        200
    );
    assert_eq!(
        running
            .get(&format!("/certificates/off/pending?{API}"))
            .await
            .0,
        404
    );
    let listed = |list: Value| {
        list["value"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|item| item["id"].as_str().unwrap().ends_with("/off"))
            .count()
    };
    assert_eq!(
        listed(running.found(&format!("/certificates?{API}")).await),
        0
    );
    assert_eq!(
        listed(
            running
                .found(&format!("/certificates?{API}&includePending=true"))
                .await
        ),
        1
    );
    assert_eq!(
        running
            .call(Method::DELETE, "/certificates/off", None)
            .await
            .0,
        200
    );
}

#[tokio::test]
async fn a_request_is_signed_elsewhere_and_merged() {
    let running = Running::start().await;
    let policy =
        json!({"x509_props": {"subject": "CN=merged.example.com"}, "issuer": {"name": "Unknown"}});
    let (status, operation) = running
        .call(
            Method::POST,
            "/certificates/merged/create",
            Some(json!({"policy": policy})),
        )
        .await;
    assert_eq!(status, 202);
    assert_eq!(
        operation["status_details"],
        "Pending certificate created. Please Perform Merge to complete the request."
    );
    let folder = TempFolder::new("merge");
    let path = |name: &str| folder.0.join(name).to_str().unwrap().to_owned();
    let csr = BASE64_STANDARD
        .decode(operation["csr"].as_str().unwrap())
        .unwrap();
    std::fs::write(path("csr"), &csr).unwrap();
    openssl(
        &[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            &path("ca.key"),
            "-out",
            &path("ca.crt"),
            "-subj",
            "/CN=Test CA",
            "-days",
            "30",
        ],
        b"",
    );
    let leaf = openssl_bytes(
        &[
            "x509",
            "-req",
            "-inform",
            "DER",
            "-in",
            &path("csr"),
            "-CA",
            &path("ca.crt"),
            "-CAkey",
            &path("ca.key"),
            "-set_serial",
            "7",
            "-days",
            "20",
            "-outform",
            "DER",
        ],
        b"",
    );
    // PEM in base64 is taken too, and what is left of PEM without its first line.
    let authority = std::fs::read_to_string(path("ca.crt")).unwrap();
    let half = authority.split_once('\n').unwrap().1;
    let merge = |leaf: &[u8]| {
        let certificates = [leaf, authority.as_bytes(), half.as_bytes()];
        json!({"x5c": certificates.map(|one| BASE64_STANDARD.encode(one))})
    };
    for x5c in [
        json!([]),
        json!(["AA=="]),
        json!(["!"]),
        json!([BASE64_STANDARD.encode(&leaf), "MAA="]),
    ] {
        let body = json!({"x5c": x5c});
        let path = "/certificates/merged/pending/merge";
        let (status, reply) = running.call(Method::POST, path, Some(body)).await;
        let message = "Property x5c has invalid value\r\n";
        assert_eq!((status, &reply["error"]["message"]), (400, &json!(message)));
    }
    let other = running.leaf("web").await;
    let (status, reply) = running
        .call(
            Method::POST,
            "/certificates/merged/pending/merge",
            Some(merge(&other)),
        )
        .await;
    assert_eq!(
        (status, &reply["error"]["code"]),
        (400, &json!("BadParameter")),
        "{reply}"
    );
    let (status, bundle) = running
        .call(
            Method::POST,
            "/certificates/merged/pending/merge",
            Some(merge(&leaf)),
        )
        .await;
    assert_eq!(status, 201, "{bundle}");
    assert_eq!(bundle["cer"], BASE64_STANDARD.encode(&leaf));
    assert_eq!(completed(&running, "merged").await["status"], "completed");
    let secret = read_pfx(&running.pfx("merged").await);
    assert_eq!(public_key_of_key(&secret), public_key_of_leaf(&leaf));
    assert_eq!(secret.matches("BEGIN CERTIFICATE").count(), 3);
}

/// A policy is looked at when it is set, not only when a certificate is made by it.
#[tokio::test]
async fn a_policy_that_cannot_be_is_refused() {
    let running = Running::start().await;
    let path = "/certificates/web/policy";
    let before = running.until_found(path).await;
    let action = |trigger: Value| json!({"lifetime_actions": [{"trigger": trigger, "action": {"action_type": "AutoRenew"}}]});
    for (bad, property) in [
        (json!({"key_props": {"key_size": 1024}}), "key_props"),
        (json!({"key_props": {"kty": "oct"}}), "key_props"),
        (
            json!({"key_props": {"kty": "EC", "crv": "P-1"}}),
            "key_props",
        ),
        (json!({"x509_props": {"subject": "web"}}), "x509_props"),
        (json!({"x509_props": {"ekus": ["server"]}}), "x509_props"),
        (
            json!({"x509_props": {"sans": {"dns_names": ["ü"]}}}),
            "x509_props",
        ),
        (json!({"x509_props": {"validity_months": 0}}), "x509_props"),
        (
            json!({"secret_props": {"contentType": "text/plain"}}),
            "secret_props",
        ),
        (action(json!({})), "lifetime_actions"),
        (
            action(json!({"lifetime_percentage": 100})),
            "lifetime_actions",
        ),
        (
            action(json!({"days_before_expiry": 12 * 27 + 1})),
            "lifetime_actions",
        ),
        (
            action(json!({"days_before_expiry": 9, "lifetime_percentage": 9})),
            "lifetime_actions",
        ),
    ] {
        let (status, reply) = running.call(Method::PATCH, path, Some(bad.clone())).await;
        let message = reply["error"]["message"].as_str().unwrap_or_default();
        assert_eq!(status, 400, "{bad}: {reply}");
        assert!(
            message.contains(&format!("policy.{property}")),
            "{bad}: {reply}"
        );
    }
    assert_eq!(running.until_found(path).await, before);
    let good = action(json!({"days_before_expiry": 12 * 27}));
    running.done(Method::PATCH, path, good).await;
    let to_ec = json!({"key_props": {"kty": "EC"}});
    let props = running.done(Method::PATCH, path, to_ec).await["key_props"].take();
    assert_eq!(
        (&props["crv"], &props["key_size"]),
        (&json!("P-256"), &json!(256))
    );
    let to_rsa = json!({"key_props": {"kty": "RSA"}});
    let props = running.done(Method::PATCH, path, to_rsa).await["key_props"].take();
    assert_eq!(
        (&props["crv"], &props["key_size"]),
        (&Value::Null, &json!(2048))
    );
}

/// Lengths left open and strings in pieces are read, as Windows and others write them.
#[tokio::test]
async fn a_pfx_may_be_ber() {
    let running = Running::start().await;
    for name in ["ber-indefinite", "ber-lengths", "ber-tiny-pieces"] {
        let body = json!({"value": fixture(name)});
        let path = format!("/certificates/{name}/import");
        let bundle = running.done(Method::POST, &path, body).await;
        assert_eq!(bundle["policy"]["x509_props"]["subject"], "CN=leaf.example");
        let secret = read_pfx(&running.pfx(name).await);
        let leaf = running.leaf(name).await;
        assert_eq!(public_key_of_key(&secret), public_key_of_leaf(&leaf));
        assert_eq!(secret.matches("BEGIN CERTIFICATE").count(), 2, "{name}");
    }
}

/// The service reads files with Windows, which is not known to read this MAC.
#[tokio::test]
async fn a_pfx_with_pbmac1_is_refused() {
    let running = Running::start().await;
    let body = json!({"value": fixture("pbmac1-sha256"), "pwd": "secret"});
    let refused = running
        .call(Method::POST, "/certificates/new/import", Some(body))
        .await;
    let message = "The specified PKCS#12 X.509 certificate content can not be read. Please check if \
         certificate is in valid PKCS#12 format.";
    let expected = json!({"error": {"code": "BadParameter", "message": message}});
    assert_eq!(refused, (400, expected));
}

/// A PFX of the project's own, in base64.
fn fixture(name: &str) -> String {
    let file = format!("{}/fixtures/pkcs12/{name}.pfx", env!("CARGO_MANIFEST_DIR"));
    BASE64_STANDARD.encode(std::fs::read(file).unwrap())
}

/// openssl makes what is imported, in the forms that people have.
#[tokio::test]
async fn files_of_other_programs_are_imported() {
    let running = Running::start().await;
    let folder = TempFolder::new("import");
    let path = |name: &str| folder.0.join(name).to_str().unwrap().to_owned();
    openssl(
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            &path("key"),
            "-out",
            &path("crt"),
            "-subj",
            "/C=AU/ST=Some-State/O=Widgits/CN=imported",
            "-days",
            "365",
            "-addext",
            "subjectAltName=DNS:imported",
        ],
        b"",
    );
    openssl(
        &[
            "pkcs8",
            "-topk8",
            "-in",
            &path("key"),
            "-out",
            &path("encrypted"),
            "-passout",
            "pass:secret",
        ],
        b"",
    );
    let text = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    let (key, crt) = (path("key"), path("crt"));
    let pfx = |options: &[&str]| {
        let mut all = vec!["pkcs12", "-export", "-inkey", &key, "-in", &crt, "-passout"];
        all.extend(options);
        BASE64_STANDARD.encode(openssl_bytes(&all, b""))
    };
    let uploads = [
        (pfx(&["pass:secret"]), Some("secret")),
        (pfx(&["pass:"]), None),
        (pfx(&["pass:secret", "-legacy"]), Some("secret")),
        (
            pfx(&["pass:secret", "-macalg", "sha512", "-keypbe", "AES-128-CBC"]),
            Some("secret"),
        ),
        (text("key") + &text("crt"), None),
        (text("crt") + &text("encrypted"), Some("secret")),
        (BASE64_STANDARD.encode(text("key") + &text("crt")), None),
    ];
    for (number, (value, pwd)) in uploads.into_iter().enumerate() {
        let name = format!("imported{number}");
        let body = json!({"value": value, "pwd": pwd});
        let bundle = running
            .done(Method::POST, &format!("/certificates/{name}/import"), body)
            .await;
        let x509 = &bundle["policy"]["x509_props"];
        assert_eq!(
            x509["subject"],
            "CN=imported, O=Widgits, S=Some-State, C=AU"
        );
        assert_eq!(
            x509["sans"],
            json!({"emails": [], "dns_names": ["imported"], "upns": []})
        );
        assert_eq!(
            (&x509["validity_months"], &x509["basic_constraints"]["ca"]),
            (&json!(13), &json!(true))
        );
        assert_eq!(bundle["policy"]["issuer"]["name"], "Unknown");
        let kind = if number < 4 {
            "application/x-pkcs12"
        } else {
            "application/x-pem-file"
        };
        let secret = running.secret(&name).await;
        assert_eq!(secret["contentType"], kind);
        let pem = match number < 4 {
            true => read_pfx(&running.pfx(&name).await),
            false => secret["value"].as_str().unwrap().to_owned(),
        };
        assert_eq!(
            public_key_of_key(&pem),
            public_key_of_leaf(&running.leaf(&name).await),
            "{name}"
        );
    }
    let traditional = openssl(&["rsa", "-in", &path("key"), "-traditional"], b"");
    let start = traditional.find("-----BEGIN RSA PRIVATE KEY").unwrap();
    openssl(
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:1024",
            "-nodes",
            "-keyout",
            &path("short"),
            "-out",
            &path("short.crt"),
            "-subj",
            "/CN=short",
        ],
        b"",
    );
    for body in [
        json!({"value": traditional[start..].to_owned() + &text("crt")}),
        json!({"value": text("short") + &text("short.crt")}),
        json!({"value": pfx(&["pass:secret"]), "pwd": "wrong"}),
        json!({"value": pfx(&["pass:secret"])}),
        json!({"value": "&nothing"}),
        json!({"value": text("crt")}),
        json!({}),
    ] {
        let (status, reply) = running
            .call(Method::POST, "/certificates/bad/import", Some(body))
            .await;
        assert_eq!(
            (status, &reply["error"]["code"]),
            (400, &json!("BadParameter")),
            "{reply}"
        );
    }
}

/// What the service exports can be imported again, chain and order and all.
#[tokio::test]
async fn an_export_is_an_import_and_pem_on_request() {
    let running = Running::start().await;
    let value = running.secret("web").await["value"].clone();
    running
        .done(
            Method::POST,
            "/certificates/copy/import",
            json!({"value": value, "preserveCertOrder": true}),
        )
        .await;
    let (one, other) = (
        read_pfx(&running.pfx("web").await),
        read_pfx(&running.pfx("copy").await),
    );
    let subjects = |text: &str| {
        text.lines()
            .filter(|line| line.starts_with("subject"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(subjects(&one), subjects(&other));
    assert_eq!(subjects(&one).len(), 3);
    chain_holds(&other, &running.leaf("web").await);

    let asked = format!("/secrets/copy?{API}&outContentType=application/x-pem-file");
    let pem = running.found(&asked).await;
    assert_eq!(pem["contentType"], "application/x-pem-file");
    let text = pem["value"].as_str().unwrap();
    assert!(text.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert_eq!(
        public_key_of_key(text),
        public_key_of_leaf(&running.leaf("web").await)
    );
    let refused = running
        .get(&format!(
            "/secrets/web-pem?{API}&outContentType=application/x-pkcs12"
        ))
        .await;
    assert_eq!(refused.0, 400);
}

#[tokio::test]
async fn names_are_not_shared_with_what_stands_alone() {
    let running = Running::start().await;
    running
        .done(Method::PUT, "/secrets/alone", json!({"value": "x"}))
        .await;
    let value = running.secret("web").await["value"].clone();
    let (status, reply) = running
        .call(
            Method::POST,
            "/certificates/alone/import",
            Some(json!({"value": value})),
        )
        .await;
    assert_eq!((status, &reply["error"]["code"]), (409, &json!("Conflict")));
}

#[tokio::test]
async fn what_the_platform_looks_after_is_kept_as_it_came() {
    let running = Running::start().await;
    let managed = json!({"certificateUsage": "PublicTLSServerAuth", "metadata": {"sans": {}}});
    let body = json!({"policy": {"platformManaged": managed}});
    let create = "/certificates/platform/create";
    let (status, reply) = running.call(Method::POST, create, Some(body)).await;
    assert_eq!(status, 202, "{reply}");
    let (_, policy) = running
        .call(Method::GET, "/certificates/platform/policy", None)
        .await;
    assert_eq!(policy["platformManaged"], managed);
    // Any other certificate needs a name.
    let (status, _) = running
        .call(
            Method::POST,
            "/certificates/nameless/create",
            Some(json!({})),
        )
        .await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn contacts_and_issuers_are_kept() {
    let running = Running::start().await;
    let contacts = json!({"contacts": [{"email": "a@example.com", "name": "A"}]});
    let told = running
        .done(Method::PUT, "/certificates/contacts", contacts.clone())
        .await;
    assert_eq!(
        (&told["contacts"], &told["id"]),
        (
            &contacts["contacts"],
            &json!(running.vault("/certificates/contacts"))
        )
    );
    assert_eq!(
        running
            .call(Method::DELETE, "/certificates/contacts", None)
            .await
            .0,
        200
    );
    assert_eq!(
        running
            .get(&format!("/certificates/contacts?{API}"))
            .await
            .0,
        404
    );

    let issuer = json!({"provider": "Test", "credentials": {"account_id": "me", "pwd": "hidden"},
        "org_details": {"admin_details": [{"first_name": "Jane", "email": "j@example.com"}]}});
    let told = running
        .done(Method::PUT, "/certificates/issuers/mine", issuer)
        .await;
    assert_eq!(
        (&told["provider"], &told["credentials"]),
        (&json!("Test"), &json!({"account_id": "me"}))
    );
    assert_eq!(
        told["org_details"]["admin_details"][0]["first_name"],
        "Jane"
    );
    let change = json!({"attributes": {"enabled": false}});
    assert_eq!(
        running
            .done(Method::PATCH, "/certificates/issuers/mine", change)
            .await["attributes"]["enabled"],
        false
    );
    let list = running.found(&format!("/certificates/issuers?{API}")).await;
    assert_eq!(
        list["value"],
        json!([{"id": running.vault("/certificates/issuers/mine"), "provider": "Test"}])
    );
    assert_eq!(
        running
            .call(Method::DELETE, "/certificates/issuers/mine", None)
            .await
            .0,
        200
    );
    let (status, reply) = running
        .get(&format!("/certificates/issuers/mine?{API}"))
        .await;
    assert_eq!(
        (status.as_u16(), &reply["error"]["message"]),
        (404, &json!("Issuer not found"))
    );
    let (status, reply) = running
        .call(
            Method::PATCH,
            "/certificates/issuers/mine",
            Some(json!({"provider": "Test"})),
        )
        .await;
    assert_eq!(
        (status, &reply["error"]["message"]),
        (404, &json!("Issuer mine not found"))
    );
}

/// The operation, once it is over.
pub(crate) async fn completed(running: &Running, name: &str) -> Value {
    for _ in 0..600 {
        let pending = running
            .found(&format!("/certificates/{name}/pending?{API}"))
            .await;
        if pending["status"] != "inProgress" {
            return pending;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("`{name}` is never issued");
}
