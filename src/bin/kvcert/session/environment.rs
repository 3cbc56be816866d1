//! The environment, read once, and the folders that it names.

use std::path::PathBuf;

use kvcert::identity::Environment;

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
pub(crate) fn state_folder(environment: &Environment) -> Option<PathBuf> {
    let path = |name| environment.get(name).map(PathBuf::from);
    if let Some(folder) = path("KVCERT_STATE_DIR") {
        return Some(folder);
    }
    let base = path("XDG_STATE_HOME").or_else(|| path("LOCALAPPDATA"));
    let base = base.or_else(|| Some(path("HOME")?.join(".local/state")))?;
    Some(base.join("kvcert"))
}

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
    let variable = || {
        let value = environment.get("KVCERT_TOKEN_CACHE");
        value.filter(|value| !matches!(*value, "0" | "1" | "false" | "true"))
    };
    let named = match &flags.token_cache {
        Some(folder) => folder.clone(),
        None => variable().map(PathBuf::from),
    };
    let usual = || Some(state_folder(environment)?.join("tokens"));
    named.or_else(usual).ok_or_else(|| {
        usage::no_state_folder(
            "the token cache",
            "set HOME or KVCERT_STATE_DIR, or give `--token-cache=DIR`",
        )
    })
}
