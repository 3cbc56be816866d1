//! [`Pacer`]: decides when the next call to a vault may start.
//!
//! Two limits apply together. The *budget*: in any ten seconds, no more calls than the service
//! documents for a vault, or than the user allows. The *concurrency limit*: it grows while the
//! service keeps up, and halves when it does not.

mod limit;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use limit::Limit;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::transport::retry::is_overloaded;
use crate::transport::{Reply, Unreachable};

/// Lets calls start one after the other, in the order in which they asked.
pub(super) struct Pacer {
    state: Mutex<State>,
    /// Only the first in this queue looks at the state.
    queue: tokio::sync::Mutex<()>,
    changed: Notify,
}

/// Permission for one call. The call ends when this is dropped.
struct Permit<'a> {
    pacer: &'a Pacer,
    began: Instant,
}

impl Pacer {
    /// At most `budget` calls in any ten seconds, but at least one.
    pub(super) fn new(budget: usize) -> Self {
        Self {
            state: Mutex::new(State::new(budget.max(1))),
            queue: tokio::sync::Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Waits until a call may start, makes it, and adapts to the reply.
    pub(super) async fn pace(
        &self,
        sending: impl Future<Output = Result<Reply, Unreachable>>,
    ) -> Result<Reply, Unreachable> {
        let permit = self.permit().await?;
        let reply = sending.await?;
        permit.answered(is_overloaded(reply.status));
        Ok(reply)
    }

    async fn permit(&self) -> Result<Permit<'_>, Unreachable> {
        let _first = self.queue.lock().await;
        loop {
            let began = Instant::now();
            let turn = self.state().begin(began);
            match turn {
                Turn::Now => return Ok(Permit { pacer: self, began }),
                Turn::Never(busy) => return Err(busy),
                Turn::WhenOneEnds => self.changed.notified().await,
                Turn::At(time) => tokio::select! {
                    () = sleep_until(time) => {}
                    () = self.changed.notified() => {}
                },
            }
        }
    }

    /// Lets no call start for a while: the service said how long, and that applies to all calls.
    pub(super) fn pause(&self, wait: Duration) {
        self.state().pause(Instant::now() + wait);
    }

    /// Lets no call start for a while, and fails all that would wait for it: the service asked for
    /// more time than anyone waits.
    pub(super) fn close(&self, wait: Duration, busy: &Unreachable) {
        // A wait that no clock can represent is as good as for ever.
        let until = Instant::now().checked_add(wait);
        self.state().closed = Some((until, busy.clone()));
        self.changed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// The service answered; `overloaded` if it was with 429 or 503.
    fn answered(self, overloaded: bool) {
        let mut state = self.pacer.state();
        if overloaded {
            state.limit.halve(self.began, Instant::now());
        } else {
            state.limit.grow(self.began);
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.pacer.state().end(Instant::now());
        self.pacer.changed.notify_one();
    }
}

/// When the next call may start.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    Now,
    At(Instant),
    WhenOneEnds,
    /// The service asked for more time than anyone waits.
    Never(Unreachable),
}

/// The state for the decision, without a clock of its own.
struct State {
    budget: usize,
    limit: Limit,
    in_flight: usize,
    /// When the calls of the last ten seconds ended, oldest first. The service counts a call at some
    /// point between its start and its end, so counting the end is on the safe side.
    ended: VecDeque<Instant>,
    paused_until: Option<Instant>,
    /// Until when calls fail, if that is a time that comes, and how.
    closed: Option<(Option<Instant>, Unreachable)>,
}

impl State {
    fn new(budget: usize) -> Self {
        Self {
            budget,
            limit: Limit::new(),
            in_flight: 0,
            ended: VecDeque::new(),
            paused_until: None,
            closed: None,
        }
    }

    fn begin(&mut self, now: Instant) -> Turn {
        while self.ended.front().is_some_and(|end| *end + WINDOW <= now) {
            self.ended.pop_front();
        }
        if let Some((until, busy)) = &self.closed
            && until.is_none_or(|until| until > now)
        {
            return Turn::Never(busy.clone());
        }
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            return Turn::At(until);
        }
        if self.in_flight >= self.limit.calls() {
            return Turn::WhenOneEnds;
        }
        if self.in_flight + self.ended.len() >= self.budget {
            let oldest = self.ended.front();
            return oldest.map_or(Turn::WhenOneEnds, |end| Turn::At(*end + WINDOW));
        }
        self.in_flight += 1;
        self.limit.used(self.in_flight, now);
        Turn::Now
    }

    fn end(&mut self, now: Instant) {
        self.in_flight -= 1;
        self.ended.push_back(now);
    }

    fn pause(&mut self, until: Instant) {
        self.paused_until = self.paused_until.max(Some(until));
    }
}

/// The service counts in windows of this length.
const WINDOW: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
