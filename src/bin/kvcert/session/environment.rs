//! [`Environment`]: the variables, read once, and the folders that they name.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;

use crate::cli::Global;
use crate::failure::{Failure, Reason};

/// The environment, read once. Values may be secret: `Debug` shows none.
#[derive(Default)]
pub(crate) struct Environment(HashMap<String, String>);

impl Environment {
    /// Takes the snapshot. Variables that are not Unicode are as good as unset.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub(crate) fn capture() -> Self {
        let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(unicode).collect())
    }

    /// A variable; empty is as good as unset.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The folder for what outlives a run but is no configuration (XDG base directories).
    pub(crate) fn state_folder(&self) -> Option<PathBuf> {
        if let Some(folder) = self.get("KVCERT_STATE_DIR") {
            return Some(PathBuf::from(folder));
        }
        let base = self
            .get("XDG_STATE_HOME")
            .or_else(|| self.get("LOCALAPPDATA"))
            .map(PathBuf::from)
            .or_else(|| {
                self.get("HOME")
                    .map(|home| PathBuf::from(home).join(".local/state"))
            })?;
        Some(base.join("kvcert"))
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} variables)", self.0.len())
    }
}

/// The folder in which tokens are kept between runs, if they are to be.
///
/// # Errors
/// As [`token_folder`].
pub(crate) fn token_cache(
    flags: &Global,
    environment: &Environment,
) -> Result<Option<PathBuf>, Failure> {
    let variable = environment.get("KVCERT_TOKEN_CACHE");
    let is_wanted = flags.token_cache.is_some() || !matches!(variable, None | Some("0" | "false"));
    is_wanted
        .then(|| token_folder(flags, environment))
        .transpose()
}

/// The folder for tokens, wanted or not: that of the flag or of KVCERT_TOKEN_CACHE, or one in the
/// state folder.
///
/// # Errors
/// If there is no state folder.
pub(crate) fn token_folder(flags: &Global, environment: &Environment) -> Result<PathBuf, Failure> {
    let variable = || {
        let value = environment.get("KVCERT_TOKEN_CACHE");
        value.filter(|value| !matches!(*value, "0" | "1" | "false" | "true"))
    };
    let named = match &flags.token_cache {
        Some(folder) => folder.clone(),
        None => variable().map(PathBuf::from),
    };
    let usual = || Some(environment.state_folder()?.join("tokens"));
    named.or_else(usual).ok_or_else(|| {
        let message = "no folder to keep tokens in";
        Failure::message(Reason::NoStateFolder, message)
            .with_hint("set HOME or KVCERT_STATE_DIR, or give `--token-cache=DIR`")
    })
}
