//! [`Budget`]: how much deriving keys may cost.

use crate::content_error::ContentError;
use crate::format::Limits;

/// The work that is left for one file.
pub(crate) struct Budget {
    spent: u64,
    limit: u64,
    pub(super) max_memory: u64,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            spent: 0,
            limit: limits.max_iterations,
            max_memory: limits.max_memory,
        }
    }

    /// For what is written: its price is kvcert's own choice.
    pub(crate) fn without_limit() -> Self {
        Self {
            spent: 0,
            limit: u64::MAX,
            max_memory: 0,
        }
    }

    /// What is left, in iterations.
    pub(super) fn left(&self) -> u64 {
        self.limit - self.spent
    }

    /// Whether so many iterations can be paid for.
    pub(super) fn check(&self, iterations: u64) -> Result<(), ContentError> {
        let found = self.spent.saturating_add(iterations);
        if found > self.limit {
            return Err(ContentError::OverLimit {
                what: "iterations of key derivation",
                found,
                limit: self.limit,
            });
        }
        Ok(())
    }

    /// Pays for derivations before they run.
    pub(super) fn spend(&mut self, iterations: u64) -> Result<(), ContentError> {
        self.check(iterations)?;
        self.spent = self.spent.saturating_add(iterations);
        Ok(())
    }
}
