//! Parts of files, repeated or nested at will.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::Encode;
use der::asn1::ObjectIdentifier;
use kvcert_pki::asn1::ber::element;

/// Nearly 16 MiB, with room for what is around.
pub const SIZE: usize = (16 << 20) - 5_000;

pub fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// As often as it fits.
pub fn many(text: &str) -> String {
    text.repeat(SIZE / text.len())
}

/// A key that is like no other.
pub fn ed25519() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NUMBER: AtomicU64 = AtomicU64::new(0);

    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&NUMBER.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    let key = element(4, &[&element(4, &[&seed])]);
    let key = [&[2, 1, 0][..], &sequence(&id("1.3.101.112")), &key].concat();
    pem("PRIVATE KEY", &sequence(&key))
}

pub fn id(oid: &str) -> Vec<u8> {
    ObjectIdentifier::new_unwrap(oid).to_der().unwrap()
}

pub fn sequence(content: &[u8]) -> Vec<u8> {
    element(0x30, &[content]).to_vec()
}

/// `attributes` may be empty.
pub fn bag(oid: &str, value: &[u8], attributes: &[u8]) -> Vec<u8> {
    let value = element(0xa0, &[value]);
    let set = element(0x31, &[attributes]);
    let set = if attributes.is_empty() { &[][..] } else { &set };
    element(0x30, &[&id(oid), &value, set]).to_vec()
}

/// A key that is encrypted.
pub fn shrouded(algorithm: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    let key = sequence(&[algorithm, &element(4, &[ciphertext])].concat());
    bag("1.2.840.113549.1.12.10.1.2", &key, &[])
}

/// A content of `bags`.
pub fn data(bags: &[u8]) -> Vec<u8> {
    let octets = element(4, &[&element(0x30, &[bags])]);
    sequence(&[&id("1.2.840.113549.1.7.1")[..], &element(0xa0, &[&octets])].concat())
}

pub fn encrypted_data(algorithm: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    let inner = [
        &id("1.2.840.113549.1.7.1")[..],
        algorithm,
        &element(0x80, &[ciphertext]),
    ]
    .concat();
    let data = [&[2, 1, 0][..], &sequence(&inner)].concat();
    let content = element(0xa0, &[&element(0x30, &[&data])]);
    sequence(&[&id("1.2.840.113549.1.7.6")[..], &content].concat())
}

/// A file of `contents`, without an integrity check.
pub fn pfx(contents: &[u8]) -> Vec<u8> {
    let octets = element(4, &[&element(0x30, &[contents])]);
    let safe = sequence(&[&id("1.2.840.113549.1.7.1")[..], &element(0xa0, &[&octets])].concat());
    sequence(&[&[2, 1, 3][..], &safe].concat())
}

/// PBES2 with AES-256.
pub fn aes(kdf: &[u8]) -> Vec<u8> {
    let cipher = [&id("2.16.840.1.101.3.4.1.42")[..], &element(4, &[&[0; 16]])].concat();
    let parameters = [kdf, &sequence(&cipher)].concat();
    sequence(&[&id("1.2.840.113549.1.5.13")[..], &sequence(&parameters)].concat())
}

pub fn pbkdf2(prf: &str, iterations: u32, salt: &[u8]) -> Vec<u8> {
    let prf = sequence(&[&id(prf)[..], &[5, 0]].concat());
    let parameters = [
        &element(4, &[salt])[..],
        &iterations.to_der().unwrap(),
        &prf,
    ]
    .concat();
    sequence(&[&id("1.2.840.113549.1.5.12")[..], &sequence(&parameters)].concat())
}

/// With a signature that holds under no key; `names` are alternative names, DER, and may be none.
pub fn certificate(subject: &str, issuer: &str, serial: usize, names: &[u8]) -> Vec<u8> {
    of(&name(subject), &name(issuer), serial, names)
}

pub fn certificate_with_rdns(count: usize) -> Vec<u8> {
    of(&rdn("a").repeat(count), &name("a"), 1, &[])
}

fn name(text: &str) -> Vec<u8> {
    rdn(text)
}

fn rdn(text: &str) -> Vec<u8> {
    let attribute = [&id("2.5.4.3")[..], &element(0x0c, &[text.as_bytes()])].concat();
    element(0x31, &[&element(0x30, &[&attribute])]).to_vec()
}

fn of(subject: &[u8], issuer: &[u8], serial: usize, names: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&id("1.2.840.10045.4.3.2"));
    let time = element(0x17, &[b"300101000000Z"]);
    let curve = [id("1.2.840.10045.2.1"), id("1.2.840.10045.3.1.7")].concat();
    let point = [&[0][..], POINT].concat();
    let key = [&sequence(&curve)[..], &element(3, &[&point])].concat();
    let extensions = if names.is_empty() {
        Vec::new()
    } else {
        let octets = element(4, &[&element(0x30, &[names])]);
        let extension = sequence(&[&id("2.5.29.17")[..], &octets].concat());
        element(0xa3, &[&sequence(&extension)]).to_vec()
    };
    let content = [
        &element(0xa0, &[&[2, 1, 2]])[..],
        &element(2, &[&(serial as u32 + 1).to_be_bytes()]),
        &algorithm,
        &sequence(issuer),
        &sequence(&[time.as_slice(), &time].concat()),
        &sequence(subject),
        &sequence(&key),
        &extensions,
    ]
    .concat();
    let signature = element(3, &[&[0, 0x30, 6, 2, 1, 1, 2, 1, 1]]);
    sequence(&[&sequence(&content)[..], &algorithm, &signature].concat())
}

/// The generator of P-256.
const POINT: &[u8] = &[
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40,
    0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2,
    0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e,
    0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51,
    0xf5,
];
