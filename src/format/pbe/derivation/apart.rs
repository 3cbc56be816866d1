//! Long chains, each on a core of its own: where a file has a hundred thousand iterations, that is
//! what its reader waits for. Below some ten thousand a thread takes as long to begin as it saves.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use zeroize::Zeroizing;

use super::{
    cores,
    lanes::{self, Chain, Compression},
};

/// As [`lanes::run_all`], on as many cores as there are chains for; on this one alone when other
/// threads derive keys too, which have the cores busy.
pub(super) fn run_all<const N: usize>(
    hash: Compression<N>,
    chains: Vec<Box<dyn Chain<N>>>,
) -> Vec<Zeroizing<Vec<u8>>> {
    let turn = Turn::begin();
    let count = chains.len();
    if count < 2 || !turn.is_alone() {
        return lanes::run_all(hash, chains);
    }
    let cores = cores();
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
    thread::scope(|scope| {
        for _ in 1..cores.min(count) {
            // Where there can be no more threads, this one does it all.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
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
