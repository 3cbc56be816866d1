//! One process at a time fetches a token.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::output::Folder;

/// Held while a token is fetched; the system lets go of it if the process dies.
///
/// Its file stays: removing it risks no more than that two sign in.
pub(super) struct Lock(#[allow(dead_code, reason = "it is held, not used")] File);

/// Waits for the lock of the token with this digest, at most `patience`; `waiting` is called if that
/// takes a while.
pub(super) async fn acquire(
    folder: &Folder,
    digest: &str,
    patience: Duration,
    waiting: impl Fn(),
) -> io::Result<Lock> {
    let mut file = open(folder, &format!("{digest}.{LOCK}"))?;
    let started = Instant::now();
    let (mut pause, mut told) = (Duration::from_millis(2), false);
    loop {
        match file.try_lock() {
            Ok(()) => {
                mark(&mut file)?;
                return Ok(Lock(file));
            }
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

/// Whether the file `name` is a lock that was put there by a cache.
pub(super) fn is_lock(folder: &Folder, name: &str) -> bool {
    let digest = name
        .strip_suffix(LOCK)
        .and_then(|name| name.strip_suffix('.'));
    let is_digest = |text: &str| text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if !digest.is_some_and(is_digest) {
        return false;
    }
    let Ok(Some(file)) = folder.open_private(name) else {
        return false;
    };
    let mut bytes = Vec::new();
    let read = file.take(MARK.len() as u64 + 1).read_to_end(&mut bytes);
    read.is_ok() && bytes == MARK
}

fn open(folder: &Folder, name: &str) -> io::Result<File> {
    let there = || match folder.open_private(name)? {
        Some(file) => Ok(file),
        None => Err(io::Error::other(format!(
            "{name} is not a file of this user alone"
        ))),
    };
    match there() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match folder.create_file(name) {
            // Another process was quicker.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => there(),
            created => created,
        },
        opened => opened,
    }
}

/// Says in the file what it is, once.
fn mark(file: &mut File) -> io::Result<()> {
    if file.metadata()?.len() == 0 {
        file.write_all(MARK)?;
    }
    Ok(())
}

const LOCK: &str = "lock";
const MARK: &[u8] = b"kvcert token cache\n";
const WORTH_TELLING: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);
