//! One process a token at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Held while a token is fetched; the system lets go of it if the process dies.
///
/// Its file, which is empty, stays: whoever removes it risks no more than that two sign in.
pub(super) struct Lock(#[allow(dead_code, reason = "it is held, not used")] File);

/// Waits for the lock at `path`, at most `patience`; `waiting` is called if that takes a while.
pub(super) async fn acquire(
    path: &Path,
    patience: Duration,
    waiting: impl Fn(),
) -> io::Result<Lock> {
    let file = open(path)?;
    let started = Instant::now();
    let (mut pause, mut told) = (Duration::from_millis(2), false);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
        if started.elapsed() >= patience {
            let what = "another kvcert has been signing in for too long";
            return Err(io::Error::new(io::ErrorKind::TimedOut, what));
        }
        if !told && started.elapsed() >= WORTH_TELLING {
            waiting();
            told = true;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        use rustix::fs::OFlags;

        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    options.open(path)
}

const WORTH_TELLING: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);
