//! What the sign-in knows: the directory, its keys, and what it remembers between requests.

use std::sync::Arc;

use kvcert_pki::sensitive::Sensitive;
use serde::Serialize;

use super::refusal::Refusal;
use super::session::{Devices, Redeemed, UsedAssertions};
use super::start_code::StartCode;
use crate::directory::Directory;
use crate::tokens::signer::Signer;
use crate::tokens::ticket_key::TicketKey;
use crate::tokens::token_key::TokenSigner;

/// The sign-in.
#[derive(Debug)]
pub(crate) struct Entra {
    pub(crate) directory: Arc<Directory>,
    /// Signs access tokens and identity tokens, which anyone can check.
    pub(crate) tokens: Arc<TokenSigner>,
    /// Signs tickets, which only the sign-in itself reads.
    pub(crate) tickets: Signer<TicketKey>,
    /// What people type in, as nobody has a password.
    pub(crate) start_code: StartCode,
    pub(crate) used: UsedAssertions,
    pub(crate) redeemed: Redeemed,
    pub(crate) devices: Devices,
}

impl Entra {
    /// The sign-in to the directory's tenant.
    pub(crate) fn new(directory: Arc<Directory>, tokens: Arc<TokenSigner>) -> anyhow::Result<Self> {
        let key = TicketKey::new(directory.tenant.signing_key.expose())?;
        Ok(Self {
            directory,
            tokens,
            tickets: Signer::new(key),
            start_code: StartCode::new()?,
            used: UsedAssertions::default(),
            redeemed: Redeemed::default(),
            devices: Devices::default(),
        })
    }

    /// Signs an access token or an identity token.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> anyhow::Result<Sensitive<String>> {
        self.tokens.get()?.sign(claims)
    }

    /// Is this a tenant that people can sign in to?
    pub(crate) fn expect_tenant(&self, tenant: &str) -> Result<(), Refusal> {
        if ANY_TENANT.contains(&tenant) || self.directory.tenant.is_called(tenant) {
            return Ok(());
        }
        let message = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and \
             are signing into the correct cloud. Check with your subscription administrator, this \
             may happen if there are no active subscriptions for the tenant."
        );
        Err(Refusal::request(90002, &message))
    }

    /// Is it ours by name? An application belongs to a tenant, and signs in there only.
    pub(crate) fn expect_own_tenant(&self, tenant: &str) -> Result<(), Refusal> {
        if self.directory.tenant.is_called(tenant) {
            return Ok(());
        }
        let message = "The grant type is not supported over the /common or /consumers endpoints. \
                       Please use the /organizations or tenant-specific endpoint.";
        Err(Refusal::request(9001023, message))
    }
}

/// Stand for whatever tenant a person is in.
const ANY_TENANT: [&str; 2] = ["common", "organizations"];
