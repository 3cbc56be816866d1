//! [`AzureDeveloperCli`]: the sign-in of the Azure Developer CLI, `azd`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::access_token::{AccessToken, BearerToken};
use super::error::CredentialError;
use super::program::Program;
use super::setup::Setup;
use super::token_source::{Pending, TokenRequest, TokenSource};
use crate::transport::Transport;

/// The account signed in to the Azure Developer CLI.
#[derive(Debug)]
pub struct AzureDeveloperCli {
    program: Program,
    tenant: Option<String>,
}

impl AzureDeveloperCli {
    /// Without a tenant it uses its own default.
    pub(super) fn new(setup: &Setup<'_>) -> Self {
        let not_signed_in = &["not logged in"];
        Self {
            program: Program::new("azd", setup, "azd auth login", not_signed_in),
            tenant: setup.options.tenant.clone(),
        }
    }

    async fn ask(
        &self,
        transport: &Transport,
        request: &TokenRequest,
    ) -> Result<AccessToken, CredentialError> {
        let scope = request.scope();
        let mut arguments = vec!["auth", "token", "--output", "json", "--no-prompt"];
        arguments.extend(["--scope", &scope]);
        let tenant = self.tenant.as_ref().or(request.audience.tenant.as_ref());
        if let Some(tenant) = tenant {
            arguments.extend(["--tenant-id", tenant]);
        }
        let claims = request
            .claims
            .as_ref()
            .map(|claims| STANDARD.encode(claims));
        if let Some(claims) = &claims {
            arguments.extend(["--claims", claims]);
        }
        self.program.token::<Output>(&arguments, transport).await
    }
}

impl TokenSource for AzureDeveloperCli {
    fn name(&self) -> &'static str {
        "azd"
    }

    fn may_fail(&self) -> bool {
        true
    }

    // Its tokens are not cached: who is signed in to it is stored in several places, and it is quick.

    fn token<'a>(&'a self, transport: &'a Transport, request: &'a TokenRequest) -> Pending<'a> {
        Box::pin(self.ask(transport, request))
    }
}

/// What `azd auth token` prints.
#[derive(Deserialize)]
struct Output {
    token: BearerToken,
    #[serde(rename = "expiresOn")]
    expires_on: Option<String>,
}

impl From<Output> for AccessToken {
    fn from(output: Output) -> Self {
        let end = output.expires_on;
        match end.and_then(|end| OffsetDateTime::parse(&end, &Rfc3339).ok()) {
            Some(end) => Self::expiring(output.token, end.into()),
            None => Self::given(output.token),
        }
    }
}
