//! One writer a folder at a time.

#[cfg(unix)]
use std::fs::TryLockError;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{io, thread};

use super::OutputError;

/// How long a [`Writer`](super::Writer) waits for another writer. A write takes milliseconds;
/// one that takes longer than this hangs.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Held while a folder is written; let go when dropped, and by the system when the process dies.
///
/// It is taken on the folder itself, which leaves nothing behind. Where folders cannot be locked
/// (NFS, Windows), a file `.kvcert-lock` takes its place, which is removed with the lock.
#[derive(Debug)]
pub(super) struct Lock {
    _held: File,
    /// The lock file, where there has to be one.
    file: Option<PathBuf>,
}

impl Lock {
    /// Waits for `folder`, at most `patience`.
    pub(super) fn acquire(folder: &Path, patience: Duration) -> Result<Self, OutputError> {
        let deadline = Instant::now() + patience;
        let mut pause = Duration::from_millis(1);
        loop {
            match Self::attempt(folder) {
                Ok(Some(lock)) => return Ok(lock),
                Ok(None) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let path = folder.to_path_buf();
                    return Err(OutputError::FolderMissing { path });
                }
                Err(error) => return Err(OutputError::io("lock", folder, error)),
            }
            if Instant::now() >= deadline {
                let path = folder.to_path_buf();
                return Err(OutputError::Busy { path });
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(25));
        }
    }

    /// Takes the lock if nobody has it.
    #[cfg(unix)]
    fn attempt(folder: &Path) -> io::Result<Option<Self>> {
        let held = File::open(folder)?;
        match held.try_lock() {
            Ok(()) => Ok(is_still(&held, folder).then_some(Self {
                _held: held,
                file: None,
            })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(_)) => Self::attempt_file(folder),
        }
    }

    /// Takes the lock on a file, which must be the one that is in the folder even then: its last
    /// holder may have removed it between our opening and our locking it.
    #[cfg(unix)]
    fn attempt_file(folder: &Path) -> io::Result<Option<Self>> {
        use std::os::unix::fs::OpenOptionsExt;

        let path = folder.join(LOCK_FILE);
        let held = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
            .open(&path)?;
        match held.try_lock() {
            Ok(()) => Ok(is_still(&held, &path).then_some(Self {
                _held: held,
                file: Some(path),
            })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Takes the lock: a file that nobody else can open meanwhile, and that the system removes
    /// when it is closed, even for a process that was killed.
    #[cfg(windows)]
    fn attempt(folder: &Path) -> io::Result<Option<Self>> {
        use std::os::windows::fs::OpenOptionsExt;

        const DELETE_ON_CLOSE: u32 = 0x0400_0000;
        const SHARING_VIOLATION: i32 = 32;

        let opened = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .share_mode(0)
            .custom_flags(DELETE_ON_CLOSE)
            .open(folder.join(LOCK_FILE));
        match opened {
            Ok(held) => Ok(Some(Self {
                _held: held,
                file: None,
            })),
            Err(error) if error.raw_os_error() == Some(SHARING_VIOLATION) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is still held, so that nobody can have taken it yet.
        if let Some(path) = &self.file {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Whether `path` still leads to what was opened.
#[cfg(unix)]
fn is_still(open: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    match (open.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

const LOCK_FILE: &str = ".kvcert-lock";

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::disk::tests::Scratch;

    #[test]
    fn a_second_writer_waits_only_so_long_and_gets_its_turn_afterwards() {
        let scratch = Scratch::new("lock-folder");
        let patience = Duration::from_millis(50);
        let first = Lock::acquire(&scratch.0, patience).unwrap();
        let started = Instant::now();
        let second = Lock::acquire(&scratch.0, patience);
        assert!(matches!(second, Err(OutputError::Busy { .. })));
        assert!(started.elapsed() >= patience);
        drop(first);
        Lock::acquire(&scratch.0, patience).unwrap();
        assert_eq!(scratch.names(), [""; 0]);
    }

    #[test]
    fn a_lock_file_excludes_and_goes_with_its_lock() {
        let scratch = Scratch::new("lock-file");
        let first = Lock::attempt_file(&scratch.0).unwrap();
        assert!(first.is_some());
        assert!(Lock::attempt_file(&scratch.0).unwrap().is_none());
        drop(first);
        assert_eq!(scratch.names(), [""; 0]);
        assert!(Lock::attempt_file(&scratch.0).unwrap().is_some());
    }

    #[test]
    fn a_lock_on_a_file_that_was_removed_is_none() {
        let scratch = Scratch::new("lock-gone");
        let path = scratch.0.join(LOCK_FILE);
        let held = File::create_new(&path).unwrap();
        assert!(is_still(&held, &path));
        std::fs::remove_file(&path).unwrap();
        File::create_new(&path).unwrap();
        assert!(!is_still(&held, &path));
    }
}
