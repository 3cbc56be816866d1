//! From the bytes of a PFX to PEM text, in process, beside the bare cost of its key derivation.
//!
//! `scripts/bench.sh` runs this beside other programs. Compare within one run only.

#![allow(
    clippy::disallowed_methods,
    reason = "a bench is told by the environment what to measure"
)]

use std::fs;
use std::hint::black_box;
use std::path::PathBuf;

use divan::Bencher;
use kvcert_pki::format::{self, Limits, Password, pem};
use zeroize::Zeroizing;

fn main() {
    divan::main();
}

/// The PFX files in the folder named by `KVCERT_BENCH`; all but Key Vault's own have the password
/// `secret`.
fn files() -> Vec<PathBuf> {
    let Some(folder) = std::env::var_os("KVCERT_BENCH") else {
        return Vec::new();
    };
    let entries = fs::read_dir(folder).expect("the folder of KVCERT_BENCH");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "pfx"));
    files.sort();
    files
}

#[divan::bench(args = files().iter().map(|file| file.display().to_string()).collect::<Vec<_>>())]
fn pfx_to_pem(bencher: Bencher<'_, '_>, file: &str) {
    let bytes = fs::read(file).expect("a readable file");
    let password = if file.contains("kv-") {
        Vec::new()
    } else {
        b"secret".to_vec()
    };
    let password = Password::new(password);
    bencher.bench_local(|| convert(black_box(&bytes), &password));
}

fn convert(bytes: &[u8], password: &Password) -> Zeroizing<String> {
    let contents = format::read(bytes, password, &Limits::default()).expect("a good file");
    let certified = contents
        .into_certified_key()
        .expect("a key with its certificate");
    let mut text = Zeroizing::default();
    pem::encode("PRIVATE KEY", certified.key().secret_pkcs8_der(), &mut text);
    for certificate in certified.chain().certificates() {
        pem::encode("CERTIFICATE", certificate.der(), &mut text);
    }
    text
}

/// What a 3DES file of 2000 iterations costs at least: seven chains of SHA-1, one after another.
#[divan::bench]
fn bare_derivation_3des() -> [u32; 5] {
    let mut state = [0; 5];
    for _ in 0..7 * 2000 {
        sha1::block_api::compress(&mut state, black_box(&[[0; 64]]));
    }
    state
}

/// What an AES file of 2048 iterations costs at least: two PBKDF2 of two blocks of SHA-256 an
/// iteration, and the chain of the integrity check.
#[divan::bench]
fn bare_derivation_aes() -> [u32; 8] {
    let mut state = [0; 8];
    for _ in 0..5 * 2048 {
        sha2::block_api::compress256(&mut state, black_box(&[[0; 64]]));
    }
    state
}
