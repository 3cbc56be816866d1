//! Chains of hashes, up to four in step.
//!
//! A chain of hashes is one long dependency: the processor waits most of the time. Four chains in
//! step take little more than twice the time of one. The key and the initialisation vector of one
//! encryption are two independent chains, and so are the keys of two encryptions in one file and
//! that of its integrity check: a file of Key Vault opens in half the time.

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

/// A run of hashes, each of the digest before it.
pub(super) struct Run<const N: usize> {
    /// The digest, as a block: with the padding behind it.
    block: [u8; BLOCK],
    digest: [u32; N],
    /// What hashing goes on from, in turn.
    states: [[u32; N]; 2],
    /// The XOR of the first digest and of every second one after it.
    sum: [u32; N],
    /// How many are to come, in pairs.
    pairs: u32,
}

impl<const N: usize> Run<N> {
    /// `first` and the hashes of it, going on from `states` in turn, which `blocks` whole blocks
    /// led to. If `steps` is odd, the first of them is done here.
    pub(super) fn new(
        hash: Compression<N>,
        first: [u32; N],
        states: [[u32; N]; 2],
        blocks: usize,
        steps: u32,
    ) -> Self {
        let mut block = [0; BLOCK];
        block[4 * N] = 0x80;
        let bits = 8 * (blocks * BLOCK + 4 * N) as u16;
        block[BLOCK - 2..].copy_from_slice(&bits.to_be_bytes());
        let mut run = Self {
            block,
            digest: first,
            states,
            sum: first,
            pairs: steps / 2,
        };
        if steps % 2 == 1 {
            run.digest = states[0];
            write(&first, &mut run.block);
            (hash.compress)(&mut run.digest, std::slice::from_ref(&run.block));
            run.states.swap(0, 1);
        }
        run
    }

    /// The last digest.
    pub(super) fn digest(&self) -> &[u32; N] {
        &self.digest
    }

    /// The XOR of the first digest and of every second one after it.
    pub(super) fn sum(&self) -> &[u32; N] {
        &self.sum
    }
}

impl<const N: usize> Drop for Run<N> {
    fn drop(&mut self) {
        self.block.zeroize();
        self.digest.zeroize();
        self.states.zeroize();
        self.sum.zeroize();
    }
}

/// Something that takes one or more runs to derive.
pub(super) trait Chain<const N: usize> {
    /// A run that may begin, and its number; nothing while others must end first, and at the end.
    fn next(&mut self) -> Option<(usize, Run<N>)>;

    /// Takes what a run gave.
    fn absorb(&mut self, number: usize, run: &Run<N>);

    /// The key, after the last run.
    fn into_key(self: Box<Self>) -> Zeroizing<Vec<u8>>;
}

/// Runs all chains to their end and gives their keys.
pub(super) fn run_all<const N: usize>(
    hash: Compression<N>,
    mut chains: Vec<Box<dyn Chain<N>>>,
) -> Vec<Zeroizing<Vec<u8>>> {
    let mut open: Vec<(usize, usize, Run<N>)> = Vec::with_capacity(MAX_LANES);
    loop {
        for (at, chain) in chains.iter_mut().enumerate() {
            while open.len() < MAX_LANES
                && let Some((number, run)) = chain.next()
            {
                open.push((at, number, run));
            }
        }
        let mut runs: Vec<&mut Run<N>> = open.iter_mut().map(|(_, _, run)| run).collect();
        match runs.as_mut_slice() {
            [] => return chains.into_iter().map(|chain| chain.into_key()).collect(),
            [a] => advance(hash, [a]),
            [a, b] => advance(hash, [a, b]),
            [a, b, c] => advance(hash, [a, b, c]),
            [a, b, c, d, ..] => advance(hash, [a, b, c, d]),
        }
        open.retain(|(at, number, run)| {
            if run.pairs == 0 {
                chains[*at].absorb(*number, run);
            }
            run.pairs > 0
        });
    }
}

/// Until the first of `runs` is at its end.
fn advance<const N: usize, const LANES: usize>(hash: Compression<N>, runs: [&mut Run<N>; LANES]) {
    let pairs = runs.iter().map(|run| run.pairs).min().unwrap_or_default();
    let mut blocks = runs.each_ref().map(|run| run.block);
    let mut digests = runs.each_ref().map(|run| run.digest);
    let mut sums = runs.each_ref().map(|run| run.sum);
    let first = runs.each_ref().map(|run| run.states[0]);
    let second = runs.each_ref().map(|run| run.states[1]);
    for _ in 0..pairs {
        step(hash, &mut blocks, &mut digests, &first);
        step(hash, &mut blocks, &mut digests, &second);
        for (sum, digest) in sums
            .as_flattened_mut()
            .iter_mut()
            .zip(digests.as_flattened())
        {
            *sum ^= digest;
        }
    }
    for (lane, run) in runs.into_iter().enumerate() {
        (run.digest, run.sum) = (digests[lane], sums[lane]);
        run.pairs -= pairs;
    }
    blocks.zeroize();
    digests.zeroize();
    sums.zeroize();
}

/// Replaces each digest by the hash of it that goes on from its state.
///
/// All blocks are filled before the first is hashed: a processor waits when it reads in large
/// pieces what it has just written in small ones, and so the lanes wait together.
#[inline(always)]
fn step<const N: usize, const LANES: usize>(
    hash: Compression<N>,
    blocks: &mut [[u8; BLOCK]; LANES],
    digests: &mut [[u32; N]; LANES],
    states: &[[u32; N]; LANES],
) {
    for (block, digest) in blocks.iter_mut().zip(&*digests) {
        write(digest, block);
    }
    for ((block, digest), state) in blocks.iter().zip(digests).zip(states) {
        *digest = *state;
        (hash.compress)(digest, std::slice::from_ref(block));
    }
}

#[inline(always)]
fn write<const N: usize>(digest: &[u32; N], block: &mut [u8; BLOCK]) {
    for (bytes, word) in block.as_chunks_mut::<4>().0.iter_mut().zip(digest) {
        *bytes = word.to_be_bytes();
    }
}

/// A digest as bytes.
pub(super) fn bytes<const N: usize>(digest: &[u32; N]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4 * N));
    bytes.extend(digest.iter().flat_map(|word| word.to_be_bytes()));
    bytes
}

/// The block of SHA-1 and SHA-256, in bytes.
pub(super) const BLOCK: usize = 64;
/// More do not pay: the processor has no more to do meanwhile.
const MAX_LANES: usize = 4;
