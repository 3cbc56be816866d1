//! A token in its file.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{CacheKey, TOKEN};
use crate::given::Given;
use crate::identity::access_token::{AccessToken, BearerToken};
use crate::output::{Folder, Kind, OutputError, PlannedFile, Policy, Secrecy, Writer, is_own};

/// What the file holds.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored<'a> {
    version: u32,
    key: Cow<'a, BTreeMap<String, String>>,
    /// Unix seconds.
    not_after: u64,
    #[serde(borrow)]
    token: Cow<'a, str>,
}

/// The token for `key` in `folder`, if there is one; an error says why what is there is not used.
pub(super) fn read(folder: &Folder, key: &CacheKey) -> Result<Option<AccessToken>, String> {
    let name = format!("{}.{TOKEN}", key.digest());
    let refused = |why: &dyn std::fmt::Display| {
        let path = folder.path().join(&name);
        let path = Given::from(path.as_path());
        format!("the token in {path} is not used: {why}")
    };
    let bytes = match contents(folder, &name) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(&error)),
    };
    let stored: Stored<'_> = serde_json::from_slice(&bytes)
        // serde's message may quote the token.
        .map_err(|_| refused(&"it is damaged"))?;
    let is_ours = stored.version == VERSION && *stored.key == key.0;
    let token = BearerToken::try_from(stored.token.into_owned()).ok();
    let token = token.filter(|_| is_ours);
    let token = token.ok_or_else(|| refused(&"it is something else"))?;
    let token = AccessToken::until(token, stored.not_after);
    Ok(Some(token.cached()))
}

/// Puts a token in its place, in one step. One whose end is not known is left out.
pub(super) fn write(
    folder: &Path,
    name: &str,
    key: &CacheKey,
    token: &AccessToken,
) -> Result<(), OutputError> {
    let Some(end) = token.not_after() else {
        return Ok(());
    };
    let end = end.duration_since(SystemTime::UNIX_EPOCH);
    let stored = Stored {
        version: VERSION,
        key: Cow::Borrowed(&key.0),
        not_after: end.unwrap_or_default().as_secs(),
        token: Cow::Borrowed(token.expose()),
    };
    let mut json = Vec::with_capacity(token.expose().len() + 2048);
    // Text and numbers, into memory: that cannot fail.
    serde_json::to_writer(&mut json, &stored).unwrap_or_default();
    let file = PlannedFile::new(name, json, Secrecy::Private);
    Writer::new(Policy::for_own_files())
        .write(folder, &[file])
        .map(drop)
}

/// Whether the file `name` is a token that was put there by a cache: its name follows from what it
/// holds.
pub(super) fn is_entry(folder: &Folder, name: &str) -> bool {
    let Ok(bytes) = contents(folder, name) else {
        return false;
    };
    let stored: Option<Stored<'_>> = serde_json::from_slice(&bytes).ok();
    stored.is_some_and(|stored| {
        let key = CacheKey(stored.key.into_owned());
        name == format!("{}.{TOKEN}", key.digest())
    })
}

/// The bytes of a file that only the user can have written, and only the user may read.
fn contents(folder: &Folder, name: &str) -> io::Result<Zeroizing<Vec<u8>>> {
    match folder.kind(name)? {
        None => return Err(io::ErrorKind::NotFound.into()),
        Some(Kind::Link) => return Err(io::Error::other("it is a link")),
        Some(Kind::Other) => return Err(io::Error::other("it is not a file")),
        Some(Kind::File) => {}
    }
    let file = folder.open(name)?;
    if !is_own(&file)? {
        return Err(io::Error::other(
            "it belongs to another user, has a second name, or others may write to it",
        ));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if file.metadata()?.mode() & 0o077 != 0 {
            return Err(io::Error::other("others may open it"));
        }
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES + 1));
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_BYTES {
        return Err(io::Error::other("it is too long"));
    }
    Ok(bytes)
}

const VERSION: u32 = 1;
/// A token with many groups in it has some 20 kB.
const MAX_BYTES: usize = 256 * 1024;
