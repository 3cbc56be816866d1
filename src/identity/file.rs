//! Reads the small files that sign-ins need.

use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use crate::input::read_file;

/// The whole file, of at most `max_bytes`; every buffer is wiped.
pub(super) fn read(path: &Path, max_bytes: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let bytes = read_file(path, max_bytes)?;
    if bytes.len() > max_bytes {
        let what = format!("it is longer than {max_bytes} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    Ok(bytes)
}
