//! Ctrl-C and SIGTERM, for a run that is to end in good order.

use crate::failure::{Failure, Kind};

/// Which signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Interrupt,
    Terminate,
}

impl Signal {
    /// Waits for one. From the first call on, neither signal ends the process by itself.
    pub(super) async fn received() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            if let Ok(mut terminate) = signal(SignalKind::terminate()) {
                return tokio::select! {
                    () = interrupt() => Self::Interrupt,
                    _ = terminate.recv() => Self::Terminate,
                };
            }
        }
        interrupt().await;
        Self::Interrupt
    }

    pub(super) fn failure(self, written: usize) -> Failure {
        let (kind, reason, what) = match self {
            Self::Interrupt => (Kind::Interrupted, "interrupted", "interrupted"),
            Self::Terminate => (Kind::Terminated, "terminated", "told to end"),
        };
        let message = format!("{what} before all certificates were there; {written} were written");
        Failure::message(kind, reason, message)
            .with_hint("the same command with `--resume` goes on from here")
    }
}

async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Then the signal still does what it does by default.
        std::future::pending::<()>().await;
    }
}
