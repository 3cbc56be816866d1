//! [`OutputError`]: why files were not written.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::given::Given;

/// Why a set of files was not written. Each variant is a case with its own next step. What befell
/// a folder is the error of each set that was to go there, so that it can be cloned.
#[derive(Debug, Clone)]
pub enum OutputError {
    /// The file is there, differs, and may not be replaced without `force`.
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A symbolic link is in the file's place, and may not be replaced without `replace_links`.
    SymbolicLink {
        /// The link.
        path: PathBuf,
    },
    /// A symbolic link on the way to the folder belongs to another user, who could let it lead
    /// anywhere.
    ForeignLink {
        /// The link.
        path: PathBuf,
    },
    /// Another user has put a file in the file's place, in a folder that every user may write to. What
    /// replaces it would have that user's access.
    ForeignFile {
        /// The file.
        path: PathBuf,
    },
    /// A folder, a device or the like is in the file's place; it is never replaced.
    NotAFile {
        /// What is in the way.
        path: PathBuf,
    },
    /// A part of the output folder's path is not a folder.
    NotAFolder {
        /// The folder that was to be created.
        path: PathBuf,
    },
    /// The output folder cannot be created or was removed meanwhile.
    FolderMissing {
        /// The folder.
        path: PathBuf,
    },
    /// A planned path is none that may be written.
    UnsafeName {
        /// The planned path, as it was given.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is no such user or group here.
    UnknownPrincipal {
        /// `user` or `group`.
        what: &'static str,
        /// The name or number that was asked for.
        name: String,
    },
    /// The new file cannot have the owner and group of the one that it would replace.
    OwnerNotKept {
        /// The file.
        path: PathBuf,
        /// Owner and group as numbers, such as `0:115`.
        owner: String,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// The system does not permit it: permissions, or a file system that is read-only.
    Denied {
        /// What was tried, as in "cannot …".
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// There is no room: the disk is full, or a quota or limit was met.
    DiskFull {
        /// What was tried.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// Another process has been writing to the folder all the time we waited.
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// An earlier write was interrupted, and what it left cannot be trusted to repair it.
    Leftover {
        /// The journal it left.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The write failed half-way, and the old files could not be put back either. The journal is
    /// still there: the next write in the folder tries again.
    HalfWritten {
        /// The folder.
        path: PathBuf,
        /// Why the write failed.
        source: Box<Self>,
        /// Why the old files are not back.
        restore: Box<Self>,
    },
    /// Anything else the system said.
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
}

impl OutputError {
    /// Sorts a system error by what its reader can do about it.
    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let (path, source) = (path.to_path_buf(), Arc::new(source));
        match source.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::Denied {
                action,
                path,
                source,
            },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Self::DiskFull {
                    action,
                    path,
                    source,
                }
            }
            _ => Self::Io {
                action,
                path,
                source,
            },
        }
    }

    /// Whether something is left that the next write has to repair.
    pub(super) fn is_half_written(&self) -> bool {
        matches!(self, Self::HalfWritten { .. })
    }

    /// The file or folder it is about, if it is about one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Exists { path }
            | Self::SymbolicLink { path }
            | Self::ForeignLink { path }
            | Self::ForeignFile { path }
            | Self::NotAFile { path }
            | Self::NotAFolder { path }
            | Self::FolderMissing { path }
            | Self::UnsafeName { path, .. }
            | Self::OwnerNotKept { path, .. }
            | Self::Denied { path, .. }
            | Self::DiskFull { path, .. }
            | Self::Busy { path }
            | Self::Leftover { path, .. }
            | Self::HalfWritten { path, .. }
            | Self::Io { path, .. } => Some(path),
            Self::UnknownPrincipal { .. } => None,
        }
    }
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = Given::from(self.path().unwrap_or_else(|| Path::new("")));
        match self {
            Self::Exists { .. } => write!(f, "{path} exists and differs"),
            Self::SymbolicLink { .. } => {
                write!(
                    f,
                    "{path} is a symbolic link, and would be replaced by a file"
                )
            }
            Self::ForeignLink { .. } => {
                write!(
                    f,
                    "the link {path} belongs to another user, and is not followed"
                )
            }
            Self::ForeignFile { .. } => {
                write!(
                    f,
                    "{path} is the file of another user, in a directory that any user can write to"
                )
            }
            Self::NotAFile { .. } => write!(f, "{path} is not a regular file"),
            Self::NotAFolder { .. } => {
                write!(f, "cannot create folder {path}: a file is in its way")
            }
            Self::FolderMissing { .. } => write!(f, "folder {path} does not exist"),
            Self::UnsafeName { reason, .. } => {
                write!(f, "cannot write a file named {path}: {reason}")
            }
            Self::UnknownPrincipal { what, name } => {
                let name = Given::from(name.as_str());
                write!(f, "no {what} {name} on this system")
            }
            Self::OwnerNotKept { owner, .. } => {
                write!(f, "cannot keep the owner and group of {path} ({owner})")
            }
            Self::Denied { action, .. }
            | Self::DiskFull { action, .. }
            | Self::Io { action, .. } => {
                write!(f, "cannot {action} {path}")
            }
            Self::Busy { .. } => write!(f, "another process is writing to {path}"),
            Self::Leftover { reason, .. } => {
                write!(f, "cannot repair an interrupted write: {path} {reason}")
            }
            Self::HalfWritten { restore, .. } => {
                write!(f, "the old files in {path} are not back yet ({restore})")
            }
        }
    }
}

impl Error for OutputError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::OwnerNotKept { source, .. }
            | Self::Denied { source, .. }
            | Self::DiskFull { source, .. }
            | Self::Io { source, .. } => Some(source.as_ref()),
            Self::HalfWritten { source, .. } => Some(source.as_ref()),
            _ => None,
        }
    }
}
