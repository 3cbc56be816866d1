//! [`Target`]: the one certificate that a command changes.

use kvcert::vault::VaultClient;
use kvcert::vault::address::{CertificateRef, ObjectName};

use crate::failure::{Failure, usage};
use crate::session::Session;

/// A certificate by its name, and the vault it is in, or will be.
pub(super) struct Target {
    pub(super) client: VaultClient,
    pub(super) name: ObjectName,
}

impl Target {
    pub(super) fn new(text: &str, session: &Session) -> Result<Self, Failure> {
        let certificate = CertificateRef::parse(text, session.cloud())?;
        if certificate.version.is_some() {
            return Err(usage::version_given(certificate.name));
        }
        let client = session.vault(certificate.vault.as_ref())?;
        let name = certificate.name;
        Ok(Self { client, name })
    }

    /// Says what was being done when something failed.
    pub(super) fn failed(&self, verb: &str) -> impl Fn(Failure) -> Failure + use<> {
        let what = format!("cannot {verb} `{}` in {}", self.name, self.client.vault());
        move |failure| failure.context(what.clone())
    }
}
