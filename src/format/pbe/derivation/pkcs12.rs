//! The derivation of RFC 7292 appendix B.2.

use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use zeroize::Zeroizing;

use super::{
    Request,
    lanes::{BLOCK, Chain, Compression, DigestBlocks, SHA1, SHA256, run_all},
};
use crate::format::pbe::hash::{Hash, with_hash};

/// What a key is for; the number goes into it (RFC 7292 appendix B.3).
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

/// Derives the keys of `requests` from a password in UTF-16 (RFC 7292 appendix B.1).
pub(super) fn derive(
    hash: Hash,
    iterations: u32,
    password: &[u8],
    requests: &[Request<'_>],
) -> Vec<Zeroizing<Vec<u8>>> {
    let requests = requests.iter();
    match hash {
        Hash::Sha1 => in_lanes(SHA1, iterations, password, requests),
        Hash::Sha256 => in_lanes(SHA256, iterations, password, requests),
        // Seldom met: one key after another will do.
        _ => requests
            .map(|request| one_key(hash, iterations, password, request))
            .collect(),
    }
}

fn in_lanes<'a, const N: usize>(
    hash: Compression<N>,
    iterations: u32,
    password: &[u8],
    requests: impl Iterator<Item = &'a Request<'a>>,
) -> Vec<Zeroizing<Vec<u8>>> {
    let mut keys: Vec<_> = requests.map(|it| Key::new(password, it)).collect();
    run_all(hash, iterations, &mut keys);
    keys.into_iter().map(|key| key.bytes).collect()
}

fn one_key(
    hash: Hash,
    iterations: u32,
    password: &[u8],
    request: &Request<'_>,
) -> Zeroizing<Vec<u8>> {
    let purpose = || match request.purpose {
        Purpose::Key => Pkcs12KeyType::EncryptionKey,
        Purpose::Iv => Pkcs12KeyType::Iv,
        Purpose::Mac => Pkcs12KeyType::Mac,
    };
    let (salt, rounds) = (request.salt, iterations.cast_signed());
    let key = with_hash!(
        hash,
        derive_key(password, salt, purpose(), rounds, request.len)
    );
    Zeroizing::new(key)
}

/// A key on its way.
struct Key {
    /// The diversifier D: a block of the purpose's number.
    diversifier: [u8; BLOCK],
    /// I = S || P, which changes from run to run.
    input: Zeroizing<Vec<u8>>,
    bytes: Zeroizing<Vec<u8>>,
    wanted: usize,
}

impl Key {
    fn new(password: &[u8], request: &Request<'_>) -> Self {
        let salt = request.salt;
        let mut input = Zeroizing::new(Vec::with_capacity(filled(salt) + filled(password)));
        input.extend(salt.iter().cycle().take(filled(salt)));
        input.extend(password.iter().cycle().take(filled(password)));
        Self {
            diversifier: [request.purpose as u8; BLOCK],
            input,
            bytes: Zeroizing::new(Vec::with_capacity(request.len)),
            wanted: request.len,
        }
    }
}

impl<const N: usize> Chain<N> for Key {
    fn is_done(&self) -> bool {
        self.bytes.len() == self.wanted
    }

    /// Step 6A: H(D || I), and the hash of that, and so on.
    fn run<const LANES: usize>(
        hash: Compression<N>,
        iterations: u32,
        keys: [&Self; LANES],
    ) -> [[u32; N]; LANES] {
        let initial = hash.initial();
        let mut digests =
            keys.map(|key| hash.hash_after(hash.after(&key.diversifier), 1, &key.input));
        let mut blocks = DigestBlocks::new(N, 0);
        for _ in 1..iterations {
            blocks.step(hash, &mut digests, [&initial; LANES]);
        }
        digests
    }

    /// Steps 6B, 6C and 7: takes as much of the digest as is wanted; if that is not enough, adds
    /// B + 1 to every block of I.
    fn absorb(&mut self, digest: &[u8]) {
        let missing = self.wanted - self.bytes.len();
        self.bytes
            .extend_from_slice(&digest[..missing.min(digest.len())]);
        if missing <= digest.len() {
            return;
        }
        for block in self.input.chunks_exact_mut(BLOCK) {
            let mut carry = 1_u16;
            for (at, byte) in block.iter_mut().enumerate().rev() {
                carry += u16::from(*byte) + u16::from(digest[at % digest.len()]);
                *byte = carry as u8;
                carry >>= 8;
            }
        }
    }
}

/// As many whole blocks as it takes to hold `bytes` once, in bytes; none for no bytes.
fn filled(bytes: &[u8]) -> usize {
    bytes.len().div_ceil(BLOCK) * BLOCK
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Judged by the `pkcs12` crate, which derives one key after the other.
    #[test]
    fn in_step_as_one_after_the_other() {
        let long = [7; 200];
        for (password, salt, iterations) in [
            (&b""[..], &b"12345678"[..], 2000),
            (b"\0\0", b"s", 1),
            (b"\0\0", b"s", 0),
            (&long, &long, 3),
            (b"\0a\0\0", b"", 2),
        ] {
            let request = |(purpose, len)| Request { salt, purpose, len };
            let requests = [
                (Purpose::Key, 24),
                (Purpose::Iv, 8),
                (Purpose::Key, 1),
                (Purpose::Mac, 100),
                (Purpose::Iv, 64),
                (Purpose::Mac, 20),
                (Purpose::Key, 32),
            ]
            .map(request);
            for hash in [Hash::Sha1, Hash::Sha256] {
                let judged = requests.map(|it| one_key(hash, iterations, password, &it));
                assert_eq!(derive(hash, iterations, password, &requests), judged);
            }
        }
    }
}
