//! [`DeviceCode`]: a person signs in with a browser, on this machine or another.
//! See "OAuth 2.0 device authorization grant flow on the Microsoft identity platform".

use std::{fmt, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::{Application, CredentialError, Pending, TokenRequest, Way};
use crate::{
    text::excerpt,
    token::{
        AccessToken,
        cache::CacheKey,
        entra::{self, TokenError},
    },
    transport::Transport,
};

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
        } = &self.application;
        let form = [
            ("client_id", client_id.as_str()),
            ("scope", &request.scope()),
        ];
        let code = entra::device_code(transport, authority, tenant, form).await?;
        (self.prompt)(&excerpt(&code.message, 500));
        let end = Instant::now() + Duration::from_secs(code.expires_in.min(LONGEST));
        let mut interval = Duration::from_secs(code.interval.unwrap_or(5).clamp(1, 60));
        loop {
            sleep(interval).await;
            if Instant::now() >= end {
                return Err(ended(EXPIRED));
            }
            match entra::redeem(transport, authority, tenant, client_id, &code).await {
                Ok(token) => return Ok(token),
                Err(error) => match answer(&error) {
                    Answer::NotYet => {}
                    Answer::SlowDown => interval += Duration::from_secs(5),
                    Answer::Ended(why) => return Err(ended(why)),
                    Answer::Failed => return Err(error.into()),
                },
            }
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

/// What an answer without a token means (RFC 8628 section 3.5).
enum Answer {
    NotYet,
    SlowDown,
    Ended(&'static str),
    Failed,
}

fn answer(error: &TokenError) -> Answer {
    let TokenError::Refused { error, .. } = error else {
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

fn ended(message: &'static str) -> CredentialError {
    CredentialError::DeviceCode { message }
}

const EXPIRED: &str = "the code expired before anyone signed in with it";
/// Seconds; Entra gives fifteen minutes.
const LONGEST: u64 = 1800;
