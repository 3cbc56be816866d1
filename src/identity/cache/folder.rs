//! The folder of a cache: the user's own, or none.

use std::path::Path;
use std::{fs, io};

/// Whether the folder is there. One that is not safe is an error that says why.
pub(super) fn is_there(folder: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(folder) {
        Ok(found) => check(&found).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes the folder, for its owner only, if it is missing.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    if !is_there(folder)? {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
        is_there(folder)?;
    }
    Ok(())
}

fn check(found: &fs::Metadata) -> io::Result<()> {
    if !found.is_dir() {
        return Err(io::Error::other("it is no folder (a link does not count)"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if !is_ours(found) {
            return Err(io::Error::other("it belongs to another user"));
        }
        if found.mode() & 0o022 != 0 {
            return Err(io::Error::other("others may write to it"));
        }
    }
    Ok(())
}

/// Whether what was found belongs to the user.
#[cfg(unix)]
pub(super) fn is_ours(found: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(found) == rustix::process::geteuid().as_raw()
}
