//! [`Client`]: an application of a tenant, as Entra's token endpoint knows it.

use std::time::SystemTime;

use kvcert_pki::sensitive::Sensitive;

use super::AccessToken;
use super::assertion::Assertor;
use super::authority::Authority;
use super::entra::{self, Grant, Granted, Proof};
use super::token_error::TokenError;
use crate::transport::Transport;

/// An application that gets tokens.
///
/// ```no_run
/// use kvcert::{
///     certified_key::CertifiedKey,
///     identity::{Assertor, Client, Identity},
///     transport::{Transport, TransportOptions},
/// };
///
/// # async fn example(certified: CertifiedKey) -> anyhow::Result<()> {
/// let client = Client {
///     authority: "https://login.microsoftonline.com".parse().map_err(anyhow::Error::msg)?,
///     tenant: String::from("contoso.onmicrosoft.com"),
///     client_id: String::from("11111111-2222-3333-4444-555555555555"),
///     identity: Identity::Certificate(Assertor::local(&certified)?),
/// };
/// let transport = Transport::new(&TransportOptions::default())?;
/// let token = client.token(&transport, "https://graph.microsoft.com/.default").await?;
/// println!("a token of {} characters", token.expose().len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Client {
    /// Who signs it in.
    pub authority: Authority,
    /// The tenant: a GUID or a verified domain.
    pub tenant: String,
    /// The application (client) id.
    pub client_id: String,
    /// How it proves who it is.
    pub identity: Identity,
}

/// How an application proves who it is.
#[derive(Debug)]
pub enum Identity {
    /// Not at all: it is on people's machines, where nothing can be kept from them.
    Public,
    /// With a client secret.
    Secret(Sensitive<String>),
    /// With a certificate's key.
    Certificate(Assertor),
    /// With a token of an issuer that the application trusts (workload identity federation).
    Federated(Sensitive<String>),
}

impl Client {
    /// A token in the application's own name, for a scope such as
    /// `https://graph.microsoft.com/.default`.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn token(
        &self,
        transport: &Transport,
        scope: &str,
    ) -> Result<AccessToken, TokenError> {
        let granted = self.request(transport, scope, Grant::ClientCredentials);
        Ok(granted.await?.token)
    }

    /// A token by any grant.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn request(
        &self,
        transport: &Transport,
        scope: &str,
        grant: Grant<'_>,
    ) -> Result<Granted, TokenError> {
        let assertion = match &self.identity {
            Identity::Certificate(assertor) => {
                let endpoint = self.authority.token_endpoint(&self.tenant);
                let now = SystemTime::now();
                let made = assertor.assertion(&self.client_id, endpoint.as_str(), now);
                Some(made.await?)
            }
            _ => None,
        };
        let proof = match &self.identity {
            Identity::Public => None,
            Identity::Secret(secret) => Some(Proof::Secret(secret)),
            Identity::Certificate(_) => assertion.as_ref().map(Proof::Assertion),
            Identity::Federated(token) => Some(Proof::Assertion(token)),
        };
        let request = entra::Request {
            tenant: &self.tenant,
            client_id: &self.client_id,
            scope,
            grant,
            proof,
            claims: None,
        };
        entra::request(transport, &self.authority, &request).await
    }
}
