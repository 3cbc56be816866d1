//! Which ways to sign in there are, by flags and environment.
//!
//! The `AZURE_*`, `IDENTITY_*` and `MSI_*` variables mean what they mean to the official SDKs.

use std::path::PathBuf;

use kvcert::cloud::Cloud;
use kvcert::identity::{Platform, UserAssigned};

use super::Environment;
use crate::cli::{AuthArg, Global};
use crate::failure::{Failure, Reason};

/// A way to sign in; where a secret is to be found, not the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SignIn {
    /// A bearer token from this file.
    TokenFile(PathBuf),
    /// A bearer token from `KVCERT_ACCESS_TOKEN`.
    TokenVariable,
    /// The client secret in `AZURE_CLIENT_SECRET`.
    ClientSecret(App),
    /// The certificate that `AZURE_CLIENT_CERTIFICATE_PATH` names; its password is in
    /// `AZURE_CLIENT_CERTIFICATE_PASSWORD`, if it has one.
    ClientCertificate {
        /// The application.
        app: App,
        /// The certificate and its key.
        file: PathBuf,
        /// Send the certificates along.
        send_chain: bool,
    },
    /// A Kubernetes service account.
    WorkloadIdentity {
        /// The application.
        app: App,
        /// The service account's token.
        token_file: PathBuf,
    },
    /// The identity of the machine or service that this is.
    ManagedIdentity {
        /// What it is.
        platform: Platform,
        /// Where its tokens come from.
        endpoint: String,
        /// The identity, if it is not the machine's own.
        identity: Option<UserAssigned>,
        /// Look first, briefly, whether it is there.
        probe: bool,
    },
    /// `az`, in this tenant.
    AzureCli(Option<String>),
    /// `azd`, in this tenant.
    Azd(Option<String>),
    /// A person with a browser.
    DeviceCode(App),
    /// A job of GitHub Actions.
    GitHub {
        /// The application.
        app: App,
        /// Where the job's token comes from.
        url: String,
    },
    /// A way that was considered and is not configured.
    PassedOver {
        /// The way.
        way: &'static str,
        /// What is missing.
        reason: String,
    },
}

/// An application, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct App {
    /// The authority's URL or host.
    pub(crate) authority: String,
    /// The tenant.
    pub(crate) tenant: String,
    /// The client id.
    pub(crate) client_id: String,
}

/// The ways to try, in order.
pub(crate) fn ways(
    flags: &Global,
    environment: &Environment,
    cloud: Cloud,
) -> Result<Vec<SignIn>, Failure> {
    let found = Finder {
        flags,
        environment,
        cloud,
    };
    found.check_flags()?;
    let explicit = |way: Result<SignIn, String>| {
        way.map(|way| vec![way]).map_err(|missing| {
            Failure::message(Reason::NoCredential, "cannot sign in as asked")
                .with_hint(format!("set {missing}"))
        })
    };
    match flags.auth.unwrap_or(AuthArg::Auto) {
        AuthArg::Token => explicit(
            found
                .token()
                .ok_or_else(|| String::from("KVCERT_ACCESS_TOKEN, or give `--token-file FILE`")),
        ),
        AuthArg::Environment => explicit(found.application_with_proof()),
        AuthArg::WorkloadIdentity => explicit(found.workload_identity()),
        AuthArg::ManagedIdentity => Ok(vec![found.managed_identity(false)]),
        AuthArg::AzureCli => Ok(vec![SignIn::AzureCli(flags.tenant.clone())]),
        AuthArg::Azd => Ok(vec![SignIn::Azd(flags.tenant.clone())]),
        AuthArg::DeviceCode => Ok(vec![found.device_code()]),
        AuthArg::Github => explicit(found.github()),
        AuthArg::Auto => match found.token() {
            Some(token) => Ok(vec![token]),
            None => found.chain(),
        },
    }
}

/// Looks for each way.
struct Finder<'a> {
    flags: &'a Global,
    environment: &'a Environment,
    cloud: Cloud,
}

impl Finder<'_> {
    fn check_flags(&self) -> Result<(), Failure> {
        self.tenant().map_or(Ok(()), check_tenant)
    }

    /// The order of the official SDKs; `AZURE_TOKEN_CREDENTIALS` narrows it as it does there.
    fn chain(&self) -> Result<Vec<SignIn>, Failure> {
        let deployed = || {
            vec![
                or_passed_over("environment", self.application_with_proof()),
                or_passed_over("workload-identity", self.workload_identity()),
                self.managed_identity(true),
            ]
        };
        let tenant = || self.flags.tenant.clone();
        let tools = || vec![SignIn::AzureCli(tenant()), SignIn::Azd(tenant())];
        let wanted = self.environment.get("AZURE_TOKEN_CREDENTIALS");
        Ok(match wanted.map(str::to_ascii_lowercase).as_deref() {
            None => [deployed(), tools()].concat(),
            Some("prod") => deployed(),
            Some("dev") => tools(),
            Some("environmentcredential") => deployed().drain(..1).collect(),
            Some("workloadidentitycredential") => deployed().drain(1..2).collect(),
            Some("managedidentitycredential") => vec![self.managed_identity(false)],
            Some("azureclicredential") => tools().drain(..1).collect(),
            Some("azuredeveloperclicredential") => tools().drain(1..).collect(),
            Some(_) => {
                let message = "AZURE_TOKEN_CREDENTIALS names no way that kvcert knows";
                return Err(Failure::message(Reason::UnknownCredential, message)
                    .with_hint("unset it, or choose a way with `--auth`"));
            }
        })
    }

    fn token(&self) -> Option<SignIn> {
        if let Some(file) = &self.flags.token_file {
            return Some(SignIn::TokenFile(file.clone()));
        }
        let variable = self.environment.get("KVCERT_ACCESS_TOKEN");
        variable.map(|_| SignIn::TokenVariable)
    }

    fn tenant(&self) -> Option<&str> {
        let flag = self.flags.tenant.as_deref();
        flag.or_else(|| self.environment.get("AZURE_TENANT_ID"))
    }

    fn client_id(&self) -> Option<&str> {
        let flag = self.flags.client_id.as_deref();
        flag.or_else(|| self.environment.get("AZURE_CLIENT_ID"))
    }

    /// The application, and what else the way needs; or the names of what is missing.
    fn app<const N: usize>(&self, needs: [(&str, Option<&str>); N]) -> Result<App, String> {
        let (tenant, client_id) = (self.tenant(), self.client_id());
        let ours = [
            ("AZURE_TENANT_ID (or `--tenant`)", tenant),
            ("AZURE_CLIENT_ID (or `--client-id`)", client_id),
        ];
        let all = ours.into_iter().chain(needs);
        let missing: Vec<&str> = all
            .filter_map(|(name, value)| value.is_none().then_some(name))
            .collect();
        match (tenant, client_id) {
            (Some(tenant), Some(client_id)) if missing.is_empty() => Ok(App {
                authority: authority_of(self.cloud, self.environment),
                tenant: tenant.to_owned(),
                client_id: client_id.to_owned(),
            }),
            _ => Err(missing.join(", ")),
        }
    }

    fn application_with_proof(&self) -> Result<SignIn, String> {
        let secret = self.environment.get("AZURE_CLIENT_SECRET");
        let certificate = self.environment.get("AZURE_CLIENT_CERTIFICATE_PATH");
        let proof = "AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH)";
        let app = self.app([(proof, secret.or(certificate))])?;
        let Some(file) = certificate.filter(|_| secret.is_none()) else {
            return Ok(SignIn::ClientSecret(app));
        };
        let send_chain = self.environment.get("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN");
        Ok(SignIn::ClientCertificate {
            app,
            file: file.into(),
            send_chain: send_chain
                .is_some_and(|text| text == "1" || text.eq_ignore_ascii_case("true")),
        })
    }

    fn workload_identity(&self) -> Result<SignIn, String> {
        let variable = "AZURE_FEDERATED_TOKEN_FILE";
        let file = self.environment.get(variable);
        Ok(SignIn::WorkloadIdentity {
            app: self.app([(variable, file)])?,
            token_file: file.unwrap_or_default().into(),
        })
    }

    fn github(&self) -> Result<SignIn, String> {
        let variable = |name| (name, self.environment.get(name));
        let url = variable("ACTIONS_ID_TOKEN_REQUEST_URL");
        let token = variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN");
        let app = self.app([url, token]).map_err(|missing| {
            format!("{missing}; the job needs `permissions: id-token: write`")
        })?;
        Ok(SignIn::GitHub {
            app,
            url: url.1.unwrap_or_default().to_owned(),
        })
    }

    /// Any tenant, and the application of the developer tools, unless told otherwise.
    fn device_code(&self) -> SignIn {
        SignIn::DeviceCode(App {
            authority: authority_of(self.cloud, self.environment),
            tenant: self.tenant().unwrap_or("organizations").to_owned(),
            client_id: self.client_id().unwrap_or(DEVELOPER_TOOLS).to_owned(),
        })
    }

    /// Which platform this is: the order of these tests is that of the SDKs.
    fn managed_identity(&self, probe: bool) -> SignIn {
        let get = |name| self.environment.get(name);
        let (endpoint, header) = (get("IDENTITY_ENDPOINT"), get("IDENTITY_HEADER"));
        if endpoint.is_some() && header.is_some() && get("IDENTITY_SERVER_THUMBPRINT").is_some() {
            return SignIn::PassedOver {
                way: "managed-identity",
                reason: String::from("kvcert does not know Service Fabric's identities"),
            };
        }
        let (platform, endpoint) = match (endpoint, get("MSI_ENDPOINT")) {
            (Some(endpoint), _) if header.is_some() => (Platform::AppService, endpoint.to_owned()),
            (Some(endpoint), _) if get("IMDS_ENDPOINT").is_some() => {
                (Platform::AzureArc, endpoint.to_owned())
            }
            (_, Some(endpoint)) if get("MSI_SECRET").is_some() => {
                (Platform::AzureMl, endpoint.to_owned())
            }
            (_, Some(endpoint)) => (Platform::CloudShell, endpoint.to_owned()),
            _ => {
                let base = get("AZURE_POD_IDENTITY_AUTHORITY_HOST").unwrap_or(IMDS);
                let base = base.trim_end_matches('/');
                (
                    Platform::Imds,
                    format!("{base}/metadata/identity/oauth2/token"),
                )
            }
        };
        SignIn::ManagedIdentity {
            platform,
            endpoint,
            identity: self.identity(platform),
            probe,
        }
    }

    /// AZURE_CLIENT_ID means an identity too, but not where there can be only one.
    fn identity(&self, platform: Platform) -> Option<UserAssigned> {
        if let Some(identity) = &self.flags.identity {
            return Some(identity.clone());
        }
        match platform {
            Platform::AzureArc | Platform::CloudShell => None,
            _ => self
                .client_id()
                .map(|id| UserAssigned::Client(id.to_owned())),
        }
    }
}

/// The authority's URL or host: the cloud's, unless `AZURE_AUTHORITY_HOST` names another.
pub(crate) fn authority_of(cloud: Cloud, environment: &Environment) -> String {
    let own = environment.get("AZURE_AUTHORITY_HOST");
    own.unwrap_or_else(|| cloud.endpoints().authority)
        .to_owned()
}

/// A tenant becomes a part of a URL, and an argument of programs.
///
/// # Errors
/// It is none.
pub(crate) fn check_tenant(tenant: &str) -> Result<(), Failure> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    if !tenant.is_empty() && tenant.bytes().all(plain) && !tenant.starts_with(['-', '.']) {
        return Ok(());
    }
    let message = "a tenant is a GUID or a domain";
    Err(Failure::message(Reason::NoCredential, message)
        .with_hint("look at `--tenant` and AZURE_TENANT_ID"))
}

fn or_passed_over(way: &'static str, found: Result<SignIn, String>) -> SignIn {
    found.unwrap_or_else(|missing| SignIn::PassedOver {
        way,
        reason: format!("not set: {missing}"),
    })
}

const IMDS: &str = "http://169.254.169.254";
/// The public client that Microsoft's developer tools share.
pub(crate) const DEVELOPER_TOOLS: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

#[cfg(test)]
#[path = "discovery_tests.rs"]
mod tests;
