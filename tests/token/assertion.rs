//! The assertion, judged by openssl, and by others where they are installed.

use std::fs;

use base64::Engine;
use base64::prelude::*;
use serde_json::json;

use crate::fake::{Fake, Form};
use crate::support::{openssl, run};

/// Each way to an assertion, and the algorithm it has.
const WAYS: [(&[&str], &str); 6] = [
    (&["app"], "PS256"),
    (&["app", "--send-chain"], "PS256"),
    (&["app", "--algorithm", "rs256"], "RS256"),
    (&["app", "--sign-in-vault"], "PS256"),
    (&["app", "--sign-in-vault", "--algorithm", "rs256"], "RS256"),
    (
        &["./app.pem", "--algorithm", "rs256", "--send-chain"],
        "RS256",
    ),
];

#[track_caller]
fn form(fake: &Fake, arguments: &[&str]) -> Form {
    let (code, _, errors) = run(&mut fake.token(arguments));
    assert_eq!(code, 0, "{errors}");
    fake.forms().pop().unwrap()
}

#[test]
fn is_what_openssl_takes() {
    let fake = Fake::new();
    let crt = fake.path("app.crt");
    let pem = fs::read_to_string(&crt).unwrap();
    let der: String = pem.lines().filter(|line| !line.starts_with("--")).collect();
    let thumbprint = |hash: &str| {
        let shown = openssl(&[
            "x509",
            "-in",
            crt.to_str().unwrap(),
            "-noout",
            "-fingerprint",
            hash,
        ]);
        let text = shown.trim().rsplit('=').next().unwrap().replace(':', "");
        BASE64_URL_SAFE_NO_PAD.encode(hex::decode(text).unwrap())
    };
    for (arguments, algorithm) in WAYS {
        let form = form(&fake, arguments);
        let (header, claims) = form.assertion();
        let (name, hash) = match algorithm {
            "PS256" => ("x5t#S256", "-sha256"),
            _ => ("x5t", "-sha1"),
        };
        let mut expected = json!({"alg": algorithm, "typ": "JWT", name: thumbprint(hash)});
        if arguments.contains(&"--send-chain") {
            expected["x5c"] = json!([der]);
        }
        assert_eq!(header, expected, "{arguments:?}");
        let number = |name: &str| claims[name].as_u64().unwrap();
        assert_eq!(number("exp") - number("nbf"), 600);
        assert_eq!(number("iat"), number("nbf"));
        assert_eq!(claims["jti"].as_str().unwrap().len(), 36);
        verify(&fake, &form.field("client_assertion"), algorithm);
    }
    let ids: Vec<_> = fake
        .forms()
        .iter()
        .map(|form| form.assertion().1["jti"].clone())
        .collect();
    let again: Vec<_> = ids.iter().filter(|id| **id == ids[0]).collect();
    assert_eq!(again.len(), 1);
}

fn verify(fake: &Fake, assertion: &str, algorithm: &str) {
    let path = |name: &str| fake.path(name).to_str().unwrap().to_owned();
    let (input, signature) = assertion.rsplit_once('.').unwrap();
    let (public, signed, sealed) = (path("public"), path("signed"), path("signature"));
    let key = openssl(&["x509", "-in", &path("app.crt"), "-noout", "-pubkey"]);
    fs::write(&public, key).unwrap();
    fs::write(&signed, input).unwrap();
    fs::write(&sealed, BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let mut arguments = vec!["dgst", "-sha256", "-verify", &public, "-signature", &sealed];
    if algorithm == "PS256" {
        arguments.extend([
            "-sigopt",
            "rsa_padding_mode:pss",
            "-sigopt",
            "rsa_pss_saltlen:32",
        ]);
    }
    arguments.push(&signed);
    openssl(&arguments);
}

/// A vault that signs with a key that is not the certificate's is found out before Entra is asked.
#[test]
fn by_another_key_is_refused() {
    let fake = Fake::new();
    let other = ["genpkey", "-algorithm", "RSA", "-out"];
    let key = fake.path("app.key");
    openssl(&[&other[..], &[key.to_str().unwrap()]].concat());
    let text =
        crate::application::fails(&fake, &["app", "--sign-in-vault"], 4, "unfit-certificate");
    assert!(text.contains("not by the certificate's key"), "{text}");
    assert!(fake.forms().is_empty());
}
