//! Applications: Entra knows them by a client id, and they prove who they are with a client
//! secret, a certificate, or a token of an issuer that the application trusts.

use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use kvcert_pki::sensitive::Sensitive;

use super::authority::Authority;
use super::cache::CacheKey;
use super::entra::{self, Grant, Proof};
use super::{AccessToken, Assertor, CredentialError, Pending, TokenRequest, Way};
use crate::transport::Transport;

/// An application of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Who signs people in.
    pub authority: Authority,
    /// The tenant: a GUID or a verified domain.
    pub tenant: String,
    /// The application (client) id.
    pub client_id: String,
}

impl Application {
    /// Gets a token with client credentials (RFC 6749 section 4.4).
    pub(super) async fn token(
        &self,
        transport: &Transport,
        request: &TokenRequest,
        proof: Proof<'_>,
    ) -> Result<AccessToken, CredentialError> {
        self.check_tenant(request)?;
        let request = entra::Request {
            tenant: &self.tenant,
            client_id: &self.client_id,
            scope: &request.scope(),
            grant: Grant::ClientCredentials,
            proof: Some(proof),
            claims: request.claims.as_deref(),
        };
        let granted = entra::request(transport, &self.authority, &request).await?;
        Ok(granted.token)
    }

    pub(super) fn cache_key(&self, way: &str) -> CacheKey {
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

/// An application with a client secret.
#[derive(Debug)]
pub struct ClientSecret {
    /// The application.
    pub application: Application,
    /// The secret's value.
    pub secret: Sensitive<String>,
}

impl Way for ClientSecret {
    fn name(&self) -> &'static str {
        ENVIRONMENT
    }

    fn cache_key(&self) -> Option<CacheKey> {
        Some(self.application.cache_key("client-secret"))
    }

    fn token<'a>(&'a self, transport: &'a Transport, request: &'a TokenRequest) -> Pending<'a> {
        let proof = Proof::Secret(&self.secret);
        Box::pin(self.application.token(transport, request, proof))
    }
}

/// An application with a certificate, whose key signs an assertion.
#[derive(Debug)]
pub struct ClientCertificate {
    /// The application.
    pub application: Application,
    /// What signs with the certificate's key.
    pub assertor: Assertor,
}

impl Way for ClientCertificate {
    fn name(&self) -> &'static str {
        ENVIRONMENT
    }

    fn cache_key(&self) -> Option<CacheKey> {
        let key = self.application.cache_key("client-certificate");
        Some(key.with("certificate", hex::encode(self.assertor.leaf().sha256())))
    }

    fn token<'a>(&'a self, transport: &'a Transport, request: &'a TokenRequest) -> Pending<'a> {
        Box::pin(async move {
            let application = &self.application;
            let endpoint = application.authority.token_endpoint(&application.tenant);
            let now = SystemTime::now();
            let assertion = self
                .assertor
                .assertion(&application.client_id, endpoint.as_str(), now)
                .await?;
            let proof = Proof::Assertion(&assertion);
            application.token(transport, request, proof).await
        })
    }
}

/// A workload of Kubernetes, whose service account the application trusts. The cluster keeps the
/// account's token fresh in a file.
#[derive(Debug)]
pub struct WorkloadIdentity {
    /// The application.
    pub application: Application,
    /// The file with the service account's token.
    pub token_file: PathBuf,
}

impl Way for WorkloadIdentity {
    fn name(&self) -> &'static str {
        WORKLOAD_IDENTITY
    }

    fn cache_key(&self) -> Option<CacheKey> {
        let key = self.application.cache_key(WORKLOAD_IDENTITY);
        Some(key.with("account", self.token_file.display()))
    }

    fn token<'a>(&'a self, transport: &'a Transport, request: &'a TokenRequest) -> Pending<'a> {
        Box::pin(async move {
            // Read anew for each token: the cluster replaces it within the hour.
            let assertion = self.read().map_err(|source| CredentialError::File {
                path: self.token_file.clone(),
                source,
            })?;
            let proof = Proof::Assertion(&assertion);
            self.application.token(transport, request, proof).await
        })
    }
}

impl WorkloadIdentity {
    fn read(&self) -> io::Result<Sensitive<String>> {
        let bytes = super::file::read(&self.token_file, MAX_TOKEN)?;
        let odd = |what| io::Error::new(io::ErrorKind::InvalidData, what);
        let token = std::str::from_utf8(&bytes).map_err(|_| odd("it is no text"))?;
        let token = token.trim();
        if !AccessToken::is_bearer(token) {
            return Err(odd("it does not hold a token"));
        }
        Ok(Sensitive::new(token.to_owned()))
    }
}

pub(super) const ENVIRONMENT: &str = "environment";
pub(super) const WORKLOAD_IDENTITY: &str = "workload-identity";
/// A service account's token has some 1.5 kB.
const MAX_TOKEN: usize = 64 * 1024;
