//! One file, where the user named it.

use std::path::Path;

use kvcert::output::{Policy, Secrecy, Writer, WrittenFile};

use crate::console::Console;
use crate::failure::{Failure, output, usage};

/// Writes `bytes` to `path`; what is there is replaced only with `force`.
pub(super) fn write(
    path: &Path,
    bytes: Vec<u8>,
    secrecy: Secrecy,
    force: bool,
    console: &Console,
) -> Result<WrittenFile, Failure> {
    if path.file_name().is_none() {
        return Err(usage::not_a_file_name(path));
    }
    let policy = Policy {
        force,
        ..Policy::default()
    };
    let written = Writer::new(policy)
        .write_file(path, bytes, secrecy)
        .map_err(output::of_one_file)?;
    if written.is_exposed {
        let (path, mode) = (path.display(), written.mode.unwrap_or_default());
        console.warning(&format!(
            "every user can access `{path}` (its mode {mode:04o} was kept); `chmod 600` restricts it"
        ));
    }
    Ok(written)
}
