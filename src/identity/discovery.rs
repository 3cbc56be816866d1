//! [`SignInMethod`]: the list of ways to sign in, and [`sources`], which sets up those that are asked for.
//!
//! The `AZURE_*`, `IDENTITY_*` and `MSI_*` variables mean what they mean to the official SDKs.
//! A new way has a file of its own and an entry in this list.

use std::str::FromStr;

use super::azd::AzureDeveloperCli;
use super::azure_cli::AzureCli;
use super::device_code::DeviceCode;
use super::error::CredentialError;
use super::managed_identity::ManagedIdentity;
use super::ready_token::ReadyToken;
use super::setup::{Environment, Setup, SetupError, SignInOptions};
use super::token_source::{Pending, TokenRequest, TokenSource};
use super::{environment, github, workload_identity};
use crate::transport::Transport;

/// A way to sign in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SignInMethod {
    /// A given token, or else the first that is available, in the order of `auto`.
    #[default]
    Auto,
    /// An application with a client secret or a certificate.
    Environment,
    /// A Kubernetes service account.
    WorkloadIdentity,
    /// The identity of the machine or service.
    ManagedIdentity,
    /// The account signed in to `az`.
    AzureCli,
    /// The account signed in to `azd`.
    Azd,
    /// A person with a browser anywhere.
    DeviceCode,
    /// A job of GitHub Actions.
    Github,
    /// A bearer token obtained elsewhere.
    Token,
}

use SignInMethod::{
    Auto, Azd, AzureCli as Az, DeviceCode as Device, Environment as Variables, Github,
    ManagedIdentity as Managed, Token, WorkloadIdentity as Workload,
};

/// The order in which sources are tried, which is that of the official SDKs, with the name that
/// `AZURE_TOKEN_CREDENTIALS` has for each and whether it is a developer's tool.
const AUTO: [(SignInMethod, &str, bool); 5] = [
    (Variables, "environmentcredential", false),
    (Workload, "workloadidentitycredential", false),
    (Managed, "managedidentitycredential", false),
    (Az, "azureclicredential", true),
    (Azd, "azuredeveloperclicredential", true),
];

impl SignInMethod {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Auto, Variables, Workload, Managed, Az, Azd, Device, Github, Token,
    ];

    /// The name, and what it is in a few words.
    pub fn describe(self) -> (&'static str, &'static str) {
        match self {
            Auto => (
                "auto",
                "A token if one is given, else the first available of environment, workload-identity, managed-identity, azure-cli, azd",
            ),
            Variables => (
                "environment",
                "AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH",
            ),
            Workload => (
                "workload-identity",
                "A Kubernetes service account (AZURE_FEDERATED_TOKEN_FILE)",
            ),
            Managed => (
                "managed-identity",
                "The managed identity of this machine or service",
            ),
            Az => ("azure-cli", "The account signed in to Azure CLI (`az`)"),
            Azd => (
                "azd",
                "The account signed in to Azure Developer CLI (`azd`)",
            ),
            Device => ("device-code", "You, in a browser anywhere, with a code"),
            Github => ("github", "A GitHub Actions job"),
            Token => (
                "token",
                "A bearer token from KVCERT_ACCESS_TOKEN or --token-file",
            ),
        }
    }

    /// The variables that it reads, but for tokens and the tenant.
    fn variables(self) -> &'static [&'static str] {
        match self {
            Auto => &[
                "AZURE_CLIENT_ID",
                "AZURE_CLIENT_SECRET",
                "AZURE_CLIENT_CERTIFICATE_PATH",
                "AZURE_FEDERATED_TOKEN_FILE",
                "AZURE_AUTHORITY_HOST",
                "AZURE_TOKEN_CREDENTIALS",
            ],
            Variables => &[
                "AZURE_CLIENT_ID",
                "AZURE_CLIENT_SECRET",
                "AZURE_CLIENT_CERTIFICATE_PATH",
                "AZURE_AUTHORITY_HOST",
            ],
            Workload => &[
                "AZURE_CLIENT_ID",
                "AZURE_FEDERATED_TOKEN_FILE",
                "AZURE_AUTHORITY_HOST",
            ],
            Managed => &["AZURE_CLIENT_ID"],
            Device | Github => &["AZURE_CLIENT_ID", "AZURE_AUTHORITY_HOST"],
            Az | Azd | Token => &[],
        }
    }

    /// Sets up its source, or all that are tried. `probe`: look briefly whether it is available
    /// before relying on it.
    fn sources(
        self,
        setup: &Setup<'_>,
        probe: bool,
    ) -> Result<Vec<Box<dyn TokenSource>>, SetupError> {
        let source: Box<dyn TokenSource> = match self {
            Auto => return auto(setup),
            Variables => Box::new(environment::application(setup)?),
            Workload => Box::new(workload_identity::application(setup)?),
            Managed => match ManagedIdentity::new(setup, probe) {
                Ok(identity) => Box::new(identity),
                Err(reason) => Box::new(Skipped {
                    name: self.describe().0,
                    reason,
                }),
            },
            Az => Box::new(AzureCli::new(setup)),
            Azd => Box::new(AzureDeveloperCli::new(setup)),
            Device => Box::new(DeviceCode::new(setup)?),
            Github => Box::new(github::application(setup)?),
            Token => Box::new(ReadyToken::given(setup)?),
        };
        Ok(vec![source])
    }
}

impl FromStr for SignInMethod {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|method| method.describe().0 == name)
            .ok_or("unknown sign-in method")
    }
}

/// The sources to try, in order: one, or for [`SignInMethod::Auto`] all that are set up here, and
/// for the record those that are not.
///
/// # Errors
/// [`SetupError`].
pub fn sources(
    method: SignInMethod,
    options: &SignInOptions,
    environment: &Environment,
) -> Result<Vec<Box<dyn TokenSource>>, SetupError> {
    let setup = Setup {
        options,
        environment,
    };
    setup.check(&[])?;
    // A given token needs none of the variables that the others read.
    if method != Auto {
        setup.check(method.variables())?;
    }
    method.sources(&setup, false)
}

/// A given token, or else the order of [`AUTO`].
fn auto(setup: &Setup<'_>) -> Result<Vec<Box<dyn TokenSource>>, SetupError> {
    match Token.sources(setup, false) {
        Err(SetupError::Missing(_)) => {
            setup.check(Auto.variables())?;
            chain(setup)
        }
        token => token,
    }
}

/// `AZURE_TOKEN_CREDENTIALS` narrows the order as it does for the SDKs.
fn chain(setup: &Setup<'_>) -> Result<Vec<Box<dyn TokenSource>>, SetupError> {
    let wanted = setup.get("AZURE_TOKEN_CREDENTIALS");
    let wanted = wanted.map(str::to_ascii_lowercase);
    let is_wanted = |name: &str, is_tool: bool| match wanted.as_deref() {
        None => true,
        Some("prod") => !is_tool,
        Some("dev") => is_tool,
        Some(wanted) => wanted == name,
    };
    let is_only = |name: &str| wanted.as_deref() == Some(name);
    let mut found: Vec<Box<dyn TokenSource>> = Vec::new();
    for (method, name, is_tool) in AUTO {
        if !is_wanted(name, is_tool) {
            continue;
        }
        match method.sources(setup, !is_only(name)) {
            Err(SetupError::Missing(names)) => found.push(Box::new(Skipped {
                name: method.describe().0,
                reason: format!("not set: {names}"),
            })),
            sources => found.extend(sources?),
        }
    }
    match found.is_empty() {
        true => Err(SetupError::UnknownCredential),
        false => Ok(found),
    }
}

/// A source that was considered and is not available.
#[derive(Debug)]
struct Skipped {
    name: &'static str,
    reason: String,
}

impl TokenSource for Skipped {
    fn name(&self) -> &'static str {
        self.name
    }

    fn token<'a>(&'a self, _: &'a Transport, _: &'a TokenRequest) -> Pending<'a> {
        let error = CredentialError::unavailable(&self.reason);
        Box::pin(std::future::ready(Err(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::Cloud;

    /// The sources, or the error, as `Debug` shows them.
    fn found(
        method: SignInMethod,
        options: SignInOptions,
        variables: &[(&str, &str)],
    ) -> Result<Vec<Box<dyn TokenSource>>, String> {
        let variables = variables.iter();
        let environment: Environment = variables
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        sources(method, &options, &environment).map_err(|error| format!("{error:?}"))
    }

    fn names(sources: &[Box<dyn TokenSource>]) -> Vec<&'static str> {
        sources.iter().map(|source| source.name()).collect()
    }

    /// What the first source says of its application.
    #[track_caller]
    fn first(options: SignInOptions, variables: &[(&str, &str)], authority: &str, tenant: &str) {
        let sources = found(Auto, options, variables).unwrap();
        let key = format!("{:?}", sources[0].cache_key().unwrap());
        for expected in [authority, tenant, "\"client\": \"c\"", "client-secret"] {
            assert!(key.contains(expected), "{key} has no {expected}");
        }
    }

    const PUBLIC: &str = "https://login.microsoftonline.com";
    const APP: [(&str, &str); 3] = [
        ("AZURE_TENANT_ID", "t"),
        ("AZURE_CLIENT_ID", "c"),
        ("AZURE_CLIENT_SECRET", "secret-of-some-length"),
    ];

    #[test]
    fn options_before_environment_before_defaults() {
        let options = SignInOptions::default;
        first(options(), &APP, PUBLIC, "\"tenant\": \"t\"");
        let named = SignInOptions {
            tenant: Some("flag".into()),
            ..options()
        };
        first(named, &APP, PUBLIC, "\"tenant\": \"flag\"");
        let china = || SignInOptions {
            cloud: Cloud::China,
            ..options()
        };
        first(china(), &APP, "https://login.chinacloudapi.cn", "t");
        let own = [&APP[..], &[("AZURE_AUTHORITY_HOST", "https://l.example")]].concat();
        first(china(), &own, "https://l.example", "t");
        let odd = [&APP[..], &[("AZURE_AUTHORITY_HOST", "http://l.example")]].concat();
        assert!(
            found(Auto, options(), &odd)
                .unwrap_err()
                .contains("Authority")
        );

        let token = [&APP[..], &[("KVCERT_ACCESS_TOKEN", "x")]].concat();
        assert_eq!(names(&found(Auto, options(), &token).unwrap()), ["token"]);
        let one = found(Variables, options(), &token).unwrap();
        assert_eq!(names(&one), ["environment"]);
        let odd = [("KVCERT_ACCESS_TOKEN", "two words")];
        let refused = found(Auto, options(), &odd).unwrap_err();
        assert!(refused.contains("Blanks"), "{refused}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let missing = |method, variables: &[(&str, &str)]| {
            found(method, SignInOptions::default(), variables).unwrap_err()
        };
        let both = "AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH)";
        assert_eq!(
            missing(Variables, &APP[1..]),
            "Missing(\"AZURE_TENANT_ID (or `--tenant`)\")"
        );
        let empty = [APP[0], APP[1], ("AZURE_CLIENT_SECRET", "")];
        assert_eq!(missing(Variables, &empty), format!("Missing(\"{both}\")"));
        assert_eq!(missing(Token, &APP), "Missing(\"KVCERT_ACCESS_TOKEN\")");
        assert_eq!(
            missing(Workload, &APP),
            "Missing(\"AZURE_FEDERATED_TOKEN_FILE\")"
        );
        assert!(missing(Github, &APP).contains("id-token: write"));
        let skipped = found(Auto, SignInOptions::default(), &APP[..2]).unwrap();
        assert!(format!("{:?}", skipped[0]).contains(both), "{skipped:?}");
        for tenant in ["-x", "a/b"] {
            let refused = missing(Auto, &[("AZURE_TENANT_ID", tenant)]);
            assert!(refused.contains("NotATenant"), "{refused}");
        }
    }

    #[test]
    fn the_order_and_what_narrows_it() {
        let chain = |wanted: &str| {
            let variables = [&APP[..], &[("AZURE_TOKEN_CREDENTIALS", wanted)]].concat();
            names(&found(Auto, SignInOptions::default(), &variables).unwrap())
        };
        let deployed = ["environment", "workload-identity", "managed-identity"];
        let tools = ["azure-cli", "azd"];
        assert_eq!(chain(""), [&deployed[..], &tools].concat());
        assert_eq!(chain("prod"), deployed);
        assert_eq!(chain("dev"), tools);
        assert_eq!(chain("AzureCliCredential"), ["azure-cli"]);
        assert_eq!(chain("azuredeveloperclicredential"), ["azd"]);
        assert_eq!(chain("EnvironmentCredential"), ["environment"]);
        assert_eq!(chain("ManagedIdentityCredential"), ["managed-identity"]);
        let odd = [("AZURE_TOKEN_CREDENTIALS", "VisualStudioCodeCredential")];
        let refused = found(Auto, SignInOptions::default(), &odd).unwrap_err();
        assert_eq!(refused, "UnknownCredential");
    }

    #[test]
    fn a_certificate_is_second_to_a_secret() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/pem/pkcs8-rsa.pem");
        let file = ("AZURE_CLIENT_CERTIFICATE_PATH", file);
        let both = [&APP[..], &[file]].concat();
        first(SignInOptions::default(), &both, PUBLIC, "t");
        let one = found(Auto, SignInOptions::default(), &[APP[0], APP[1], file]).unwrap();
        let key = format!("{:?}", one[0].cache_key());
        assert!(key.contains("client-certificate"), "{key}");
        let nowhere = [APP[0], APP[1], (file.0, "/nowhere/c.pem")];
        let refused = found(Auto, SignInOptions::default(), &nowhere).unwrap_err();
        assert!(refused.contains("Unreadable"), "{refused}");
    }

    #[test]
    fn debug_shows_no_secret() {
        let token = "eyJ0eXAi.token-of-some-length.sig";
        let variables = [&[("KVCERT_ACCESS_TOKEN", token)], &APP[..]].concat();
        for variables in [&variables[..], &variables[1..]] {
            let found = found(Auto, SignInOptions::default(), variables).unwrap();
            let shown = format!("{found:?} {found:#?}");
            assert!(
                !shown.contains(token) && !shown.contains(APP[2].1),
                "{shown}"
            );
        }
    }
}
