//! [`Folder`]: a directory that is opened once, and in which everything goes by name from then on.
//!
//! A user who owns a directory, or may write to it, can rename it and put a link in its place between
//! any two of our steps. A path would lead elsewhere from then on; what is open stays the same.
//! Names are single components, and a link in the place of a file is never followed by a change.

#[cfg(not(unix))]
#[path = "folder/other.rs"]
mod system;
#[cfg(unix)]
#[path = "folder/unix.rs"]
mod system;
#[cfg(unix)]
mod walk;

use std::io;
use std::path::{Path, PathBuf};

pub(crate) use self::system::{Folder, is_own};
use super::OutputError;

/// What is in the place of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
    /// Anything else: a directory, a pipe, a device.
    Other,
}

/// What ends the way to a directory.
#[derive(Debug)]
enum Obstacle {
    /// This symbolic link belongs to another user, who may change at any time where it leads.
    ForeignLink(PathBuf),
    /// This is not a directory.
    NotAFolder,
    /// What the system said.
    Io(io::Error),
}

impl Obstacle {
    /// The error for who wanted to `action` the directory at `path`.
    fn into_error(self, action: &'static str, path: &Path) -> OutputError {
        let path = path.to_path_buf();
        match self {
            Self::ForeignLink(path) => OutputError::ForeignLink { path },
            Self::NotAFolder => OutputError::NotAFolder { path },
            Self::Io(error) if error.kind() == io::ErrorKind::NotFound => {
                OutputError::FolderMissing { path }
            }
            Self::Io(error) => OutputError::io(action, &path, error),
        }
    }
}

impl From<io::Error> for Obstacle {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

#[cfg(unix)]
impl From<rustix::io::Errno> for Obstacle {
    fn from(errno: rustix::io::Errno) -> Self {
        Self::Io(errno.into())
    }
}
