//! [`Limit`]: how many calls may be in flight: additive increase, multiplicative decrease.

use tokio::time::Instant;

/// Works as TCP finds its window (RFC 5681): it doubles each round until the first refusal, then
/// grows by one each round, and halves after every round with a refusal.
pub(super) struct Limit {
    calls: usize,
    /// Whether nothing was refused yet.
    is_doubling: bool,
    /// Replies since the last increase.
    answers: usize,
    /// When the limit last kept a call waiting, or would have kept the next one.
    reached_at: Option<Instant>,
    halved_at: Option<Instant>,
}

impl Limit {
    pub(super) fn new() -> Self {
        Self {
            calls: FIRST,
            is_doubling: true,
            answers: 0,
            reached_at: None,
            halved_at: None,
        }
    }

    pub(super) fn calls(&self) -> usize {
        self.calls
    }

    /// So many calls are in flight now.
    pub(super) fn used(&mut self, in_flight: usize, now: Instant) {
        if in_flight >= self.calls {
            self.reached_at = Some(now);
        }
    }

    /// A call that began at `began` succeeded. Unless the limit was reached meanwhile, that says
    /// nothing about what the service can take.
    pub(super) fn grow(&mut self, began: Instant) {
        let is_used = self.reached_at.is_some_and(|reached| began <= reached);
        if !is_used || self.calls >= MOST {
            return;
        }
        self.answers += 1;
        if self.is_doubling || self.answers >= self.calls {
            self.calls += 1;
            self.answers = 0;
        }
    }

    /// A call that began at `began` was refused. All refusals of one round count as one.
    pub(super) fn halve(&mut self, began: Instant, now: Instant) {
        if self.halved_at.is_some_and(|halved| began <= halved) {
            return;
        }
        self.calls = (self.calls / 2).max(1);
        self.is_doubling = false;
        self.answers = 0;
        self.halved_at = Some(now);
    }
}

/// Enough for the first page of a list, whose 25 certificates are asked for with the second page.
const FIRST: usize = 32;
/// More would only wait for each other: on a slow line for its width, on a fast one for the cores.
const MOST: usize = 64;
