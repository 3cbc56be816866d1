//! [`AzureCredential`]: an application as a credential of the Azure SDK for Rust.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use azure_core::credentials::{TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use tokio::sync::Mutex;

use super::{AccessToken, Client};
use crate::transport::Transport;

/// An application, for clients of the Azure SDK: what `azure_identity` has as
/// `ClientCertificateCredential`, without OpenSSL, for PEM too, and for keys that stay in a vault.
/// Tokens are kept until shortly before their end.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use azure_core::credentials::TokenCredential;
/// use kvcert::{
///     identity::{AzureCredential, Client},
///     transport::{Transport, TransportOptions},
/// };
///
/// # async fn example(client: Client) -> Result<(), Box<dyn std::error::Error>> {
/// let transport = Transport::new(&TransportOptions::default())?;
/// let credential = Arc::new(AzureCredential::new(client, transport));
/// // … which every client of the SDK takes; by hand:
/// let token = credential.get_token(&["https://vault.azure.net/.default"], None).await?;
/// println!("good until {}", token.expires_on);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct AzureCredential {
    client: Client,
    transport: Transport,
    tokens: Mutex<HashMap<String, Arc<AccessToken>>>,
}

impl AzureCredential {
    /// Signs in as this application.
    pub fn new(client: Client, transport: Transport) -> Self {
        Self {
            client,
            transport,
            tokens: Mutex::default(),
        }
    }

    async fn token(&self, scope: &str) -> azure_core::Result<Arc<AccessToken>> {
        // Held while signing in: whoever comes meanwhile waits for the same token.
        let mut tokens = self.tokens.lock().await;
        let soon = SystemTime::now() + AHEAD;
        if let Some(kept) = tokens.get(scope).filter(|kept| kept.fresh_at(soon)) {
            return Ok(Arc::clone(kept));
        }
        let asked = self.client.token(&self.transport, scope).await;
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
