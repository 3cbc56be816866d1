//! Settings: flags, environment and defaults taken together. No input or output.

use std::{collections::HashMap, fmt, path::PathBuf, time::Duration};

use crate::{
    cli::{AuthArg, CloudArg, Global},
    failure::{Failure, Kind},
    vault::address::{Cloud, VaultUrl},
};

/// The environment, read once. Values may be secret: `Debug` shows none.
#[derive(Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// Takes the snapshot. Variables that are not Unicode are as good as unset.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub fn capture() -> Self {
        let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(unicode).collect())
    }

    /// A variable; empty is as good as unset.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The folder for what outlives a run but is no configuration (XDG base directories).
    pub fn state_folder(&self) -> Option<PathBuf> {
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

/// How to reach a vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultSettings {
    /// Which vaults, if any were named.
    pub vaults: Vec<VaultUrl>,
    /// How to sign in.
    pub sign_in: SignIn,
    /// Certificate authorities to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The time for one request.
    pub timeout: Option<Duration>,
}

/// How to sign in; where a secret is to be found, not the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// A bearer token from this file.
    TokenFile(PathBuf),
    /// A bearer token from `KVCERT_ACCESS_TOKEN`.
    TokenVariable,
    /// The client secret in `AZURE_CLIENT_SECRET`.
    ClientSecret {
        /// The authority's URL or host.
        authority: String,
        /// The tenant.
        tenant: String,
        /// The application.
        client_id: String,
    },
    /// No way was found; says what is missing.
    None(String),
}

impl VaultSettings {
    /// Flags go before the environment, the environment before defaults.
    ///
    /// # Errors
    /// A vault that is none, or a way to sign in that lacks something.
    pub fn resolve(flags: &Global, environment: &Environment) -> Result<Self, Failure> {
        let cloud = match flags.cloud {
            None | Some(CloudArg::Public) => Cloud::Public,
            Some(CloudArg::China) => Cloud::China,
            Some(CloudArg::Usgov) => Cloud::UsGov,
        };
        let mut vaults: Vec<&str> = flags.vault.iter().map(String::as_str).collect();
        if vaults.is_empty() {
            vaults.extend(environment.get("KVCERT_VAULT"));
        }
        Ok(Self {
            vaults: vaults
                .into_iter()
                .map(|vault| VaultUrl::parse(vault, cloud))
                .collect::<Result<_, _>>()?,
            sign_in: sign_in(flags, environment, cloud)?,
            ca_file: flags.ca_file.clone(),
            timeout: flags.timeout.map(Duration::from_secs),
        })
    }
}

fn sign_in(flags: &Global, environment: &Environment, cloud: Cloud) -> Result<SignIn, Failure> {
    let missing = |advice: String| {
        Failure::message(Kind::SignIn, "no-credential", "cannot sign in as asked").with_hint(advice)
    };
    match flags.auth.unwrap_or(AuthArg::Auto) {
        AuthArg::Token => token(flags, environment)
            .ok_or_else(|| missing("set KVCERT_ACCESS_TOKEN or give `--token-file FILE`".into())),
        AuthArg::Environment => client_secret(flags, environment, cloud).map_err(missing),
        AuthArg::Auto => Ok(token(flags, environment)
            .or_else(|| client_secret(flags, environment, cloud).ok())
            .unwrap_or_else(|| SignIn::None(NO_WAY.to_owned()))),
    }
}

fn token(flags: &Global, environment: &Environment) -> Option<SignIn> {
    if let Some(file) = &flags.token_file {
        return Some(SignIn::TokenFile(file.clone()));
    }
    environment
        .get("KVCERT_ACCESS_TOKEN")
        .map(|_| SignIn::TokenVariable)
}

/// The variables mean what they mean to the official SDKs.
fn client_secret(
    flags: &Global,
    environment: &Environment,
    cloud: Cloud,
) -> Result<SignIn, String> {
    let tenant = flags
        .tenant
        .as_deref()
        .or_else(|| environment.get("AZURE_TENANT_ID"));
    let client_id = flags
        .client_id
        .as_deref()
        .or_else(|| environment.get("AZURE_CLIENT_ID"));
    let secret = environment.get("AZURE_CLIENT_SECRET");
    let (Some(tenant), Some(client_id), Some(_)) = (tenant, client_id, secret) else {
        let unset: Vec<&str> = [
            ("AZURE_TENANT_ID (or `--tenant`)", tenant),
            ("AZURE_CLIENT_ID (or `--client-id`)", client_id),
            ("AZURE_CLIENT_SECRET", secret),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.is_none().then_some(name))
        .collect();
        return Err(format!("set {}", unset.join(", ")));
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    if !tenant.bytes().all(plain) {
        return Err(String::from("a tenant is a GUID or a domain"));
    }
    Ok(SignIn::ClientSecret {
        authority: environment
            .get("AZURE_AUTHORITY_HOST")
            .unwrap_or_else(|| cloud.authority())
            .to_owned(),
        tenant: tenant.to_owned(),
        client_id: client_id.to_owned(),
    })
}

const NO_WAY: &str =
    "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or KVCERT_ACCESS_TOKEN";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(flags: Global, variables: &[(&str, &str)], expected: Result<SignIn, &str>) {
        let environment = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        match (VaultSettings::resolve(&flags, &environment), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found.sign_in, expected),
            (Err(failure), Err(hint)) => assert_eq!(failure.hint.as_deref(), Some(hint)),
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }

    fn app(authority: &str, tenant: &str, client_id: &str) -> Result<SignIn, &'static str> {
        let [authority, tenant, client_id] = [authority, tenant, client_id].map(str::to_owned);
        Ok(SignIn::ClientSecret {
            authority,
            tenant,
            client_id,
        })
    }

    const APP: [(&str, &str); 3] = [
        ("AZURE_TENANT_ID", "t"),
        ("AZURE_CLIENT_ID", "c"),
        ("AZURE_CLIENT_SECRET", "s"),
    ];

    #[test]
    fn flags_before_environment_before_defaults() {
        let public = "https://login.microsoftonline.com";
        check(Global::default(), &APP, app(public, "t", "c"));
        let flags = Global {
            tenant: Some("flag".into()),
            ..Global::default()
        };
        check(flags, &APP, app(public, "flag", "c"));
        let flags = Global {
            cloud: Some(CloudArg::China),
            ..Global::default()
        };
        check(flags, &APP, app("https://login.chinacloudapi.cn", "t", "c"));
        let own = [
            APP[0],
            APP[1],
            APP[2],
            ("AZURE_AUTHORITY_HOST", "https://l.example"),
        ];
        check(Global::default(), &own, app("https://l.example", "t", "c"));
        let token = [APP[0], APP[1], APP[2], ("KVCERT_ACCESS_TOKEN", "x")];
        check(Global::default(), &token, Ok(SignIn::TokenVariable));
        let flags = Global {
            auth: Some(AuthArg::Environment),
            ..Global::default()
        };
        check(flags, &token, app(public, "t", "c"));
        let flags = Global {
            token_file: Some("f".into()),
            ..Global::default()
        };
        check(flags, &token, Ok(SignIn::TokenFile("f".into())));
    }

    #[test]
    fn what_is_missing_is_named() {
        check(
            Global::default(),
            &APP[..2],
            Ok(SignIn::None(NO_WAY.into())),
        );
        let environment = || Global {
            auth: Some(AuthArg::Environment),
            ..Global::default()
        };
        check(
            environment(),
            &APP[1..],
            Err("set AZURE_TENANT_ID (or `--tenant`)"),
        );
        check(
            environment(),
            &[APP[0], APP[1], ("AZURE_CLIENT_SECRET", "")],
            Err("set AZURE_CLIENT_SECRET"),
        );
        let token = Global {
            auth: Some(AuthArg::Token),
            ..Global::default()
        };
        check(
            token,
            &APP,
            Err("set KVCERT_ACCESS_TOKEN or give `--token-file FILE`"),
        );
    }
}
