//! [`TokenCache`]: access tokens that outlast the process, in files of the user's own.
//!
//! There is a file for each token, named by a digest of all that the token depends on
//! ([`CacheKey`]), so that nothing can be read from a name. Only the user may read it (mode 0600,
//! in a folder of mode 0700); on Windows it inherits the access list of its folder. What is stored
//! is as good as a password until it expires, within an hour or a day: kvcert does that only when
//! it is asked to. Refresh tokens, which are good for months, are not stored.
//!
//! - Many processes may share a cache. They look, lock, and look again, so that together they sign
//!   in once. A file is replaced in one step by [`output`].
//! - A token is replaced before it expires. Where that fails, the old one serves to its end.
//! - A link, a file of someone else, one that others may read, or one that makes no sense is not
//!   used: the cache says so and puts a good one in its place. A folder that others may write to
//!   is not used at all. No trouble with the cache keeps anyone from signing in.

mod entry;
mod folder;
mod lock;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use std::{fmt, io};

use sha2::{Digest, Sha256};

use self::lock::Lock;
use super::access_token::AccessToken;
use crate::given::Given;
use crate::output;

/// A folder with tokens. Cheap to clone.
#[derive(Clone)]
pub struct TokenCache {
    folder: PathBuf,
    warn: Option<Warn>,
}

/// Hears what is wrong with the cache; there is no secret in it.
pub type Warn = Arc<dyn Fn(&str) + Send + Sync>;

/// All that a token depends on: the way of signing in, the authority, the tenant, the client, the
/// resource, and whatever else chooses one of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheKey(BTreeMap<String, String>);

impl CacheKey {
    /// What was got by this way of signing in.
    pub fn new(way: &str) -> Self {
        Self(BTreeMap::new()).with("way", way)
    }

    /// And with this. Nothing secret: the file holds it as it is, to be compared.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.0.insert(name.to_owned(), value.to_string());
        self
    }

    /// A name for files.
    fn digest(&self) -> String {
        let json = serde_json::to_vec(&self.0).unwrap_or_default();
        hex::encode(&Sha256::digest(json)[..16])
    }
}

impl TokenCache {
    /// The cache in `folder`, which is made for the first token.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            warn: None,
        }
    }

    /// The same, which tells of what is wrong.
    #[must_use]
    pub fn on_warning(self, warn: Warn) -> Self {
        Self {
            warn: Some(warn),
            ..self
        }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The token of `key`: the cached one, if it will do for a while from `now` on, else the
    /// one that `fetch` gets, which is then cached. Others that ask for the same one meanwhile, in
    /// any process, wait for it.
    ///
    /// # Errors
    /// Those of `fetch`, unless there is a token that has not expired yet.
    pub async fn token<E, F>(
        &self,
        key: &CacheKey,
        now: SystemTime,
        fetch: impl FnOnce() -> F,
    ) -> Result<AccessToken, E>
    where
        F: Future<Output = Result<AccessToken, E>>,
    {
        if let Some(token) = self.peek(key, now) {
            return Ok(token);
        }
        let Some(_lock) = self.lock(key).await else {
            return fetch().await;
        };
        let cached = self.read(key).unwrap_or_else(|problem| {
            self.warning(&problem);
            None
        });
        match cached {
            Some(token) if will_do(&token, now) => Ok(token),
            cached => match fetch().await {
                Ok(token) => {
                    self.write(key, &token);
                    Ok(token)
                }
                Err(error) => cached.filter(|old| old.fresh_at(now)).ok_or(error),
            },
        }
    }

    /// The cached token, if it will do for a while from `now` on.
    pub fn peek(&self, key: &CacheKey, now: SystemTime) -> Option<AccessToken> {
        let cached = self.read(key).ok()??;
        will_do(&cached, now).then_some(cached)
    }

    /// Stores a token in the place of the one that is there. One without a known end is not stored.
    pub async fn store(&self, key: &CacheKey, token: &AccessToken) {
        if let Some(_lock) = self.lock(key).await {
            self.write(key, token);
        }
    }

    /// Removes this token, which was refused; another that has taken its place stays.
    pub async fn remove(&self, key: &CacheKey, token: &AccessToken) {
        let Some(_lock) = self.lock(key).await else {
            return;
        };
        let is_it = |cached: AccessToken| cached.expose() == token.expose();
        if self.read(key).ok().flatten().is_some_and(is_it) {
            let name = format!("{}.{TOKEN}", key.digest());
            let removed = folder::make(&self.folder).and_then(|folder| folder.remove(&name));
            if let Err(error) = removed {
                let path = self.folder.join(name);
                self.warning(&format!(
                    "cannot remove {}: {error}",
                    Given::from(path.as_path())
                ));
            }
        }
    }

    /// Removes all tokens, and says how many there were. Files that no cache has put there stay.
    ///
    /// # Errors
    /// If the folder is not the user's own, has only files of others, or a file cannot be removed.
    pub fn clear(&self) -> io::Result<usize> {
        let Some(folder) = folder::find(&self.folder)? else {
            return Ok(0);
        };
        output::repair(&folder).map_err(io::Error::other)?;
        let names = folder.names("")?;
        let tokens = names.iter().filter(|name| entry::is_entry(&folder, name));
        let tokens: Vec<_> = tokens.collect();
        let locks = names.iter().filter(|name| lock::is_lock(&folder, name));
        let locks: Vec<_> = locks.collect();
        if let Some(other) = names.first()
            && tokens.is_empty()
            && locks.is_empty()
        {
            let other = Given::from(other.as_str());
            let why = format!("it is not a token cache: it has {other}, and no token");
            return Err(io::Error::other(why));
        }
        for name in tokens.iter().chain(&locks) {
            folder.remove(name)?;
        }
        Ok(tokens.len())
    }

    fn read(&self, key: &CacheKey) -> Result<Option<AccessToken>, String> {
        match folder::find(&self.folder) {
            Ok(Some(folder)) => entry::read(&folder, key),
            Ok(None) => Ok(None),
            Err(error) => Err(self.problem(&error)),
        }
    }

    fn write(&self, key: &CacheKey, token: &AccessToken) {
        let name = format!("{}.{TOKEN}", key.digest());
        if let Err(error) = entry::write(&self.folder, &name, key, token) {
            self.warning(&format!("the token was not cached: {error}"));
        }
    }

    /// The right to change what is cached for `key`; none if the cache cannot be used.
    async fn lock(&self, key: &CacheKey) -> Option<Lock> {
        let made = folder::make(&self.folder).map_err(|error| self.problem(&error));
        let folder = made.map_err(|problem| self.warning(&problem)).ok()?;
        let waiting = || self.warning("waiting for another kvcert, which is signing in");
        match lock::acquire(&folder, &key.digest(), PATIENCE, waiting).await {
            Ok(lock) => Some(lock),
            Err(error) => {
                self.warning(&format!("the token cache is not used: {error}"));
                None
            }
        }
    }

    fn problem(&self, error: &io::Error) -> String {
        let folder = Given::from(self.folder.as_path());
        format!("the token cache {folder} is not used: {error}")
    }

    fn warning(&self, text: &str) {
        if let Some(warn) = &self.warn {
            warn(text);
        }
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// Whether the token need not be replaced yet.
fn will_do(token: &AccessToken, now: SystemTime) -> bool {
    token.fresh_at(now + AHEAD)
}

const TOKEN: &str = "token";
/// A token is replaced so long before it could not be used any more, that nobody who has one has
/// to wait for a new one.
const AHEAD: Duration = Duration::from_secs(240);
/// A sign-in takes a second, or as long as a person with a browser does; then each is on its own.
const PATIENCE: Duration = Duration::from_secs(60);

#[cfg(all(test, unix))]
#[allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may write files, and panic"
)]
#[path = "cache_tests.rs"]
mod tests;
