//! A directory by its descriptor.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{
    Access, AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, accessat, fstat, linkat, openat,
    readlinkat, renameat, statat, unlinkat,
};
use rustix::io::Errno;

use super::Kind;
use super::walk::{self, Missing, Reached, is_private, is_trusted, walk};
use crate::output::OutputError;
use crate::output::disk::{link_step, step};

/// A directory that is open.
#[derive(Debug)]
pub(crate) struct Folder {
    /// As it was named, for messages.
    path: PathBuf,
    open: OwnedFd,
}

impl Folder {
    /// The directory at `path`; it and its parents are created if they are missing.
    pub(crate) fn create(path: &Path) -> Result<Self, OutputError> {
        let others = Mode::RGRP | Mode::XGRP | Mode::ROTH | Mode::XOTH;
        Self::create_with(path, Mode::RWXU | others)
    }

    /// The same, for its owner alone if it is missing.
    pub(crate) fn create_private(path: &Path) -> Result<Self, OutputError> {
        Self::create_with(path, Mode::RWXU)
    }

    fn create_with(path: &Path, mode: Mode) -> Result<Self, OutputError> {
        match walk(CWD, path, Missing::Create(mode)) {
            Ok(Reached::There(open) | Reached::Nearest(open)) => Ok(Self::new(path, open)),
            Err(obstacle) => Err(obstacle.into_error("create folder", path)),
        }
    }

    /// The directory at `path`, if it is there.
    pub(crate) fn find(path: &Path) -> Result<Option<Self>, OutputError> {
        match walk(CWD, path, Missing::Leave) {
            Ok(Reached::There(open)) => Ok(Some(Self::new(path, open))),
            Ok(Reached::Nearest(_)) => Ok(None),
            Err(obstacle) => Err(obstacle.into_error("open", path)),
        }
    }

    /// Whether files could be created in the directory at `path`, or in the one that it would be
    /// created in.
    pub(crate) fn check_writable(path: &Path) -> Result<(), OutputError> {
        let open = match walk(CWD, path, Missing::Leave) {
            Ok(Reached::There(open) | Reached::Nearest(open)) => open,
            Err(obstacle) => return Err(obstacle.into_error("write to", path)),
        };
        let wanted = Access::WRITE_OK | Access::EXEC_OK;
        accessat(open, ".", wanted, AtFlags::EACCESS)
            .map_err(|errno| OutputError::io("write to", path, errno.into()))
    }

    fn new(path: &Path, open: OwnedFd) -> Self {
        let path = path.to_path_buf();
        Self { path, open }
    }

    /// As it was named.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What keeps it from being this user's alone to write to, if anything.
    pub(crate) fn is_not_own(&self) -> io::Result<Option<&'static str>> {
        let folder = fstat(&self.open)?;
        let others = Mode::WGRP | Mode::WOTH;
        Ok(if folder.st_uid != rustix::process::geteuid().as_raw() {
            Some("it belongs to another user")
        } else if Mode::from_raw_mode(folder.st_mode).intersects(others) {
            Some("others may write to it")
        } else {
            None
        })
    }

    /// Whether nobody but this user and root can change what is in it.
    pub(crate) fn is_private(&self) -> bool {
        fstat(&self.open).is_ok_and(|folder| is_private(&folder))
    }

    /// Whether nobody but root can change what is in it.
    pub(crate) fn is_of_root_alone(&self) -> bool {
        fstat(&self.open).is_ok_and(|folder| folder.st_uid == 0 && is_private(&folder))
    }

    /// Whether this file, which was found here, may have been put here by just anyone; `by_group`,
    /// also by a member of the directory's group.
    pub(crate) fn may_be_planted(&self, file: &File, by_group: bool) -> io::Result<bool> {
        let folder = fstat(&self.open)?;
        let writers = match by_group {
            true => Mode::WGRP | Mode::WOTH,
            false => Mode::WOTH,
        };
        if !Mode::from_raw_mode(folder.st_mode).intersects(writers) {
            return Ok(false);
        }
        let file = file.metadata()?;
        let is_known = is_trusted(file.uid()) || file.uid() == folder.st_uid;
        Ok(!is_known || file.nlink() > 1)
    }

    /// Whether this file, which was found here, may be one of another place to which somebody has
    /// given a second name here.
    pub(crate) fn is_elsewhere_too(&self, file: &File) -> io::Result<bool> {
        Ok(!self.is_private() && file.metadata()?.nlink() > 1)
    }

    /// What is there by this name.
    pub(crate) fn kind(&self, name: impl AsRef<OsStr>) -> io::Result<Option<Kind>> {
        let found = self.stat(name.as_ref())?;
        let kind = |stat: Stat| match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Kind::File,
            FileType::Symlink => Kind::Link,
            _ => Kind::Other,
        };
        Ok(found.map(kind))
    }

    /// Whether `file` is what is there by this name.
    pub(crate) fn holds(&self, name: &str, file: &File) -> bool {
        match (fstat(file), self.stat(name.as_ref())) {
            (Ok(open), Ok(Some(there))) => {
                (open.st_dev, open.st_ino) == (there.st_dev, there.st_ino)
            }
            _ => false,
        }
    }

    fn stat(&self, name: &OsStr) -> io::Result<Option<Stat>> {
        match statat(&self.open, single(name)?, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Where the link of this name points.
    pub(crate) fn read_link(&self, name: &str) -> io::Result<Vec<u8>> {
        let target = readlinkat(&self.open, single(name.as_ref())?, Vec::new())?;
        Ok(target.into_bytes())
    }

    /// Opens what is there for reading; neither follows a link nor waits for a pipe.
    pub(crate) fn open(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK;
        self.open_with(name, flags)
    }

    /// Opens a regular file that this user alone can open, to change it; none if it is another one.
    pub(crate) fn open_private(&self, name: &str) -> io::Result<Option<File>> {
        let is_private = |stat: &Stat| {
            let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
            let others = Mode::RWXG | Mode::RWXO;
            let is_mine = stat.st_uid == rustix::process::geteuid().as_raw();
            is_file && is_mine && !Mode::from_raw_mode(stat.st_mode).intersects(others)
        };
        let there = self.stat(name.as_ref())?.ok_or(io::ErrorKind::NotFound)?;
        if !is_private(&there) {
            return Ok(None);
        }
        let file = self.open_with(name, OFlags::RDWR | OFlags::NONBLOCK)?;
        Ok(is_private(&fstat(&file)?).then_some(file))
    }

    /// Creates a file that was not there, for its owner alone.
    pub(crate) fn create_file(&self, name: &str) -> io::Result<File> {
        step()?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
        self.open_with(name, flags)
    }

    fn open_with(&self, name: &str, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let open = openat(
            &self.open,
            single(name.as_ref())?,
            flags,
            Mode::RUSR | Mode::WUSR,
        )?;
        Ok(File::from(open))
    }

    /// The regular file that the link of this name leads to, for reading; none if another user could
    /// have had a hand in where it leads.
    pub(crate) fn follow(&self, name: &str) -> Option<File> {
        let (mut folder, mut name) = (self.open.try_clone().ok()?, OsString::from(name));
        for _ in 0..MAX_LINKS {
            let target = walk::target_of_trusted(folder.as_fd(), &name).ok()?;
            let target = Path::new(&target);
            let parent = target.parent()?;
            let Reached::There(next) = walk(folder.as_fd(), parent, Missing::Leave).ok()? else {
                return None;
            };
            let here = Self::new(parent, next);
            let last = target.file_name()?;
            match here.kind(last).ok()?? {
                Kind::File => return here.open(last.to_str()?).ok(),
                Kind::Link => (folder, name) = (here.open, last.to_owned()),
                Kind::Other => return None,
            }
        }
        None
    }

    /// Moves `from` to `to`, in the place of whatever file or link is there.
    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        step()?;
        let (from, to) = (single(from.as_ref())?, single(to.as_ref())?);
        Ok(renameat(&self.open, from, &self.open, to)?)
    }

    /// Moves `from` to `to` if nothing is there.
    pub(crate) fn rename_new(&self, from: &str, to: &str) -> io::Result<()> {
        step()?;
        let (from, to) = (single(from.as_ref())?, single(to.as_ref())?);
        if let Some(moved) = self.rename_exclusive(from, to) {
            return moved;
        }
        // A second name, then one less: `link` too does not replace anything.
        linkat(&self.open, from, &self.open, to, AtFlags::empty())?;
        Ok(unlinkat(&self.open, from, AtFlags::empty())?)
    }

    /// One step where the system has it; none if it has not, or the file system does not take part.
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    fn rename_exclusive(&self, from: &OsStr, to: &OsStr) -> Option<io::Result<()>> {
        use rustix::fs::{RenameFlags, renameat_with};

        match renameat_with(&self.open, from, &self.open, to, RenameFlags::NOREPLACE) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => None,
            result => Some(result.map_err(io::Error::from)),
        }
    }

    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    fn rename_exclusive(&self, _from: &OsStr, _to: &OsStr) -> Option<io::Result<()>> {
        None
    }

    /// Gives the file `from` a second name; of a link, it is the link that gets one.
    pub(crate) fn link(&self, from: &str, to: &str) -> io::Result<()> {
        link_step()?;
        let (from, to) = (single(from.as_ref())?, single(to.as_ref())?);
        Ok(linkat(&self.open, from, &self.open, to, AtFlags::empty())?)
    }

    /// Removes a file or link.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        step()?;
        Ok(unlinkat(
            &self.open,
            single(name.as_ref())?,
            AtFlags::empty(),
        )?)
    }

    /// The names in it that begin so.
    pub(crate) fn names(&self, prefix: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in Dir::new(readable(self.open.as_fd())?)? {
            let entry = entry?;
            let name = entry.file_name().to_str().ok();
            names.extend(
                name.filter(|name| name.starts_with(prefix))
                    .map(str::to_owned),
            );
        }
        Ok(names)
    }

    /// Makes the renames in it outlast a power cut, where directories can be synced at all.
    pub(crate) fn sync(&self) -> io::Result<()> {
        sync(self.open.as_fd())
    }

    /// The directory as a file, for a lock on it.
    pub(crate) fn as_file(&self) -> io::Result<File> {
        Ok(File::from(readable(self.open.as_fd())?))
    }
}

/// Whether this file is a regular one with one name, of this user alone.
pub(crate) fn is_own(file: &File) -> io::Result<bool> {
    let found = file.metadata()?;
    let is_mine = found.uid() == rustix::process::geteuid().as_raw();
    Ok(found.is_file() && is_mine && found.nlink() == 1 && found.mode() & 0o022 == 0)
}

/// Refuses what is not a single component.
fn single(name: &OsStr) -> io::Result<&OsStr> {
    match name.as_bytes() {
        b"" | b"." | b".." => Err(io::ErrorKind::InvalidInput.into()),
        bytes if bytes.contains(&b'/') => Err(io::ErrorKind::InvalidInput.into()),
        _ => Ok(name),
    }
}

pub(super) fn sync(folder: BorrowedFd<'_>) -> io::Result<()> {
    step()?;
    let synced = readable(folder).and_then(|open| File::from(open).sync_all());
    match synced {
        Err(error) if matches!(error.kind(), UNSUPPORTED | INVALID) => Ok(()),
        synced => synced,
    }
}

fn readable(folder: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(openat(folder, ".", flags, Mode::empty())?)
}

const UNSUPPORTED: io::ErrorKind = io::ErrorKind::Unsupported;
const INVALID: io::ErrorKind = io::ErrorKind::InvalidInput;
const MAX_LINKS: usize = 40;
