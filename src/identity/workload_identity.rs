//! `workload-identity`: a Kubernetes service account, which an application trusts.

use std::io;
use std::path::PathBuf;

use kvcert_pki::sensitive::Sensitive;

use super::access_token::BearerToken;
use super::application::{Application, FederatedToken, Fetching, Proof};
use super::cache::CacheKey;
use super::error::CredentialError;
use super::file;
use super::setup::{Setup, SetupError};
use crate::transport::Transport;

/// The token of a service account. The cluster keeps it fresh in this file, so it is read anew for
/// each exchange.
#[derive(Debug)]
pub struct ServiceAccount(pub PathBuf);

pub(super) fn application(setup: &Setup<'_>) -> Result<Application, SetupError> {
    let variable = "AZURE_FEDERATED_TOKEN_FILE";
    let application = setup.application([(variable, setup.get(variable))])?;
    let account = ServiceAccount(setup.path(variable).unwrap_or_default());
    Ok(Application {
        proof: Proof::Federated(Box::new(account)),
        ..application
    })
}

impl FederatedToken for ServiceAccount {
    fn name(&self) -> &'static str {
        "workload-identity"
    }

    fn cache_key(&self, application: CacheKey) -> CacheKey {
        application.with("account", self.0.display())
    }

    fn fetch<'a>(&'a self, _: &'a Transport) -> Fetching<'a> {
        let read = self.read().map_err(|source| CredentialError::File {
            file: String::from("the file that AZURE_FEDERATED_TOKEN_FILE names"),
            source,
        });
        Box::pin(std::future::ready(read))
    }
}

impl ServiceAccount {
    fn read(&self) -> io::Result<Sensitive<String>> {
        let bytes = file::read(&self.0, MAX_TOKEN)?;
        let odd = |what| io::Error::new(io::ErrorKind::InvalidData, what);
        let token = std::str::from_utf8(&bytes).map_err(|_| odd("it is not text"))?;
        let token = BearerToken::try_from(token.trim().to_owned());
        let token = token.map_err(|_| odd("it does not hold a token"))?;
        Ok(token.into_sensitive())
    }
}

/// A service account's token has some 1.5 kB.
const MAX_TOKEN: usize = 64 * 1024;
