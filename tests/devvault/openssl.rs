//! The openssl command as the judge.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::running::TempFolder;

/// Runs openssl on `input` and gives what it writes.
#[track_caller]
pub(crate) fn openssl(arguments: &[&str], input: &[u8]) -> String {
    let (output, errors) = run(arguments, input);
    String::from_utf8(output).unwrap() + &errors
}

/// The same for what is no text.
#[track_caller]
pub(crate) fn openssl_bytes(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    run(arguments, input).0
}

#[track_caller]
fn run(arguments: &[&str], input: &[u8]) -> (Vec<u8>, String) {
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl must be installed");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "openssl {arguments:?}: {errors}");
    (output.stdout, errors)
}

pub(crate) fn read_pfx(pfx: &[u8]) -> String {
    openssl(
        &[
            "pkcs12",
            "-in",
            "/dev/stdin",
            "-passin",
            "pass:",
            "-nodes",
            "-info",
        ],
        pfx,
    )
}

pub(crate) fn public_key_of_leaf(leaf: &[u8]) -> String {
    openssl(&["x509", "-inform", "DER", "-noout", "-pubkey"], leaf)
}

pub(crate) fn public_key_of_key(pem: &str) -> String {
    let start = pem.find("-----BEGIN PRIVATE KEY-----").unwrap();
    openssl(&["pkey", "-pubout"], &pem.as_bytes()[start..])
}

/// openssl builds the path from the leaf to the root.
#[track_caller]
pub(crate) fn chain_holds(pem: &str, leaf: &[u8]) {
    let folder = TempFolder::new("chain");
    let (authorities, certificate) = (folder.0.join("ca.pem"), folder.0.join("leaf.pem"));
    let certificates: Vec<&str> = pem
        .match_indices("-----BEGIN CERTIFICATE-----")
        .map(|(start, _)| {
            let end = pem[start..].find("-----END CERTIFICATE-----\n").unwrap();
            &pem[start..start + end + "-----END CERTIFICATE-----\n".len()]
        })
        .collect();
    fs::write(&authorities, certificates.concat()).unwrap();
    fs::write(&certificate, openssl(&["x509", "-inform", "DER"], leaf)).unwrap();
    let (authorities, certificate) = (authorities.to_str().unwrap(), certificate.to_str().unwrap());
    let verified = openssl(
        &[
            "verify",
            "-purpose",
            "sslserver",
            "-CAfile",
            authorities,
            certificate,
        ],
        b"",
    );
    assert!(verified.contains(": OK"), "{verified}");
}
