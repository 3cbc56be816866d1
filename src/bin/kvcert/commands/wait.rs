//! [`Patience`]: waiting for the service, within bounds, and with something to look at.

use std::time::{Duration, Instant};

use super::Context;
use crate::console::Waiting;
use crate::failure::{Failure, Reason};

/// Waits between looks at something that takes its time.
pub(super) struct Patience<'a> {
    what: String,
    shown: Waiting<'a>,
    started: Instant,
    limit: Duration,
    pause: Duration,
}

impl<'a> Patience<'a> {
    /// Waits at most `limit` for `what`, such as "`web` is issued".
    pub(super) fn new(what: String, limit: Duration, context: &Context<'a>) -> Self {
        Self {
            what,
            shown: context.console.waiting(),
            started: Instant::now(),
            limit,
            pause: FIRST_PAUSE,
        }
    }

    /// Lets some time pass: as long as the service asked for, or else a little longer each time.
    pub(super) async fn pause(&mut self, asked: Option<Duration>) -> Result<(), Failure> {
        let elapsed = self.started.elapsed();
        if elapsed >= self.limit {
            return Err(self.too_long());
        }
        let pause = asked
            .unwrap_or(self.pause)
            .clamp(FIRST_PAUSE, LONGEST_PAUSE);
        self.pause = (self.pause * 2).min(LATER_PAUSE);
        // Not past the limit by much, but once more at the limit itself.
        let end = Instant::now() + pause.min(self.limit - elapsed);
        while let Some(left) = end
            .checked_duration_since(Instant::now())
            .filter(|d| !d.is_zero())
        {
            let seconds = self.started.elapsed().as_secs();
            self.shown
                .show(&format!("waiting until {} ({seconds} s)", self.what));
            tokio::time::sleep(left.min(Duration::from_secs(1))).await;
        }
        Ok(())
    }

    fn too_long(&self) -> Failure {
        let message = format!(
            "gave up waiting after {} s until {}",
            self.limit.as_secs(),
            self.what
        );
        Failure::message(Reason::NotYet, message)
            .with_hint("run the same again: it goes on where it is; `--wait TIME` waits longer")
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LATER_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
