//! What the ways to sign in are set up from: the caller's options, and the environment.

use std::collections::HashMap;
use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use kvcert_pki::content_error::ContentError;
use kvcert_pki::sensitive::Sensitive;

use super::access_token::BearerToken;
use super::application::{Application, Proof};
use super::authority::Authority;
use super::pasted_token::InvalidToken;
use super::setting::InvalidSetting;
use super::signer::AssertionError;
use crate::cloud::Cloud;
use crate::given::Given;

/// A snapshot of environment variables, which the caller takes: the library reads none. Values may
/// be secret, so `Debug` shows none.
#[derive(Default)]
pub struct Environment {
    variables: HashMap<String, String>,
    secrets: Vec<String>,
}

impl Environment {
    /// A variable as it is set, which may be empty.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// A variable; empty is as good as unset.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.value(name).filter(|value| !value.is_empty())
    }

    /// The same, where these variables hold secrets, too: the passwords that flags name.
    #[must_use]
    pub fn with_secrets(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.secrets.extend(names);
        self
    }

    /// The variables that hold secrets of the caller's own. Programs that it starts do not get them.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let named = self.secrets.iter().map(String::as_str);
        SECRETS.into_iter().chain(named)
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self {
            variables: variables.into_iter().collect(),
            secrets: Vec::new(),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} variables)", self.variables.len())
    }
}

/// Secrets that sign in.
const SECRETS: [&str; 6] = [
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "KVCERT_ACCESS_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "IDENTITY_HEADER",
    "MSI_SECRET",
];

/// What the caller says about signing in. It goes before the environment.
#[derive(Default)]
pub struct SignInOptions {
    /// The cloud, which has the sign-in authority.
    pub cloud: Cloud,
    /// The tenant: a GUID or a domain.
    pub tenant: Option<String>,
    /// The client id of the application, or of the managed identity.
    pub client_id: Option<String>,
    /// The managed identity, if it is not the machine's own.
    pub identity: Option<UserAssigned>,
    /// A bearer token obtained elsewhere.
    pub token: Option<BearerToken>,
    /// Tells a person what to do; without it nobody can be asked.
    pub prompt: Option<Prompt>,
}

/// Tells a person what to do.
pub type Prompt = Arc<dyn Fn(&str) + Send + Sync>;

impl SignInOptions {
    /// The sign-in authority: the cloud's, unless `AZURE_AUTHORITY_HOST` names another.
    ///
    /// # Errors
    /// [`SetupError::Authority`].
    pub fn authority(&self, environment: &Environment) -> Result<Authority, SetupError> {
        let own = environment.get("AZURE_AUTHORITY_HOST");
        let text = own.unwrap_or_else(|| self.cloud.endpoints().authority);
        text.parse().map_err(|problem| SetupError::Authority {
            // With a scheme, so that a password before the host is recognised and not shown.
            text: match text.contains("://") {
                true => text.to_owned(),
                false => format!("https://{text}"),
            },
            problem,
        })
    }
}

/// Why a way to sign in cannot be set up.
#[derive(Debug)]
pub enum SetupError {
    /// These variables are not set.
    Missing(String),
    /// A variable or flag holds something else than it should.
    Setting(InvalidSetting),
    /// `AZURE_AUTHORITY_HOST` is not an authority.
    Authority {
        /// What it is.
        text: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// `AZURE_TOKEN_CREDENTIALS` names a way that is not known.
    UnknownCredential,
    /// The given token cannot be a bearer token.
    Token {
        /// The variable, or the file of a flag.
        place: String,
        /// What is wrong with it.
        problem: InvalidToken,
    },
    /// `ACTIONS_ID_TOKEN_REQUEST_URL` is not a URL.
    JobUrl,
    /// The file of `AZURE_CLIENT_CERTIFICATE_PATH` cannot be used.
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: CertificateProblem,
    },
}

/// What is wrong with a certificate that should sign in.
#[derive(Debug)]
pub enum CertificateProblem {
    /// The file cannot be read.
    Unreadable(std::io::Error),
    /// There is no certificate with a key in it.
    Content(ContentError),
    /// Its key cannot sign.
    Key(AssertionError),
}

impl From<InvalidSetting> for SetupError {
    fn from(error: InvalidSetting) -> Self {
        Self::Setting(error)
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(names) => write!(f, "not set: {names}"),
            Self::Setting(error) => error.fmt(f),
            Self::Authority { text, problem } => {
                let text = Given::from(text.as_str());
                write!(f, "{text} is not a valid sign-in authority: {problem}")
            }
            Self::UnknownCredential => {
                f.write_str("AZURE_TOKEN_CREDENTIALS names a credential that is not known")
            }
            Self::Token { place, problem } => {
                write!(f, "no access token: {place} {problem}")
            }
            Self::JobUrl => f.write_str("ACTIONS_ID_TOKEN_REQUEST_URL is not a URL"),
            Self::Certificate { path, .. } => {
                write!(f, "cannot sign in with {}", Given::from(path.as_path()))
            }
        }
    }
}

impl Error for SetupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Certificate { problem, .. } => Some(match problem {
                CertificateProblem::Unreadable(error) => error,
                CertificateProblem::Content(error) => error,
                CertificateProblem::Key(error) => error,
            }),
            Self::Missing(_)
            | Self::Setting(_)
            | Self::Authority { .. }
            | Self::UnknownCredential
            | Self::Token { .. }
            | Self::JobUrl => None,
        }
    }
}

/// What a way to sign in may look at.
pub(crate) struct Setup<'a> {
    pub(super) options: &'a SignInOptions,
    pub(super) environment: &'a Environment,
}

impl Setup<'_> {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.environment.get(name)
    }

    pub(super) fn secret(&self, name: &str) -> Sensitive<String> {
        Sensitive::new(self.get(name).unwrap_or_default().to_owned())
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }

    pub(super) fn search_path(&self) -> OsString {
        self.get("PATH").unwrap_or_default().into()
    }

    fn tenant(&self) -> Option<&str> {
        let option = self.options.tenant.as_deref();
        option.or_else(|| self.get("AZURE_TENANT_ID"))
    }

    pub(super) fn client_id(&self) -> Option<&str> {
        let option = self.options.client_id.as_deref();
        option.or_else(|| self.get("AZURE_CLIENT_ID"))
    }

    /// Checks the tenant, and the variables that a way to sign in reads.
    pub(super) fn check(&self, variables: &[&'static str]) -> Result<(), SetupError> {
        let tenant = match self.options.tenant.as_deref() {
            Some(tenant) => Some(("`--tenant`", tenant)),
            None => (self.get("AZURE_TENANT_ID")).map(|tenant| ("AZURE_TENANT_ID", tenant)),
        };
        if let Some((name, tenant)) = tenant {
            InvalidSetting::check_tenant(name, tenant)?;
        }
        for &name in variables {
            let value = self.get(name).unwrap_or_default();
            match name {
                "AZURE_CLIENT_SECRET" => InvalidSetting::check_secret(name, value)?,
                _ => InvalidSetting::check(name, value)?,
            }
        }
        Ok(())
    }

    /// The application, whose proof is still to be added, if that and what else the way `needs` is set.
    pub(super) fn application<const N: usize>(
        &self,
        needs: [(&str, Option<&str>); N],
    ) -> Result<Application, SetupError> {
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
            (Some(tenant), Some(client_id)) if missing.is_empty() => {
                self.application_of(tenant, client_id)
            }
            _ => Err(SetupError::Missing(missing.join(", "))),
        }
    }

    /// The application that people sign in to: the developer tools', in any tenant, unless another is
    /// named.
    pub(super) fn public_application(&self) -> Result<Application, SetupError> {
        let tenant = self.tenant().unwrap_or(ANY_TENANT);
        self.application_of(tenant, self.client_id().unwrap_or(DEVELOPER_TOOLS))
    }

    fn application_of(&self, tenant: &str, client_id: &str) -> Result<Application, SetupError> {
        Ok(Application {
            authority: self.options.authority(self.environment)?,
            tenant: tenant.to_owned(),
            client_id: client_id.to_owned(),
            proof: Proof::None,
        })
    }
}

/// The public client that Microsoft's developer tools share.
pub const DEVELOPER_TOOLS: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
/// Whatever tenant with work or school accounts the person belongs to.
pub const ANY_TENANT: &str = "organizations";

/// A user-assigned identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserAssigned {
    /// By client id.
    Client(String),
    /// By object (principal) id.
    Object(String),
    /// By resource id, `/subscriptions/…`.
    Resource(String),
}

impl FromStr for UserAssigned {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("/subscriptions/") {
            return Ok(Self::Resource(text.to_owned()));
        }
        let (kind, id) = match text.strip_prefix("object:") {
            Some(id) => (Self::Object as fn(String) -> Self, id),
            None => (Self::Client as fn(String) -> Self, text),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if id.is_empty() || !id.bytes().all(plain) {
            return Err("an identity is a client id, `object:` and an object id, or a resource id");
        }
        Ok(kind(id.to_owned()))
    }
}

impl fmt::Display for UserAssigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(id) => write!(f, "with the client id `{id}`"),
            Self::Object(id) => write!(f, "with the object id `{id}`"),
            Self::Resource(id) => write!(f, "`{id}`"),
        }
    }
}
