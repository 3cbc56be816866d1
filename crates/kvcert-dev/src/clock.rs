//! What time it is: everything in the dev vault asks here, so that a switch can turn it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::encoding;

/// The time of the dev vault: the system's, plus an offset. Clones tell the same time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clock {
    offset: Arc<AtomicI64>,
}

impl Clock {
    /// Seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        encoding::now().saturating_add(self.offset.load(Ordering::Relaxed))
    }

    /// Turns the clock: `seconds` ahead of the system's, behind it if negative.
    pub(crate) fn set_offset(&self, seconds: i64) {
        self.offset.store(seconds, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_is_turned_along() {
        let clock = Clock::default();
        let other = clock.clone();
        clock.set_offset(-1_000_000);
        assert!((encoding::now() - 1_000_000 - other.now()).abs() < 100);
        clock.set_offset(i64::MAX);
        assert_eq!(other.now(), i64::MAX);
    }
}
