//! Keys with numbers of another key in them. `openssl pkey -check` judges each.

use std::process::Command;

use der::asn1::{BitStringRef, UintRef};
use der::{Decode, Encode};
use kvcert_pki::asn1::{EcPrivateKey, PrivateKeyInfo, RsaPrivateKey};

use crate::making::Scene;

#[test]
fn an_rsa_key_with_numbers_of_another_key_does_not_match() {
    let scene = Scene::new();
    scene.openssl(&["genrsa", "-traditional", "-out", "b.pem", "2048"]);
    scene.openssl(&["rsa", "-in", "key.pem", "-traditional", "-out", "a.pem"]);
    let [a, b] = ["a", "b"].map(|name| {
        let file = format!("{name}.pem");
        scene.openssl(&[
            "rsa",
            "-in",
            &file,
            "-traditional",
            "-outform",
            "DER",
            "-out",
            name,
        ]);
        scene.read(name)
    });
    for from_b in [
        0b1111_1110,
        0b1,
        0b10,
        0b100,
        0b1000,
        0b1_0000,
        0b10_0000,
        0b100_0000,
        0b1000_0000,
        0,
    ] {
        let mixed = mixed(&a, &b, from_b);
        let valid = from_b & !0b10 == 0; // Both have the usual exponent.
        is_judged(&scene, "RSA PRIVATE KEY", &mixed, valid);
    }
    let mixed = pem("RSA PRIVATE KEY", &mixed(&a, &b, 0b1111_1100));
    scene.write("mixed.pem", &mixed);
    let words = ["its numbers do not agree: n is not p * q"];
    scene.write(
        "both.pem",
        [mixed.as_bytes(), &scene.read("cert.pem")].concat(),
    );
    scene.is_refused("both.pem", &[], &words);
    // In a key store, plain, with and without an integrity check, or encrypted.
    for options in [
        &["-nomac", "-keypbe", "NONE", "-certpbe", "NONE"][..],
        &["-keypbe", "NONE", "-certpbe", "NONE"],
        &[],
    ] {
        let inputs = [
            "pkcs12",
            "-export",
            "-inkey",
            "mixed.pem",
            "-in",
            "cert.pem",
        ];
        let output = ["-out", "mixed.p12", "-passout", "file:pw.txt"];
        scene.openssl(&[&inputs[..], &output, options].concat());
        scene.is_refused("mixed.p12", &[], &words);
        let (code, json) = scene.json(&["inspect", "mixed.p12", "--password-file", "pw.txt"]);
        assert_eq!(code, 0);
        assert_eq!(json["keys"].as_array().unwrap().len(), 0, "{json}");
    }
}

#[test]
fn an_ec_key_with_the_point_of_another_key_does_not_match() {
    let scene = Scene::with_key(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    scene.openssl(&["ec", "-in", "key.pem", "-outform", "DER", "-out", "a"]);
    scene.openssl(&[
        "ecparam",
        "-name",
        "prime256v1",
        "-genkey",
        "-noout",
        "-outform",
        "DER",
        "-out",
        "b",
    ]);
    let (a, b) = (scene.read("a"), scene.read("b"));
    let key = EcPrivateKey::from_der(&a).unwrap();
    let own = key.public_key.unwrap().raw_bytes().to_vec();
    let other = EcPrivateKey::from_der(&b)
        .unwrap()
        .public_key
        .unwrap()
        .raw_bytes()
        .to_vec();
    let compressed = [&[2 + (own[64] & 1)], &own[1..33]].concat();
    let other_side = [&[3 - (own[64] & 1)], &own[1..33]].concat();
    // The same x and an even or odd y as before: no point of the curve.
    let mut off_curve = own.clone();
    off_curve[40] ^= 1;
    for (point, valid) in [
        (&own, true),
        (&compressed, true),
        (&other, false),
        (&other_side, false),
        (&off_curve, false),
    ] {
        let mixed = EcPrivateKey {
            public_key: Some(BitStringRef::from_bytes(point).unwrap()),
            version: 1,
            private_key: key.private_key,
            parameters: key.parameters,
        };
        is_judged(&scene, "EC PRIVATE KEY", &mixed.to_der().unwrap(), valid);
    }
}

/// RFC 5958: version 2 has the public key beside the private one. openssl does not look at it.
#[test]
fn a_pkcs8_key_with_the_public_key_of_another_does_not_match() {
    let scene = Scene::with_key(&["-newkey", "ed25519"]);
    scene.openssl(&["pkey", "-in", "key.pem", "-outform", "DER", "-out", "a"]);
    scene.openssl(&[
        "pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "public",
    ]);
    let (key, public) = (scene.read("a"), scene.read("public"));
    let own = &public[public.len() - 32..];
    let mut other = own.to_vec();
    other[7] ^= 1;
    let info = PrivateKeyInfo::from_der(&key).unwrap();
    assert!(info.public_key.is_none());
    for (public, valid) in [(own, true), (&other[..], false), (&own[1..], false)] {
        let implicit = [&[0x81, public.len() as u8 + 1, 0], public].concat();
        let explicit = [
            &[0xa1, public.len() as u8 + 3, 3, public.len() as u8 + 1, 0],
            public,
        ]
        .concat();
        for public in [implicit, explicit] {
            let content = [&[2, 1, 1], &key[5..], &public].concat();
            let mixed = [&[0x30, content.len() as u8], &content[..]].concat();
            is_read(&scene, "PRIVATE KEY", &mixed, valid);
        }
    }
}

/// The numbers of one key, those that have a bit in `from_b` of another.
fn mixed(a: &[u8], b: &[u8], from_b: u8) -> Vec<u8> {
    let [a, b] = [a, b].map(|der| RsaPrivateKey::from_der(der).unwrap());
    let choose = |at: u8, a: UintRef<'_>, b: UintRef<'_>| {
        let chosen = if from_b >> at & 1 == 1 { b } else { a };
        chosen.as_bytes().to_vec()
    };
    let numbers = [
        choose(0, a.modulus, b.modulus),
        choose(1, a.public_exponent, b.public_exponent),
        choose(2, a.private_exponent, b.private_exponent),
        choose(3, a.prime1, b.prime1),
        choose(4, a.prime2, b.prime2),
        choose(5, a.exponent1, b.exponent1),
        choose(6, a.exponent2, b.exponent2),
        choose(7, a.coefficient, b.coefficient),
    ];
    let [n, e, d, p, q, d_p, d_q, q_inv] = numbers.each_ref().map(|it| UintRef::new(it).unwrap());
    let key = RsaPrivateKey {
        version: 0,
        modulus: n,
        public_exponent: e,
        private_exponent: d,
        prime1: p,
        prime2: q,
        exponent1: d_p,
        exponent2: d_q,
        coefficient: q_inv,
        other_primes: None,
    };
    key.to_der().unwrap()
}

/// kvcert and openssl agree on whether the key is `valid`, and it is the one of the certificate.
#[track_caller]
fn is_judged(scene: &Scene, label: &str, der: &[u8], valid: bool) {
    scene.write("judged.pem", pem(label, der));
    let mut openssl = Command::new("openssl");
    let check = ["pkey", "-in", "judged.pem", "-noout", "-check"];
    let judged = openssl
        .args(check)
        .current_dir(scene.path())
        .output()
        .unwrap();
    assert_eq!(judged.status.success(), valid, "openssl: {judged:?}");
    is_read(scene, label, der, valid);
}

#[track_caller]
fn is_read(scene: &Scene, label: &str, der: &[u8], valid: bool) {
    let certificate = scene.read("cert.pem");
    scene.write(
        "both.pem",
        [pem(label, der).as_bytes(), &certificate].concat(),
    );
    if valid {
        let done = scene.convert("both.pem", &[]);
        assert_eq!(done.code, 0, "{}", done.stderr);
    } else {
        scene.is_refused("both.pem", &[], &["is damaged"]);
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    pem::encode(&pem::Pem::new(label, der))
}
