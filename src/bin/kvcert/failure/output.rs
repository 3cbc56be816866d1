//! Files and standard output: why they could not be written, and what to do.

use std::io;

use kvcert::output::OutputError;

use super::{Failure, Reason};

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        let (reason, hint) = advice(&error);
        Self::new(reason, error).with_hint(hint)
    }
}

fn advice(error: &OutputError) -> (Reason, &'static str) {
    match error {
        OutputError::Exists { .. } => (
            Reason::Exists,
            "add `--force` to overwrite it, or write elsewhere with `-o`",
        ),
        OutputError::SymbolicLink { .. } => (
            Reason::SymbolicLink,
            "add `--replace-links` to put a file in the link's place, or write to the directory that it leads to with `-o`",
        ),
        OutputError::ForeignLink { .. } => (
            Reason::ForeignLink,
            "name the directory that it leads to, if you trust the owner of the link",
        ),
        OutputError::ForeignFile { .. } => (
            Reason::ForeignFile,
            "remove the file, or write to a directory of your own with `-o`",
        ),
        OutputError::NotAFile { .. } => (
            Reason::NotAFile,
            "move it away, or choose another base name with `--name`",
        ),
        OutputError::NotAFolder { .. } | OutputError::FolderMissing { .. } => {
            (Reason::NoFolder, "choose another directory with `-o`")
        }
        OutputError::UnsafeName { .. } => {
            (Reason::UnsafeName, "choose another base name with `--name`")
        }
        OutputError::UnknownPrincipal { .. } => (
            Reason::UnknownPrincipal,
            "check the name with `getent passwd` or `getent group`, or use a number",
        ),
        OutputError::OwnerNotKept { .. } => (
            Reason::OwnerNotKept,
            "run it as root, or name other ones with `--owner` and `--group`",
        ),
        OutputError::Denied { .. } => (
            Reason::Denied,
            "choose a directory that you can write to with `-o`, or run as its owner",
        ),
        OutputError::DiskFull { .. } => (Reason::DiskFull, "free up disk space, then run it again"),
        OutputError::Busy { .. } => (
            Reason::Busy,
            "wait until the other kvcert is done, then run it again",
        ),
        OutputError::Leftover { .. } => (
            Reason::Leftover,
            "check the files there, then remove the journal and run it again",
        ),
        OutputError::HalfWritten { .. } => (
            Reason::HalfWritten,
            "free up disk space or fix the directory, then run it again",
        ),
        OutputError::Io { .. } => (Reason::Io, "check the directory and its file system"),
    }
}

/// Standard output that cannot be written is an output failure like any other.
pub(crate) fn print_failed(error: io::Error) -> Failure {
    Failure::new(Reason::StandardOutput, error)
        .context("cannot write to standard output")
        .with_hint("is the disk full, or the reader gone?")
}

/// One file that the user named: it has a name of its own, and no directory is chosen with `-o`.
pub(crate) fn of_one_file(error: OutputError) -> Failure {
    let hint = match &error {
        OutputError::Exists { .. } => "add `--force` to overwrite it, or name another file",
        OutputError::SymbolicLink { .. } => "name the file that it leads to, or remove the link",
        OutputError::OwnerNotKept { .. } => "run it as root, or name another file",
        _ => return Failure::from(error),
    };
    Failure::from(error).with_hint(hint)
}
