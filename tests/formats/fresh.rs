//! A few keys made for the purpose, in the shapes and with the flags that need a closer look.

use std::fs;
use std::process::{Command, Stdio};

use crate::support::{self, Scratch, kvcert, openssl, run};

/// A PFX per kind of key, made by openssl: leaf, CA, and the leaf's friendly name.
fn pfx(scratch: &Scratch, kind: &[&str]) -> String {
    let at = |name: &str| scratch.join(name).display().to_string();
    let ca = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ];
    let subject = [
        "-subj",
        "/CN=Test CA",
        "-days",
        "3650",
        "-addext",
        "basicConstraints=critical,CA:TRUE",
    ];
    openssl(
        &[
            &["req", "-x509"][..],
            &ca,
            &subject,
            &["-keyout", &at("ca.key"), "-out", &at("ca.crt")],
        ]
        .concat(),
    );
    let request = [
        "-subj",
        "/CN=leaf.example.com",
        "-keyout",
        &at("leaf.key"),
        "-out",
        &at("leaf.csr"),
    ];
    openssl(&[&["req", "-new", "-nodes", "-newkey"][..], kind, &request].concat());
    let signing = [
        "-CA",
        &at("ca.crt"),
        "-CAkey",
        &at("ca.key"),
        "-CAcreateserial",
        "-days",
        "365",
    ];
    openssl(
        &[
            &[
                "x509",
                "-req",
                "-in",
                &at("leaf.csr"),
                "-out",
                &at("leaf.crt"),
            ][..],
            &signing,
        ]
        .concat(),
    );
    let content = [
        "-inkey",
        &at("leaf.key"),
        "-in",
        &at("leaf.crt"),
        "-certfile",
        &at("ca.crt"),
    ];
    let rest = [
        "-name",
        "the leaf of all",
        "-passout",
        "pass:secret",
        "-out",
        &at("leaf.pfx"),
    ];
    openssl(&[&["pkcs12", "-export"][..], &content, &rest].concat());
    fs::write(scratch.join("in.pw"), "secret\n").unwrap();
    fs::write(scratch.join("out.pw"), "another secret").unwrap();
    openssl(&["pkey", "-in", &at("leaf.key"), "-pubout"])
}

const RSA: &[&str] = &["rsa:2048"];
const EC: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"];
const ED25519: &[&str] = &["ed25519"];

#[track_caller]
fn convert(scratch: &Scratch, flags: &[&str]) {
    let mut command = kvcert(scratch.path());
    command
        .args(["convert", "leaf.pfx", "--password-file", "in.pw", "-q"])
        .args(flags);
    let (code, _, errors) = run(&mut command);
    assert_eq!(code, 0, "{flags:?}: {errors}");
}

/// The public key of what openssl makes of a private key file.
#[track_caller]
fn public(scratch: &Scratch, file: &str, more: &[&str]) -> String {
    let file = scratch.join(file).display().to_string();
    openssl(&[&["pkey", "-pubout", "-in", &file][..], more].concat())
}

#[test]
fn every_key_in_every_pem_shape() {
    for kind in [RSA, EC, ED25519] {
        let scratch = Scratch::new();
        let key = pfx(&scratch, kind);
        convert(&scratch, &["-o", "pem"]);
        assert_eq!(public(&scratch, "pem/leaf.key", &[]), key);
        convert(&scratch, &["-o", "combined", "--format", "combined"]);
        assert_eq!(public(&scratch, "combined/leaf.pem", &[]), key);
        convert(&scratch, &["-o", "certbot", "--format", "certbot"]);
        assert_eq!(public(&scratch, "certbot/leaf/privkey.pem", &[]), key);
        for (file, certificates) in [("cert", 1), ("chain", 1), ("fullchain", 2)] {
            let text =
                fs::read_to_string(scratch.join(format!("certbot/leaf/{file}.pem"))).unwrap();
            assert_eq!(
                text.matches("BEGIN CERTIFICATE").count(),
                certificates,
                "{file}"
            );
        }
        convert(&scratch, &["-o", "der", "--format", "der"]);
        assert_eq!(
            public(&scratch, "der/leaf.key.der", &["-inform", "DER"]),
            key
        );
        let certificate = scratch.join("der/leaf.der").display().to_string();
        let from_der = openssl(&[
            "x509",
            "-inform",
            "DER",
            "-in",
            &certificate,
            "-noout",
            "-pubkey",
        ]);
        assert_eq!(from_der, key);
        let (ca, leaf) = (scratch.join("ca.crt"), scratch.join("pem/leaf.crt"));
        openssl(&[
            "verify",
            "-CAfile",
            ca.to_str().unwrap(),
            leaf.to_str().unwrap(),
        ]);
    }
}

#[test]
fn keys_encrypted_and_in_old_formats() {
    for (kind, old, label) in [
        (RSA, "pkcs1", "RSA PRIVATE KEY"),
        (EC, "sec1", "EC PRIVATE KEY"),
    ] {
        let scratch = Scratch::new();
        let key = pfx(&scratch, kind);
        convert(&scratch, &["-o", "old", "--key-format", old]);
        let text = fs::read_to_string(scratch.join("old/leaf.key")).unwrap();
        assert!(
            text.starts_with(&format!("-----BEGIN {label}-----")),
            "{label}"
        );
        assert_eq!(public(&scratch, "old/leaf.key", &[]), key);
        convert(&scratch, &["-o", "locked", "--key-password-file", "out.pw"]);
        let text = fs::read_to_string(scratch.join("locked/leaf.key")).unwrap();
        assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
        assert_eq!(
            public(
                &scratch,
                "locked/leaf.key",
                &["-passin", "pass:another secret"]
            ),
            key
        );
        let wrong = if old == "sec1" { "pkcs1" } else { "sec1" };
        let (code, _, errors) = run(kvcert(scratch.path()).args([
            "convert",
            "leaf.pfx",
            "--password-file",
            "in.pw",
            "-o",
            "no",
            "--key-format",
            wrong,
        ]));
        assert_eq!(code, 2, "{errors}");
        assert!(!scratch.join("no").exists(), "a refused run leaves nothing");
    }
}

/// Judged by openssl and, where it is there, by Java.
#[test]
fn pfx_for_new_and_old_readers() {
    let scratch = Scratch::new();
    let key = pfx(&scratch, RSA);
    for (profile, cipher) in [("modern", "AES-256-CBC"), ("legacy", "3-KeyTripleDES")] {
        convert(
            &scratch,
            &[
                "-o",
                profile,
                "--format",
                "pfx",
                "--pfx-profile",
                profile,
                "--key-password-file",
                "out.pw",
            ],
        );
        let file = scratch
            .join(format!("{profile}/leaf.pfx"))
            .display()
            .to_string();
        let password = "pass:another secret";
        let pem = openssl(&["pkcs12", "-in", &file, "-passin", password, "-nodes"]);
        assert!(
            pem.contains("friendlyName: the leaf of all"),
            "the friendly name is kept: {pem}"
        );
        assert_eq!(pem.matches("BEGIN CERTIFICATE").count(), 2);
        fs::write(scratch.join("back.pem"), &pem).unwrap();
        assert_eq!(public(&scratch, "back.pem", &[]), key);
        let info = Command::new("openssl")
            .args([
                "pkcs12", "-in", &file, "-passin", password, "-info", "-noout",
            ])
            .output()
            .unwrap();
        let info = String::from_utf8_lossy(&info.stderr).into_owned();
        assert!(info.contains(cipher), "{profile}: {info}");
        java_reads(&file, "another secret");
    }
    convert(&scratch, &["-o", "open", "--format", "pfx"]);
    let file = scratch.join("open/leaf.pfx").display().to_string();
    openssl(&["pkcs12", "-in", &file, "-passin", "pass:", "-nodes"]);
}

fn java_reads(file: &str, password: &str) {
    let list = [
        "-list",
        "-v",
        "-storetype",
        "PKCS12",
        "-keystore",
        file,
        "-storepass",
        password,
    ];
    let Ok(output) = Command::new("keytool")
        .args(list)
        .stdin(Stdio::null())
        .output()
    else {
        support::say("skipped: no keytool here to judge the PFX");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("Certificate chain length: 2"), "{text}");
}

/// The public JWK is the private one without its secrets.
#[test]
fn jwk_and_kubernetes() {
    for kind in [RSA, EC, ED25519] {
        let scratch = Scratch::new();
        pfx(&scratch, kind);
        convert(&scratch, &["-o", "jwk", "--format", "jwk"]);
        convert(&scratch, &["-o", "public", "--format", "jwk", "--no-key"]);
        convert(&scratch, &["-o", "k8s", "--format", "kubernetes"]);
        let private = fs::read_to_string(scratch.join("jwk/leaf.jwk.json")).unwrap();
        let public = fs::read_to_string(scratch.join("public/leaf.jwk.json")).unwrap();
        let private: serde_json::Value = serde_json::from_str(&private).unwrap();
        let public: serde_json::Value = serde_json::from_str(&public).unwrap();
        for secret in ["d", "p", "q", "dp", "dq", "qi"] {
            assert!(public.get(secret).is_none(), "{secret} in a public JWK");
        }
        for member in ["kty", "n", "e", "crv", "x", "y", "x5c", "x5t", "x5t#S256"] {
            assert_eq!(public.get(member), private.get(member), "{member}");
        }
        kubernetes_matches(&scratch);
    }
}

/// The manifest's values are the two PEM files, base64.
fn kubernetes_matches(scratch: &Scratch) {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    convert(scratch, &["-o", "pem"]);
    let yaml = fs::read_to_string(scratch.join("k8s/leaf.yaml")).unwrap();
    assert!(yaml.contains("\ntype: kubernetes.io/tls\n") && yaml.contains("name: \"leaf\"\n"));
    for (field, file) in [("tls.crt: ", "pem/leaf.crt"), ("tls.key: ", "pem/leaf.key")] {
        let line = yaml
            .lines()
            .find_map(|line| line.trim().strip_prefix(field))
            .unwrap();
        assert_eq!(
            STANDARD.decode(line).unwrap(),
            fs::read(scratch.join(file)).unwrap()
        );
    }
}
