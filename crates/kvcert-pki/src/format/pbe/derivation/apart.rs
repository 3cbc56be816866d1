//! Long chains, each on a core of its own: where a file has many iterations, that is what its reader
//! waits for. The threads are kept: to start one takes as long as two thousand iterations.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};
use zeroize::Zeroizing;

use super::cores;
use super::lanes::{self, Chain, Compression};

/// As [`lanes::run_all`], on as many cores as there are chains for; on this one alone when other
/// threads derive keys too, which have the cores busy.
pub(super) fn run_all<const N: usize>(
    hash: Compression<N>,
    chains: Vec<Box<dyn Chain<N>>>,
) -> Vec<Zeroizing<Vec<u8>>> {
    let turn = Turn::begin();
    let count = chains.len();
    let others = if count < 2 || !turn.is_alone() {
        None
    } else {
        OTHERS.as_ref()
    };
    let Some(others) = others else {
        return lanes::run_all(hash, chains);
    };
    let cores = others.current_num_threads() + 1;
    let parts = Mutex::new(dealt(chains, cores));
    let keys = Mutex::new(vec![Zeroizing::default(); count]);
    let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let work = || {
        while let Some((numbers, chains)) = next() {
            let derived = lanes::run_all(hash, chains);
            let mut keys = keys.lock().unwrap_or_else(PoisonError::into_inner);
            for (number, key) in numbers.into_iter().zip(derived) {
                keys[number] = key;
            }
        }
    };
    others.in_place_scope(|scope| {
        for _ in 1..cores.min(count) {
            scope.spawn(|_| work());
        }
        work();
    });
    keys.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Some chains, and their numbers.
type Part<const N: usize> = (Vec<usize>, Vec<Box<dyn Chain<N>>>);

/// The chains in at most so many parts.
fn dealt<const N: usize>(chains: Vec<Box<dyn Chain<N>>>, parts: usize) -> Vec<Part<N>> {
    let mut dealt: Vec<Part<N>> = Vec::new();
    dealt.resize_with(parts.min(chains.len()), Part::default);
    for (number, chain) in chains.into_iter().enumerate() {
        let (numbers, chains) = &mut dealt[number % parts];
        numbers.push(number);
        chains.push(chain);
    }
    // The last is the caller's, and the longest, as the others have to wake.
    dealt.reverse();
    dealt
}

/// One of the threads that run long chains.
struct Turn;

impl Turn {
    fn begin() -> Self {
        RUNNING.fetch_add(1, Ordering::Relaxed);
        Self
    }

    fn is_alone(&self) -> bool {
        RUNNING.load(Ordering::Relaxed) == 1
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::Relaxed);
    }
}

static RUNNING: AtomicUsize = AtomicUsize::new(0);
/// A thread for each core but that of the caller; none where there is one core, or there can be no
/// more threads: then the caller does it all.
static OTHERS: LazyLock<Option<ThreadPool>> = LazyLock::new(|| {
    let count = NonZero::new(cores() - 1)?;
    let threads = ThreadPoolBuilder::new().num_threads(count.get());
    threads.build().ok()
});
