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
    match windows_problem(name) {
        Some(problem) if cfg!(windows) => Err(problem),
        _ => Ok(()),
    }
}

/// What keeps `name` from being the name of a file on Windows.
/// See [Naming files](https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
pub(crate) fn windows_problem(name: &str) -> Option<&'static str> {
    // A colon names a stream inside a file, or a drive; the others are no names at all.
    if name.contains(['<', '>', ':', '"', '|', '?', '*', '/', '\\']) {
        return Some("it has characters that Windows does not allow");
    }
    // They are cut off, and another file could be meant.
    if name.ends_with(['.', ' ']) {
        return Some("it ends with a dot or a space");
    }
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let is_numbered = |device: &str| {
        let number = stem.get(..3).filter(|it| it.eq_ignore_ascii_case(device));
        let rest = number.and_then(|_| stem.get(3..)).unwrap_or_default();
        let mut rest = rest.chars();
        matches!(rest.next(), Some('0'..='9' | '¹' | '²' | '³')) && rest.next().is_none()
    };
    let is_device = DEVICES.iter().any(|it| it.eq_ignore_ascii_case(stem));
    if is_device || is_numbered("com") || is_numbered("lpt") {
        return Some("Windows reserves it for a device");
    }
    None
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

/// The devices without a number.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
/// What all names start with that are not the user's.
pub(super) const PREFIX: &str = ".kvcert-";
pub(super) const JOURNAL: &str = ".kvcert-journal";
pub(super) const DRAFT: &str = ".kvcert-journal-new";
const NEW: &str = ".kvcert-new-";
const OLD: &str = ".kvcert-old-";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_windows_does_not_have() {
        for name in [
            "c:x",
            "a:b.key",
            "web?",
            "a\\b",
            "a/b",
            "\"web\"",
            "web.",
            "web ",
            "con",
            "NUL.key",
            "aux.tar.gz",
            "Com1.crt",
            "lpt9",
            "COM¹.key",
            "conin$",
            "nul .key",
        ] {
            assert!(windows_problem(name).is_some(), "{name}");
        }
        for name in [
            "web.key",
            "console",
            "com",
            "com10",
            "comx.key",
            "lpt",
            "nul-web.crt",
            "ähm.pem",
            "aux1",
            "c",
        ] {
            assert_eq!(windows_problem(name), None, "{name}");
        }
    }
}
