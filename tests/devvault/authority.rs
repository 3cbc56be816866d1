//! The CA that people trust, perhaps in their browser: what it may issue, and for how long.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use kvcert_dev::{DevVault, Options};

use crate::running::{Running, TempFolder};
use crate::support::openssl;

fn open(data: &Path, addresses: &[&str]) -> DevVault {
    let addresses = addresses.iter().map(|address| address.parse().unwrap());
    DevVault::open(Options {
        data: Some(data.to_owned()),
        addresses: addresses.collect(),
        empty: true,
        ..Options::default()
    })
    .unwrap()
}

/// The CA of a data folder, after a start, and whether it took another's place.
fn ca(data: &Path, addresses: &[&str]) -> (String, bool) {
    let vault = open(data, addresses);
    (vault.access(8443).ca_pem, vault.has_new_ca())
}

/// What openssl makes of a certificate for these names, which the holder of the CA's key signed.
fn issued(folder: &Path, names: &str, purpose: &str) -> bool {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let extensions = format!("subjectAltName=critical,{names}");
    let (request, certificate, config) = (path("leaf.csr"), path("leaf.pem"), path("leaf.cnf"));
    fs::write(&config, &extensions).unwrap();
    openssl(&[
        "req",
        "-new",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        &path("leaf.key"),
        "-subj",
        "/O=leaf",
        "-out",
        &request,
    ]);
    openssl(&[
        "x509",
        "-req",
        "-in",
        &request,
        "-CA",
        &path("ca.pem"),
        "-CAkey",
        &path("ca.key"),
        "-days",
        "1",
        "-extfile",
        &config,
        "-out",
        &certificate,
    ]);
    let mut verify = Command::new("openssl");
    verify.args(["verify", "-x509_strict", "-purpose", purpose, "-CAfile"]);
    verify.args([path("ca.pem"), certificate]);
    verify
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}

#[test]
fn a_stolen_ca_is_good_for_local_names_only_and_two_years_at_most() {
    let folder = TempFolder::new("authority");
    let data = folder.0.join("data");
    ca(&data, &["192.0.2.7"]);
    let file = data.join("ca.pem");
    let text = openssl(&["x509", "-in", file.to_str().unwrap(), "-noout", "-text"]);
    for line in [
        "X509v3 Name Constraints: critical",
        "DNS:localhost\n",
        "CA:TRUE, pathlen:0",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let two_years = (2 * 366 * 86_400).to_string();
    let ends = [
        "x509",
        "-in",
        file.to_str().unwrap(),
        "-noout",
        "-checkend",
        &two_years,
    ];
    let ends = Command::new("openssl")
        .args(ends)
        .stdout(Stdio::null())
        .status();
    assert!(!ends.unwrap().success(), "it lasts longer: {text}");
    for names in [
        "DNS:localhost",
        "DNS:demo.vault.localhost",
        "DNS:*.vault.localhost",
        "IP:127.0.0.1",
        "IP:::1",
        "IP:192.0.2.7",
    ] {
        assert!(issued(&data, names, "sslserver"), "{names}");
    }
    for names in [
        "DNS:example.com",
        "DNS:localhost.example.com",
        "DNS:xlocalhost",
        "DNS:login.microsoftonline.com",
        "DNS:localhost,DNS:example.com",
        "IP:127.0.0.2",
        "IP:10.0.0.1",
        "IP:192.0.2.8",
        "IP:::2",
        "IP:::ffff:127.0.0.1",
    ] {
        assert!(!issued(&data, names, "sslserver"), "{names}");
    }
    for purpose in ["smimesign", "sslclient", "timestampsign"] {
        assert!(!issued(&data, "DNS:localhost", purpose), "{purpose}");
    }
}

#[test]
fn a_data_folder_keeps_its_ca_until_it_has_to_have_another() {
    let folder = TempFolder::new("renewed");
    let data = folder.0.join("data");
    let (first, is_new) = ca(&data, &[]);
    assert!(!is_new, "there was none before");
    assert_eq!(ca(&data, &[]), (first.clone(), false));
    // Another address: another CA, which is good for the start without it, too.
    let (second, is_new) = ca(&data, &["192.0.2.7"]);
    assert!(is_new && second != first);
    assert_eq!(ca(&data, &["192.0.2.7"]), (second.clone(), false));
    assert_eq!(ca(&data, &[]), (second.clone(), false));

    // One that ends soon, one without limits, one for longer, and one of another key.
    let good = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n";
    let limits = "nameConstraints=critical,permitted;DNS:localhost,permitted;IP:127.0.0.1/255.255.255.255,\
                  permitted;IP:::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n";
    for (days, extensions, is_new) in [
        ("100", format!("{good}{limits}"), false),
        ("10", format!("{good}{limits}"), true),
        ("800", format!("{good}{limits}"), true),
        ("100", good.to_owned(), true),
        (
            "100",
            format!("{good}{}", limits.replace("critical,", "")),
            true,
        ),
        (
            "100",
            format!(
                "{good}{}",
                limits.replace("DNS:localhost", "DNS:localhost,permitted;DNS:com")
            ),
            true,
        ),
        (
            "100",
            format!("{good}{}", limits.replace("255.255.255.255", "255.0.0.0")),
            true,
        ),
    ] {
        let path = |name: &str| data.join(name).to_str().unwrap().to_owned();
        let config = format!(
            "[req]\ndistinguished_name=name\nx509_extensions=ca\n[name]\n[ca]\n{extensions}"
        );
        fs::write(path("ca.cnf"), config).unwrap();
        openssl(&[
            "req",
            "-x509",
            "-config",
            &path("ca.cnf"),
            "-key",
            &path("ca.key"),
            "-days",
            days,
            "-subj",
            "/CN=kvcert dev vault CA 0",
            "-out",
            &path("ca.pem"),
        ]);
        let before = fs::read_to_string(path("ca.pem")).unwrap();
        let (after, replaced) = ca(&data, &[]);
        assert_eq!(
            (replaced, after != before),
            (is_new, is_new),
            "{days} {extensions}"
        );
        assert_eq!(ca(&data, &[]), (after, false));
    }
    let other = folder.0.join("other");
    ca(&other, &[]);
    fs::copy(other.join("ca.key"), data.join("ca.key")).unwrap();
    assert!(ca(&data, &[]).1, "the key is another's");
}

/// What comes after a renewal is trusted: the server's certificate ends no later than its CA.
#[tokio::test]
async fn the_server_is_trusted_after_a_renewal() {
    let folder = TempFolder::new("trusted");
    let data = folder.0.join("data");
    ca(&data, &[]);
    let running = Running::serve(open(&data, &["192.0.2.7"]));
    assert!(!running.token().await.is_empty());
}
