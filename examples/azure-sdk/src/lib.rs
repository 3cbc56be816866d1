//! An application of kvcert as a credential of the Azure SDK for Rust: what `azure_identity` has as
//! `ClientCertificateCredential`, without OpenSSL, for PEM too, and for keys that stay in a vault.
//! A program that wants it copies this file. Tokens are cached until shortly before their end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use azure_core::credentials::{TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use kvcert::identity::{AccessToken, Application};
use kvcert::transport::Transport;
use tokio::sync::Mutex;

/// An application, for every client of the SDK.
#[derive(Debug)]
pub struct AzureCredential {
    application: Application,
    transport: Transport,
    tokens: Mutex<HashMap<String, Arc<AccessToken>>>,
}

impl AzureCredential {
    /// Signs in as this application.
    pub fn new(application: Application, transport: Transport) -> Self {
        Self {
            application,
            transport,
            tokens: Mutex::default(),
        }
    }

    async fn token(&self, scope: &str) -> azure_core::Result<Arc<AccessToken>> {
        // Held while signing in: whoever comes meanwhile waits for the same token.
        let mut tokens = self.tokens.lock().await;
        let soon = SystemTime::now() + AHEAD;
        if let Some(cached) = tokens.get(scope).filter(|cached| cached.fresh_at(soon)) {
            return Ok(Arc::clone(cached));
        }
        let asked = self.application.token(&self.transport, scope).await;
        let token = asked.map_err(|error| {
            let what = format!("no token for `{scope}`");
            azure_core::Error::with_error(ErrorKind::Credential, error, what)
        })?;
        let token = Arc::new(token);
        tokens.insert(scope.to_owned(), Arc::clone(&token));
        Ok(token)
    }
}

#[async_trait::async_trait]
impl TokenCredential for AzureCredential {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<azure_core::credentials::AccessToken> {
        let token = self.token(&scopes.join(" ")).await?;
        let end = token.not_after().unwrap_or_else(SystemTime::now);
        let value = token.expose().to_owned();
        Ok(azure_core::credentials::AccessToken::new(value, end.into()))
    }
}

/// The SDK asks again five minutes before a token's end.
const AHEAD: Duration = Duration::from_secs(300);
