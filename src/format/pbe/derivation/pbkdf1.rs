//! PBKDF1, RFC 8018 section 5.1: what OpenSSL before 1.1.0 encrypted PKCS#8 keys with.

use md5::{Digest, Md5};
use sha1::Sha1;
use zeroize::Zeroizing;

use super::Request;

/// The hash functions of PBES1.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::format::pbe) enum WeakHash {
    Md5,
    Sha1,
}

/// Derives the keys of `requests`, none of which is longer than a digest.
pub(super) fn derive(
    hash: WeakHash,
    iterations: u32,
    password: &[u8],
    requests: &[Request<'_>],
) -> Vec<Zeroizing<Vec<u8>>> {
    let digest = match hash {
        WeakHash::Md5 => chain::<Md5>,
        WeakHash::Sha1 => chain::<Sha1>,
    };
    let key = |request: &Request<'_>| {
        let mut key = digest(password, request.salt, iterations);
        key.truncate(request.len);
        key
    };
    requests.iter().map(key).collect()
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
