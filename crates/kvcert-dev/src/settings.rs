//! What a dev vault can be told to do otherwise.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::certificate::pfx::Style;

/// Delays, and how secrets are written. Each can be changed while the vault runs.
#[derive(Debug)]
pub(crate) struct Settings {
    deletion: AtomicI64,
    issuance: AtomicI64,
    /// How PKCS#12 secrets are written.
    pub(crate) style: Style,
}

impl Settings {
    /// The usual delays.
    pub(crate) fn new(style: Style) -> Self {
        Self {
            deletion: AtomicI64::new(USUAL_DELAY),
            issuance: AtomicI64::new(USUAL_DELAY),
            style,
        }
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
