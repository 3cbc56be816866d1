//! PBKDF2 with HMAC, RFC 8018 section 5.2.

use hmac::EagerHash;
use zeroize::{Zeroize, Zeroizing};

use super::{
    Request,
    lanes::{BLOCK, Chain, Compression, DigestBlocks, SHA1, SHA256, bytes, run_all},
};
use crate::format::pbe::hash::{Hash, with_hash};

/// Derives the keys of `requests`.
pub(super) fn derive(
    hash: Hash,
    iterations: u32,
    password: &[u8],
    requests: &[Request<'_>],
) -> Vec<Zeroizing<Vec<u8>>> {
    match hash {
        Hash::Sha1 => in_lanes(SHA1, iterations, password, requests),
        Hash::Sha256 => in_lanes(SHA256, iterations, password, requests),
        // Seldom met: one key after another will do.
        _ => requests
            .iter()
            .map(|request| one_key(hash, iterations, password, request))
            .collect(),
    }
}

/// Every block of every key is a chain of its own.
fn in_lanes<const N: usize>(
    hash: Compression<N>,
    iterations: u32,
    password: &[u8],
    requests: &[Request<'_>],
) -> Vec<Zeroizing<Vec<u8>>> {
    let hmac = Hmac::new(hash, password);
    let mut blocks: Vec<_> = requests
        .iter()
        .flat_map(|request| (0..request.len.div_ceil(4 * N)).map(move |at| (request, at)))
        .map(|(request, at)| KeyBlock::new(&hmac, request.salt, at))
        .collect();
    run_all(hash, iterations, &mut blocks);
    let mut blocks = blocks.into_iter();
    let key = |request: &Request<'_>| {
        let mut key = Zeroizing::new(Vec::with_capacity(request.len));
        for block in blocks.by_ref().take(request.len.div_ceil(4 * N)) {
            let missing = request.len - key.len();
            key.extend_from_slice(&block.bytes[..missing.min(4 * N)]);
        }
        key
    };
    requests.iter().map(key).collect()
}

fn one_key(
    hash: Hash,
    iterations: u32,
    password: &[u8],
    request: &Request<'_>,
) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(vec![0; request.len]);
    with_hash!(
        hash,
        pbkdf2_hmac(password, request.salt, iterations, &mut key)
    );
    key
}

fn pbkdf2_hmac<H>(password: &[u8], salt: &[u8], iterations: u32, key: &mut [u8])
where
    H: EagerHash<Core: Sync>,
{
    pbkdf2::pbkdf2_hmac::<H>(password, salt, iterations, key);
}

/// HMAC (RFC 2104): the states of both hashes when they have taken the key.
struct Hmac<const N: usize> {
    hash: Compression<N>,
    inner: [u32; N],
    outer: [u32; N],
}

impl<const N: usize> Hmac<N> {
    fn new(hash: Compression<N>, key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0; BLOCK]);
        if key.len() <= BLOCK {
            block[..key.len()].copy_from_slice(key);
        } else {
            block[..4 * N].copy_from_slice(&bytes(hash.hash(key)));
        }
        let padded = |pad| Zeroizing::new(block.map(|byte| byte ^ pad));
        Self {
            hash,
            inner: hash.after(&padded(0x36)),
            outer: hash.after(&padded(0x5c)),
        }
    }

    fn of(&self, message: &[u8]) -> [u32; N] {
        let inner = bytes(self.hash.hash_after(self.inner, 1, message));
        self.hash.hash_after(self.outer, 1, &inner)
    }
}

impl<const N: usize> Drop for Hmac<N> {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

/// One block of a key: `F (P, S, c, i)`.
struct KeyBlock<'a, const N: usize> {
    hmac: &'a Hmac<N>,
    first: [u32; N],
    bytes: Zeroizing<Vec<u8>>,
}

impl<'a, const N: usize> KeyBlock<'a, N> {
    fn new(hmac: &'a Hmac<N>, salt: &[u8], at: usize) -> Self {
        let number = (at as u32 + 1).to_be_bytes();
        Self {
            hmac,
            first: hmac.of(&[salt, &number].concat()),
            bytes: Zeroizing::default(),
        }
    }
}

impl<const N: usize> Chain<N> for KeyBlock<'_, N> {
    fn is_done(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// U_1 ^ U_2 ^ … ^ U_c, each the HMAC of the one before.
    fn run<const LANES: usize>(
        hash: Compression<N>,
        iterations: u32,
        blocks: [&Self; LANES],
    ) -> [[u32; N]; LANES] {
        let inner = blocks.map(|block| &block.hmac.inner);
        let outer = blocks.map(|block| &block.hmac.outer);
        let mut digests = blocks.map(|block| block.first);
        let mut sums = digests;
        let mut padded = DigestBlocks::new(N, 1);
        for _ in 1..iterations {
            padded.step(hash, &mut digests, inner);
            padded.step(hash, &mut digests, outer);
            for (sum, digest) in sums
                .as_flattened_mut()
                .iter_mut()
                .zip(digests.as_flattened())
            {
                *sum ^= digest;
            }
        }
        digests.zeroize();
        sums
    }

    fn absorb(&mut self, digest: &[u8]) {
        self.bytes.extend_from_slice(digest);
    }
}

impl<const N: usize> Drop for KeyBlock<'_, N> {
    fn drop(&mut self) {
        self.first.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::pbe::derivation::Purpose;

    /// Judged by the `pbkdf2` crate, which derives one key after the other.
    #[test]
    fn in_step_as_one_after_the_other() {
        let long = [7; 200];
        for (password, salt, iterations) in [
            (&b""[..], &b"12345678"[..], 2000),
            (b"secret", b"s", 1),
            (&long[..64], &long, 3),
            (&long[..65], b"", 2),
        ] {
            let purpose = Purpose::Key;
            for lengths in [&[32][..], &[16, 24, 32], &[1, 100, 20, 64], &[8, 8]] {
                let request = |len: &usize| Request {
                    salt,
                    purpose,
                    len: *len,
                };
                let requests: Vec<_> = lengths.iter().map(request).collect();
                for hash in [Hash::Sha1, Hash::Sha256] {
                    let judged = requests
                        .iter()
                        .map(|it| one_key(hash, iterations, password, it));
                    let found = derive(hash, iterations, password, &requests);
                    assert_eq!(found, judged.collect::<Vec<_>>());
                }
            }
        }
    }
}
