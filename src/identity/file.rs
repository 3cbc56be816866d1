//! Reads the small files that sign-ins need.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

/// The whole file, of at most `max_bytes`, in one buffer that is wiped.
pub(super) fn read(path: &Path, max_bytes: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = File::open(path)?;
    let size = usize::try_from(file.metadata()?.len()).unwrap_or(max_bytes);
    let mut bytes = Zeroizing::new(Vec::with_capacity(size.min(max_bytes) + 1));
    file.take(max_bytes as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > max_bytes {
        let what = format!("it is longer than {max_bytes} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    Ok(bytes)
}
