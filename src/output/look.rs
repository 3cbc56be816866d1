//! What is on the disk, without touching it.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::OutputError;
use super::folder::{Folder, Kind};

/// Something is there.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) fingerprint: Fingerprint,
    /// The file, still open, so that what is done to it is done to what was read.
    pub(super) open: Option<File>,
}

/// What is there, told by its contents: it stays the same if the file is copied or moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Fingerprint {
    /// A file, by the SHA-256 of its bytes.
    File(String),
    /// A symbolic link, by the SHA-256 of where it points.
    Link(String),
}

/// Looks at what is in `folder` by this name, without following a link.
pub(super) fn look(folder: &Folder, name: &str) -> Result<Option<Found>, OutputError> {
    let path = || folder.path().join(name);
    let failed = |error| OutputError::io("read", &path(), error);
    let not_a_file = || OutputError::NotAFile { path: path() };
    match folder.kind(name).map_err(failed)? {
        None => Ok(None),
        Some(Kind::Link) => {
            let target = folder.read_link(name).map_err(failed)?;
            Ok(Some(Found {
                fingerprint: Fingerprint::Link(sha256(&target)),
                open: None,
            }))
        }
        Some(Kind::Other) => Err(not_a_file()),
        Some(Kind::File) => {
            let mut file = folder.open(name).map_err(failed)?;
            if !file.metadata().map_err(failed)?.is_file() {
                return Err(not_a_file());
            }
            let digest = sha256_of(&mut file).map_err(failed)?;
            Ok(Some(Found {
                fingerprint: Fingerprint::File(digest),
                open: Some(file),
            }))
        }
    }
}

/// The file that a link leads to, and the SHA-256 of its bytes; none if it leads to no file that can
/// be read, or another user could have had a hand in where it leads.
pub(super) fn behind_link(folder: &Folder, name: &str) -> Option<(File, String)> {
    let mut file = folder.follow(name)?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let digest = sha256_of(&mut file).ok()?;
    Some((file, digest))
}

/// The bytes of the file that is at `path`, or to which it leads, if there is one that can be read and
/// is no longer than `max_bytes`.
pub(crate) fn existing(path: &Path, max_bytes: usize) -> Option<Zeroizing<Vec<u8>>> {
    let folder = Folder::find(path.parent()?).ok()??;
    let name = path.file_name()?.to_str()?;
    let file = match folder.kind(name).ok()?? {
        Kind::File => folder.open(name).ok()?,
        Kind::Link => folder.follow(name)?,
        Kind::Other => return None,
    };
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
