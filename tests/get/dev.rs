//! Each certificate of the dev vault, judged by openssl.

use std::path::Path;

use crate::support::{self, Scratch, dev, failure, openssl, run};

/// Gets `name` into the folder `out`; it must work. Gives back the leaf's thumbprint.
#[track_caller]
fn pair(folder: &Path, name: &str) -> String {
    let (code, output, errors) = run(dev::kvcert(folder).args(["get", name, "-o", "out"]));
    assert_eq!(code, 0, "{errors}");
    let name = name.split('/').next().unwrap();
    let file = |ending: &str| folder.join(format!("out/{name}.{ending}"));
    assert_eq!(
        output,
        format!("out/{name}.crt  0644  created\nout/{name}.key  0600  created\n")
    );
    assert_eq!(
        (support::mode(&file("crt")), support::mode(&file("key"))),
        (0o644, 0o600)
    );
    support::pair(&file("crt"), &file("key"))
}

/// Gets `name`, which must fail so, and leave nothing.
#[track_caller]
fn refused(name: &str, more: &[&str], code: i32, reason: &str) {
    let folder = Scratch::new();
    let mut command = dev::kvcert(folder.path());
    let found = run(command
        .args(["--json", "get", name, "-o", "out"])
        .args(more));
    assert_eq!(
        (found.0, &failure(&found.2)["reason"]),
        (code, &reason.into()),
        "{}",
        found.2
    );
    assert!(!folder.join("out").exists());
}

#[test]
fn each_kind_of_certificate() {
    let folder = Scratch::new();
    for name in [
        "web",
        "web-pem",
        "api-ec",
        "api-ec-pem",
        "rotated",
        "expiring",
    ] {
        pair(folder.path(), name);
    }
}

#[test]
fn the_chain_is_leaf_first_and_whole() {
    let folder = Scratch::new();
    for name in ["web", "api-ec"] {
        pair(folder.path(), name);
        let file = folder.join(format!("out/{name}.crt"));
        let text = std::fs::read_to_string(&file).unwrap();
        let blocks: Vec<&str> = text
            .split_inclusive("-----END CERTIFICATE-----\n")
            .collect();
        let [leaf, intermediate, root] = blocks[..] else {
            panic!("{text}");
        };
        let write = |name: &str, block: &str| {
            let path = folder.join(name);
            std::fs::write(&path, block).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (leaf, intermediate) = (write("leaf.pem", leaf), write("between.pem", intermediate));
        let root = write("root.pem", root);
        let verify = ["verify", "-x509_strict", "-purpose", "sslserver"];
        let chain = ["-CAfile", &root, "-untrusted", &intermediate, &leaf];
        let verified = openssl(&[&verify[..], &chain].concat());
        assert_eq!(verified, format!("{leaf}: OK\n"));
        let (_, wanted) = support::leaf(Path::new(&leaf));
        assert_eq!(support::leaf(&file).1, wanted);
        let host = openssl(&[
            "x509",
            "-in",
            &leaf,
            "-noout",
            "-checkhost",
            &format!("{name}.example.com"),
        ]);
        assert!(host.contains("does match"), "{host}");
    }
}

#[test]
fn versions() {
    let folder = Scratch::new();
    let current = pair(folder.path(), "rotated");
    let versions = versions_of("rotated");
    assert_eq!(versions.len(), 2);
    let found: Vec<String> = versions
        .iter()
        .map(|version| pair(Scratch::new().path(), &format!("rotated/{version}")))
        .collect();
    assert_ne!(found[0], found[1]);
    assert!(found.contains(&current));
    refused(
        "rotated/00000000000000000000000000000000",
        &[],
        3,
        "not-found",
    );
    refused("rotated/1", &[], 2, "invalid-address");
}

#[test]
fn identifiers_of_all_three_objects() {
    let folder = Scratch::new();
    let expected = pair(folder.path(), "web-pem");
    let version = versions_of("web-pem").pop().unwrap();
    for object in ["certificates", "secrets", "keys"] {
        for end in ["", "/", &format!("/{version}")] {
            let folder = Scratch::new();
            let id = format!("{}/{object}/web-pem{end}", dev::access().vault_url);
            let mut command = dev::kvcert(folder.path());
            let (code, _, errors) = run(command.args(["get", &id, "-o", "out"]));
            assert_eq!(code, 0, "{id}: {errors}");
            let (certificate, key) = (
                folder.join("out/web-pem.crt"),
                folder.join("out/web-pem.key"),
            );
            assert_eq!(support::pair(&certificate, &key), expected);
        }
    }
}

#[test]
fn what_cannot_be_had() {
    refused("vaulted", &[], 7, "not-exportable");
    refused("retired", &[], 3, "disabled");
    refused("retired", &["--no-key"], 3, "disabled");
    refused("nothing-here", &[], 3, "not-found");
    refused("expiring", &["--min-days", "30"], 9, "expires-too-soon");
    refused("not a name", &[], 2, "invalid-address");
    refused("web", &["--name", "../web"], 2, "invalid-name");
    refused(
        "https://demo.vault.localhost/stuff/web",
        &[],
        2,
        "invalid-address",
    );
}

#[test]
fn a_certificate_without_its_key() {
    let folder = Scratch::new();
    let mut command = dev::kvcert(folder.path());
    let (code, output, errors) = run(command.args(["get", "vaulted", "--no-key", "-o", "out"]));
    assert_eq!(
        (code, output.as_str()),
        (0, "out/vaulted.crt  0644  created\n"),
        "{errors}"
    );
    assert_eq!(
        support::leaf(&folder.join("out/vaulted.crt")).1,
        thumbprint("vaulted")
    );
    assert!(!folder.join("out/vaulted.key").exists());
}

#[test]
fn a_gate_that_lets_through() {
    let folder = Scratch::new();
    let mut command = dev::kvcert(folder.path());
    command.args(["get", "expiring", "web", "--min-days", "5", "-o", "out"]);
    assert_eq!(run(&mut command).0, 0);
}

/// The versions of a certificate, as the vault lists them.
fn versions_of(name: &str) -> Vec<String> {
    let access = dev::access();
    let folder = Scratch::new();
    let ca = folder.join("ca.pem");
    std::fs::write(&ca, &access.ca_pem).unwrap();
    let port = access.vault_url.rsplit(':').next().unwrap();
    let curl = |arguments: &[&str]| -> serde_json::Value {
        let mut command = std::process::Command::new("curl");
        command.args(["-sS", "--fail", "--cacert", ca.to_str().unwrap()]);
        for host in ["demo.vault.localhost", "login.localhost"] {
            command.args(["--resolve", &format!("{host}:{port}:127.0.0.1")]);
        }
        let (code, output, errors) = run(command.args(arguments));
        assert_eq!(code, 0, "{errors}");
        serde_json::from_str(&output).unwrap()
    };
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=https://vault.localhost:{port}/.default",
        access.client_id,
        access.client_secret.expose()
    );
    let token_url = format!(
        "{}/{}/oauth2/v2.0/token",
        access.authority, access.tenant_id
    );
    let token = curl(&["--data", &form, &token_url])["access_token"].take();
    let bearer = format!("Authorization: Bearer {}", token.as_str().unwrap());
    let url = format!(
        "{}/certificates/{name}/versions?api-version=7.4",
        access.vault_url
    );
    let list = curl(&["-H", &bearer, &url]);
    let id = |item: &serde_json::Value| {
        item["id"]
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned()
    };
    list["value"].as_array().unwrap().iter().map(id).collect()
}

/// The SHA-1 thumbprint that `list` shows.
fn thumbprint(name: &str) -> String {
    let (code, output, errors) = run(dev::kvcert(Scratch::new().path()).args(["list", "--json"]));
    assert_eq!(code, 0, "{errors}");
    let list: serde_json::Value = serde_json::from_str(&output).unwrap();
    let mut rows = list["certificates"].as_array().unwrap().iter();
    let row = rows.find(|row| row["name"] == name).unwrap();
    row["thumbprint"].as_str().unwrap().to_owned()
}
