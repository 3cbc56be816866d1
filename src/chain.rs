//! [`Chain`]: certificates in order, leaf first.

mod finding;
mod signature;

pub use finding::Finding;
use signature::{Verdict, verify};

use crate::{certificate::Certificate, content_error::ContentError};

/// A leaf and the certificates that lead from it towards a root, each signed by the next.
///
/// Order comes from issuer names *and* signatures, never from the order in the input. What is no
/// part of the leaf's chain is kept apart, in [`strangers`](Self::strangers).
#[derive(Debug, Clone)]
pub struct Chain {
    certificates: Vec<Certificate>,
    strangers: Vec<Certificate>,
    findings: Vec<Finding>,
}

impl Chain {
    /// Orders `certificates` from the one at index `leaf` upwards.
    pub(crate) fn from_leaf(leaf: usize, mut certificates: Vec<Certificate>) -> Self {
        let leaf = certificates.remove(leaf);
        let mut chain = Self {
            certificates: vec![leaf],
            strangers: Vec::new(),
            findings: Vec::new(),
        };
        let mut pool = chain.without_duplicates(certificates);
        chain.climb(&mut pool);
        let unrelated = pool.iter().map(Finding::stranger);
        chain.findings.extend(unrelated);
        chain.strangers = pool;
        chain
    }

    /// Orders certificates that came without a private key. The leaf is the one that issued none
    /// of the others; where that leaves several, the only one that is not self-signed.
    ///
    /// # Errors
    /// [`ContentError::NoCertificate`], or [`ContentError::AmbiguousLeaf`].
    pub fn without_key(certificates: Vec<Certificate>) -> Result<Self, ContentError> {
        let issued_none = |candidate: &Certificate| {
            !certificates
                .iter()
                .any(|other| other != candidate && is_issuer(candidate, other))
        };
        let mut candidates: Vec<usize> = Vec::new();
        for (index, certificate) in certificates.iter().enumerate() {
            let seen = certificates[..index].contains(certificate);
            if !seen && issued_none(certificate) {
                candidates.push(index);
            }
        }
        if candidates.len() > 1 {
            let foreign = |index: &usize| !is_self_signed(&certificates[*index]);
            let issued: Vec<_> = candidates.iter().copied().filter(foreign).collect();
            if issued.len() == 1 {
                candidates = issued;
            }
        }
        match candidates[..] {
            [leaf] => Ok(Self::from_leaf(leaf, certificates)),
            _ if certificates.is_empty() => Err(ContentError::NoCertificate),
            _ => Err(ContentError::AmbiguousLeaf {
                subjects: certificates.iter().map(|c| c.label().to_owned()).collect(),
            }),
        }
    }

    /// The leaf: the certificate that all this is about.
    pub fn leaf(&self) -> &Certificate {
        &self.certificates[0]
    }

    /// Leaf, intermediates, and the root if it is there.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Certificates that came along but are no part of the leaf's chain.
    pub fn strangers(&self) -> &[Certificate] {
        &self.strangers
    }

    /// What is worth telling about the certificates; none of it is an error.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether the chain ends in a self-signed certificate.
    pub fn reaches_root(&self) -> bool {
        self.certificates.last().is_some_and(is_self_signed)
    }

    fn without_duplicates(&mut self, certificates: Vec<Certificate>) -> Vec<Certificate> {
        let mut pool: Vec<Certificate> = Vec::with_capacity(certificates.len());
        for certificate in certificates {
            if certificate == *self.leaf() || pool.contains(&certificate) {
                self.findings.push(Finding::duplicate(&certificate));
            } else {
                pool.push(certificate);
            }
        }
        pool
    }

    /// Moves issuers from `pool` to the chain until a root is reached or the next one is missing.
    fn climb(&mut self, pool: &mut Vec<Certificate>) {
        while let Some(top) = self.certificates.last() {
            if is_self_signed(top) {
                return;
            }
            let issuers: Vec<usize> = (0..pool.len())
                .filter(|index| is_issuer(&pool[*index], top))
                .collect();
            let Some(best) = best_issuer(&issuers, pool) else {
                self.findings.push(Finding::incomplete(top));
                return;
            };
            if issuers.len() > 1 {
                self.findings
                    .push(Finding::cross_signed(&pool[best], issuers.len()));
            }
            if verify(top, &pool[best]) == Verdict::Unknown {
                self.findings.push(Finding::unverified(top));
            }
            self.certificates.push(pool.remove(best));
        }
    }
}

/// Of several certificates for one issuer (cross-signed, or renewed with the same key): one from
/// which a root can be reached, then the one that is valid longest, then a fixed order.
fn best_issuer(issuers: &[usize], pool: &[Certificate]) -> Option<usize> {
    issuers.iter().copied().max_by_key(|index| {
        let candidate = &pool[*index];
        let rest: Vec<&Certificate> = pool.iter().filter(|other| *other != candidate).collect();
        (
            leads_to_root(candidate, &rest),
            candidate.not_after(),
            candidate.sha256(),
        )
    })
}

fn leads_to_root(certificate: &Certificate, pool: &[&Certificate]) -> bool {
    let mut top = certificate;
    let mut pool = pool.to_vec();
    loop {
        if is_self_signed(top) {
            return true;
        }
        let Some(next) = pool.iter().position(|candidate| is_issuer(candidate, top)) else {
            return false;
        };
        top = pool.swap_remove(next);
    }
}

fn is_self_signed(certificate: &Certificate) -> bool {
    is_issuer(certificate, certificate)
}

/// Whether `issuer` issued `certificate`: by name and signature. Where kvcert cannot check the
/// signature's algorithm, name and key identifiers decide.
fn is_issuer(issuer: &Certificate, certificate: &Certificate) -> bool {
    certificate.names_as_issuer(issuer)
        && match verify(certificate, issuer) {
            Verdict::Valid => true,
            Verdict::Invalid => false,
            Verdict::Unknown => certificate.points_at_key_of(issuer),
        }
}
