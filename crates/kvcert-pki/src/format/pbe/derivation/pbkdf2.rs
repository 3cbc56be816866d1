//! PBKDF2 with HMAC, RFC 8018 section 5.2.

use hmac::EagerHash;
use zeroize::{Zeroize, Zeroizing};

use super::Request;
use super::lanes::{BLOCK, Chain, Compression, Run, bytes};
use crate::format::pbe::hash::{Hash, with_hash};

/// A key on its way: every block of it is a run of its own.
pub(super) struct Key<const N: usize> {
    hmac: Hmac<N>,
    salt: Vec<u8>,
    iterations: u32,
    /// How many blocks have been begun.
    begun: usize,
    bytes: Zeroizing<Vec<u8>>,
}

impl<const N: usize> Key<N> {
    pub(super) fn new(hash: Compression<N>, password: &[u8], request: Request<'_>) -> Self {
        Self {
            hmac: Hmac::new(hash, password),
            salt: request.salt.to_vec(),
            iterations: request.iterations,
            begun: 0,
            bytes: Zeroizing::new(vec![0; request.len]),
        }
    }
}

impl<const N: usize> Chain<N> for Key<N> {
    /// `F (P, S, c, i)`: U_1, and the HMAC of that, and so on.
    fn next(&mut self) -> Option<(usize, Run<N>)> {
        let number = self.begun;
        if number * 4 * N >= self.bytes.len() {
            return None;
        }
        self.begun += 1;
        let counter = (self.begun as u32).to_be_bytes();
        let hmac = &self.hmac;
        let first = hmac.of(&[&*self.salt, &counter].concat());
        let steps = 2 * (self.iterations - 1);
        let run = Run::new(hmac.hash, first, [hmac.inner, hmac.outer], 1, steps);
        Some((number, run))
    }

    /// U_1 ^ U_2 ^ … ^ U_c.
    fn absorb(&mut self, number: usize, run: &Run<N>) {
        let block = self.bytes.chunks_mut(4 * N).nth(number);
        for (byte, sum) in block.into_iter().flatten().zip(bytes(run.sum()).iter()) {
            *byte = *sum;
        }
    }

    fn into_key(self: Box<Self>) -> Zeroizing<Vec<u8>> {
        self.bytes
    }
}

/// Derives one key, with any hash.
pub(super) fn one_key(hash: Hash, password: &[u8], request: &Request<'_>) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(vec![0; request.len]);
    let (salt, iterations) = (request.salt, request.iterations);
    with_hash!(hash, pbkdf2_hmac(password, salt, iterations, &mut key));
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
            block[..4 * N].copy_from_slice(&bytes(&hash.hash(key)));
        }
        let padded = |pad| Zeroizing::new(block.map(|byte| byte ^ pad));
        Self {
            hash,
            inner: hash.after(&padded(0x36)),
            outer: hash.after(&padded(0x5c)),
        }
    }

    fn of(&self, message: &[u8]) -> [u32; N] {
        let inner = bytes(&self.hash.hash_after(self.inner, 1, message));
        self.hash.hash_after(self.outer, 1, &inner)
    }
}

impl<const N: usize> Drop for Hmac<N> {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}
