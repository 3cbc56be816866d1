//! The names of files: those that a set may have, and our own beside them.

use std::path::{Component, Path, PathBuf};

/// Splits a path into its folder and its name, if it stays below where it starts.
pub(super) fn split(path: &Path) -> Result<(&Path, String), &'static str> {
    for component in path.components() {
        match component {
            Component::Normal(part) => check_name(part.to_str().ok_or("it is not UTF-8")?)?,
            _ => return Err("it leaves the output folder"),
        }
    }
    let name = path.file_name().and_then(|name| name.to_str());
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    Ok((folder, name.ok_or("it is empty")?.to_owned()))
}

/// Checks a name that came back from disk: a path of one component.
pub(super) fn check_file_name(name: &str) -> Result<(), &'static str> {
    match split(Path::new(name))? {
        (folder, only) if folder.as_os_str().is_empty() && only == name => Ok(()),
        _ => Err("it leaves the folder"),
    }
}

/// Checks one component of a path.
fn check_name(name: &str) -> Result<(), &'static str> {
    if name.starts_with(PREFIX) {
        return Err("names that start with .kvcert- are its own");
    }
    if name.chars().any(char::is_control) {
        return Err("it has control characters");
    }
    // A colon names a stream inside a file there; the others are no names at all.
    if cfg!(windows) && name.contains(['<', '>', ':', '"', '|', '?', '*']) {
        return Err("it has characters that Windows keeps for itself");
    }
    Ok(())
}

/// Where the new contents of the file `name` wait.
pub(super) fn new_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{NEW}{name}"))
}

/// Where the file `name` that is being replaced is kept until all are.
pub(super) fn old_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{OLD}{name}"))
}

/// Whether `name` is one of the temporaries, which a finished write has no use for.
pub(super) fn is_temporary(name: &str) -> bool {
    name.starts_with(NEW) || name.starts_with(OLD) || name == DRAFT
}

/// What all names start with that are not the user's.
pub(super) const PREFIX: &str = ".kvcert-";
pub(super) const JOURNAL: &str = ".kvcert-journal";
pub(super) const DRAFT: &str = ".kvcert-journal-new";
const NEW: &str = ".kvcert-new-";
const OLD: &str = ".kvcert-old-";
