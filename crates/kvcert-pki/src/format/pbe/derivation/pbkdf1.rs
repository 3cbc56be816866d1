//! PBKDF1, RFC 8018 section 5.1: what OpenSSL before 1.1.0 encrypted PKCS#8 keys with.

use md5::{Digest, Md5};
use sha1::Sha1;
use zeroize::Zeroizing;

use super::Request;

/// The hash functions of PBES1.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WeakHash {
    Md5,
    Sha1,
}

/// Derives one key, which is no longer than a digest.
pub(super) fn one_key(
    hash: WeakHash,
    password: &[u8],
    request: &Request<'_>,
) -> Zeroizing<Vec<u8>> {
    let chain = match hash {
        WeakHash::Md5 => chain::<Md5>,
        WeakHash::Sha1 => chain::<Sha1>,
    };
    let mut key = chain(password, request.salt, request.iterations);
    key.truncate(request.len);
    key
}

fn chain<H: Digest>(password: &[u8], salt: &[u8], iterations: u32) -> Zeroizing<Vec<u8>> {
    let mut digest = H::new()
        .chain_update(password)
        .chain_update(salt)
        .finalize();
    for _ in 1..iterations {
        digest = H::digest(&digest);
    }
    Zeroizing::new(digest.to_vec())
}
