//! The fuzz targets on a few thousand mutated inputs: no fuzzer needed, the same every time.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test may panic, and shares its modules with the fuzz targets"
)]

mod fuzz_bodies;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kvcert_pki::content_error::ContentError;
use kvcert_pki::format::{self, Limits, Password};

/// No input may take longer than this, in an unoptimised build on a busy machine.
const LONGEST: Duration = Duration::from_secs(3);

#[test]
fn pkcs12() {
    let inputs = inputs(&["pfx", "p12"]);
    assert!(inputs.len() >= 5);
    run(fuzz_bodies::pkcs12, &inputs, 600, 4096);
}

#[test]
fn pem() {
    run(fuzz_bodies::pem, &inputs(&["pem"]), 2000, 8192);
}

#[test]
fn recognise() {
    let mut inputs = inputs(&["pfx", "p12", "pem", "der", "crt", "txt"]);
    let encoded: Vec<Vec<u8>> = inputs
        .iter()
        .map(|i| STANDARD.encode(i).into_bytes())
        .collect();
    inputs.extend(encoded);
    run(fuzz_bodies::recognise, &inputs, 1000, 4096);
}

#[test]
fn chain() {
    let mut random = Random(3);
    for _ in 0..600 {
        // An odd first byte asks for members of the built-in family.
        let pairs = 2 * random.below(12);
        let mut data = vec![random.next() as u8 | 1];
        data.extend((0..pairs).map(|_| random.next() as u8));
        timed(fuzz_bodies::chain, &data);
    }
    let listed = vec![fuzz_bodies::listed_family()];
    run(fuzz_bodies::chain, &listed, 300, 16384);
}

/// What fuzzing found, once each.
#[test]
fn findings() {
    for input in FOUND_IN_PEM {
        fuzz_bodies::pem(input.as_bytes());
        fuzz_bodies::recognise(input.as_bytes());
    }
    for input in FOUND_IN_CHAINS {
        fuzz_bodies::chain(input);
    }
    // The judge itself took an element of another class for the identifier of a curve.
    fuzz_bodies::pkcs12(include_bytes!(
        "../fixtures/fuzz/found/curve-of-another-class.pfx"
    ));
}

/// Each encrypted key of a PEM file had the whole budget to itself.
#[test]
fn all_keys_of_a_file_share_one_budget() {
    let limits = Limits {
        max_iterations: 2,
        ..Limits::default()
    };
    let password = Password::new(b"kvcert".to_vec());
    let one = include_str!("../fixtures/fuzz/seeds/encrypted.pem");
    let contents = format::pem::read(&one.repeat(3), &password, &limits).unwrap();
    assert_eq!(contents.keys.len(), 2);
    let over_limit = matches!(
        contents.unreadable_key,
        Some(ContentError::OverLimit { .. })
    );
    assert!(over_limit);
}

/// A damaged BEGIN or END line made the lines of the block part of a label, and the message
/// quoted both labels: a private key on the terminal.
const FOUND_IN_PEM: &[&str] = &[
    "-----BEGIN PRIVATE KEY----\nMC4CAQAw\n-----END PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY----\nMC4CAQAw\n-----\n",
    "-----BEGIN PRIVATE KEY----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nMC4CAQAw\n-----END CERTIFICATE-----\n",
    "-----BEGIN CERTI\u{13}ICATE-----\nMC4CAQAw\n-----END CERTIFICATE-----\n",
    "-----BEGIN PRIVATE KEY-----\nMC4CA\u{1b}[31m\n-----END PRIVATE KEY-----\n",
];

/// Two certificates of one key and one end of validity: which was the leaf followed from their
/// order in the input.
const FOUND_IN_CHAINS: &[&[u8]] = &[&[
    0x0b, 0x00, 0x00, 0x01, 0x00, 0xc3, 0xbb, 0x36, 0x4b, 0xb6, 0x63, 0xfb, 0x20, 0xe2, 0xf1, 0x02,
    0x0a, 0xab, 0xae, 0x59, 0xba, 0x45, 0xf6, 0x9a, 0x72, 0x00, 0x03, 0x00, 0x0e, 0x00,
]];

#[track_caller]
fn timed(body: fn(&[u8]), input: &[u8]) {
    let start = Instant::now();
    body(input);
    let taken = start.elapsed();
    assert!(taken < LONGEST, "{taken:?} for {}", STANDARD.encode(input));
}

/// Each input as it is, then `count` mutations of inputs of at most `max_len` bytes.
fn run(body: fn(&[u8]), inputs: &[Vec<u8>], count: usize, max_len: usize) {
    for input in inputs {
        timed(body, input);
    }
    let small: Vec<&Vec<u8>> = inputs
        .iter()
        .filter(|input| input.len() <= max_len)
        .collect();
    let mut random = Random(7);
    for _ in 0..count {
        let mut input = small[random.below(small.len())].clone();
        for _ in 0..=random.below(4) {
            let other = small[random.below(small.len())];
            mutate(&mut input, other, &mut random);
        }
        timed(body, &input);
    }
}

fn mutate(input: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    if input.is_empty() || other.is_empty() {
        return;
    }
    let at = random.below(input.len());
    let end = (at + 1 + random.below(64)).min(input.len());
    match random.below(7) {
        0 => input[at] ^= 1 << random.below(8),
        1 => input[at] = INTERESTING[random.below(INTERESTING.len())],
        2 => drop(input.drain(at..end)),
        3 => input.truncate(at),
        4 => {
            let repeated = input[at..end].to_vec();
            input.splice(at..at, repeated);
        }
        5 => {
            let from = random.below(other.len());
            let until = (from + 1 + random.below(256)).min(other.len());
            input.splice(at..end, other[from..until].iter().copied());
        }
        _ => input.insert(at, random.next() as u8),
    }
}

/// Tags, lengths, and characters that mean something to a parser.
const INTERESTING: [u8; 16] = [
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x30, 0x31, 0x7f, 0x80, 0x82, 0xa0, 0xff, b'-', b'\n',
];

/// The files of `fixtures/` of these kinds.
fn inputs(extensions: &[&str]) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("fixtures")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            let extension = path.extension().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                folders.push(path);
            } else if extensions.contains(&extension.as_ref()) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
        .into_iter()
        .map(|file| fs::read(file).unwrap())
        .collect()
}

/// Xorshift (Marsaglia 2003), good enough to mutate with.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 16
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}
