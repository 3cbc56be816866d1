//! Secrets as the service writes them.

use kvcert_dev::{DevVault, Options, PfxStyle};
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};

use crate::openssl::{chain_holds, openssl, public_key_of_key, public_key_of_leaf, read_pfx};
use crate::running::{API, Running};

#[tokio::test]
async fn an_rsa_pfx_is_what_the_service_writes() {
    let running = Running::start().await;
    let pfx = running.pfx("web").await;
    let text = read_pfx(&pfx);
    for expected in [
        "MAC: sha1, Iteration 2000\nMAC length: 20, salt length: 20\nPKCS7 Data\n\
         Shrouded Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2000\n\
         PKCS7 Encrypted data: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2000\n\
         Certificate bag\nCertificate bag\nCertificate bag",
        "Microsoft CSP Name: Microsoft Enhanced RSA and AES Cryptographic Provider\n",
        "Key Attributes\n    X509v3 Key Usage: 10",
    ] {
        assert!(text.contains(expected), "{expected}\nnot in\n{text}");
    }
    assert_eq!(text.matches("localKeyID: 01 00 00 00").count(), 2);
    assert_eq!(text.matches("friendlyName: ").count(), 1);
    let position = |subject: &str| text.find(&format!("subject=CN = {subject}\n")).unwrap();
    assert!(position("Example Issuing CA") < position("Example Root CA"));
    assert!(position("Example Root CA") < position("web.example.com"));
    let last = text.rfind("localKeyID").unwrap();
    assert!(
        last > position("Example Root CA"),
        "the leaf has the key id"
    );

    let leaf = running.leaf("web").await;
    assert_eq!(public_key_of_key(&text), public_key_of_leaf(&leaf));
    chain_holds(&text, &leaf);
}

/// openssl tries both kinds of "no password"; this reader knows only the empty one, and fails.
#[tokio::test]
async fn the_password_is_null_and_not_empty() {
    let running = Running::start().await;
    for name in ["web", "vaulted"] {
        let pfx = running.pfx(name).await;
        read_pfx(&pfx);
        let read = KeyStore::from_pkcs12(&pfx, "", Pkcs12ImportPolicy::Raw);
        let Err(error) = read else {
            panic!("an empty password must not do");
        };
        let error = error.to_string();
        assert!(error.to_lowercase().contains("mac"), "{error}");
    }
}

#[tokio::test]
async fn an_ec_pfx_is_what_the_service_writes() {
    let running = Running::start().await;
    let text = read_pfx(&running.pfx("api-ec").await);
    let provider = "Microsoft CSP Name: Microsoft Software Key Storage Provider\n";
    assert!(
        text.contains(provider) && text.contains("X509v3 Key Usage: 80"),
        "{text}"
    );
    assert!(!text.contains("friendlyName"));
    let leaf = running.leaf("api-ec").await;
    assert_eq!(public_key_of_key(&text), public_key_of_leaf(&leaf));
    chain_holds(&text, &leaf);
}

#[tokio::test]
async fn a_key_that_must_stay_is_not_in_the_secret() {
    let running = Running::start().await;
    let text = read_pfx(&running.pfx("vaulted").await);
    assert!(
        !text.contains("PRIVATE KEY") && !text.contains("localKeyID"),
        "{text}"
    );
    assert!(!text.contains("PKCS7 Data\n") && text.contains("MAC: sha1, Iteration 2000"));
    assert_eq!(text.matches("BEGIN CERTIFICATE").count(), 1);
    let bundle = running.found(&format!("/certificates/vaulted?{API}")).await;
    assert_eq!(bundle["policy"]["key_props"]["exportable"], false);
}

#[tokio::test]
async fn pem_secrets_have_the_key_first() {
    let running = Running::start().await;
    for name in ["web-pem", "api-ec-pem"] {
        let secret = running.secret(name).await;
        assert_eq!(secret["contentType"], "application/x-pem-file");
        let text = secret["value"].as_str().unwrap();
        assert!(text.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        assert!(text.contains("-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\n"));
        assert!(text.ends_with("-----END CERTIFICATE-----\n") && !text.contains('\r'));
        assert!(text.lines().all(|line| line.len() <= 64));
        assert_eq!(
            public_key_of_key(text),
            public_key_of_leaf(&running.leaf(name).await)
        );
    }
    let ec = running.secret("api-ec-pem").await["value"].to_string();
    // The end of the key: attributes [0] { keyUsage, BIT STRING 80 }.
    assert!(ec.contains("oA0wCwYDVR0PMQQDAgCA"), "{ec}");
}

/// As the service wrote until September 2020: OpenSSL 3 reads it with `-legacy` only.
#[tokio::test]
async fn the_style_of_2016_is_rc2_with_a_mac_of_one_round() {
    let vault = DevVault::open(Options {
        pfx_style: PfxStyle::Year2016,
        ..Options::default()
    });
    let running = Running::serve(vault.unwrap());
    let pfx = running.pfx("web").await;
    let read = [
        "pkcs12",
        "-in",
        "/dev/stdin",
        "-passin",
        "pass:",
        "-nodes",
        "-info",
        "-legacy",
    ];
    let text = openssl(&read, &pfx);
    for expected in [
        "MAC: sha1, Iteration 1\n",
        "Shrouded Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2000\n",
        "PKCS7 Encrypted data: pbeWithSHA1And40BitRC2-CBC, Iteration 2000\n",
    ] {
        assert!(text.contains(expected), "{expected}\nnot in\n{text}");
    }
    let leaf = running.leaf("web").await;
    assert_eq!(public_key_of_key(&text), public_key_of_leaf(&leaf));
}
