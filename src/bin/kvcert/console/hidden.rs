//! Asks for a secret on the terminal, without an echo.

use std::io;

/// Asks for a secret. Ctrl-C ends the process as ever, but only once the terminal is as it was.
pub(crate) fn ask_hidden(question: &str) -> io::Result<String> {
    let _held = Held::back();
    rpassword::prompt_password(question)
}

/// Holds SIGINT back. The prompt raises it for Ctrl-C while the terminal is still without an echo;
/// when this is dropped, the prompt has put the terminal right, and the signal does what it does.
struct Held {
    #[cfg(unix)]
    signals: nix::sys::signal::SigSet,
    #[cfg(unix)]
    was_held: bool,
}

impl Held {
    #[cfg(unix)]
    fn back() -> Self {
        use nix::sys::signal::{SigSet, SigmaskHow, Signal};
        let signals = SigSet::from(Signal::SIGINT);
        let before = signals.thread_swap_mask(SigmaskHow::SIG_BLOCK);
        let was_held = before.is_ok_and(|mask| mask.contains(Signal::SIGINT));
        Self { signals, was_held }
    }

    #[cfg(not(unix))]
    fn back() -> Self {
        Self {}
    }
}

#[cfg(unix)]
impl Drop for Held {
    fn drop(&mut self) {
        if !self.was_held {
            let _ = self.signals.thread_unblock();
        }
    }
}
