//! What is on the disk, without touching it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::OutputError;

/// Something is at a path.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) fingerprint: Fingerprint,
    /// The file, still open, so that what is done to it is done to what was read.
    pub(super) open: Option<File>,
}

/// What is at a path, told by its contents: it stays the same if the file is copied or moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Fingerprint {
    /// A file, by the SHA-256 of its bytes.
    File(String),
    /// A symbolic link, by the SHA-256 of where it points.
    Link(String),
}

/// Looks at what is at `path`, without following a link.
pub(super) fn look(path: &Path) -> Result<Option<Found>, OutputError> {
    let failed = |error| OutputError::io("read", path, error);
    let not_a_file = || OutputError::NotAFile {
        path: path.to_path_buf(),
    };
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    if kind.is_symlink() {
        let target = fs::read_link(path).map_err(failed)?;
        return Ok(Some(Found {
            fingerprint: Fingerprint::Link(sha256(target.as_os_str().as_encoded_bytes())),
            open: None,
        }));
    }
    if !kind.is_file() {
        return Err(not_a_file());
    }
    let mut file = open_existing(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(not_a_file());
    }
    let digest = sha256_of(&mut file).map_err(failed)?;
    Ok(Some(Found {
        fingerprint: Fingerprint::File(digest),
        open: Some(file),
    }))
}

/// The file that a link leads to, and the SHA-256 of its bytes; none if it leads to no file that can
/// be read.
pub(super) fn behind_link(path: &Path) -> Option<(File, String)> {
    let mut file = open(path, true).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let digest = sha256_of(&mut file).ok()?;
    Some((file, digest))
}

/// The bytes of the file that is at `path`, or to which it leads, if there is one that can be read and
/// is no longer than `max_bytes`.
pub(crate) fn existing(path: &Path, max_bytes: usize) -> Option<Zeroizing<Vec<u8>>> {
    let file = open(path, true).ok()?;
    let metadata = file.metadata().ok()?;
    let size = usize::try_from(metadata.len()).ok()?;
    if !metadata.is_file() || size > max_bytes {
        return None;
    }
    // One byte more than there should be, so that a file that grows does not grow the buffer.
    let mut bytes = Zeroizing::new(Vec::with_capacity(size + 1));
    file.take(size as u64 + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() == size).then_some(bytes)
}

/// Opens a file that is there for reading; neither follows a link nor waits for a pipe.
pub(super) fn open_existing(path: &Path) -> io::Result<File> {
    open(path, false)
}

fn open(path: &Path, follow: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        use rustix::fs::OFlags;

        let mut flags = OFlags::NONBLOCK;
        flags.set(OFlags::NOFOLLOW, !follow);
        options.custom_flags(flags.bits().cast_signed());
    }
    #[cfg(not(unix))]
    let _ = follow;
    options.open(path)
}

/// The SHA-256 of `bytes`, in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The SHA-256 of what is left to read in `file`.
fn sha256_of(file: &mut File) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = Zeroizing::new(vec![0; 64 * 1024]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hex(&hasher.finalize())),
            Ok(length) => hasher.update(&buffer[..length]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
