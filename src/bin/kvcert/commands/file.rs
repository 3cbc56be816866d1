//! One file, where the user named it.

use std::path::Path;

use kvcert::output::{OutputError, PlannedFile, Policy, Secrecy, WrittenFile, write_set};

use crate::failure::{Failure, Reason};

/// Writes `bytes` to `path`; what is there is replaced only with `force`.
pub(super) fn write(
    path: &Path,
    bytes: Vec<u8>,
    secrecy: Secrecy,
    force: bool,
) -> Result<WrittenFile, Failure> {
    let Some(name) = path.file_name() else {
        let message = format!("`{}` is no name for a file", path.display());
        return Err(Failure::message(Reason::InvalidName, message)
            .with_hint("name a file, or `-` for standard output"));
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let file = PlannedFile::new(name, bytes, secrecy);
    let policy = Policy {
        force,
        ..Policy::default()
    };
    let mut written =
        write_set(folder.unwrap_or_else(|| Path::new(".")), &[file], &policy).map_err(explain)?;
    Ok(written.remove(0))
}

/// Here the file has a name of its own, and no folder is chosen with `-o`.
fn explain(error: OutputError) -> Failure {
    let exists = matches!(error, OutputError::Exists { .. });
    let failure = Failure::from(error);
    if exists {
        return failure.with_hint("replace it with `--force`, or name another file");
    }
    failure
}
