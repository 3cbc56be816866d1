//! [`AzureCli`]: the sign-in of the Azure CLI, `az`.

use std::ffi::OsString;
use std::path::PathBuf;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::cache::CacheKey;
use super::program::Program;
use super::{AccessToken, CredentialError, Number, Pending, TokenRequest, Way};
use crate::transport::Transport;

/// Whoever is signed in to the Azure CLI.
#[derive(Debug)]
pub struct AzureCli {
    program: Program,
    tenant: Option<String>,
    profile: Option<PathBuf>,
}

impl AzureCli {
    /// `az`, found on this search path. Without a tenant it uses its own default.
    pub fn new(search_path: OsString, tenant: Option<String>) -> Self {
        let not_signed_in = &["az login", "az account set"];
        Self {
            program: Program::new("az", search_path, "az login", not_signed_in),
            tenant,
            profile: None,
        }
    }

    /// The same, with the file in which `az` notes who is signed in (`azureProfile.json`). It
    /// changes with each `az login`, so that a token that was kept is not taken for that of
    /// someone else; without it no token is kept.
    pub fn with_profile(self, profile: Option<PathBuf>) -> Self {
        Self { profile, ..self }
    }

    async fn ask(&self, request: &TokenRequest) -> Result<AccessToken, CredentialError> {
        if request.claims.is_some() {
            return Err(CredentialError::Claims { way: self.name() });
        }
        let audience = &request.audience;
        let mut arguments = vec!["account", "get-access-token", "--output", "json"];
        arguments.extend(["--resource", &audience.resource]);
        if let Some(tenant) = self.tenant.as_ref().or(audience.tenant.as_ref()) {
            arguments.extend(["--tenant", tenant]);
        }
        self.program.token::<Output>(&arguments).await
    }
}

impl Way for AzureCli {
    fn name(&self) -> &'static str {
        "azure-cli"
    }

    fn may_fail(&self) -> bool {
        true
    }

    fn cache_key(&self) -> Option<CacheKey> {
        let profile = super::file::read(self.profile.as_ref()?, MAX_PROFILE).ok()?;
        let key = CacheKey::new(self.name()).with("profile", hex::encode(Sha256::digest(&profile)));
        Some(match &self.tenant {
            Some(tenant) => key.with("tenant", tenant),
            None => key,
        })
    }

    fn token<'a>(&'a self, _: &'a Transport, request: &'a TokenRequest) -> Pending<'a> {
        Box::pin(self.ask(request))
    }
}

/// What `az account get-access-token` prints. Before 2.54 it tells the end only in local time
/// without a zone (`expiresOn`), which is as good as not at all.
#[derive(Deserialize)]
struct Output {
    #[serde(rename = "accessToken")]
    access_token: String,
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
