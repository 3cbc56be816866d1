//! Ctrl-C and SIGTERM, for a run that is to end in good order.

use crate::failure::{Failure, Reason};

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
        let what = format!("before all certificates were there; {written} were written");
        self.before(&what)
            .with_hint("the same command with `--resume` goes on from here")
    }

    /// Where only one was asked for.
    pub(super) fn failure_of_one(self) -> Failure {
        self.before("before the certificate was there; nothing was written")
            .with_hint("run it again")
    }

    fn before(self, what: &str) -> Failure {
        let (reason, end) = match self {
            Self::Interrupt => (Reason::Interrupted, "interrupted"),
            Self::Terminate => (Reason::Terminated, "told to end"),
        };
        Failure::message(reason, format!("{end} {what}"))
    }
}

async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Then the signal still does what it does by default.
        std::future::pending::<()>().await;
    }
}
