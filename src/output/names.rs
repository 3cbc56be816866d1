//! The names of files: those that a set may have, and our own beside them.

use std::io;
use std::path::{Component, Path};

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

/// The names of our own files beside those of a transaction. Nobody can guess them, so that nobody
/// can take them first; and those of each user are kept apart, because a user repairs and removes no
/// more than what is theirs.
#[derive(Debug, Clone)]
pub(super) struct Own {
    tag: String,
}

impl Own {
    /// The names of a new transaction.
    pub(super) fn new() -> io::Result<Self> {
        let mut random = [0; TAG / 2];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| io::Error::other("no randomness"))?;
        Ok(Self {
            tag: hex::encode(random),
        })
    }

    /// Those of the transaction that has this tag, if it is one.
    pub(super) fn of(tag: &str) -> Option<Self> {
        let is_tag = tag.len() == TAG && tag.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_tag.then(|| Self {
            tag: tag.to_owned(),
        })
    }

    /// What tells them from those of another transaction.
    pub(super) fn tag(&self) -> &str {
        &self.tag
    }

    /// Where the new contents of the file `name` wait.
    pub(super) fn new_of(&self, name: &str) -> String {
        format!("{}{}-{name}", own(NEW), self.tag)
    }

    /// Where the file `name` that is being replaced is kept until all are.
    pub(super) fn old_of(&self, name: &str) -> String {
        format!("{}{}-{name}", own(OLD), self.tag)
    }

    /// The journal.
    pub(super) fn journal(&self) -> String {
        own(JOURNAL) + &self.tag
    }

    /// The journal before it counts.
    pub(super) fn draft(&self) -> String {
        own(DRAFT) + &self.tag
    }

    /// A lock.
    pub(super) fn lock(&self) -> String {
        own(LOCK) + &self.tag
    }
}

/// Whether `name` is one of this user's that no write leaves behind.
pub(super) fn is_leftover(name: &str) -> bool {
    is_journal(name) || is_temporary(name) || name.starts_with(&lock())
}

/// Whether `name` is a journal of this user's.
pub(super) fn is_journal(name: &str) -> bool {
    name.starts_with(&own(JOURNAL))
}

/// Whether `name` is one of this user's temporaries, which a finished write has no use for.
pub(super) fn is_temporary(name: &str) -> bool {
    [NEW, OLD, DRAFT]
        .iter()
        .any(|kind| name.starts_with(&own(kind)))
}

/// The one lock of this user's, where nobody else can take its name.
pub(super) fn lock() -> String {
    own(LOCK)
}

/// What all names of this kind start with that are this user's.
fn own(kind: &str) -> String {
    #[cfg(unix)]
    let user = rustix::process::geteuid().as_raw();
    #[cfg(not(unix))]
    let user = 0;
    format!("{kind}{user}-")
}

/// The devices without a number.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
/// What all names start with that are not the user's.
pub(super) const PREFIX: &str = ".kvcert-";
const JOURNAL: &str = ".kvcert-journal-";
const DRAFT: &str = ".kvcert-draft-";
const LOCK: &str = ".kvcert-lock-";
const NEW: &str = ".kvcert-new-";
const OLD: &str = ".kvcert-old-";
/// Digits of a tag.
const TAG: usize = 12;

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
