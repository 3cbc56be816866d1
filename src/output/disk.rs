//! What is done to the disk, each thing once: every function here is one step that happens or
//! does not, and knows nothing of sets. What only reads is in [`look`].

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, Builder, ScopedJoinHandle};

use super::OutputError;
use super::access::{self, Access};
use super::folder::Folder;

/// Creates a file that was not there, with all its bytes, which [`sync`] has yet to make safe. It
/// has its final mode and owner before the first of them. An error is about `target`, which it is
/// to become.
pub(super) fn create(
    folder: &Folder,
    name: &str,
    target: &Path,
    bytes: &[u8],
    access: &Access,
) -> Result<File, OutputError> {
    let failed = |error| OutputError::io("write", target, error);
    let mut file = folder.create_file(name).map_err(failed)?;
    give(&file, target, access)?;
    step().map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    Ok(file)
}

/// Makes the bytes of new files outlast a power cut; each comes with the target it is to become.
///
/// A journaling file system puts all that is there by then on disk at the first request. It
/// answers the others at once if they are waiting already, and makes a new round for each that
/// comes later: that is why they are made side by side. `syncfs` would be one request instead of
/// many, but waits for whatever else the machine is writing to that file system, and some systems
/// have none, or one that does not tell of bytes that were lost.
pub(super) fn sync(files: &[(File, PathBuf)]) -> Result<(), OutputError> {
    for (_, target) in files {
        step().map_err(|error| OutputError::io("write", target, error))?;
    }
    let synced = side_by_side(files, |(file, target)| {
        file.sync_all()
            .map_err(|error| OutputError::io("write", target, error))
    });
    synced.into_iter().collect()
}

/// Sets owner, attributes and mode of an open file. The owner comes first, while nobody else may
/// read it.
fn give(file: &File, path: &Path, access: &Access) -> Result<(), OutputError> {
    give_owner(file, path, access)?;
    if !access.attributes.is_empty() {
        step()
            .and_then(|()| access::set_attributes(file, access))
            .map_err(|error| OutputError::io("keep the access control list of", path, error))?;
    }
    give_mode(file, path, access.mode)
}

/// Sets the owner of an open file where it has another one: not every file system, and not every
/// user, may set even the one that is there.
#[cfg(unix)]
fn give_owner(file: &File, path: &Path, access: &Access) -> Result<(), OutputError> {
    use std::os::unix::fs::{MetadataExt, fchown};

    let failed = |error: io::Error| match error.kind() {
        // What fails for another reason is no question of rights.
        ErrorKind::PermissionDenied | ErrorKind::InvalidInput if access.is_kept => {
            OutputError::OwnerNotKept {
                path: path.to_path_buf(),
                owner: access.owner.to_string(),
                source: Arc::new(error),
            }
        }
        _ => OutputError::io("change the owner of", path, error),
    };
    let now = file.metadata().map_err(failed)?;
    let uid = access.owner.uid.filter(|uid| *uid != now.uid());
    let gid = access.owner.gid.filter(|gid| *gid != now.gid());
    if uid.or(gid).is_none() {
        return Ok(());
    }
    step().and_then(|()| fchown(file, uid, gid)).map_err(failed)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn give_owner(_file: &File, _path: &Path, _access: &Access) -> Result<(), OutputError> {
    Ok(())
}

/// Sets the mode of an open file, whatever the umask.
fn give_mode(file: &File, path: &Path, mode: u32) -> Result<(), OutputError> {
    #[cfg(unix)]
    {
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
        step()
            .and_then(|()| file.set_permissions(permissions))
            .map_err(|error| OutputError::io("change the mode of", path, error))?;
    }
    #[cfg(not(unix))]
    let _ = (file, path, mode);
    Ok(())
}

/// Corrects owner and mode of a file that has its contents already. What is too much goes first:
/// the new owner must not get what the old one's group had.
pub(super) fn adjust(file: &File, path: &Path, access: &Access) -> Result<(), OutputError> {
    let Some(now) = access::of(file, path)? else {
        return Ok(());
    };
    if now.owner == access.owner {
        return give_mode(file, path, access.mode);
    }
    give_mode(file, path, now.mode & access.mode)?;
    give_owner(file, path, access)?;
    give_mode(file, path, access.mode)
}

/// Moves `from` to `to`, in the place of whatever file or link is there. An error is about
/// `target`, the one of both that has a name the user knows.
pub(super) fn rename(
    folder: &Folder,
    from: &str,
    to: &str,
    target: &str,
) -> Result<(), OutputError> {
    let failed = |error| OutputError::io("replace", &folder.path().join(target), error);
    folder.rename(from, to).map_err(failed)
}

/// Moves `from` to `to` if nothing is there; otherwise it is [`OutputError::Exists`].
pub(super) fn rename_new(folder: &Folder, from: &str, to: &str) -> Result<(), OutputError> {
    folder.rename_new(from, to).map_err(|error| {
        let path = folder.path().join(to);
        match error.kind() {
            ErrorKind::AlreadyExists => OutputError::Exists { path },
            _ => OutputError::io("create", &path, error),
        }
    })
}

/// Removes a file or link; that there is none is as good.
pub(super) fn remove(folder: &Folder, name: &str) -> Result<(), OutputError> {
    match folder.remove(name) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(OutputError::io("remove", &folder.path().join(name), error))
        }
        _ => Ok(()),
    }
}

/// Makes the renames in `folder` outlast a power cut.
pub(super) fn sync_folder(folder: &Folder) -> Result<(), OutputError> {
    folder
        .sync()
        .map_err(|error| OutputError::io("sync", folder.path(), error))
}

/// Does `work`, which waits for the disk, to several of `items` at a time; the results come in their
/// order.
pub(super) fn side_by_side<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if items.len() < 2 {
        return items.iter().map(work).collect();
    }
    let through = |share: &[T]| -> Vec<R> { share.iter().map(&work).collect() };
    let through = &through;
    thread::scope(|scope| {
        let start = |share| {
            let thread = Builder::new().spawn_scoped(scope, move || through(share));
            thread.map_err(|_| share)
        };
        let share = items.len().div_ceil(THREADS);
        let started: Vec<_> = items.chunks(share).map(start).collect();
        let finish = |started: Result<ScopedJoinHandle<'_, Vec<R>>, _>| match started {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            // The system has no more threads for us.
            Err(share) => through(share),
        };
        started.into_iter().flat_map(finish).collect()
    })
}

/// They wait and do not compute, so that this is not about cores.
const THREADS: usize = 16;

/// Every change to the disk passes here first: the tests let any one of them fail.
#[cfg(not(all(test, unix)))]
#[expect(clippy::unnecessary_wraps, reason = "the tests' twin of it fails")]
pub(super) fn step() -> io::Result<()> {
    Ok(())
}

/// The step of a second name, which some file systems do not know at all.
#[cfg(not(all(test, unix)))]
pub(super) fn link_step() -> io::Result<()> {
    step()
}

#[cfg(all(test, unix))]
pub(super) use tests::{link_step, step};

#[cfg(unix)]
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests set the scene")]
pub(super) mod tests {
    use std::cell::{Cell, RefCell};
    use std::fs;

    use super::*;

    /// Which steps fail, counted from now.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Fault {
        Never,
        /// This one alone: a disk that is full for a moment.
        Once(usize),
        /// This one and all after it: a process that was killed.
        From(usize),
    }

    thread_local! {
        static FAULT: Cell<(Fault, usize)> = const { Cell::new((Fault::Never, 0)) };
        static LINKS: Cell<bool> = const { Cell::new(true) };
        static BEFORE: RefCell<Option<(usize, Action)>> = const { RefCell::new(None) };
    }

    /// What somebody else does meanwhile.
    type Action = Box<dyn FnOnce()>;

    /// Has `action` done right before this step, counted from now.
    pub(crate) fn before_step(number: usize, action: impl FnOnce() + 'static) {
        arm(Fault::Never);
        BEFORE.replace(Some((number, Box::new(action))));
    }

    /// Sets the fault and starts counting; returns how many steps there were since the last time.
    pub(crate) fn arm(fault: Fault) -> usize {
        FAULT.replace((fault, 0)).1
    }

    pub(crate) fn step() -> io::Result<()> {
        let (fault, number) = FAULT.get();
        FAULT.set((fault, number + 1));
        let due = BEFORE.take();
        match due {
            Some((when, action)) if when == number => action(),
            due => drop(BEFORE.replace(due)),
        }
        let fails = match fault {
            Fault::Never => false,
            Fault::Once(which) => number == which,
            Fault::From(which) => number >= which,
        };
        if fails {
            return Err(io::Error::from(ErrorKind::StorageFull));
        }
        Ok(())
    }

    /// Says whether the file system has links, as for this thread.
    pub(crate) fn have_links(yes: bool) {
        LINKS.set(yes);
    }

    pub(crate) fn link_step() -> io::Result<()> {
        if !LINKS.get() {
            return Err(io::Error::from(ErrorKind::Unsupported));
        }
        step()
    }

    /// A folder of a test's own, in memory if there is one: the tests write thousands of sets.
    pub(crate) struct Scratch(pub(crate) PathBuf);

    impl Scratch {
        pub(crate) fn new(name: &str) -> Self {
            let name = format!("kvcert-{name}-{}", std::process::id());
            let memory = PathBuf::from("/dev/shm");
            let parent = if memory.is_dir() {
                memory
            } else {
                std::env::temp_dir()
            };
            let path = parent.join(name);
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        /// The names in it, sorted.
        pub(crate) fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
            let mut names: Vec<String> = entries
                .map(|entry| name(entry).into_string().unwrap())
                .collect();
            names.sort();
            names
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_rename_that_must_not_replace_does_not() {
        let scratch = Scratch::new("disk-rename");
        let folder = Folder::create(&scratch.0).unwrap();
        let to = scratch.0.join("to");
        fs::write(scratch.0.join("from"), "new").unwrap();
        fs::write(&to, "old").unwrap();
        let refused = rename_new(&folder, "from", "to");
        assert!(matches!(refused, Err(OutputError::Exists { path }) if path == to));
        assert_eq!(fs::read(&to).unwrap(), b"old");
        fs::remove_file(&to).unwrap();
        rename_new(&folder, "from", "to").unwrap();
        assert_eq!(scratch.names(), ["to"]);
    }

    #[test]
    fn results_come_in_order() {
        for count in 0..=3 * THREADS {
            let items: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = items.iter().map(|item| item * 2).collect();
            assert_eq!(side_by_side(&items, |item| item * 2), doubled);
        }
    }
}
