//! Ciphers, and types of keys.

use crate::making::Scene;

/// RFC 7292 appendix C lists RC4; NSS and GnuTLS write Camellia too.
#[test]
fn rc4_and_camellia_open() {
    let scene = Scene::new();
    for cipher in ["PBE-SHA1-RC4-128", "PBE-SHA1-RC4-40"] {
        scene.pkcs12(&["-legacy", "-keypbe", cipher, "-certpbe", cipher]);
        scene.opens("file.p12", &[]);
    }
    for bits in ["128", "192", "256"] {
        let cipher = format!("camellia-{bits}-cbc");
        scene.pkcs12(&["-keypbe", &cipher, "-certpbe", &cipher]);
        scene.opens("file.p12", &[]);
        encrypted_pem(
            &scene,
            &["rsa", "-traditional", &format!("-camellia{bits}")],
        );
        scene.opens("file.pem", &[]);
    }
    scene.openssl(&[
        "pkcs8",
        "-topk8",
        "-in",
        "key.pem",
        "-v2",
        "rc4",
        "-passout",
        "file:pw.txt",
        "-out",
        "locked.pem",
        "-provider",
        "legacy",
        "-provider",
        "default",
    ]);
    with_certificate(&scene);
    scene.opens("file.pem", &[]);
}

/// A stream cipher has no padding that would tell a wrong password.
#[test]
fn a_wrong_password_for_rc4_is_told() {
    let scene = Scene::new();
    let rc4 = "PBE-SHA1-RC4-128";
    scene.pkcs12(&["-legacy", "-keypbe", rc4, "-certpbe", rc4, "-nomac"]);
    scene.write("pw.txt", "wrong");
    scene.is_refused("file.p12", &[], &["wrong password"]);
}

#[test]
fn old_pem_encryption_opens() {
    let scene = Scene::new();
    for cipher in [
        "-des",
        "-des3",
        "-aes128",
        "-aes192",
        "-aes256",
        "-rc2-cbc",
        "-rc2-40-cbc",
        "-rc2-64-cbc",
    ] {
        let legacy = ["-provider", "legacy", "-provider", "default"];
        encrypted_pem(
            &scene,
            &[&["rsa", "-traditional", cipher], &legacy[..]].concat(),
        );
        scene.opens("file.pem", &[]);
    }
}

#[test]
fn a_rare_scheme_is_named_with_a_command_that_works() {
    let scene = Scene::new();
    let pkcs12 = ["openssl pkcs12 -legacy -nodes -in FILE | kvcert convert -"];
    for (options, name) in [
        (["-keypbe", "aria-256-cbc"], "ARIA-256-CBC"),
        (["-keypbe", "sm4-cbc"], "SM4-CBC"),
        (["-keypbe", "aes-256-ofb"], "AES-256-OFB"),
        (["-macalg", "md5"], "MD5"),
        (["-macalg", "sha3-256"], "SHA3-256"),
        (["-macalg", "sm3"], "SM3"),
    ] {
        scene.pkcs12(&options);
        scene.is_refused("file.p12", &[], &[&[name], &pkcs12[..]].concat());
        scene.openssl(&[
            "pkcs12",
            "-legacy",
            "-nodes",
            "-in",
            "file.p12",
            "-passin",
            "file:pw.txt",
            "-out",
            "file.pem",
        ]);
        scene.opens("file.pem", &[]);
    }
    encrypted_pem(&scene, &["rsa", "-traditional", "-aria256"]);
    scene.is_refused(
        "file.pem",
        &[],
        &["ARIA-256-CBC", "openssl pkey -provider default"],
    );
}

#[test]
fn a_key_that_key_vault_does_not_have_is_named() {
    for (options, name) in [
        (vec!["-newkey", "ed448"], "Ed448"),
        (
            vec![
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:brainpoolP384r1",
            ],
            "brainpoolP384r1",
        ),
        (
            vec!["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp224r1"],
            "secp224r1",
        ),
        (
            vec!["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:SM2"],
            "SM2",
        ),
        (
            vec![
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:brainpoolP256r1",
                "-pkeyopt",
                "ec_param_enc:explicit",
            ],
            "unknown parameters",
        ),
    ] {
        let scene = Scene::with_key(&options);
        scene.pkcs12(&[]);
        scene.write(
            "file.pem",
            [scene.read("key.pem"), scene.read("cert.pem")].concat(),
        );
        for file in ["file.p12", "file.pem"] {
            scene.is_refused(
                file,
                &[],
                &[name, "Key Vault has no keys of this type", "`--no-key`"],
            );
            let alone = scene.convert(file, &["--no-key"]);
            assert_eq!(alone.code, 0, "{}", alone.stderr);
        }
    }
}

/// `file.pem`: the certificate and the key that openssl's `command` encrypts.
fn encrypted_pem(scene: &Scene, command: &[&str]) {
    let files = [
        "-in",
        "key.pem",
        "-out",
        "locked.pem",
        "-passout",
        "file:pw.txt",
    ];
    scene.openssl(&[command, &files[..]].concat());
    with_certificate(scene);
}

fn with_certificate(scene: &Scene) {
    let both = [scene.read("locked.pem"), scene.read("cert.pem")].concat();
    scene.write("file.pem", both);
}

/// A key in a cipher that kvcert does not read does not keep its certificates back.
#[test]
fn certificates_beside_an_unreadable_key_are_readable() {
    let scene = Scene::new();
    scene.pkcs12(&["-keypbe", "aria-128-cbc", "-certpbe", "aes-256-cbc"]);
    scene.is_refused("file.p12", &[], &["ARIA"]);
    let alone = scene.convert("file.p12", &["--no-key"]);
    assert_eq!(alone.code, 0, "{}", alone.stderr);
    assert!(
        alone.stderr.contains("skipped a private key"),
        "{}",
        alone.stderr
    );
    let written = crate::support::leaf(&scene.path().join("out/file.crt"));
    assert_eq!(
        written,
        crate::support::leaf(&scene.path().join("cert.pem"))
    );
    scene.write("pw.txt", "wrong");
    scene.is_refused("file.p12", &["--no-key"], &["wrong password"]);
}
