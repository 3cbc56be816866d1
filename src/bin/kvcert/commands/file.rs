//! One file, where the user named it.

use std::path::Path;

use kvcert::output::{PlannedFile, Policy, Secrecy, WrittenFile, write_set};

use crate::failure::{Failure, output, usage};

/// Writes `bytes` to `path`; what is there is replaced only with `force`.
pub(super) fn write(
    path: &Path,
    bytes: Vec<u8>,
    secrecy: Secrecy,
    force: bool,
) -> Result<WrittenFile, Failure> {
    let Some(name) = path.file_name() else {
        return Err(usage::not_a_file_name(path));
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let file = PlannedFile::new(name, bytes, secrecy);
    let policy = Policy {
        force,
        ..Policy::default()
    };
    let mut written = write_set(folder.unwrap_or_else(|| Path::new(".")), &[file], &policy)
        .map_err(output::of_one_file)?;
    Ok(written.remove(0))
}
