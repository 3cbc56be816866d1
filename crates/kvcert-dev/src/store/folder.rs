//! The data folder: where a vault lives that outlasts its process.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// A folder of our own, readable by its owner only.
pub(crate) struct Folder {
    path: PathBuf,
}

/// Anyone who may write to the folder, or owns a file in it, could read every key.
#[cfg(unix)]
fn check_owner(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::MetadataExt;

    let us = rustix::process::geteuid().as_raw();
    let mut places = vec![path.to_owned()];
    for entry in fs::read_dir(path)? {
        places.push(entry?.path());
    }
    for place in places {
        let found = fs::symlink_metadata(&place)?;
        let place = place.display();
        anyhow::ensure!(found.uid() == us, "`{place}` belongs to another user");
        let is_open = !found.is_symlink() && found.mode() & 0o022 != 0;
        anyhow::ensure!(!is_open, "other users can write to `{place}`");
    }
    Ok(())
}

impl Folder {
    /// Opens `path`, or creates it with mode 0700.
    pub(crate) fn open(path: PathBuf) -> anyhow::Result<Self> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&path)
            .with_context(|| format!("cannot create the folder `{}`", path.display()))?;
        #[cfg(unix)]
        check_owner(&path)?;
        Ok(Self { path })
    }

    /// Where it is.
    pub(crate) fn place(&self) -> &Path {
        &self.path
    }

    /// The full path of `name`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Reads a text file; `None` if there is no such file.
    pub(crate) fn read(&self, name: &str) -> anyhow::Result<Option<String>> {
        let path = self.path(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read `{}`", path.display())),
        }
    }

    /// Puts a file in its place in one step: after a crash it is there whole, or not at all.
    pub(crate) fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.path(name);
        let half = self.path(&format!("{name}.new"));
        let put = || -> io::Result<()> {
            remove_if_there(&half)?;
            let mut file = private().write(true).create_new(true).open(&half)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&half, &path)
        };
        put().with_context(|| format!("cannot write `{}`", path.display()))
    }

    /// Opens a file for the store, creating it if need be.
    pub(crate) fn open_database(&self, name: &str) -> anyhow::Result<File> {
        let path = self.path(name);
        private()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("cannot open `{}`", path.display()))
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Options that make a new file with mode 0600.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
