//! Keys that hold no public key of their own, which is then computed: RFC 5915 leaves it out of an EC
//! key at will, and RFC 8410 out of an Ed25519 one.

use crate::making::Scene;

const CURVES: [&str; 4] = ["P-256", "P-384", "P-521", "secp256k1"];

/// `file.pem`: `key` and the certificate.
fn with_certificate(scene: &Scene, key: &str) {
    let both = [scene.read(key), scene.read("cert.pem")].concat();
    scene.write("file.pem", both);
}

/// openssl writes `short.pem` (SEC1) and `short8.pem` (PKCS#8) of the EC key, with no public part.
fn shorten(scene: &Scene) {
    scene.openssl(&["ec", "-in", "key.pem", "-no_public", "-out", "short.pem"]);
    let to_pkcs8 = ["pkcs8", "-topk8", "-nocrypt", "-in", "short.pem"];
    scene.openssl(&[&to_pkcs8[..], &["-out", "short8.pem"]].concat());
    // The point of P-256, the shortest, has 65 bytes.
    let length = |name: &str| scene.read(name).len();
    assert!(length("short8.pem") + 65 < length("key.pem"));
}

fn on(curve: &str) -> Scene {
    let curve = format!("ec_paramgen_curve:{curve}");
    Scene::with_key(&["-newkey", "ec", "-pkeyopt", &curve])
}

#[test]
fn an_ec_key_without_it_opens() {
    for curve in CURVES {
        let scene = on(curve);
        shorten(&scene);
        for key in ["short.pem", "short8.pem"] {
            with_certificate(&scene, key);
            scene.opens("file.pem", &[]);
        }
        scene.write("key.pem", scene.read("short8.pem"));
        scene.pkcs12(&[]);
        scene.opens("file.p12", &[]);
    }
}

/// What is computed is compared: it does not make a key of another certificate fit.
#[test]
fn an_ec_key_without_it_must_match() {
    for curve in CURVES {
        let (scene, other) = (on(curve), on(curve));
        shorten(&other);
        for key in ["short.pem", "short8.pem"] {
            scene.write(key, other.read(key));
            with_certificate(&scene, key);
            scene.is_refused("file.pem", &[], &["does not belong to the certificate"]);
        }
    }
}

#[test]
fn an_ed25519_key_never_has_it() {
    let (scene, other) = (ed25519(), ed25519());
    with_certificate(&scene, "key.pem");
    scene.opens("file.pem", &[]);
    scene.pkcs12(&[]);
    scene.opens("file.p12", &[]);
    scene.write("other.pem", other.read("key.pem"));
    with_certificate(&scene, "other.pem");
    scene.is_refused("file.pem", &[], &["does not belong to the certificate"]);
}

fn ed25519() -> Scene {
    Scene::with_key(&["-newkey", "ed25519"])
}
