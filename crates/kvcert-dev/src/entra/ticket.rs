//! What a client or a browser carries from one step of a sign-in to the next: signed by us, so that
//! nothing has to be remembered.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

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
pub(crate) struct Redeemed(Mutex<HashMap<String, i64>>);

impl Redeemed {
    /// Notes that a code was redeemed. False: it was before.
    pub(crate) fn note(&self, ticket: &Ticket, now: i64) -> bool {
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|_, until| *until > now);
        codes.insert(ticket.id.clone(), ticket.exp).is_none()
    }
}
