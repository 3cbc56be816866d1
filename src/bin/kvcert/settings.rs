//! Settings: flags, environment and defaults taken together. No input or output.

mod scope;
mod sign_in;

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use kvcert::cloud::Cloud;
use kvcert::vault::address::{CertificateRef, VaultUrl};
pub(crate) use scope::scope;
pub(crate) use sign_in::{App, DEVELOPER_TOOLS, SignIn, authority, check_tenant};

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

/// How to reach a vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VaultSettings {
    /// Which vaults, if any were named.
    pub(crate) vaults: Vec<VaultUrl>,
    /// How to sign in: ways to try, in order.
    pub(crate) ways: Vec<SignIn>,
    /// Certificate authorities to trust besides the system's.
    pub(crate) ca_file: Option<PathBuf>,
    /// The time for one request.
    pub(crate) timeout: Option<Duration>,
}

impl VaultSettings {
    /// Flags go before the environment, the environment before defaults; `cloud` is that of [`cloud`].
    ///
    /// # Errors
    /// A vault that is none, or a way to sign in that lacks something.
    pub(crate) fn resolve(
        flags: &Global,
        environment: &Environment,
        cloud: Cloud,
    ) -> Result<Self, Failure> {
        Ok(Self {
            vaults: vaults(flags, environment)
                .into_iter()
                .map(|vault| VaultUrl::parse(vault, cloud))
                .collect::<Result<_, _>>()?,
            ways: sign_in::ways(flags, environment, cloud)?,
            ca_file: flags.ca_file.clone(),
            timeout: flags.timeout.map(Duration::from_secs),
        })
    }
}

/// The vaults as they were given: by flags, or by the environment.
fn vaults<'a>(flags: &'a Global, environment: &'a Environment) -> Vec<&'a str> {
    let mut vaults: Vec<&str> = flags.vault.iter().map(String::as_str).collect();
    if vaults.is_empty() {
        vaults.extend(environment.get("KVCERT_VAULT"));
    }
    vaults
}

/// The cloud that names mean, and whose authority signs people in: the one that was given, else
/// that of the first of `certificates` that is an identifier, or of the first vault whose URL says it.
pub(crate) fn cloud(flags: &Global, environment: &Environment, certificates: &[&str]) -> Cloud {
    let of_certificate = |text: &&str| text.parse::<CertificateRef>().ok()?.vault;
    let of_url = |url| VaultUrl::parse(url, Cloud::Public).ok();
    if let Some(cloud) = flags.cloud {
        return cloud;
    }
    let urls = vaults(flags, environment).into_iter();
    let urls = urls.filter(|vault| vault.contains("://"));
    let certificates = certificates.iter().filter_map(of_certificate);
    let mut vaults = certificates.chain(urls.filter_map(of_url));
    vaults.find_map(|vault| vault.cloud()).unwrap_or_default()
}
