//! The derivation of RFC 7292 appendix B.2 for SHA-1 and SHA-256, two hash chains at a time.
//!
//! A chain of hashes is one long dependency: the processor waits most of the time. A second,
//! independent chain beside it costs little more. The key and the initialisation vector of one
//! encryption are such a pair; for Key Vault's files that saves a quarter of the derivation.

use zeroize::{Zeroize, Zeroizing};

/// A hash of the Merkle–Damgård kind with blocks of 64 bytes and `N` words of state.
#[derive(Clone, Copy)]
pub(super) struct Compression<const N: usize> {
    initial: [u32; N],
    compress: fn(&mut [u32; N], &[[u8; BLOCK]]),
}

/// SHA-1, FIPS 180-4 section 6.1.
pub(super) const SHA1: Compression<5> = Compression {
    initial: [
        0x6745_2301,
        0xefcd_ab89,
        0x98ba_dcfe,
        0x1032_5476,
        0xc3d2_e1f0,
    ],
    compress: sha1::block_api::compress,
};

/// SHA-256, FIPS 180-4 section 6.2.
pub(super) const SHA256: Compression<8> = Compression {
    initial: [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ],
    compress: sha2::block_api::compress256,
};

/// One key to derive.
pub(super) struct Job {
    /// The diversifier D: a block of the purpose's number.
    purpose: u8,
    /// I = S || P, which changes from round to round.
    input: Zeroizing<Vec<u8>>,
    key: Zeroizing<Vec<u8>>,
    wanted: usize,
}

impl Job {
    pub(super) fn new(purpose: u8, password: &[u8], salt: &[u8], wanted: usize) -> Self {
        let mut input = Zeroizing::new(Vec::with_capacity(filled(salt) + filled(password)));
        input.extend(salt.iter().cycle().take(filled(salt)));
        input.extend(password.iter().cycle().take(filled(password)));
        Self {
            purpose,
            input,
            key: Zeroizing::new(Vec::with_capacity(wanted)),
            wanted,
        }
    }

    pub(super) fn into_key(self) -> Zeroizing<Vec<u8>> {
        self.key
    }

    fn is_done(&self) -> bool {
        self.key.len() == self.wanted
    }

    /// Step 6A begins with H(D || I).
    fn first_hash<const N: usize>(&self, hash: Compression<N>) -> [u32; N] {
        let mut message = Zeroizing::new(Vec::with_capacity(4 * BLOCK + self.input.len()));
        message.extend([self.purpose; BLOCK]);
        message.extend_from_slice(&self.input);
        let bits = 8 * message.len() as u64;
        message.push(0x80);
        let zeros = (2 * BLOCK - 8 - message.len() % BLOCK) % BLOCK;
        message.extend(std::iter::repeat_n(0, zeros));
        message.extend(bits.to_be_bytes());
        let mut state = hash.initial;
        (hash.compress)(&mut state, message.as_chunks().0);
        state
    }

    /// Steps 6B, 6C and 7: takes as much of `digest` as is wanted; if that is not enough, adds
    /// B + 1 to every block of I.
    fn absorb<const N: usize>(&mut self, mut digest: [u32; N]) {
        let mut bytes = Zeroizing::new(Vec::with_capacity(4 * N));
        bytes.extend(digest.iter().flat_map(|word| word.to_be_bytes()));
        digest.zeroize();
        let missing = self.wanted - self.key.len();
        self.key
            .extend_from_slice(&bytes[..missing.min(bytes.len())]);
        if self.is_done() {
            return;
        }
        for block in self.input.chunks_exact_mut(BLOCK) {
            let mut carry = 1_u16;
            for (at, byte) in block.iter_mut().enumerate().rev() {
                carry += u16::from(*byte) + u16::from(bytes[at % bytes.len()]);
                *byte = carry as u8;
                carry >>= 8;
            }
        }
    }
}

/// Runs all jobs to their end, two at a time where two are left.
pub(super) fn derive<const N: usize>(hash: Compression<N>, iterations: u32, jobs: &mut [Job]) {
    loop {
        let mut open = jobs.iter_mut().filter(|job| !job.is_done());
        match (open.next(), open.next()) {
            (Some(one), Some(other)) => {
                let first = [one.first_hash(hash), other.first_hash(hash)];
                let [left, right] = iterate(hash, iterations, first);
                one.absorb(left);
                other.absorb(right);
            }
            (Some(one), None) => {
                let [digest] = iterate(hash, iterations, [one.first_hash(hash)]);
                one.absorb(digest);
            }
            _ => return,
        }
    }
}

/// Hashes each of the digests `iterations - 1` times more. A digest and its padding fill one block.
fn iterate<const N: usize, const LANES: usize>(
    hash: Compression<N>,
    iterations: u32,
    mut states: [[u32; N]; LANES],
) -> [[u32; N]; LANES] {
    let mut blocks = [[0; BLOCK]; LANES];
    for block in &mut blocks {
        block[4 * N] = 0x80;
        block[BLOCK - 2..].copy_from_slice(&(32 * N as u16).to_be_bytes());
    }
    for _ in 1..iterations {
        for (state, block) in states.iter_mut().zip(&mut blocks) {
            for (bytes, word) in block.as_chunks_mut::<4>().0.iter_mut().zip(&*state) {
                *bytes = word.to_be_bytes();
            }
            *state = hash.initial;
            (hash.compress)(state, std::slice::from_ref(block));
        }
    }
    blocks.zeroize();
    states
}

/// As many whole blocks as it takes to hold `bytes` once; none for no bytes.
fn filled(bytes: &[u8]) -> usize {
    bytes.len().div_ceil(BLOCK) * BLOCK
}

const BLOCK: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// Judged by the `pkcs12` crate, which derives one key after the other.
    #[test]
    fn side_by_side_as_one_after_the_other() {
        use pkcs12::kdf::{Pkcs12KeyType, derive_key};
        let long = [7; 200];
        for (password, salt, iterations) in [
            (&b""[..], &b"12345678"[..], 2000),
            (b"\0\0", b"s", 1),
            (&long, &long, 3),
            (b"\0a\0\0", b"", 2),
        ] {
            for (len, other) in [(24, 8), (8, 24), (1, 1), (100, 64), (20, 32)] {
                let jobs = || {
                    [
                        Job::new(1, password, salt, len),
                        Job::new(2, password, salt, other),
                    ]
                };
                let single = |kind, len| {
                    let sha1 = derive_key::<sha1::Sha1>(password, salt, kind, iterations, len);
                    (sha1, len)
                };
                let mut both = jobs();
                derive(SHA1, iterations as u32, &mut both);
                let [key, iv] = both.map(Job::into_key);
                assert_eq!(*key, single(Pkcs12KeyType::EncryptionKey, len).0);
                assert_eq!(*iv, single(Pkcs12KeyType::Iv, other).0);
                let mut both = jobs();
                derive(SHA256, iterations as u32, &mut both);
                let [key, _] = both.map(Job::into_key);
                let kind = Pkcs12KeyType::EncryptionKey;
                assert_eq!(
                    *key,
                    derive_key::<sha2::Sha256>(password, salt, kind, iterations, len)
                );
            }
        }
    }
}
