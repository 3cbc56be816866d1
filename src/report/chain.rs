//! [`ChainFacts`]: how a chain runs.

use kvcert_pki::certificate::Certificate;
use kvcert_pki::chain::{Chain, Finding};
use serde::Serialize;

/// A chain, by the places of its certificates.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainFacts {
    /// Leaf first, each signed by the next; places among the certificates.
    pub certificates: Vec<usize>,
    /// Whether the last is a root.
    pub reaches_root: bool,
    /// What is unusual about it.
    pub findings: Vec<FindingFacts>,
}

/// Something unusual about a chain.
#[derive(Debug, Clone, Serialize)]
pub struct FindingFacts {
    /// A short stable name.
    pub kind: &'static str,
    /// For people.
    pub message: String,
}

impl ChainFacts {
    /// The chains of `certificates`: one for each leaf in `leaves`, or, without any, the one that
    /// the certificates make by themselves.
    pub(super) fn all(certificates: &[Certificate], leaves: &[usize]) -> Vec<Self> {
        if leaves.is_empty() {
            let chain = Chain::without_key(certificates.to_vec()).ok();
            let chain = chain.map(|chain| Self::of(&chain, certificates, false));
            return chain.into_iter().collect();
        }
        let mut chains = Vec::with_capacity(leaves.len());
        // Beyond a limit there are fewer chains.
        let _ = Chain::from_leaves(leaves, certificates, |chain| {
            chains.push(Self::of(chain, certificates, leaves.len() > 1));
        });
        chains
    }

    /// With several chains, a certificate of one is unrelated to the others; that is not a finding.
    fn of(chain: &Chain, certificates: &[Certificate], is_one_of_several: bool) -> Self {
        let place = |one: &Certificate| certificates.iter().position(|other| other == one);
        let is_related = |finding: &&Finding| !matches!(finding, Finding::Unrelated { .. });
        let findings = chain.findings().iter();
        Self {
            certificates: chain.certificates().iter().filter_map(place).collect(),
            reaches_root: chain.reaches_root(),
            findings: findings
                .filter(|finding| !is_one_of_several || is_related(finding))
                .map(|finding| FindingFacts {
                    kind: finding.kind(),
                    message: finding.to_string(),
                })
                .collect(),
        }
    }
}
