//! Several things at a time that wait for the disk.

use std::panic::resume_unwind;
use std::thread::{self, Builder, ScopedJoinHandle};

/// Does `work` to each of `items`; the results come in their order.
pub(super) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if items.len() < 2 {
        return items.iter().map(work).collect();
    }
    let through = |share: &[T]| -> Vec<R> { share.iter().map(&work).collect() };
    let through = &through;
    thread::scope(|scope| {
        let start = |share| {
            let thread = Builder::new().spawn_scoped(scope, move || through(share));
            thread.map_err(|_| share)
        };
        let share = items.len().div_ceil(THREADS);
        let started: Vec<_> = items.chunks(share).map(start).collect();
        let finish = |started: Result<ScopedJoinHandle<'_, Vec<R>>, _>| match started {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            // The system has no more threads for us.
            Err(share) => through(share),
        };
        started.into_iter().flat_map(finish).collect()
    })
}

/// They wait and do not compute, so that this is not about cores.
const THREADS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order() {
        for count in 0..=3 * THREADS {
            let items: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = items.iter().map(|item| item * 2).collect();
            assert_eq!(map(&items, |item| item * 2), doubled);
        }
    }
}
