//! New objects are not everywhere at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a new object is hidden, as it is at the service while it is copied from replica to
/// replica. No time at all, unless it is switched on.
#[derive(Debug, Default)]
pub(crate) struct Replication {
    milliseconds: AtomicU64,
    hidden: Mutex<HashMap<String, Instant>>,
}

impl Replication {
    /// Sets the delay for objects that are made from now on.
    pub(crate) fn set_delay(&self, delay: Duration) {
        let milliseconds = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.milliseconds.store(milliseconds, Ordering::Relaxed);
    }

    /// A new object starts on its way.
    pub(crate) fn begin(&self, id: &str) {
        let delay = Duration::from_millis(self.milliseconds.load(Ordering::Relaxed));
        if delay.is_zero() {
            return;
        }
        let now = Instant::now();
        let mut hidden = self.hidden.lock().unwrap_or_else(PoisonError::into_inner);
        hidden.retain(|_, until| *until > now);
        if let Some(until) = now.checked_add(delay) {
            hidden.insert(id.to_owned(), until);
        }
    }

    /// Is the object still on its way?
    pub(crate) fn hides(&self, id: &str) -> bool {
        let hidden = self.hidden.lock().unwrap_or_else(PoisonError::into_inner);
        hidden.get(id).is_some_and(|until| *until > Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_object_is_hidden_for_a_while_if_that_is_switched_on() {
        let replication = Replication::default();
        replication.begin("at once");
        assert!(!replication.hides("at once"));
        replication.set_delay(Duration::from_secs(3600));
        replication.begin("later");
        assert!(replication.hides("later"));
        assert!(!replication.hides("at once"));
    }
}
