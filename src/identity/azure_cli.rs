//! [`AzureCli`]: the sign-in of the Azure CLI, `az`.

use std::path::PathBuf;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::access_token::{AccessToken, BearerToken, Number};
use super::cache::CacheKey;
use super::error::CredentialError;
use super::file;
use super::program::Program;
use super::setup::Setup;
use super::token_source::{Pending, TokenRequest, TokenSource};
use crate::transport::Transport;

/// The account signed in to the Azure CLI.
#[derive(Debug)]
pub struct AzureCli {
    program: Program,
    tenant: Option<String>,
    /// The file in which `az` notes who is signed in. It changes with each `az login`, so that a cached
    /// token is not used for someone else; without it no token is cached.
    profile: Option<PathBuf>,
}

impl AzureCli {
    /// Without a tenant it uses its own default.
    pub(super) fn new(setup: &Setup<'_>) -> Self {
        let home = || setup.path("HOME").or_else(|| setup.path("USERPROFILE"));
        let folder = setup.path("AZURE_CONFIG_DIR");
        let folder = folder.or_else(|| Some(home()?.join(".azure")));
        Self {
            program: Program::new(
                "az",
                setup,
                "az login",
                &[
                    "to setup account",
                    "to set up account",
                    "to access your accounts",
                ],
            ),
            tenant: setup.options.tenant.clone(),
            profile: folder.map(|folder| folder.join("azureProfile.json")),
        }
    }

    async fn ask(
        &self,
        transport: &Transport,
        request: &TokenRequest,
    ) -> Result<AccessToken, CredentialError> {
        if request.claims.is_some() {
            return Err(CredentialError::Claims { name: self.name() });
        }
        let audience = &request.audience;
        let mut arguments = vec!["account", "get-access-token", "--output", "json"];
        arguments.extend(["--resource", &audience.resource]);
        if let Some(tenant) = self.tenant.as_ref().or(audience.tenant.as_ref()) {
            arguments.extend(["--tenant", tenant]);
        }
        self.program.token::<Output>(&arguments, transport).await
    }
}

impl TokenSource for AzureCli {
    fn name(&self) -> &'static str {
        "azure-cli"
    }

    fn may_fail(&self) -> bool {
        true
    }

    fn cache_key(&self) -> Option<CacheKey> {
        let profile = file::read(self.profile.as_ref()?, MAX_PROFILE).ok()?;
        let key = CacheKey::new(self.name()).with("profile", hex::encode(Sha256::digest(&profile)));
        Some(match &self.tenant {
            Some(tenant) => key.with("tenant", tenant),
            None => key,
        })
    }

    fn token<'a>(&'a self, transport: &'a Transport, request: &'a TokenRequest) -> Pending<'a> {
        Box::pin(self.ask(transport, request))
    }
}

/// What `az account get-access-token` prints. Before 2.54 it tells the end only in local time
/// without a zone (`expiresOn`), which is as good as not at all.
#[derive(Deserialize)]
struct Output {
    #[serde(rename = "accessToken")]
    access_token: BearerToken,
    expires_on: Option<Number>,
}

impl From<Output> for AccessToken {
    fn from(output: Output) -> Self {
        match output.expires_on.and_then(|end| end.value()) {
            Some(end) => Self::until(output.access_token, end),
            None => Self::given(output.access_token),
        }
    }
}

/// A subscription takes some 500 bytes.
const MAX_PROFILE: usize = 4 << 20;
