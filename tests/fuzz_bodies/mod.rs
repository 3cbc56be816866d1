//! What the fuzz targets do with their input: shared by `fuzz/fuzz_targets`, which feed it what
//! libFuzzer thinks up, and `tests/fuzz_smoke.rs`, which feeds it a few thousand mutations.
//!
//! No input may cause a panic, take long or much memory; and whatever is read must be consistent.
#![allow(dead_code, reason = "every user takes a part of it")]
#![allow(clippy::unwrap_used, reason = "a panic is how a target reports")]

mod family;
mod judge;

use kvcert_pki::content_error::ContentError;
use kvcert_pki::format::{self, Contents, Limits, Password};

/// The one password that is tried; `scripts/make-fuzz-seeds.sh` uses the same.
const PASSWORD: &[u8] = b"kvcert";

/// Small enough that every run is fast, large enough for a Key Vault file under two passwords.
fn limits() -> Limits {
    Limits {
        max_bytes: 64 << 10,
        max_iterations: 16_000,
        max_memory: 1 << 20,
    }
}

/// Arbitrary bytes as PKCS#12. A change breaks the integrity check, behind which nothing more
/// would be read; so each input is read a second time with that check cut off.
pub fn pkcs12(data: &[u8]) {
    for password in [Password::none(), Password::new(PASSWORD.to_vec())] {
        let read = |bytes: &[u8]| format::pkcs12::read(bytes, &password, &limits());
        examine(read(data), data);
        if let Some(unprotected) = without_mac(data) {
            examine(read(&unprotected), data);
        }
    }
}

/// Arbitrary text as PEM.
pub fn pem(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let password = Password::new(PASSWORD.to_vec());
    examine(format::pem::read(&text, &password, &limits()), data);
}

/// Arbitrary bytes, as the value of a secret or the content of a file. Base64 around them must
/// make no difference.
pub fn recognise(data: &[u8]) {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    let read = |bytes: &[u8]| format::read(bytes, &Password::none(), &limits());
    let bare = read(data);
    let binary = data.first() == Some(&0x30);
    if binary && data.len() > 16 && data.len() < 32 << 10 {
        let wrapped = read(STANDARD.encode(data).as_bytes());
        match (&bare, &wrapped) {
            (Ok(bare), Ok(wrapped)) => {
                assert_eq!(bare.container, wrapped.container);
                assert_eq!(bare.certificates, wrapped.certificates);
            }
            // What nothing is known of is text when it is base64.
            (Err(ContentError::NotAKeyStore { .. }), Err(ContentError::NotAKeyStore { .. })) => {}
            (Err(bare), Err(wrapped)) if STANDARD.decode(data).is_err() => {
                assert_eq!(bare, wrapped);
            }
            (Err(_), Err(_)) => {}
            _ => panic!("base64 makes a difference: {bare:?}, {wrapped:?}"),
        }
    }
    examine(bare, data);
}

/// Certificates in any number and order, from the input or from the family, put in order.
pub fn chain(data: &[u8]) {
    let (keys, certificates) = family::chosen_by(data);
    judge::order(&certificates);
    for key in keys {
        judge::certified(key, &certificates);
    }
}

/// The family as [`chain`] takes a list, to be mutated.
pub fn listed_family() -> Vec<u8> {
    family::listed()
}

/// What was read must be what it seems, and what is said about it safe to show.
fn examine(outcome: Result<Contents, ContentError>, data: &[u8]) {
    let contents = match outcome {
        Ok(contents) => contents,
        Err(error) => {
            judge::safe_to_show(&error.to_string());
            return judge::quotes_nothing(&error.to_string(), data);
        }
    };
    contents
        .notes
        .iter()
        .for_each(|note| judge::safe_to_show(note));
    for named in &contents.keys {
        judge::same_after_writing(&named.key);
        let name = named.name.as_ref().map(ToString::to_string);
        judge::safe_to_show(&name.unwrap_or_default());
    }
    for certificate in &contents.certificates {
        judge::same_after_reading(certificate);
    }
    judge::order(&contents.certificates);
    let certificates = contents.certificates.clone();
    match contents.into_certified_key() {
        Ok(certified) => judge::is_consistent(&certified, &certificates),
        Err(error) => judge::safe_to_show(&error.to_string()),
    }
}

/// The PFX without its `macData`: version and content alone, in a new SEQUENCE.
fn without_mac(pfx: &[u8]) -> Option<Vec<u8>> {
    let (_, inner, _) = element(pfx)?;
    let (_, _, after_version) = element(inner)?;
    let (_, _, mac) = element(after_version)?;
    let kept = &inner[..inner.len() - mac.len()];
    if mac.is_empty() || kept.len() > 0xffff {
        return None;
    }
    let mut out = vec![0x30, 0x82, (kept.len() >> 8) as u8, kept.len() as u8];
    out.extend_from_slice(kept);
    Some(out)
}

/// Tag, content, and what follows, of a definite-length element.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (number, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        let fold = |sum: usize, byte: &u8| sum.checked_mul(256)?.checked_add(usize::from(*byte));
        (number.iter().try_fold(0, fold)?, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}
