//! Threads that derive keys at the same time derive them together.
//!
//! Vectors hash sixteen blocks in the time of four, but one file has only five chains that can run
//! at once. So the chains of the files that other threads have in hand fill the lanes. One thread
//! runs what all have brought, while they wait; meanwhile more comes together for the next. Nobody
//! waits for company: who comes when no one runs anything, begins.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use super::cores;
use super::lanes::{Chain, Compression, run_all};

type Keys = Vec<Zeroizing<Vec<u8>>>;

/// The meeting point of one hash.
pub(super) struct Shared<const N: usize>(Mutex<State<N>>);

struct State<const N: usize> {
    /// How many threads are running chains.
    leaders: usize,
    waiting: Vec<Waiting<N>>,
}

/// The chains of one thread, and how it is told.
struct Waiting<const N: usize> {
    chains: Vec<Box<dyn Chain<N>>>,
    tell: Sender<Told>,
    /// Whether it was told to lead.
    is_called: bool,
}

enum Told {
    /// All is done.
    Done(Keys),
    /// It is this thread's turn to run what waits, its own among it.
    Lead,
}

impl<const N: usize> Shared<N> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(State {
            leaders: 0,
            waiting: Vec::new(),
        }))
    }

    /// As [`run_all`], together with what other threads bring.
    pub(super) fn run_all(&self, hash: Compression<N>, chains: Vec<Box<dyn Chain<N>>>) -> Keys {
        if chains.is_empty() {
            return Vec::new();
        }
        let (tell, told) = channel();
        let mut state = self.lock();
        let is_called = state.leaders < max_leaders();
        state.waiting.push(Waiting {
            chains,
            tell,
            is_called,
        });
        state.leaders += usize::from(is_called);
        drop(state);
        if is_called {
            self.lead(hash);
        }
        loop {
            match told.recv() {
                Ok(Told::Done(keys)) => return keys,
                Ok(Told::Lead) => self.lead(hash),
                // The thread that ran these chains has panicked: so does this, as it would have.
                Err(_) => panic!("a key derivation has failed"),
            }
        }
    }

    /// Runs what waits, and passes the lead on.
    fn lead(&self, hash: Compression<N>) {
        let _turn = Turn(self);
        let mut chains = Vec::new();
        let mut of = Vec::new();
        for waiting in self.lock().take(hash.at_once()) {
            of.push((waiting.chains.len(), waiting.tell));
            chains.extend(waiting.chains);
        }
        let mut keys = run_all(hash, chains).into_iter();
        for (count, tell) in of {
            // It listens until it is told this.
            let _ = tell.send(Told::Done(keys.by_ref().take(count).collect()));
        }
    }

    /// A thread that panics holds no lock while it runs chains: what is there is whole.
    fn lock(&self) -> MutexGuard<'_, State<N>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<const N: usize> State<N> {
    /// What came first, until there are more chains than lanes by far.
    fn take(&mut self, lanes: usize) -> Vec<Waiting<N>> {
        let mut count = 0;
        let enough = self.waiting.iter().position(|waiting| {
            count += waiting.chains.len();
            count > FILLED * lanes
        });
        let taken = enough.map_or(self.waiting.len(), |last| last + 1);
        self.waiting.drain(..taken).collect()
    }
}

/// The turn of a thread, which the next one has when it ends, however it ends.
struct Turn<'a, const N: usize>(&'a Shared<N>);

impl<const N: usize> Drop for Turn<'_, N> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        match state.waiting.iter_mut().find(|next| !next.is_called) {
            Some(next) => {
                next.is_called = true;
                // It listens until it is told that all is done.
                let _ = next.tell.send(Told::Lead);
            }
            None => state.leaders -= 1,
        }
    }
}

/// A leader with full lanes derives what some four cores can read and check.
fn max_leaders() -> usize {
    cores().div_ceil(4)
}

/// How many chains are run together at most, in lanes: more would only wait.
const FILLED: usize = 4;

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;
    use std::sync::Barrier;
    use std::thread;

    use super::*;
    use crate::format::pbe::derivation::lanes::{Run, SHA1};

    struct Broken;

    impl Chain<5> for Broken {
        fn next(&mut self) -> Option<(usize, Run<5>)> {
            panic!("for the test")
        }

        fn absorb(&mut self, _: usize, _: &Run<5>) {}

        fn into_key(self: Box<Self>) -> Zeroizing<Vec<u8>> {
            Zeroizing::default()
        }
    }

    /// Some are told by one that panics, some panic themselves; none waits for ever.
    #[test]
    fn a_panic_leaves_nobody_waiting() {
        static SHARED: Shared<5> = Shared::new();
        let start = Barrier::new(8);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    start.wait();
                    for _ in 0..20 {
                        let broken = || SHARED.run_all(SHA1, vec![Box::new(Broken)]);
                        assert!(catch_unwind(broken).is_err());
                    }
                });
            }
        });
        assert_eq!(SHARED.lock().leaders, 0);
        assert!(SHARED.run_all(SHA1, Vec::new()).is_empty());
    }
}
