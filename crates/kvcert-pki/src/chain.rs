//! [`Chain`]: certificates in order, leaf first.

mod finding;
mod issuer_graph;
mod signature;

use std::collections::{HashMap, HashSet};

pub use finding::Finding;
use issuer_graph::IssuerGraph;
pub(crate) use issuer_graph::MAX_CERTIFICATES;

use crate::certificate::Certificate;
use crate::content_error::ContentError;
use crate::validity::{self, Dated, Lapse, Moment, Validity, preferred};

/// A leaf and the certificates that lead from it towards a root, each signed by the next.
///
/// Order comes from issuer names *and* signatures, never from the order in the input. What is no
/// part of the leaf's chain is kept apart, in [`unrelated`](Self::unrelated).
#[derive(Debug, Clone)]
pub struct Chain {
    certificates: Vec<Certificate>,
    unrelated: Vec<Certificate>,
    findings: Vec<Finding>,
    reaches_root: bool,
}

impl Chain {
    /// Orders `certificates` from the one at index `leaf` upwards.
    ///
    /// # Errors
    /// [`ContentError::OverLimit`].
    pub fn from_leaf(
        leaf: usize,
        mut certificates: Vec<Certificate>,
    ) -> Result<Self, ContentError> {
        let leaf = certificates.remove(leaf);
        certificates.insert(0, leaf);
        let (unique, repeated) = split_repeated(certificates);
        let mut findings: Vec<Finding> = repeated.iter().map(Finding::duplicate).collect();
        let mut graph = IssuerGraph::new(&unique)?;
        let path = graph.climb(0, &mut findings)?;
        let reaches_root = graph.is_self_signed(path[path.len() - 1])?;
        Ok(Self::along(&path, unique, findings, reaches_root))
    }

    /// Orders `certificates` from each of those at `leaves` upwards, for as long as `found` hears of
    /// them. No signature is checked twice.
    ///
    /// # Errors
    /// [`ContentError::OverLimit`].
    pub fn from_leaves(
        leaves: &[usize],
        certificates: &[Certificate],
        mut found: impl FnMut(&Self),
    ) -> Result<(), ContentError> {
        let wanted = |at: &usize| certificates.get(*at).map(Certificate::sha256);
        let wanted: Vec<_> = leaves.iter().filter_map(wanted).collect();
        let (unique, repeated) = split_repeated(certificates.to_vec());
        let places = unique.iter().enumerate();
        let places: HashMap<_, _> = places.map(|(at, it)| (it.sha256(), at)).collect();
        let mut graph = IssuerGraph::new(&unique)?;
        for leaf in wanted.iter().filter_map(|leaf| places.get(leaf)) {
            let mut findings: Vec<Finding> = repeated.iter().map(Finding::duplicate).collect();
            let path = graph.climb(*leaf, &mut findings)?;
            let reaches_root = graph.is_self_signed(path[path.len() - 1])?;
            found(&Self::along(&path, unique.clone(), findings, reaches_root));
        }
        Ok(())
    }

    fn along(
        path: &[usize],
        unique: Vec<Certificate>,
        mut findings: Vec<Finding>,
        reaches_root: bool,
    ) -> Self {
        let mut pool: Vec<Option<Certificate>> = unique.into_iter().map(Some).collect();
        let certificates = path.iter().filter_map(|at| pool[*at].take()).collect();
        let unrelated: Vec<Certificate> = pool.into_iter().flatten().collect();
        findings.extend(unrelated.iter().map(Finding::unrelated));
        Self {
            certificates,
            unrelated,
            findings,
            reaches_root,
        }
    }

    /// Orders certificates that came without a private key. The leaf is the one that issued none
    /// of the others; where that leaves several, the only one that is not self-signed, or else the
    /// only one that is not an authority (CA), or, if they have one key, the
    /// [preferred](crate::validity::Preference) one.
    ///
    /// # Errors
    /// [`ContentError::NoCertificate`], [`ContentError::AmbiguousLeaf`], or
    /// [`ContentError::OverLimit`].
    pub fn without_key(certificates: Vec<Certificate>) -> Result<Self, ContentError> {
        if certificates.is_empty() {
            return Err(ContentError::NoCertificate);
        }
        let (unique, repeated) = split_repeated(certificates);
        let mut graph = IssuerGraph::new(&unique)?;
        let mut candidates = graph.issued_none()?;
        if candidates.len() > 1 {
            let mut issued = Vec::new();
            for candidate in &candidates {
                if !graph.is_self_signed(*candidate)? {
                    issued.push(*candidate);
                }
            }
            if issued.len() == 1 {
                candidates = issued;
            }
            let is_leaf = |at: &usize| !unique[*at].is_ca();
            let leaves: Vec<usize> = candidates.iter().copied().filter(is_leaf).collect();
            if candidates.len() > 1 && leaves.len() == 1 {
                candidates = leaves;
            }
        }
        let renewed = candidates.iter().map(|at| (*at, &unique[*at]));
        if let Some((_, first)) = renewed.clone().next()
            && renewed
                .clone()
                .all(|(_, it)| it.public_key() == first.public_key())
        {
            candidates = preferred(renewed, validity::now()).into_iter().collect();
        }
        match candidates[..] {
            [leaf] => Self::from_leaf(leaf, unique.into_iter().chain(repeated).collect()),
            _ => Err(ContentError::AmbiguousLeaf {
                subjects: unique.iter().map(|c| c.label().to_owned()).collect(),
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
    pub fn unrelated(&self) -> &[Certificate] {
        &self.unrelated
    }

    /// What is worth telling about the certificates; none of it is an error.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The validity of each certificate at `moment`, leaf first.
    pub fn validities(&self, moment: Moment) -> Vec<(Dated, Validity)> {
        let dated = |(place, certificate): (usize, &Certificate)| {
            let label = certificate.label().to_owned();
            let what = match place {
                0 => Dated::Leaf(label),
                _ => Dated::Issuer(label),
            };
            (what, Validity::of(certificate, moment))
        };
        let certificates = self.certificates.iter().enumerate();
        certificates.map(dated).collect()
    }

    /// The certificates that are outside their validity at `moment`.
    pub fn lapses(&self, moment: Moment) -> Vec<Lapse> {
        let validities = self.validities(moment).into_iter();
        let lapse = |(what, validity)| Lapse::new(what, validity);
        validities.filter_map(lapse).collect()
    }

    /// Whether the chain ends in a self-signed certificate.
    pub fn reaches_root(&self) -> bool {
        self.reaches_root
    }
}

/// The certificates once each, in their order, and those that were there before.
fn split_repeated(certificates: Vec<Certificate>) -> (Vec<Certificate>, Vec<Certificate>) {
    let mut seen = HashSet::new();
    certificates
        .into_iter()
        .partition(|certificate| seen.insert(certificate.sha256()))
}
