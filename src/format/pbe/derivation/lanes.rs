//! Chains of hashes, several at a time.
//!
//! A chain of hashes is one long dependency: the processor waits most of the time. Four chains in
//! step take little more than twice the time of one. The key and the initialisation vector of one
//! encryption are two independent chains, and so are the keys of two encryptions in one file.

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

impl<const N: usize> Compression<N> {
    /// The state before anything was hashed.
    pub(super) fn initial(self) -> [u32; N] {
        self.initial
    }

    /// The hash of `message`.
    pub(super) fn hash(self, message: &[u8]) -> [u32; N] {
        self.hash_after(self.initial, 0, message)
    }

    /// The hash of `message` behind some blocks that led to `state`.
    pub(super) fn hash_after(self, mut state: [u32; N], blocks: usize, message: &[u8]) -> [u32; N] {
        let mut padded = Zeroizing::new(Vec::with_capacity(message.len() + 2 * BLOCK));
        padded.extend_from_slice(message);
        let bits = 8 * (blocks * BLOCK + message.len()) as u64;
        padded.push(0x80);
        let zeros = (2 * BLOCK - 8 - padded.len() % BLOCK) % BLOCK;
        padded.extend(std::iter::repeat_n(0, zeros));
        padded.extend(bits.to_be_bytes());
        (self.compress)(&mut state, padded.as_chunks().0);
        state
    }

    /// The state after one block.
    pub(super) fn after(self, block: &[u8; BLOCK]) -> [u32; N] {
        let mut state = self.initial;
        (self.compress)(&mut state, std::slice::from_ref(block));
        state
    }
}

/// A digest for each lane, with padding that makes it a block.
pub(super) struct DigestBlocks<const LANES: usize>([[u8; BLOCK]; LANES]);

impl<const LANES: usize> DigestBlocks<LANES> {
    /// Padding for digests of `words` words, which `blocks` whole blocks precede.
    pub(super) fn new(words: usize, blocks: usize) -> Self {
        let mut block = [0; BLOCK];
        let bits = 8 * (blocks * BLOCK + 4 * words) as u16;
        block[4 * words] = 0x80;
        block[BLOCK - 2..].copy_from_slice(&bits.to_be_bytes());
        Self([block; LANES])
    }

    /// Replaces each digest by the hash of it that goes on from its state.
    ///
    /// All blocks are filled before the first is hashed: a processor waits when it reads in large
    /// pieces what it has just written in small ones, and so the lanes wait together.
    #[inline(always)]
    pub(super) fn step<const N: usize>(
        &mut self,
        hash: Compression<N>,
        digests: &mut [[u32; N]; LANES],
        states: [&[u32; N]; LANES],
    ) {
        for (block, digest) in self.0.iter_mut().zip(&*digests) {
            for (bytes, word) in block.as_chunks_mut::<4>().0.iter_mut().zip(digest) {
                *bytes = word.to_be_bytes();
            }
        }
        for ((block, digest), state) in self.0.iter().zip(digests).zip(states) {
            *digest = *state;
            (hash.compress)(digest, std::slice::from_ref(block));
        }
    }
}

impl<const LANES: usize> Drop for DigestBlocks<LANES> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Something that takes one or more long runs of hashes to derive.
pub(super) trait Chain<const N: usize> {
    /// Whether all bytes are there.
    fn is_done(&self) -> bool;

    /// Does the next run for each of `chains`, in step.
    fn run<const LANES: usize>(
        hash: Compression<N>,
        iterations: u32,
        chains: [&Self; LANES],
    ) -> [[u32; N]; LANES];

    /// Takes what a run gave.
    fn absorb(&mut self, digest: &[u8]);
}

/// Runs all chains to their end, up to four at a time.
pub(super) fn run_all<const N: usize, C: Chain<N>>(
    hash: Compression<N>,
    iterations: u32,
    chains: &mut [C],
) {
    loop {
        let open = chains.iter_mut().filter(|chain| !chain.is_done()).take(4);
        match open.collect::<Vec<_>>().as_mut_slice() {
            [] => return,
            [a] => advance(hash, iterations, [a]),
            [a, b] => advance(hash, iterations, [a, b]),
            [a, b, c] => advance(hash, iterations, [a, b, c]),
            [a, b, c, d, ..] => advance(hash, iterations, [a, b, c, d]),
        }
    }
}

fn advance<const N: usize, const LANES: usize, C: Chain<N>>(
    hash: Compression<N>,
    iterations: u32,
    chains: [&mut &mut C; LANES],
) {
    let digests = C::run(hash, iterations, chains.each_ref().map(|chain| &***chain));
    for (chain, digest) in chains.into_iter().zip(digests) {
        chain.absorb(&bytes(digest));
    }
}

/// A digest as bytes.
pub(super) fn bytes<const N: usize>(mut digest: [u32; N]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4 * N));
    bytes.extend(digest.iter().flat_map(|word| word.to_be_bytes()));
    digest.zeroize();
    bytes
}

/// The block of SHA-1 and SHA-256, in bytes.
pub(super) const BLOCK: usize = 64;
