//! [`append`]: for files that someone else made, and reads after us.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use super::error::OutputError;

/// Appends to a file that is there, in one write, so that what others append stays whole.
///
/// # Errors
/// [`OutputError`], if it is not there or cannot be written.
pub fn append(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    let opened = OpenOptions::new().append(true).open(path);
    opened
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|error| OutputError::io("append to", path, error))
}
