//! What holds for the whole dev vault and can be changed while it runs: its clock, its delays, how
//! it writes secrets.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::certificate::pfx::Style;
use crate::encoding;

/// The clock, the delays, and how secrets are written.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Seconds that the clock is ahead of the system's.
    clock_offset: AtomicI64,
    deletion: AtomicI64,
    issuance: AtomicI64,
    /// How PKCS#12 secrets are written.
    pub(crate) style: Style,
}

impl Settings {
    /// The system's time, and the usual delays.
    pub(crate) fn new(style: Style) -> Self {
        Self {
            clock_offset: AtomicI64::new(0),
            deletion: AtomicI64::new(USUAL_DELAY),
            issuance: AtomicI64::new(USUAL_DELAY),
            style,
        }
    }

    /// What time it is, in seconds since 1970. Everything in the dev vault asks here, so that a
    /// switch can turn the clock.
    pub(crate) fn now(&self) -> i64 {
        encoding::now().saturating_add(self.clock_offset.load(Ordering::Relaxed))
    }

    /// Turns the clock: `seconds` ahead of the system's, behind it if negative.
    pub(crate) fn set_clock_offset(&self, seconds: i64) {
        self.clock_offset.store(seconds, Ordering::Relaxed);
    }

    /// For how many milliseconds a deletion or a recovery is under way.
    pub(crate) fn deletion_delay(&self) -> i64 {
        self.deletion.load(Ordering::Relaxed)
    }

    /// Sets that; `None`: the usual.
    pub(crate) fn set_deletion_delay(&self, milliseconds: Option<i64>) {
        let delay = milliseconds.unwrap_or(USUAL_DELAY);
        self.deletion.store(delay, Ordering::Relaxed);
    }

    /// For how many milliseconds a certificate of the issuer `Self` is pending.
    pub(crate) fn issuance_delay(&self) -> i64 {
        self.issuance.load(Ordering::Relaxed)
    }

    /// Sets that; `None`: the usual.
    pub(crate) fn set_issuance_delay(&self, milliseconds: Option<i64>) {
        let delay = milliseconds.unwrap_or(USUAL_DELAY);
        self.issuance.store(delay, Ordering::Relaxed);
    }

    /// For how many seconds a client is asked to wait for a pending certificate. The service asks
    /// for the ten that it takes.
    pub(crate) fn retry_after(&self) -> String {
        let seconds = self.issuance_delay().div_euclid(1000);
        seconds.clamp(1, 10).to_string()
    }
}

/// Shorter than a client's first pause, long enough to be seen. In milliseconds.
const USUAL_DELAY: i64 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_can_be_turned_either_way() {
        let settings = Settings::new(Style::default());
        settings.set_clock_offset(-1_000_000);
        assert!((encoding::now() - 1_000_000 - settings.now()).abs() < 100);
        settings.set_clock_offset(i64::MAX);
        assert_eq!(settings.now(), i64::MAX);
    }
}
