//! One writer a folder at a time.
//!
//! A lock that others can take is one that they can keep: who may read a folder may lock it. So each
//! user locks a file of their own in it, which nobody else can open (`.kvcert-lock-UID-`). Where
//! others may create files too, somebody may have taken that name; there the file gets one that
//! nobody can guess, and all those of this user are locked, so that two that were created at once
//! exclude each other.
//!
//! Two users who write to one folder take turns by a lock on the folder itself. Nobody waits long for
//! that one, as it may be held by somebody who wants just that.

use std::fs::File;
use std::time::{Duration, Instant};
use std::{io, thread};

use super::OutputError;
use super::folder::Folder;
use super::names;
#[cfg(unix)]
use super::names::Own;

/// How long a [`Writer`](super::Writer) waits for another writer. A write takes milliseconds;
/// one that takes longer than this hangs.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Held while a folder is written; let go when dropped, and by the system when the process dies.
#[derive(Debug)]
pub(super) struct Lock<'a> {
    folder: &'a Folder,
    files: Vec<(String, File)>,
    /// Whether another user keeps the lock of the folder.
    pub(super) is_contested: bool,
    _shared: Option<File>,
}

impl<'a> Lock<'a> {
    /// Waits for `folder`, at most `patience`; and for other users too if `waits_for_others`.
    pub(super) fn acquire(
        folder: &'a Folder,
        patience: Duration,
        waits_for_others: bool,
    ) -> Result<Self, OutputError> {
        let own = retry(patience, || attempt(folder)).map_err(|error| failed(folder, error))?;
        let Some(files) = own else {
            return Err(OutputError::Busy {
                path: folder.path().to_path_buf(),
            });
        };
        let mut lock = Self {
            folder,
            files,
            is_contested: false,
            _shared: None,
        };
        if waits_for_others {
            lock.wait_for_others();
        }
        Ok(lock)
    }

    #[cfg(unix)]
    fn wait_for_others(&mut self) {
        use std::fs::TryLockError;

        if self.folder.is_of_root_alone() {
            return;
        }
        let attempt = || {
            let folder = self.folder.as_file()?;
            match folder.try_lock() {
                Ok(()) => Ok(Some(folder)),
                Err(TryLockError::WouldBlock) => Ok(None),
                Err(TryLockError::Error(error)) => Err(error),
            }
        };
        // Not every file system locks folders.
        let shared = retry(PATIENCE_WITH_OTHERS, attempt);
        self.is_contested = matches!(shared, Ok(None));
        self._shared = shared.unwrap_or_default();
    }

    #[cfg(not(unix))]
    fn wait_for_others(&mut self) {}
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        // While they are still held, so that nobody can have taken them yet.
        for (name, _) in &self.files {
            let _ = self.folder.remove(name);
        }
    }
}

fn failed(folder: &Folder, error: io::Error) -> OutputError {
    match error.kind() {
        io::ErrorKind::NotFound => OutputError::FolderMissing {
            path: folder.path().to_path_buf(),
        },
        _ => OutputError::io("write to", folder.path(), error),
    }
}

/// Does `attempt` until it has something, at most for `patience`.
fn retry<T>(
    patience: Duration,
    mut attempt: impl FnMut() -> io::Result<Option<T>>,
) -> io::Result<Option<T>> {
    let deadline = Instant::now() + patience;
    let mut pause = Duration::from_millis(1);
    loop {
        let found = attempt()?;
        if found.is_some() || Instant::now() >= deadline {
            return Ok(found);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(25));
    }
}

/// Takes the lock if no other process of this user has it.
#[cfg(unix)]
fn attempt(folder: &Folder) -> io::Result<Option<Vec<(String, File)>>> {
    use std::fs::TryLockError;

    let mut names = match folder.is_private() {
        true => vec![names::lock()],
        false => own_locks(folder)?,
    };
    if names.is_empty() {
        folder.create_file(&Own::new()?.lock())?;
        names = own_locks(folder)?;
    }
    let mut held = Vec::new();
    for name in names {
        let file = match folder.open_private(&name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder.is_private() => {
                folder.create_file(&name)?
            }
            Ok(Some(file)) => file,
            // Somebody else has put something in its place, or its last holder has removed it.
            _ => return Ok(None),
        };
        match file.try_lock() {
            // Its last holder may have removed it before we had it.
            Ok(()) if folder.holds(&name, &file) => held.push((name, file)),
            Ok(()) | Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok((!held.is_empty()).then_some(held))
}

/// The names of this user's locks.
#[cfg(unix)]
fn own_locks(folder: &Folder) -> io::Result<Vec<String>> {
    let mut names = folder.names(&names::lock())?;
    names.retain(|name| matches!(folder.open_private(name), Ok(Some(_))));
    names.sort();
    Ok(names)
}

/// Takes the lock: a file that nobody else can open meanwhile, and that the system removes when it
/// is closed, even for a process that was killed.
#[cfg(windows)]
fn attempt(folder: &Folder) -> io::Result<Option<Vec<(String, File)>>> {
    use std::os::windows::fs::OpenOptionsExt;

    const DELETE_ON_CLOSE: u32 = 0x0400_0000;
    const SHARING_VIOLATION: i32 = 32;

    let opened = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .share_mode(0)
        .custom_flags(DELETE_ON_CLOSE)
        .open(folder.path().join(names::lock()));
    match opened {
        Ok(held) => Ok(Some(vec![(names::lock(), held)])),
        Err(error) if error.raw_os_error() == Some(SHARING_VIOLATION) => Ok(None),
        Err(error) => Err(error),
    }
}

/// How long to wait for another user. With each other's files, two who mean well are done by then.
#[cfg(unix)]
const PATIENCE_WITH_OTHERS: Duration = Duration::from_secs(2);

#[cfg(unix)]
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests set the scene")]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use super::*;
    use crate::output::disk::tests::Scratch;

    const SHORT: Duration = Duration::from_millis(50);

    fn scratch(name: &str, mode: u32) -> (Scratch, Folder) {
        let scratch = Scratch::new(name);
        fs::set_permissions(&scratch.0, fs::Permissions::from_mode(mode)).unwrap();
        let folder = Folder::create(&scratch.0).unwrap();
        (scratch, folder)
    }

    #[test]
    fn a_second_writer_waits_only_so_long_and_gets_its_turn_afterwards() {
        for mode in [0o755, 0o777, 0o1777] {
            let (scratch, folder) = scratch(&format!("lock-{mode:o}"), mode);
            let first = Lock::acquire(&folder, SHORT, true).unwrap();
            let started = Instant::now();
            let second = Lock::acquire(&folder, SHORT, true);
            assert!(matches!(second, Err(OutputError::Busy { .. })));
            assert!(started.elapsed() >= SHORT);
            drop(first);
            Lock::acquire(&folder, SHORT, true).unwrap();
            assert_eq!(scratch.names(), [""; 0]);
        }
    }

    #[test]
    fn two_locks_that_were_created_at_once_exclude_each_other() {
        let (scratch, folder) = scratch("lock-two", 0o1777);
        let first = Lock::acquire(&folder, SHORT, false).unwrap();
        folder.create_file(&Own::new().unwrap().lock()).unwrap();
        let second = Lock::acquire(&folder, SHORT, false);
        assert!(matches!(second, Err(OutputError::Busy { .. })));
        drop(first);
        let third = Lock::acquire(&folder, SHORT, false).unwrap();
        let fourth = Lock::acquire(&folder, SHORT, false);
        assert!(matches!(fourth, Err(OutputError::Busy { .. })));
        drop(third);
        assert_eq!(scratch.names(), [""; 0]);
    }

    #[test]
    fn the_lock_of_a_killed_process_is_taken_over() {
        let (scratch, folder) = scratch("lock-killed", 0o755);
        folder.create_file(&names::lock()).unwrap();
        drop(Lock::acquire(&folder, SHORT, true).unwrap());
        assert_eq!(scratch.names(), [""; 0]);
    }

    /// What others can open they can lock, for ever.
    #[test]
    fn what_others_put_in_its_place_is_no_lock() {
        let (scratch, folder) = scratch("lock-planted", 0o1777);
        let name = names::lock();
        let path = |ending: &str| scratch.0.join(format!("{name}{ending}"));
        fs::write(path(""), "").unwrap();
        fs::set_permissions(path(""), fs::Permissions::from_mode(0o644)).unwrap();
        fs::create_dir(path("000000000000")).unwrap();
        symlink("nowhere", path("000000000001")).unwrap();
        fs::write(path("000000000002"), "").unwrap();
        // Only root can give files away.
        let _ = chown(path("000000000002"), Some(65534), None);
        let planted = File::open(path("")).unwrap();
        planted.lock().unwrap();
        let lock = Lock::acquire(&folder, SHORT, true).unwrap();
        let second = Lock::acquire(&folder, SHORT, true);
        assert!(matches!(second, Err(OutputError::Busy { .. })));
        drop(lock);
        let left = scratch.names().len();
        assert!((3..=4).contains(&left), "{left}");
    }

    #[test]
    fn a_folder_that_another_keeps_locked_is_contested() {
        let (scratch, folder) = scratch("lock-contested", 0o777);
        let other = File::open(&scratch.0).unwrap();
        other.lock().unwrap();
        assert!(Lock::acquire(&folder, SHORT, true).unwrap().is_contested);
        assert!(!Lock::acquire(&folder, SHORT, false).unwrap().is_contested);
        drop(other);
        assert!(!Lock::acquire(&folder, SHORT, true).unwrap().is_contested);
    }
}
