//! The derivation of RFC 7292 appendix B.2.

use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use zeroize::Zeroizing;

use super::Request;
use super::lanes::{BLOCK, Chain, Compression, Run, bytes};
use crate::format::pbe::hash::{Hash, with_hash};

/// What a key is for; the number goes into it (RFC 7292 appendix B.3).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

/// Derives one key, with any hash, from a password in UTF-16 (RFC 7292 appendix B.1).
pub(super) fn one_key(hash: Hash, password: &[u8], request: &Request<'_>) -> Zeroizing<Vec<u8>> {
    let purpose = || match request.purpose {
        Purpose::Key => Pkcs12KeyType::EncryptionKey,
        Purpose::Iv => Pkcs12KeyType::Iv,
        Purpose::Mac => Pkcs12KeyType::Mac,
    };
    let (salt, rounds) = (request.salt, request.iterations.cast_signed());
    let key = with_hash!(
        hash,
        derive_key(password, salt, purpose(), rounds, request.len)
    );
    Zeroizing::new(key)
}

/// A key on its way: one run after another.
pub(super) struct Key<const N: usize> {
    hash: Compression<N>,
    iterations: u32,
    /// The diversifier D: a block of the purpose's number.
    diversifier: [u8; BLOCK],
    /// I = S || P, which changes from run to run.
    input: Zeroizing<Vec<u8>>,
    is_running: bool,
    bytes: Zeroizing<Vec<u8>>,
    wanted: usize,
}

impl<const N: usize> Key<N> {
    pub(super) fn new(hash: Compression<N>, password: &[u8], request: Request<'_>) -> Self {
        let salt = request.salt;
        let mut input = Zeroizing::new(Vec::with_capacity(filled(salt) + filled(password)));
        input.extend(salt.iter().cycle().take(filled(salt)));
        input.extend(password.iter().cycle().take(filled(password)));
        Self {
            hash,
            iterations: request.iterations,
            diversifier: [request.purpose as u8; BLOCK],
            input,
            is_running: false,
            bytes: Zeroizing::new(Vec::with_capacity(request.len)),
            wanted: request.len,
        }
    }
}

impl<const N: usize> Chain<N> for Key<N> {
    /// Step 6A: H(D || I), and the hash of that, and so on.
    fn next(&mut self) -> Option<(usize, Run<N>)> {
        if self.is_running || self.bytes.len() == self.wanted {
            return None;
        }
        self.is_running = true;
        let hash = self.hash;
        let first = hash.hash_after(hash.after(&self.diversifier), 1, &self.input);
        let steps = self.iterations.saturating_sub(1);
        Some((0, Run::new(hash, first, [hash.initial(); 2], 0, steps)))
    }

    /// Steps 6B, 6C and 7: takes as much of the digest as is wanted; if that is not enough, adds
    /// B + 1 to every block of I.
    fn absorb(&mut self, _: usize, run: &Run<N>) {
        self.is_running = false;
        let digest = bytes(run.digest());
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

    fn into_key(self: Box<Self>) -> Zeroizing<Vec<u8>> {
        self.bytes
    }
}

/// As many whole blocks as it takes to hold `bytes` once, in bytes; none for no bytes.
fn filled(bytes: &[u8]) -> usize {
    bytes.len().div_ceil(BLOCK) * BLOCK
}
