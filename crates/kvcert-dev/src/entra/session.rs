//! What is remembered from one step of a sign-in to the next. Tickets are carried by the client or
//! the browser, signed by us, so that nothing has to be remembered for them but their use.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::expiring::Expiring;
use super::refusal::{REVIEW, Refusal};

/// An authorization code, a refresh token, or what the page of a sign-in sends back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Ticket {
    /// What the ticket is for, so that none is taken for another.
    pub(crate) ticket: Kind,
    pub(crate) id: String,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    /// The person, once there is one.
    #[serde(default)]
    pub(crate) user: String,
    #[serde(default)]
    pub(crate) redirect_uri: String,
    #[serde(default)]
    pub(crate) challenge: String,
    /// The challenge is the verifier itself, not its hash.
    #[serde(default)]
    pub(crate) plain_challenge: bool,
    #[serde(default)]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) nonce: String,
    #[serde(default)]
    pub(crate) response_mode: String,
    pub(crate) exp: i64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    #[default]
    Page,
    Code,
    Refresh,
}

/// The codes that were redeemed already, as long as they could be redeemed again.
#[derive(Debug, Default)]
pub(crate) struct Redeemed(Mutex<Expiring<()>>);

impl Redeemed {
    /// Notes that a code was redeemed. False: it was before.
    pub(crate) fn note(&self, ticket: &Ticket, now: i64) -> bool {
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes
            .insert(ticket.id.clone(), (), ticket.exp, now)
            .is_none()
    }
}

/// What a person said on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Who it was, by identifier.
    Allowed(String),
    Declined,
}

/// The programs that wait for a person, by the code that the person types in.
#[derive(Debug, Default)]
pub(crate) struct Devices(Mutex<Expiring<Device>>);

/// A program that waits for a person.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    /// What the program itself polls with.
    pub(crate) device_code: String,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    pub(crate) until: i64,
    pub(crate) answer: Option<Decision>,
}

impl Devices {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Expiring<Device>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The assertions that were used, as long as they could be used again.
///
/// MSAL for Python sends one assertion with several requests, so what counts as a replay is the
/// same request again, or the same identifier in another assertion.
#[derive(Debug, Default)]
pub(crate) struct UsedAssertions(Mutex<Expiring<Use>>);

#[derive(Debug)]
struct Use {
    assertion: [u8; 32],
    requests: HashSet<[u8; 32]>,
}

impl UsedAssertions {
    /// Notes the use of an assertion in a request.
    pub(crate) fn expect_new(
        &self,
        jti: &str,
        assertion: &str,
        request: &[u8],
        until: i64,
        now: i64,
    ) -> Result<(), Refusal> {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let request = Sha256::digest(request).into();
        let assertion = Sha256::digest(assertion).into();
        let Some(one) = used.get_mut(jti) else {
            let requests = HashSet::from([request]);
            let first = Use {
                assertion,
                requests,
            };
            used.insert(jti.to_owned(), first, until, now);
            return Ok(());
        };
        let is_new = one.assertion == assertion
            && one.requests.len() < MOST_REQUESTS
            && one.requests.insert(request);
        if !is_new {
            let message = format!(
                "Client assertion was used before: its 'jti' claim '{jti}' must be new. {REVIEW}"
            );
            return Err(Refusal::client(50012, &message));
        }
        Ok(())
    }
}

/// So many requests may have one assertion.
const MOST_REQUESTS: usize = 100;
