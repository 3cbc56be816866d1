//! [`CertifiedKey`]: a private key, and the certificate that speaks for it.

use std::cmp::Reverse;
use std::collections::HashSet;

use crate::certificate::Certificate;
use crate::chain::{Chain, Finding};
use crate::content_error::ContentError;
use crate::friendly_name::FriendlyName;
use crate::key::PrivateKey;
use crate::validity::{self, Preference};

/// A private key with its certificate chain. It can only be built so that the leaf carries the
/// key's public key and the chain is in order; everything after this trusts it.
#[derive(Debug)]
pub struct CertifiedKey {
    chain: Chain,
    key: NamedKey,
    findings: Vec<Finding>,
}

/// A private key and what came with it.
#[derive(Debug)]
pub struct NamedKey {
    /// The key.
    pub key: PrivateKey,
    /// The friendly name.
    pub name: Option<FriendlyName>,
    /// What Windows adds in PKCS#12: which provider (CSP) keeps the key, and whether it is the
    /// machine's. Each is a DER `Attribute` (RFC 5958 section 2).
    pub windows_attributes: Vec<Vec<u8>>,
}

impl From<PrivateKey> for NamedKey {
    /// A key that came alone.
    fn from(key: PrivateKey) -> Self {
        Self {
            key,
            name: None,
            windows_attributes: Vec::new(),
        }
    }
}

impl CertifiedKey {
    /// Finds the leaf among `certificates`: the one with the key's public key, never the first,
    /// never the one with a name. Of several, the [preferred](crate::validity::Preference) one:
    /// valid now, then longest, whatever their order.
    ///
    /// # Errors
    /// [`ContentError::NoCertificate`], [`ContentError::KeyMismatch`] if none carries the key, or
    /// [`ContentError::OverLimit`].
    pub fn new(key: NamedKey, certificates: Vec<Certificate>) -> Result<Self, ContentError> {
        if certificates.is_empty() {
            return Err(ContentError::NoCertificate);
        }
        let now = validity::now();
        let mut seen = HashSet::new();
        let mut matching: Vec<&Certificate> = certificates.iter().collect();
        matching.retain(|it| it.public_key() == key.key.public_key() && seen.insert(it.der()));
        matching.sort_by_key(|c| Reverse((Preference::of(c, now), c.sha256())));
        let Some((leaf, others)) = matching.split_first() else {
            return Err(ContentError::KeyMismatch {
                key: key.key.public_key().to_string(),
                subjects: certificates.iter().map(|c| c.label().to_owned()).collect(),
            });
        };
        let findings = others
            .iter()
            .map(|other| Finding::same_key(other, now))
            .collect();
        let leaf = certificates
            .iter()
            .position(|certificate| certificate == *leaf);
        let chain = Chain::from_leaf(leaf.unwrap_or_default(), certificates)?;
        Ok(Self {
            chain,
            key,
            findings,
        })
    }

    /// Leaf, intermediates, and the root if it is there.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The private key.
    pub fn key(&self) -> &PrivateKey {
        &self.key.key
    }

    /// The private key, and what came with it.
    pub fn named_key(&self) -> &NamedKey {
        &self.key
    }

    /// What is worth telling about the certificates; none of it is an error.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().chain(self.chain.findings())
    }

    /// Lets go of the private key.
    pub fn into_chain(self) -> Chain {
        self.chain
    }
}
