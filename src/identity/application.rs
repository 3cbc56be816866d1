//! [`Application`]: an application of a tenant, as Entra knows it, and how it proves its identity.

use std::fmt;
use std::pin::Pin;

use kvcert_pki::certificate::Certificate;
use kvcert_pki::sensitive::Sensitive;
use kvcert_pki::validity;

use super::access_token::AccessToken;
use super::assertion::Assertor;
use super::authority::Authority;
use super::cache::CacheKey;
use super::entra::{self, ClientAuthentication, Grant, Granted};
use super::error::CredentialError;
use super::token_source::{Pending, TokenRequest, TokenSource};
use crate::transport::Transport;

/// An application that gets tokens.
///
/// ```no_run
/// use kvcert::{
///     identity::{Application, Assertor, Proof},
///     pki::certified_key::CertifiedKey,
///     transport::{Transport, TransportOptions},
/// };
///
/// # async fn example(certified: CertifiedKey) -> anyhow::Result<()> {
/// let application = Application {
///     authority: "https://login.microsoftonline.com".parse().map_err(anyhow::Error::msg)?,
///     tenant: String::from("contoso.onmicrosoft.com"),
///     client_id: String::from("11111111-2222-3333-4444-555555555555"),
///     proof: Proof::Certificate(Assertor::local(&certified)?),
/// };
/// let transport = Transport::new(&TransportOptions::default())?;
/// let token = application.token(&transport, "https://graph.microsoft.com/.default").await?;
/// println!("a token of {} characters", token.expose().len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Application {
    /// The sign-in authority.
    pub authority: Authority,
    /// The tenant: a GUID or a verified domain.
    pub tenant: String,
    /// The application (client) id.
    pub client_id: String,
    /// How it proves its identity.
    pub proof: Proof,
}

/// How an application proves its identity.
#[derive(Debug)]
pub enum Proof {
    /// It does not: it is a public client, on people's machines, where nothing can be kept from them.
    None,
    /// A client secret.
    Secret(Sensitive<String>),
    /// A certificate, whose key signs an assertion: in memory, or in its vault.
    Certificate(Assertor),
    /// An assertion that was signed already, and for which certificate: its key is gone from memory.
    Signed {
        /// The assertion.
        assertion: Sensitive<String>,
        /// The certificate.
        leaf: Box<Certificate>,
    },
    /// A token of an issuer that the application trusts (workload identity federation).
    Federated(Box<dyn FederatedToken>),
}

/// Gets tokens of an issuer that applications trust.
pub trait FederatedToken: fmt::Debug + Send + Sync {
    /// The name of this way to sign in.
    fn name(&self) -> &'static str;

    /// What else tokens for the application depend on.
    fn cache_key(&self, application: CacheKey) -> CacheKey {
        application
    }

    /// Gets a token. It lives for minutes, so each exchange gets a new one.
    fn fetch<'a>(&'a self, transport: &'a Transport) -> Fetching<'a>;
}

/// A federated token, later.
pub type Fetching<'a> =
    Pin<Box<dyn Future<Output = Result<Sensitive<String>, CredentialError>> + Send + 'a>>;

impl Proof {
    /// The certificate, if it is one.
    pub fn leaf(&self) -> Option<&Certificate> {
        match self {
            Self::Certificate(assertor) => Some(assertor.leaf()),
            Self::Signed { leaf, .. } => Some(leaf),
            Self::None | Self::Secret(_) | Self::Federated(_) => None,
        }
    }
}

impl Application {
    /// The same application with its assertion signed now, and without its key. It can ask for tokens as
    /// long as the assertion is valid: some minutes.
    ///
    /// # Errors
    /// [`CredentialError::Assertion`].
    pub async fn signed(self) -> Result<Self, CredentialError> {
        let Proof::Certificate(assertor) = &self.proof else {
            return Ok(self);
        };
        let proof = Proof::Signed {
            assertion: self.sign(assertor).await?,
            leaf: Box::new(assertor.leaf().clone()),
        };
        Ok(Self { proof, ..self })
    }

    async fn sign(&self, assertor: &Assertor) -> Result<Sensitive<String>, CredentialError> {
        let endpoint = self.authority.token_endpoint(&self.tenant);
        let now = validity::clock();
        let made = assertor.assertion(&self.client_id, endpoint.as_str(), now);
        Ok(made.await?)
    }

    /// A token in the application's own name, for a scope such as
    /// `https://graph.microsoft.com/.default`.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub async fn token(
        &self,
        transport: &Transport,
        scope: &str,
    ) -> Result<AccessToken, CredentialError> {
        let granted = self.request(transport, scope, Grant::ClientCredentials);
        Ok(granted.await?.token)
    }

    /// A token by any grant.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub async fn request(
        &self,
        transport: &Transport,
        scope: &str,
        grant: Grant<'_>,
    ) -> Result<Granted, CredentialError> {
        self.request_with(transport, scope, grant, None).await
    }

    async fn request_with(
        &self,
        transport: &Transport,
        scope: &str,
        grant: Grant<'_>,
        claims: Option<&str>,
    ) -> Result<Granted, CredentialError> {
        let assertion = match &self.proof {
            Proof::None | Proof::Secret(_) | Proof::Signed { .. } => None,
            Proof::Certificate(assertor) => Some(self.sign(assertor).await?),
            Proof::Federated(issuer) => Some(issuer.fetch(transport).await?),
        };
        let authentication = match &self.proof {
            Proof::Secret(secret) => Some(ClientAuthentication::Secret(secret)),
            Proof::Signed { assertion, .. } => Some(ClientAuthentication::Assertion(assertion)),
            _ => assertion.as_ref().map(ClientAuthentication::Assertion),
        };
        let request = entra::Request {
            tenant: &self.tenant,
            client_id: &self.client_id,
            scope,
            grant,
            authentication,
            claims,
        };
        Ok(entra::request(transport, &self.authority, &request).await?)
    }

    /// What all its tokens depend on; `way` tells apart what it can prove itself with.
    pub(super) fn cache_key_by(&self, way: &str) -> CacheKey {
        CacheKey::new(way)
            .with("authority", &self.authority)
            .with("tenant", &self.tenant)
            .with("client", &self.client_id)
    }

    /// A GUID and a domain cannot be compared; two of a kind can.
    fn check_tenant(&self, request: &TokenRequest) -> Result<(), CredentialError> {
        match &request.audience.tenant {
            Some(theirs)
                if self.tenant.len() == theirs.len()
                    && !self.tenant.eq_ignore_ascii_case(theirs) =>
            {
                Err(CredentialError::OtherTenant {
                    ours: self.tenant.clone(),
                    theirs: theirs.clone(),
                })
            }
            _ => Ok(()),
        }
    }
}

impl TokenSource for Application {
    fn name(&self) -> &'static str {
        match &self.proof {
            Proof::Federated(issuer) => issuer.name(),
            _ => "environment",
        }
    }

    fn cache_key(&self) -> Option<CacheKey> {
        match &self.proof {
            // A signed assertion is for one sign-in.
            Proof::None | Proof::Signed { .. } => None,
            Proof::Secret(_) => Some(self.cache_key_by("client-secret")),
            Proof::Certificate(assertor) => {
                let key = self.cache_key_by("client-certificate");
                Some(key.with("certificate", hex::encode(assertor.leaf().sha256())))
            }
            Proof::Federated(issuer) => Some(issuer.cache_key(self.cache_key_by(issuer.name()))),
        }
    }

    fn token<'a>(&'a self, transport: &'a Transport, request: &'a TokenRequest) -> Pending<'a> {
        Box::pin(async move {
            self.check_tenant(request)?;
            self.authority.check(&request.audience.resource)?;
            let (scope, claims) = (request.scope(), request.claims.as_deref());
            let grant = Grant::ClientCredentials;
            let granted = self.request_with(transport, &scope, grant, claims);
            Ok(granted.await?.token)
        })
    }
}

/// Whether this can be a tenant, a GUID or a domain: it becomes a part of a URL, and an argument of
/// programs.
pub fn is_tenant(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    !text.is_empty() && text.bytes().all(plain) && !text.starts_with(['-', '.'])
}
