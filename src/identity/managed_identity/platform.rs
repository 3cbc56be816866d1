//! Which platform this is, by the environment, and which of its identities is meant.

use std::fmt;
use std::path::{Path, PathBuf};

use super::ManagedIdentity;
use crate::identity::setup::{Setup, UserAssigned};

/// A platform with managed identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// App Service, Functions, Container Apps.
    AppService,
    /// A server elsewhere, run through Azure Arc.
    AzureArc,
    /// Azure Machine Learning.
    AzureMl,
    /// Azure Cloud Shell.
    CloudShell,
    /// A virtual machine, with its instance metadata service.
    Imds,
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AppService => "App Service",
            Self::AzureArc => "Azure Arc",
            Self::AzureMl => "Azure ML",
            Self::CloudShell => "Cloud Shell",
            Self::Imds => "IMDS",
        })
    }
}

impl ManagedIdentity {
    /// The platform that this is; with `probe`, IMDS is asked briefly whether it is there. The
    /// error is why no platform can be asked.
    pub(crate) fn new(setup: &Setup<'_>, probe: bool) -> Result<Self, String> {
        let (platform, endpoint) = platform(setup)?;
        let secret = match platform {
            Platform::AppService => Some("IDENTITY_HEADER"),
            Platform::AzureMl => Some("MSI_SECRET"),
            _ => None,
        };
        Ok(Self {
            platform,
            // One that is not safe to ask is refused.
            endpoint: (endpoint.parse())
                .map_err(|problem| format!("{platform}'s endpoint is refused: {problem}"))?,
            secret: secret.map(|name| setup.secret(name)),
            arc_keys: arc_keys(setup),
            identity: identity(setup, platform),
            probe,
        })
    }
}

/// The platform and its endpoint; the order of these tests is that of the SDKs.
fn platform(setup: &Setup<'_>) -> Result<(Platform, String), String> {
    let get = |name| setup.get(name);
    let (endpoint, header) = (get("IDENTITY_ENDPOINT"), get("IDENTITY_HEADER"));
    if endpoint.is_some() && header.is_some() && get("IDENTITY_SERVER_THUMBPRINT").is_some() {
        return Err(String::from(
            "kvcert does not know Service Fabric's identities",
        ));
    }
    Ok(match (endpoint, get("MSI_ENDPOINT")) {
        (Some(endpoint), _) if header.is_some() => (Platform::AppService, endpoint.to_owned()),
        (Some(endpoint), _) if get("IMDS_ENDPOINT").is_some() => {
            (Platform::AzureArc, endpoint.to_owned())
        }
        (_, Some(endpoint)) if get("MSI_SECRET").is_some() => {
            (Platform::AzureMl, endpoint.to_owned())
        }
        (_, Some(endpoint)) => (Platform::CloudShell, endpoint.to_owned()),
        _ => match get("AZURE_POD_IDENTITY_AUTHORITY_HOST") {
            None if Path::new(ARC_AGENT).exists() => {
                (Platform::AzureArc, format!("{ARC_AGENT_HOST}{TOKEN_PATH}"))
            }
            base => {
                let base = base.unwrap_or(IMDS_HOST).trim_end_matches('/');
                (Platform::Imds, format!("{base}{TOKEN_PATH}"))
            }
        },
    })
}

/// AZURE_CLIENT_ID means an identity too, but not where there can be only one.
fn identity(setup: &Setup<'_>, platform: Platform) -> Option<UserAssigned> {
    if let Some(identity) = &setup.options.identity {
        return Some(identity.clone());
    }
    match platform {
        Platform::AzureArc | Platform::CloudShell => None,
        _ => setup
            .client_id()
            .map(|id| UserAssigned::Client(id.to_owned())),
    }
}

fn arc_keys(setup: &Setup<'_>) -> PathBuf {
    match setup.path("ProgramData") {
        Some(folder) if cfg!(windows) => folder.join("AzureConnectedMachineAgent").join("Tokens"),
        _ => "/var/opt/azcmagent/tokens".into(),
    }
}

const TOKEN_PATH: &str = "/metadata/identity/oauth2/token";
const IMDS_HOST: &str = "http://169.254.169.254";
const ARC_AGENT: &str = "/opt/azcmagent/bin/himds";
const ARC_AGENT_HOST: &str = "http://localhost:40342";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::setup::{Environment, SignInOptions};

    fn found(
        options: SignInOptions,
        variables: &[(&str, &str)],
    ) -> Result<ManagedIdentity, String> {
        let variables = variables.iter();
        let environment: Environment = variables
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        let setup = Setup {
            options: &options,
            environment: &environment,
        };
        ManagedIdentity::new(&setup, false)
    }

    #[test]
    fn identities_have_three_names() {
        let check = |text: &str, expected| assert_eq!(text.parse().ok(), expected, "{text}");
        check("1-a", Some(UserAssigned::Client("1-a".into())));
        check("object:1-a", Some(UserAssigned::Object("1-a".into())));
        let id = "/subscriptions/s/resourcegroups/g/providers/x";
        check(id, Some(UserAssigned::Resource(id.into())));
        check("", None);
        check("object:", None);
        check("a&b", None);
    }

    #[test]
    fn the_environment_tells_the_platform() {
        let check = |names: &[&str], platform, endpoint: &str| {
            let url = "http://127.0.0.1:1/x";
            let variables: Vec<_> = names.iter().map(|name| (*name, url)).collect();
            let found = found(SignInOptions::default(), &variables).unwrap();
            assert_eq!(found.platform, platform, "{names:?}");
            assert_eq!(found.endpoint.url().as_str(), endpoint, "{names:?}");
            assert_eq!(found.identity, None);
        };
        let url = "http://127.0.0.1:1/x";
        let (endpoint, header) = ("IDENTITY_ENDPOINT", "IDENTITY_HEADER");
        check(&[endpoint, header], Platform::AppService, url);
        check(&[endpoint, "IMDS_ENDPOINT"], Platform::AzureArc, url);
        let (msi, secret) = ("MSI_ENDPOINT", "MSI_SECRET");
        check(&[msi, secret], Platform::AzureMl, url);
        check(&[msi], Platform::CloudShell, url);
        check(&[], Platform::Imds, &format!("{IMDS_HOST}{TOKEN_PATH}"));
        let base = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
        check(&[base], Platform::Imds, &format!("{url}{TOKEN_PATH}"));

        let fabric = [endpoint, header, "IDENTITY_SERVER_THUMBPRINT"].map(|name| (name, url));
        let refused = found(SignInOptions::default(), &fabric).unwrap_err();
        assert!(refused.contains("Service Fabric"), "{refused}");
        let refused = found(SignInOptions::default(), &[(msi, "http://evil.example")]).unwrap_err();
        assert!(refused.contains("endpoint is refused"), "{refused}");
    }

    #[test]
    fn the_client_id_names_an_identity_where_there_are_several() {
        let identity =
            |options, variables: &[(&str, &str)]| found(options, variables).unwrap().identity;
        let id = ("AZURE_CLIENT_ID", "c");
        let client = Some(UserAssigned::Client("c".into()));
        assert_eq!(identity(SignInOptions::default(), &[id]), client);
        let shell = [id, ("MSI_ENDPOINT", "http://127.0.0.1:1/x")];
        assert_eq!(identity(SignInOptions::default(), &shell), None);
        let object = Some(UserAssigned::Object("o".into()));
        let options = SignInOptions {
            identity: object.clone(),
            ..SignInOptions::default()
        };
        assert_eq!(identity(options, &[id]), object);
    }
}
