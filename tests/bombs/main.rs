//! Files of at most 16 MiB that were made to cost much: processor time, memory and output stay small,
//! and what there is too much of is named.
#![cfg(all(feature = "cli", target_os = "linux"))]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test may panic, and sets its own scene"
)]

mod making;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kvcert_pki::asn1::ber::element;
use making::{
    SIZE, aes, bag, certificate, data, ed25519, encrypted_data, id, many, pbkdf2, pem, pfx,
    sequence, shrouded,
};
use support::{Scratch, kvcert};

/// Reads the file with `convert`, with and without a key, and `inspect`, all within limits. What they
/// say has `words` in it.
#[track_caller]
fn is_cheap(name: &str, content: &[u8], words: &str) {
    assert!(content.len() <= 16 << 20, "{name}: {}", content.len());
    let scratch = Scratch::new();
    fs::write(scratch.join(name), content).unwrap();
    fs::write(scratch.join("password"), "\u{feff}'se\u{304}cret'\n").unwrap();
    let mut all = String::new();
    for command in [
        &["convert", "--dry-run", "-o", "out"][..],
        &["convert", "--dry-run", "-o", "out", "--no-key"],
        &["inspect"],
    ] {
        let mut limited = Command::new("prlimit");
        limited.arg(format!("--cpu={MOST_SECONDS}"));
        limited.arg(format!("--as={MOST_MEMORY}"));
        limited.arg(kvcert(scratch.path()).get_program());
        limited.env_clear().current_dir(scratch.path());
        limited.env("KVCERT_STATE_DIR", scratch.join("state"));
        limited.args([command, &[name, "--password-file", "password"]].concat());
        let output = limited.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let is_defined = matches!(output.status.code(), Some(0 | 7));
        assert!(
            is_defined,
            "{name}: {command:?}: {:?}: {said:.500}",
            output.status
        );
        let written = output.stdout.len() + said.len();
        assert!(
            written < MOST_OUTPUT,
            "{name}: {command:?} writes {written} bytes"
        );
        all.push_str(&said);
    }
    assert!(
        all.contains(words),
        "{name}: `{words}` is missing in {all:.2000}"
    );
}

#[test]
fn many_keys() {
    is_cheap(
        "keys.pem",
        many(&ed25519()).as_bytes(),
        "too many PEM blocks",
    );
    let few: String = (0..150).map(|_| ed25519()).collect();
    is_cheap(
        "few.pem",
        few.as_bytes(),
        "too many private keys: 150, where at most 100 are allowed",
    );
}

#[test]
fn many_bags() {
    let unknown = bag("1.2.3", &[5, 0], &[]);
    is_cheap(
        "bags.pfx",
        &pfx(&data(&many_of(&unknown))),
        "too many bags in PKCS#12",
    );
    is_cheap(
        "contents.pfx",
        &pfx(&many_of(&data(&[]))),
        "too many bags in PKCS#12",
    );
    let nested = (0..40).fold(unknown.clone(), |inner, _| {
        bag("1.2.840.113549.1.12.10.1.6", &sequence(&inner), &[])
    });
    is_cheap("nested.pfx", &pfx(&data(&nested)), "nested too deep");
    // Each level holds nearly all of the file.
    let wide = (0..8).fold(unknown.repeat(2_000), |inner, _| {
        bag("1.2.840.113549.1.12.10.1.6", &sequence(&inner), &[])
    });
    is_cheap("wide.pfx", &pfx(&data(&wide)), "PKCS#12");
}

#[test]
fn many_attributes() {
    let name = element(
        0x30,
        &[
            &id("1.2.840.113549.1.9.20"),
            &element(0x31, &[&element(0x1e, &[&[0, 65]])]),
        ],
    );
    let one = bag(
        "1.2.840.113549.1.12.10.1.3",
        &certificate_value(),
        &name.repeat(100_000),
    );
    is_cheap(
        "attributes.pfx",
        &pfx(&data(&one)),
        "too many attributes of bags in PKCS#12",
    );
    let values = element(0x31, &[&[5_u8, 0].repeat(SIZE / 2)]);
    let one = bag(
        "1.2.840.113549.1.12.10.1.3",
        &certificate_value(),
        &element(0x30, &[&id("1.2.3"), &values]),
    );
    is_cheap("values.pfx", &pfx(&data(&one)), "no private key");
    let long = element(0x31, &[&element(4, &[&[7; 15_000]])]);
    let one = element(0x30, &[&id("1.2.3"), &long]);
    let one = bag(
        "1.2.840.113549.1.12.10.1.3",
        &certificate_value(),
        &one.repeat(1000),
    );
    is_cheap("long.pfx", &pfx(&data(&one)), "no private key");
}

fn certificate_value() -> Vec<u8> {
    let octets = element(4, &[&certificate("a", "a", 1, &[])]);
    sequence(
        &[
            &id("1.2.840.113549.1.9.22.1")[..],
            &element(0xa0, &[&octets]),
        ]
        .concat(),
    )
}

#[test]
fn costly_keys() {
    // SHA-512 under the limit by its count, and beyond it by its cost.
    let sha512 = |iterations| pbkdf2("1.2.840.113549.2.11", iterations, &[1; 8]);
    let one = |kdf: &[u8]| shrouded(&aes(kdf), &[7; 64]);
    is_cheap(
        "sha512.pfx",
        &pfx(&data(&one(&sha512(4_999_999)))),
        "too many iterations of key derivation",
    );
    is_cheap(
        "near.pfx",
        &pfx(&data(&one(&sha512(1_600_000)))),
        "wrong password",
    );
    // Each by itself within the limit.
    is_cheap(
        "each.pfx",
        &pfx(&data(&one(&sha512(1_000_000)).repeat(200))),
        "too many iterations",
    );
    let sha1 = pbkdf2("1.2.840.113549.2.7", 9_999_000, &[1; 8]);
    is_cheap(
        "hidden.pfx",
        &pfx(&encrypted_data(&aes(&sha1), &[7; 64]).repeat(20)),
        "too many iterations",
    );
    let salty = pbkdf2("1.2.840.113549.2.11", 1, &vec![7; SIZE]);
    is_cheap("salt.pfx", &pfx(&data(&one(&salty))), "PKCS#12");
    // Decryption with every form of the password.
    let des = sequence(
        &[
            &id("1.2.840.113549.1.12.1.3")[..],
            &sequence(&[&element(4, &[&[1; 8]])[..], &[2, 1, 1]].concat()),
        ]
        .concat(),
    );
    is_cheap(
        "des.pfx",
        &pfx(&encrypted_data(&des, &vec![7; SIZE])),
        "PKCS#12",
    );
    let header = "Proc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,0102030405060708\n\n";
    let text = pem("RSA PRIVATE KEY", &vec![7; SIZE / 2]).replacen('\n', &format!("\n{header}"), 1);
    is_cheap("des.pem", text.as_bytes(), "too many iterations");
}

#[test]
fn many_certificates() {
    let tiny = pem("CERTIFICATE", &certificate("a", "a", 1, &[]));
    is_cheap(
        "certificates.pem",
        many(&tiny).as_bytes(),
        "too many PEM blocks",
    );
    let of = |count: usize, issuer: fn(usize) -> String| -> String {
        let one = |at| {
            pem(
                "CERTIFICATE",
                &certificate(&at_name(at), &issuer(at), at, &[]),
            )
        };
        (0..count).map(one).collect()
    };
    is_cheap(
        "apart.pem",
        of(1000, |at| format!("i{at}")).as_bytes(),
        "is no part of the leaf's chain",
    );
    is_cheap("chain.pem", of(1000, |at| at_name(at + 1)).as_bytes(), "");
    is_cheap(
        "more.pem",
        of(1200, at_name).as_bytes(),
        "too many certificates: 1200",
    );
    let same: String = (0..1000)
        .map(|at| pem("CERTIFICATE", &certificate("a", "a", at, &[])))
        .collect();
    is_cheap("same.pem", same.as_bytes(), "too many signatures to check");
    let list = (0..9_000)
        .map(|at| certificate("a", "a", at, &[]))
        .collect::<Vec<_>>()
        .concat();
    let signed = sequence(
        &[
            &[2, 1, 1, 0x31, 0][..],
            &sequence(&id("1.2.840.113549.1.7.1")),
            &element(0xa0, &[&list]),
            &[0x31, 0],
        ]
        .concat(),
    );
    let bundle = sequence(&[&id("1.2.840.113549.1.7.2")[..], &element(0xa0, &[&signed])].concat());
    is_cheap("bundle.p7b", &bundle, "too many elements");
}

fn at_name(at: usize) -> String {
    format!("n{at}")
}

#[test]
fn long_names() {
    let rdns = "x".repeat(100_000);
    is_cheap(
        "rdns.crt",
        &making::certificate_with_rdns(100_000),
        "too many bytes in a certificate",
    );
    is_cheap(
        "name.crt",
        &certificate(&rdns, "a", 1, &[]),
        "no private key",
    );
    is_cheap(
        "some.crt",
        &making::certificate_with_rdns(20_000),
        "no private key",
    );
    let san = |count: usize| -> Vec<u8> {
        (0..count)
            .flat_map(|at| element(0x82, &[at_name(at).as_bytes()]).to_vec())
            .collect()
    };
    is_cheap(
        "sans.crt",
        &certificate("a", "a", 1, &san(100_000)),
        "too many bytes in a certificate",
    );
    is_cheap(
        "names.crt",
        &certificate("a", "a", 1, &san(12_000)),
        "too many alternative names",
    );
    let many: String = (0..100)
        .map(|at| pem("CERTIFICATE", &certificate("a", "b", at, &san(1_000))))
        .collect();
    is_cheap("names.pem", many.as_bytes(), "too many alternative names");
}

#[test]
fn text_in_text() {
    let mut nested = vec![b'x'; 100];
    while nested.len() < SIZE / 2 {
        nested = STANDARD.encode(nested).into_bytes();
    }
    is_cheap("base64.txt", &nested, "");
    let mut layered = b"0123456789abcdef".repeat(10_000);
    while layered.len() < SIZE / 2 {
        layered = STANDARD.encode(layered).into_bytes();
    }
    is_cheap("layers.txt", &layered, "");
    is_cheap(
        "array.json",
        format!("[{}0]", "0,".repeat(SIZE / 2)).as_bytes(),
        "JSON",
    );
    is_cheap(
        "objects.json",
        format!("[{}0]", "{},".repeat(SIZE / 3)).as_bytes(),
        "JSON",
    );
    is_cheap("deep.json", "[".repeat(SIZE).as_bytes(), "");
    let value = format!("\"{}\",", "k".repeat(64));
    is_cheap(
        "values.json",
        format!("[{}0]", value.repeat(SIZE / value.len())).as_bytes(),
        "too many values",
    );
    is_cheap("deep.yaml", "- ".repeat(SIZE / 2).as_bytes(), "");
    is_cheap(
        "flow.yaml",
        format!("a: {}", "[".repeat(SIZE / 2)).as_bytes(),
        "",
    );
    is_cheap(
        "documents.yaml",
        "---\na: b\n".repeat(SIZE / 9).as_bytes(),
        "",
    );
    is_cheap(
        "anchors.yaml",
        (0..200_000)
            .map(|at| format!("a{at}: &a{at} [*a{}]\n", at.max(1) - 1))
            .collect::<String>()
            .as_bytes(),
        "",
    );
    // A line that is YAML and a variable at once, in itself.
    let inner = (0..12).fold("k".repeat(64), |inner, _| {
        format!("A=x: '{}'", inner.replace('\'', "''"))
    });
    is_cheap(
        "both.txt",
        format!("{inner}\n")
            .repeat(SIZE / (inner.len() + 1))
            .as_bytes(),
        "",
    );
    is_cheap(
        "begin.pem",
        "-----BEGIN CERTIFICATE-----\n".repeat(SIZE / 28).as_bytes(),
        "too many PEM blocks",
    );
    is_cheap(
        "escapes.pem",
        format!("-----BEGIN CERTIFICATE-----{}", "\\".repeat(SIZE)).as_bytes(),
        "",
    );
    is_cheap(
        "zip.txt",
        &[b"PK\x03\x04", &[0; SIZE][..]].concat(),
        "a ZIP archive",
    );
    is_cheap("ber.pfx", &[0x30, 0x80].repeat(SIZE / 2), "");
    is_cheap("elements.der", &[0x30, 3, 2, 1, 0].repeat(SIZE / 5), "");
}

const MOST_SECONDS: u64 = 20; // In an unoptimised build; 5 in a release.
const MOST_MEMORY: u64 = 640 << 20;
const MOST_OUTPUT: usize = 5 << 20;

fn many_of(der: &[u8]) -> Vec<u8> {
    der.repeat(SIZE / der.len())
}
