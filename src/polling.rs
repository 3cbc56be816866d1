//! [`Polling`]: waits until the service has done something, within a time limit.
//!
//! Issuing a certificate, deleting it or registering an application take seconds to minutes after
//! the service has accepted the request.

use std::fmt;
use std::time::{Duration, Instant};

/// Looks repeatedly until something is done, or the time is up.
pub struct Polling<'a> {
    limit: Duration,
    on_wait: Box<dyn Fn(Duration) + Send + Sync + 'a>,
}

/// What one look found.
#[derive(Debug)]
pub enum Look<T> {
    /// It is done.
    Done(T),
    /// It is not done yet.
    NotYet {
        /// The time until the next look, if the service named one.
        retry_after: Option<Duration>,
    },
}

/// Why polling ended without a result.
#[derive(Debug)]
pub enum PollError<E> {
    /// It was not done within the limit.
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// A look failed.
    Failed(E),
}

impl<'a> Polling<'a> {
    /// Looks for at most `limit`; with zero, once.
    pub fn new(limit: Duration) -> Self {
        Self {
            limit,
            on_wait: Box::new(|_| ()),
        }
    }

    /// The same, with `on_wait` called about every second with the time that has passed.
    pub fn observed_by(self, on_wait: impl Fn(Duration) + Send + Sync + 'a) -> Self {
        Self {
            on_wait: Box::new(on_wait),
            ..self
        }
    }

    /// Looks at once, then after the time that the service asks for, or else after a pause that
    /// grows each time.
    ///
    /// # Errors
    /// [`PollError`].
    pub async fn until<T, E>(
        &self,
        mut look: impl AsyncFnMut() -> Result<Look<T>, E>,
    ) -> Result<T, PollError<E>> {
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let asked = match look().await.map_err(PollError::Failed)? {
                Look::Done(found) => return Ok(found),
                Look::NotYet { retry_after } => retry_after,
            };
            let left = self.limit.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Err(PollError::TimedOut { limit: self.limit });
            }
            let wait = asked.unwrap_or(pause).clamp(FIRST_PAUSE, LONGEST_PAUSE);
            pause = (pause * 2).min(LATER_PAUSE);
            // The last look is at the limit itself.
            self.wait(started, wait.min(left)).await;
        }
    }

    async fn wait(&self, started: Instant, wait: Duration) {
        let end = Instant::now() + wait;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            (self.on_wait)(started.elapsed());
            tokio::time::sleep(left.min(Duration::from_secs(1))).await;
        }
    }
}

impl<E> PollError<E> {
    /// The same, with another error for a look that failed.
    pub fn map<F>(self, other: impl FnOnce(E) -> F) -> PollError<F> {
        match self {
            Self::TimedOut { limit } => PollError::TimedOut { limit },
            Self::Failed(error) => PollError::Failed(other(error)),
        }
    }
}

impl<T> Look<T> {
    /// It is not done, and the service names no time.
    pub const NOT_YET: Self = Self::NotYet { retry_after: None };

    /// It is not done; look again after `wait`.
    pub fn later(wait: Duration) -> Self {
        Self::NotYet {
            retry_after: Some(wait),
        }
    }
}

impl fmt::Debug for Polling<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polling")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LATER_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_looks_once_more_at_the_limit() {
        for (limit, expected) in [(0, 1), (600, 4)] {
            let mut looks = 0;
            let polling = Polling::new(Duration::from_millis(limit));
            let found = polling.until(async || {
                looks += 1;
                Ok::<_, ()>(Look::<()>::later(Duration::ZERO))
            });
            assert!(matches!(found.await, Err(PollError::TimedOut { .. })));
            assert_eq!(looks, expected);
        }
    }

    #[tokio::test]
    async fn it_ends_with_what_it_finds() {
        let polling = Polling::new(Duration::from_secs(60));
        let mut looks = 0;
        let found = polling.until(async || {
            looks += 1;
            match looks {
                1 => Ok(Look::NOT_YET),
                2 => Ok(Look::Done("there")),
                _ => Err("once too often"),
            }
        });
        assert_eq!(found.await.unwrap(), "there");
        let failed = polling.until(async || Err::<Look<()>, _>("no"));
        assert!(matches!(failed.await, Err(PollError::Failed("no"))));
    }
}
