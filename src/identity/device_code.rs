//! [`DeviceCode`]: a person signs in with a browser, on this machine or another.
//! See "OAuth 2.0 device authorization grant flow on the Microsoft identity platform".

use std::fmt;
use std::sync::Arc;

use super::cache::CacheKey;
use super::{
    AccessToken, Application, Client, CredentialError, Identity, Pending, TokenError, TokenRequest,
    Way,
};
use crate::transport::Transport;

/// A person, who is told what to do.
pub struct DeviceCode {
    application: Application,
    prompt: Prompt,
}

/// Tells the person.
pub type Prompt = Arc<dyn Fn(&str) + Send + Sync>;

impl DeviceCode {
    /// Signs a person in to this application.
    pub fn new(application: Application, prompt: Prompt) -> Self {
        Self {
            application,
            prompt,
        }
    }

    async fn ask(
        &self,
        transport: &Transport,
        request: &TokenRequest,
    ) -> Result<AccessToken, CredentialError> {
        if request.claims.is_some() {
            return Err(CredentialError::Claims { way: self.name() });
        }
        let Application {
            authority,
            tenant,
            client_id,
        } = self.application.clone();
        let client = Client {
            authority,
            tenant,
            client_id,
            identity: Identity::Public,
        };
        let scope = request.scope();
        let granted = client.by_device_code(transport, &scope, &*self.prompt);
        match granted.await {
            Ok(granted) => Ok(granted.token),
            Err(TokenError::Ended(message)) => Err(CredentialError::DeviceCode { message }),
            Err(error) => Err(error.into()),
        }
    }
}

impl Way for DeviceCode {
    fn name(&self) -> &'static str {
        "device-code"
    }

    fn cache_key(&self) -> Option<CacheKey> {
        Some(self.application.cache_key(self.name()))
    }

    fn token<'a>(&'a self, transport: &'a Transport, request: &'a TokenRequest) -> Pending<'a> {
        Box::pin(self.ask(transport, request))
    }
}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceCode")
            .field("application", &self.application)
            .finish_non_exhaustive()
    }
}
