//! The folder of a cache: the user's own, or none.

use std::path::Path;
use std::{fs, io};

use crate::output::{Folder, OutputError};

/// The folder, if it is there. One that is not safe is an error that says why.
pub(super) fn find(path: &Path) -> io::Result<Option<Folder>> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_dir() => Err(io::Error::other(
            "it is not a directory (a link does not count)",
        )),
        Ok(_) => match Folder::find(path).map_err(other)? {
            Some(folder) => check(folder).map(Some),
            None => Ok(None),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The folder, which is made for its owner only if it is missing.
pub(super) fn make(path: &Path) -> io::Result<Folder> {
    match find(path)? {
        Some(folder) => Ok(folder),
        None => check(Folder::create_private(path).map_err(other)?),
    }
}

fn check(folder: Folder) -> io::Result<Folder> {
    match folder.is_not_own()? {
        Some(why) => Err(io::Error::other(why)),
        None => Ok(folder),
    }
}

fn other(error: OutputError) -> io::Error {
    io::Error::other(error)
}
