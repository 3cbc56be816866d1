//! `device-code`: a person signs in with a browser, on this machine or another, by typing in a code.
//! See "OAuth 2.0 device authorization grant flow on the Microsoft identity platform".

use std::fmt;
use std::time::Duration;

use kvcert_pki::text::excerpt;
use tokio::time::{Instant, sleep};

use super::application::Application;
use super::cache::CacheKey;
use super::entra::{self, Grant, Granted};
use super::error::CredentialError;
use super::setup::{Prompt, Setup, SetupError};
use super::token_error::TokenError;
use super::token_source::{Pending, TokenRequest, TokenSource};
use crate::transport::Transport;

impl Application {
    /// Has a person sign in, who is told what to do by `prompt`, and waits for that.
    ///
    /// # Errors
    /// [`CredentialError`]; [`CredentialError::NobodySignedIn`] if the person did not, or did not
    /// want to.
    pub async fn by_device_code(
        &self,
        transport: &Transport,
        scope: &str,
        prompt: &(dyn Fn(&str) + Send + Sync),
    ) -> Result<Granted, CredentialError> {
        let authority = &self.authority;
        let form = [("client_id", self.client_id.as_str()), ("scope", scope)];
        let asked = entra::device_code(transport, authority, &self.tenant, form);
        let code = asked.await?;
        prompt(&excerpt(&code.message, 500));
        let end = Instant::now() + Duration::from_secs(code.expires_in.min(LONGEST));
        let mut interval = Duration::from_secs(code.interval.unwrap_or(5).clamp(1, 60));
        loop {
            sleep(interval).await;
            if Instant::now() >= end {
                return Err(CredentialError::NobodySignedIn(EXPIRED));
            }
            let grant = Grant::DeviceCode(&code.device_code);
            let request = self.request(transport, scope, grant);
            match request.await {
                Ok(granted) => return Ok(granted),
                Err(error) => match answer(&error) {
                    Answer::NotYet => {}
                    Answer::SlowDown => interval += Duration::from_secs(5),
                    Answer::Ended(why) => return Err(CredentialError::NobodySignedIn(why)),
                    Answer::Failed => return Err(error),
                },
            }
        }
    }
}

/// What an answer without a token means (RFC 8628 section 3.5).
enum Answer {
    NotYet,
    SlowDown,
    Ended(&'static str),
    Failed,
}

fn answer(error: &CredentialError) -> Answer {
    let CredentialError::Authority(TokenError::Refused { error, .. }) = error else {
        return Answer::Failed;
    };
    match error.as_str() {
        "authorization_pending" => Answer::NotYet,
        "slow_down" => Answer::SlowDown,
        "authorization_declined" | "access_denied" => Answer::Ended("the sign-in was declined"),
        "expired_token" | "code_expired" => Answer::Ended(EXPIRED),
        _ => Answer::Failed,
    }
}

/// A person, who is told what to do.
pub struct DeviceCode {
    application: Application,
    prompt: Option<Prompt>,
}

impl DeviceCode {
    pub(super) fn new(setup: &Setup<'_>) -> Result<Self, SetupError> {
        Ok(Self {
            application: setup.public_application()?,
            prompt: setup.options.prompt.clone(),
        })
    }
}

impl TokenSource for DeviceCode {
    fn name(&self) -> &'static str {
        "device-code"
    }

    fn cache_key(&self) -> Option<CacheKey> {
        Some(self.application.cache_key_by(self.name()))
    }

    fn token<'a>(&'a self, transport: &'a Transport, request: &'a TokenRequest) -> Pending<'a> {
        Box::pin(async move {
            if request.claims.is_some() {
                return Err(CredentialError::Claims { name: self.name() });
            }
            let Some(prompt) = &self.prompt else {
                return Err(CredentialError::unavailable("there is nobody to ask"));
            };
            let scope = request.scope();
            let application = &self.application;
            application.authority.check(&request.audience.resource)?;
            let granted = application.by_device_code(transport, &scope, &**prompt);
            Ok(granted.await?.token)
        })
    }
}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceCode")
            .field("application", &self.application)
            .finish_non_exhaustive()
    }
}

const EXPIRED: &str = "the code expired before anyone signed in with it";
/// Seconds; Entra gives fifteen minutes.
const LONGEST: u64 = 1800;
