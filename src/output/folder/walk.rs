//! The way to a directory, one component at a time.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

#[cfg(not(any(target_os = "linux", target_os = "android")))]
use rustix::fs::{AtFlags, statat};
use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, mkdirat, openat, readlinkat};
use rustix::io::Errno;

use super::Obstacle;
use crate::output::disk::step;

/// What happens to directories that are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// They are created with this mode less the umask.
    Create(Mode),
    /// The walk ends where they begin.
    Leave,
}

/// Where a walk has come to.
pub(super) enum Reached {
    /// The directory.
    There(OwnedFd),
    /// The last one that is there on the way to it.
    Nearest(OwnedFd),
}

/// Goes from `start` to `path`. Symbolic links on the way are followed if they belong to this user
/// or to root: nobody else can have made them lead here.
pub(super) fn walk(
    start: BorrowedFd<'_>,
    path: &Path,
    missing: Missing,
) -> Result<Reached, Obstacle> {
    let creates = matches!(missing, Missing::Create(_));
    let mut todo: VecDeque<Stride> = strides(path, creates).collect();
    let mut way = Way {
        trail: vec![directory(start, OsStr::new("."))?],
        shown: PathBuf::new(),
    };
    let mut links = 0;
    while let Some(stride) = todo.pop_front() {
        let (name, may_create) = match stride {
            Stride::Root => {
                way.restart()?;
                continue;
            }
            Stride::Up => {
                way.go_up()?;
                continue;
            }
            Stride::Down(name, may_create) => (name, may_create),
        };
        let here = way.here();
        match directory(here, &name) {
            Ok(next) => way.go_down(next, &name),
            Err(Errno::LOOP | Errno::NOTDIR | Errno::MLINK) => {
                links += 1;
                if links > MAX_LINKS {
                    return Err(Errno::LOOP.into());
                }
                let target = target_of_trusted(here, &name).map_err(|refused| match refused {
                    Refused::NotALink => Obstacle::NotAFolder,
                    Refused::Foreign => Obstacle::ForeignLink(way.shown.join(&name)),
                    Refused::Errno(errno) => errno.into(),
                })?;
                for stride in strides(Path::new(&target), false).rev() {
                    todo.push_front(stride);
                }
            }
            Err(Errno::NOENT) if may_create => {
                if let Missing::Create(mode) = missing {
                    create(here, &name, mode)?;
                }
                let next = directory(here, &name).map_err(|errno| match errno {
                    Errno::LOOP | Errno::NOTDIR | Errno::MLINK => Obstacle::NotAFolder,
                    errno => errno.into(),
                })?;
                way.go_down(next, &name);
            }
            // What is missing behind a link is not ours to create.
            Err(Errno::NOENT) if creates => return Err(Obstacle::NotAFolder),
            Err(Errno::NOENT) => return Ok(Reached::Nearest(way.end())),
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(Reached::There(way.end()))
}

/// One step of a walk.
enum Stride {
    Root,
    Up,
    /// To this one, which may be created or not.
    Down(OsString, bool),
}

fn strides(path: &Path, may_create: bool) -> impl DoubleEndedIterator<Item = Stride> {
    path.components()
        .filter_map(move |component| match component {
            Component::RootDir => Some(Stride::Root),
            Component::ParentDir => Some(Stride::Up),
            Component::Normal(name) => Some(Stride::Down(name.to_owned(), may_create)),
            Component::CurDir | Component::Prefix(_) => None,
        })
}

/// The directories that led here. `..` goes back on it: of a directory that was moved meanwhile, the
/// system would go up somewhere else.
struct Way {
    /// Never empty.
    trail: Vec<OwnedFd>,
    /// The same as text.
    shown: PathBuf,
}

impl Way {
    fn here(&self) -> BorrowedFd<'_> {
        self.trail[self.trail.len() - 1].as_fd()
    }

    fn restart(&mut self) -> Result<(), Errno> {
        self.trail = vec![directory(rustix::fs::CWD, OsStr::new("/"))?];
        self.shown = PathBuf::from("/");
        Ok(())
    }

    fn go_up(&mut self) -> Result<(), Errno> {
        if self.trail.len() > 1 {
            self.trail.pop();
            self.shown.pop();
        } else {
            self.trail = vec![directory(self.here(), OsStr::new(".."))?];
            self.shown.push("..");
        }
        Ok(())
    }

    fn go_down(&mut self, next: OwnedFd, name: &OsStr) {
        self.trail.push(next);
        self.shown.push(name);
    }

    fn end(mut self) -> OwnedFd {
        self.trail.swap_remove(self.trail.len() - 1)
    }
}

/// Opens the directory `name`, which is not a link.
fn directory(at: BorrowedFd<'_>, name: &OsStr) -> Result<OwnedFd, Errno> {
    let flags = TO_WALK | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(at, name, flags, Mode::empty())
}

fn create(at: BorrowedFd<'_>, name: &OsStr, mode: Mode) -> Result<(), Obstacle> {
    step()?;
    match mkdirat(at, name, mode) {
        // Someone else was quicker.
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno.into()),
    }
    // A new directory survives a power cut once its entry in its own parent has been synced.
    Ok(super::system::sync(at)?)
}

/// Why a link is not followed.
pub(super) enum Refused {
    NotALink,
    Foreign,
    Errno(Errno),
}

impl From<Errno> for Refused {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

/// Where the link `name` leads, if it can be trusted.
pub(super) fn target_of_trusted(at: BorrowedFd<'_>, name: &OsStr) -> Result<OsString, Refused> {
    // The link itself is opened where the system can do that, so that what is read belongs to what
    // was judged.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let (link, target) = {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let open = openat(at, name, flags, Mode::empty())?;
        let link = fstat(&open)?;
        if FileType::from_raw_mode(link.st_mode) != FileType::Symlink {
            return Err(Refused::NotALink);
        }
        (link, readlinkat(&open, "", Vec::new())?)
    };
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let (link, target) = {
        let look = || statat(at, name, AtFlags::SYMLINK_NOFOLLOW);
        let link = look()?;
        if FileType::from_raw_mode(link.st_mode) != FileType::Symlink {
            return Err(Refused::NotALink);
        }
        let target = readlinkat(at, name, Vec::new())?;
        let after = look()?;
        let (before, after) = ((link.st_dev, link.st_ino), (after.st_dev, after.st_ino));
        if before != after {
            return Err(Refused::Foreign);
        }
        (link, target)
    };
    let folder = fstat(at)?;
    // A link with a second name may be one of root's that somebody gave another place.
    let is_in_place = link.st_nlink == 1 || is_private(&folder);
    if !is_trusted(link.st_uid) || !is_in_place {
        return Err(Refused::Foreign);
    }
    Ok(OsString::from_vec(target.into_bytes()))
}

/// Whether this user is the one who runs the program, or may do anything anyway.
pub(super) fn is_trusted(uid: u32) -> bool {
    uid == 0 || uid == rustix::process::geteuid().as_raw()
}

/// Whether only trusted users can change what is in a directory.
pub(super) fn is_private(folder: &Stat) -> bool {
    let others = Mode::WGRP | Mode::WOTH;
    is_trusted(folder.st_uid) && !Mode::from_raw_mode(folder.st_mode).intersects(others)
}

/// To go through a directory asks for less than to read it, where the system has a word for that.
#[cfg(any(target_os = "linux", target_os = "android"))]
const TO_WALK: OFlags = OFlags::PATH;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const TO_WALK: OFlags = OFlags::RDONLY;

/// As many as the system follows on one way.
const MAX_LINKS: usize = 40;
