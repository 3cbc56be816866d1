//! What a client or a browser carries from one step of a sign-in to the next: signed by us, so that
//! nothing has to be remembered.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// An authorization code, a refresh token, or what the page of a sign-in sends back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Ticket {
    /// What the ticket is for, so that none is taken for another.
    pub(super) ticket: Kind,
    pub(super) id: String,
    pub(super) client_id: String,
    pub(super) scope: String,
    /// The person, once there is one.
    #[serde(default)]
    pub(super) user: String,
    #[serde(default)]
    pub(super) redirect_uri: String,
    #[serde(default)]
    pub(super) challenge: String,
    /// The challenge is the verifier itself, not its hash.
    #[serde(default)]
    pub(super) plain_challenge: bool,
    #[serde(default)]
    pub(super) state: String,
    #[serde(default)]
    pub(super) nonce: String,
    #[serde(default)]
    pub(super) response_mode: String,
    pub(super) exp: i64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    #[default]
    Page,
    Code,
    Refresh,
}

/// The codes that were redeemed already, as long as they could be redeemed again.
#[derive(Debug, Default)]
pub(super) struct Redeemed(Mutex<HashMap<String, i64>>);

impl Redeemed {
    /// Notes that a code was redeemed. False: it was before.
    pub(super) fn note(&self, ticket: &Ticket, now: i64) -> bool {
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|_, until| *until > now);
        codes.insert(ticket.id.clone(), ticket.exp).is_none()
    }
}
