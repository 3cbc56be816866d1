//! SHA-1 in vectors: one lane for each run, as many as the processor's vectors have.
//!
//! The processor's own instructions for SHA-1 hash one block at a time. Vectors hash eight blocks
//! (AVX2) or sixteen (AVX-512) in the time of four and of three.

use pulp::{Arch, Simd, WithSimd};
use zeroize::Zeroize;

use super::Run;

/// How many runs can be advanced at once; none where vectors are too short to pay.
pub(super) fn lanes() -> usize {
    struct Lanes;
    impl WithSimd for Lanes {
        type Output = usize;

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> usize {
            S::U32_LANES
        }
    }
    let lanes = Arch::new().dispatch(Lanes);
    if lanes < WORTH { 0 } else { lanes.min(MAX) }
}

/// Advances `runs`, at most [`lanes`] of them, by so many pairs of hashes.
pub(super) fn advance(runs: &mut [&mut Run<WORDS>], pairs: u32) {
    let mut lanes = Lanes::default();
    for (lane, run) in runs.iter().enumerate() {
        for word in 0..WORDS {
            lanes.digest[word][lane] = run.digest[word];
            lanes.sum[word][lane] = run.sum[word];
            lanes.states[0][word][lane] = run.states[0][word];
            lanes.states[1][word][lane] = run.states[1][word];
        }
        if let Some(bits) = run.block.last_chunk() {
            lanes.bits[lane] = u32::from_be_bytes(*bits);
        }
    }
    Arch::new().dispatch(Advance {
        lanes: &mut lanes,
        pairs,
    });
    for (lane, run) in runs.iter_mut().enumerate() {
        run.digest = lanes.digest.map(|words| words[lane]);
        run.sum = lanes.sum.map(|words| words[lane]);
        run.pairs -= pairs;
    }
}

/// The words of the runs, lane beside lane.
#[derive(Default)]
struct Lanes {
    digest: [[u32; MAX]; WORDS],
    sum: [[u32; MAX]; WORDS],
    states: [[[u32; MAX]; WORDS]; 2],
    /// How many bits were hashed at the end of each block.
    bits: [u32; MAX],
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.digest.zeroize();
        self.sum.zeroize();
        self.states.zeroize();
    }
}

struct Advance<'a> {
    lanes: &'a mut Lanes,
    pairs: u32,
}

impl WithSimd for Advance<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Lanes {
            digest: digests,
            sum: sums,
            states: [first, second],
            bits,
        } = self.lanes;
        let [first, second] = [load(simd, first), load(simd, second)];
        let bits = simd.partial_load_u32s(&bits[..S::U32_LANES]);
        let (mut digest, mut sum) = (load(simd, digests), load(simd, sums));
        for _ in 0..self.pairs {
            digest = hash(simd, first, digest, bits);
            digest = hash(simd, second, digest, bits);
            for word in 0..WORDS {
                sum[word] = simd.xor_u32s(sum[word], digest[word]);
            }
        }
        for word in 0..WORDS {
            simd.partial_store_u32s(&mut digests[word][..S::U32_LANES], digest[word]);
            simd.partial_store_u32s(&mut sums[word][..S::U32_LANES], sum[word]);
        }
    }
}

#[inline(always)]
fn load<S: Simd>(simd: S, lanes: &[[u32; MAX]; WORDS]) -> [S::u32s; WORDS] {
    let mut words = [simd.splat_u32s(0); WORDS];
    for (word, lanes) in words.iter_mut().zip(lanes) {
        *word = simd.partial_load_u32s(&lanes[..S::U32_LANES]);
    }
    words
}

/// The hash of a block that holds a digest and the padding behind it, going on from `state`
/// (FIPS 180-4 section 6.1.2).
#[inline(always)]
fn hash<S: Simd>(
    simd: S,
    state: [S::u32s; WORDS],
    digest: [S::u32s; WORDS],
    bits: S::u32s,
) -> [S::u32s; WORDS] {
    let mut schedule = [simd.splat_u32s(0); BLOCK_WORDS];
    schedule[..WORDS].copy_from_slice(&digest);
    schedule[WORDS] = simd.splat_u32s(0x8000_0000);
    schedule[BLOCK_WORDS - 1] = bits;
    let mut words = state;
    twenty_rounds(simd, 0, 0x5a82_7999, choose, &mut schedule, &mut words);
    twenty_rounds(simd, 20, 0x6ed9_eba1, parity, &mut schedule, &mut words);
    twenty_rounds(simd, 40, 0x8f1b_bcdc, majority, &mut schedule, &mut words);
    twenty_rounds(simd, 60, 0xca62_c1d6, parity, &mut schedule, &mut words);
    for (word, state) in words.iter_mut().zip(state) {
        *word = simd.add_u32s(*word, state);
    }
    words
}

/// A loop that is surely unrolled: only then do all words of the schedule stay in registers.
macro_rules! each {
    ($at:ident in $($number:literal)* $body:block) => {
        $({
            let $at = $number;
            $body
        })*
    };
}

#[inline(always)]
fn twenty_rounds<S: Simd>(
    simd: S,
    start: usize,
    constant: u32,
    function: impl Fn(S, S::u32s, S::u32s, S::u32s) -> S::u32s,
    schedule: &mut [S::u32s; BLOCK_WORDS],
    words: &mut [S::u32s; WORDS],
) {
    let constant = simd.splat_u32s(constant);
    let [mut a, mut b, mut c, mut d, mut e] = *words;
    each!(round in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 {
        let word = scheduled(simd, start + round, schedule);
        let sum = simd.add_u32s(simd.add_u32s(word, constant), e);
        let sum = simd.add_u32s(sum, function(simd, b, c, d));
        let sum = simd.add_u32s(sum, rotated(simd, a, 5));
        (a, b, c, d, e) = (sum, a, rotated(simd, b, 30), c, d);
    });
    *words = [a, b, c, d, e];
}

/// The word of the message schedule for a round; it takes the place of the one 16 rounds before.
#[inline(always)]
fn scheduled<S: Simd>(simd: S, round: usize, schedule: &mut [S::u32s; BLOCK_WORDS]) -> S::u32s {
    let at = |back: usize| (round + BLOCK_WORDS - back) % BLOCK_WORDS;
    if round >= BLOCK_WORDS {
        let newer = simd.xor_u32s(schedule[at(3)], schedule[at(8)]);
        let older = simd.xor_u32s(schedule[at(14)], schedule[at(16)]);
        schedule[at(16)] = rotated(simd, simd.xor_u32s(newer, older), 1);
    }
    schedule[at(16)]
}

#[inline(always)]
fn choose<S: Simd>(simd: S, b: S::u32s, c: S::u32s, d: S::u32s) -> S::u32s {
    simd.xor_u32s(d, simd.and_u32s(b, simd.xor_u32s(c, d)))
}

#[inline(always)]
fn parity<S: Simd>(simd: S, b: S::u32s, c: S::u32s, d: S::u32s) -> S::u32s {
    simd.xor_u32s(simd.xor_u32s(b, c), d)
}

#[inline(always)]
fn majority<S: Simd>(simd: S, b: S::u32s, c: S::u32s, d: S::u32s) -> S::u32s {
    simd.or_u32s(simd.and_u32s(b, c), simd.and_u32s(d, simd.or_u32s(b, c)))
}

/// To the left, in every lane.
#[inline(always)]
fn rotated<S: Simd>(simd: S, word: S::u32s, bits: u32) -> S::u32s {
    let high = simd.wrapping_dyn_shl_u32s(word, simd.splat_u32s(bits));
    let low = simd.wrapping_dyn_shr_u32s(word, simd.splat_u32s(32 - bits));
    simd.or_u32s(high, low)
}

/// Words of a digest.
const WORDS: usize = 5;
/// Words of a block.
const BLOCK_WORDS: usize = 16;
/// The longest vectors that are met have so many lanes.
const MAX: usize = 16;
/// Shorter vectors take longer than the instructions for SHA-1.
const WORTH: usize = 8;
