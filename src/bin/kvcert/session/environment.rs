//! The environment, read once, and the folders that it names.

use std::path::PathBuf;

use kvcert::identity::{Environment, InvalidSetting};

use crate::cli::Global;
use crate::failure::{Failure, usage};

/// Takes the snapshot. Variables that are not Unicode are as good as unset.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
pub(crate) fn capture() -> Environment {
    let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(unicode).collect()
}

/// The folder for what outlives a run but is no configuration (XDG base directories).
///
/// # Errors
/// A variable holds something else than a path.
pub(crate) fn state_folder(environment: &Environment) -> Result<Option<PathBuf>, InvalidSetting> {
    for (name, below) in STATE_FOLDERS {
        if let Some(folder) = environment.get(name) {
            InvalidSetting::check(name, folder)?;
            return Ok(Some(PathBuf::from(folder).join(below)));
        }
    }
    Ok(None)
}

/// The variables that say where state is kept, the first first, and its folder below each.
const STATE_FOLDERS: [(&str, &str); 4] = [
    ("KVCERT_STATE_DIR", ""),
    ("XDG_STATE_HOME", "kvcert"),
    ("LOCALAPPDATA", "kvcert"),
    ("HOME", ".local/state/kvcert"),
];

/// The folder in which tokens are cached between runs, if they are to be.
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
    let variable = environment.get("KVCERT_TOKEN_CACHE");
    let variable = variable.filter(|value| !matches!(*value, "0" | "1" | "false" | "true"));
    let named = match (&flags.token_cache, variable) {
        (Some(folder), _) => folder.clone(),
        (None, Some(folder)) => {
            InvalidSetting::check("KVCERT_TOKEN_CACHE", folder)?;
            Some(PathBuf::from(folder))
        }
        (None, None) => None,
    };
    let usual = match named {
        Some(folder) => return Ok(folder),
        None => state_folder(environment)?,
    };
    usual.map(|folder| folder.join("tokens")).ok_or_else(|| {
        usage::no_state_folder(
            "the token cache",
            "set HOME or KVCERT_STATE_DIR, or give `--token-cache=DIR`",
        )
    })
}
