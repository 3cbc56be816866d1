//! Waiting for the service, with something to look at.

use std::time::Duration;

use kvcert::polling::{PollError, Polling};

use crate::failure::{Failure, vault};
use crate::session::Context;

/// Waits at most `limit` for `what`, such as "`web` is issued", while `work` looks for it.
pub(super) async fn wait<T, E: Into<Failure>>(
    what: &str,
    limit: Duration,
    context: &Context<'_>,
    work: impl AsyncFnOnce(&Polling<'_>) -> Result<T, PollError<E>>,
) -> Result<T, Failure> {
    let shown = context.console.waiting();
    let polling = Polling::new(limit).observed_by(|elapsed| {
        let seconds = elapsed.as_secs();
        shown.show(&format!("waiting until {what} ({seconds} s)"));
    });
    work(&polling).await.map_err(|error| match error {
        PollError::Failed(error) => error.into(),
        PollError::TimedOut { limit } => vault::not_yet(limit.as_secs(), what),
    })
}
