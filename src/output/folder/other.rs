//! A directory by its path, where the system cannot do otherwise.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::{Kind, Obstacle};
use crate::output::OutputError;
use crate::output::disk::{link_step, step};

/// A directory.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The directory at `path`; it and its parents are created if they are missing.
    pub(crate) fn create(path: &Path) -> Result<Self, OutputError> {
        let created = step().and_then(|()| DirBuilder::new().recursive(true).create(path));
        created.map_err(|error| obstacle(error).into_error("create folder", path))?;
        Ok(Self::new(path))
    }

    /// The same: access is inherited here.
    pub(crate) fn create_private(path: &Path) -> Result<Self, OutputError> {
        Self::create(path)
    }

    /// What keeps it from being this user's alone to write to: not known here.
    pub(crate) fn is_not_own(&self) -> io::Result<Option<&'static str>> {
        Ok(None)
    }

    /// Opens a file, to change it.
    pub(crate) fn open_private(&self, name: &str) -> io::Result<Option<File>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        options.open(self.path.join(name)).map(Some)
    }

    /// The directory at `path`, if it is there.
    pub(crate) fn find(path: &Path) -> Result<Option<Self>, OutputError> {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Ok(Some(Self::new(path))),
            Ok(_) => Err(Obstacle::NotAFolder.into_error("open", path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(OutputError::io("open", path, error)),
        }
    }

    /// Whether files could be created in it: only by trying.
    pub(crate) fn check_writable(path: &Path) -> Result<(), OutputError> {
        let there = path
            .ancestors()
            .find(|path| path.symlink_metadata().is_ok());
        if there.is_some_and(|there| !there.is_dir()) {
            return Err(Obstacle::NotAFolder.into_error("write to", path));
        }
        Ok(())
    }

    fn new(path: &Path) -> Self {
        let path = path.to_path_buf();
        Self { path }
    }

    /// As it was named.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this file may have been put here by just anyone: not known here.
    pub(crate) fn may_be_planted(&self, _file: &File, _by_group: bool) -> io::Result<bool> {
        Ok(false)
    }

    /// Whether this file is one of another place, too: not known here.
    pub(crate) fn is_elsewhere_too(&self, _file: &File) -> io::Result<bool> {
        Ok(false)
    }

    /// What is there by this name.
    pub(crate) fn kind(&self, name: impl AsRef<OsStr>) -> io::Result<Option<Kind>> {
        let kind = match fs::symlink_metadata(self.path.join(name.as_ref())) {
            Ok(found) => found.file_type(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(Some(match (kind.is_file(), kind.is_symlink()) {
            (true, _) => Kind::File,
            (_, true) => Kind::Link,
            _ => Kind::Other,
        }))
    }

    /// Where the link of this name points.
    pub(crate) fn read_link(&self, name: &str) -> io::Result<Vec<u8>> {
        let target = fs::read_link(self.path.join(name))?;
        Ok(target.into_os_string().into_encoded_bytes())
    }

    /// Opens what is there for reading.
    pub(crate) fn open(&self, name: &str) -> io::Result<File> {
        File::open(self.path.join(name))
    }

    /// Creates a file that was not there.
    pub(crate) fn create_file(&self, name: &str) -> io::Result<File> {
        step()?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        options.open(self.path.join(name))
    }

    /// The regular file that the link of this name leads to.
    pub(crate) fn follow(&self, name: &str) -> Option<File> {
        self.open(name).ok()
    }

    /// Moves `from` to `to`, in the place of whatever file or link is there.
    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        step()?;
        fs::rename(self.path.join(from), self.path.join(to))
    }

    /// Moves `from` to `to` if nothing is there.
    pub(crate) fn rename_new(&self, from: &str, to: &str) -> io::Result<()> {
        step()?;
        let (from, to) = (self.path.join(from), self.path.join(to));
        // A second name, then one less: this too does not replace anything.
        fs::hard_link(&from, to)?;
        fs::remove_file(from)
    }

    /// Gives the file `from` a second name.
    pub(crate) fn link(&self, from: &str, to: &str) -> io::Result<()> {
        link_step()?;
        fs::hard_link(self.path.join(from), self.path.join(to))
    }

    /// Removes a file or link.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        step()?;
        fs::remove_file(self.path.join(name))
    }

    /// The names in it that begin so.
    pub(crate) fn names(&self, prefix: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name().into_string().ok();
            names.extend(name.filter(|name| name.starts_with(prefix)));
        }
        Ok(names)
    }

    /// Directories cannot be synced here.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether this file is a regular one.
pub(crate) fn is_own(file: &File) -> io::Result<bool> {
    Ok(file.metadata()?.is_file())
}

fn obstacle(error: io::Error) -> Obstacle {
    match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => Obstacle::NotAFolder,
        _ => Obstacle::Io(error),
    }
}
