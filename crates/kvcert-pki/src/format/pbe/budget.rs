//! [`Budget`]: how much one file may cost.

use crate::content_error::ContentError;
use crate::format::Limits;

/// The work that is left for one file, with all that is in it and all attempts to open it.
pub(crate) struct Budget {
    spent: u64,
    limit: u64,
    pub(super) max_memory: u64,
    counts: [usize; Thing::ALL.len()],
}

/// What a file can have many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thing {
    Keys,
    Certificates,
    /// Subject alternative names, in all certificates.
    Names,
    /// Bags of PKCS#12, and the contents that they are in.
    Bags,
    /// Attributes of bags.
    Attributes,
}

impl Thing {
    const ALL: [Self; 5] = [
        Self::Keys,
        Self::Certificates,
        Self::Names,
        Self::Bags,
        Self::Attributes,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Keys => "private keys",
            Self::Certificates => "certificates",
            Self::Names => "alternative names in certificates",
            Self::Bags => "bags in PKCS#12",
            Self::Attributes => "attributes of bags in PKCS#12",
        }
    }

    /// Many times what programs write.
    fn limit(self) -> usize {
        match self {
            Self::Keys => 100,
            Self::Certificates => crate::chain::MAX_CERTIFICATES,
            Self::Names => 10_000,
            Self::Bags => 2_500,
            Self::Attributes => 5_000,
        }
    }
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            spent: 0,
            limit: limits.max_iterations,
            max_memory: limits.max_memory,
            counts: Default::default(),
        }
    }

    /// For what is written: its price is kvcert's own choice.
    pub(crate) fn without_limit() -> Self {
        Self {
            spent: 0,
            limit: u64::MAX,
            max_memory: 0,
            counts: Default::default(),
        }
    }

    /// Refuses more of `thing` in the file than there may be.
    pub(crate) fn count(&mut self, thing: Thing, more: usize) -> Result<(), ContentError> {
        let count = &mut self.counts[thing as usize];
        *count += more;
        ContentError::check_limit(thing.name(), *count, thing.limit())
    }

    /// What is left, in iterations.
    pub(super) fn left(&self) -> u64 {
        self.limit - self.spent
    }

    /// Whether so many iterations can be paid for.
    pub(super) fn check(&self, iterations: u64) -> Result<(), ContentError> {
        let found = self.spent.saturating_add(iterations);
        if found > self.limit {
            return Err(ContentError::OverLimit {
                what: "iterations of key derivation",
                found,
                limit: self.limit,
            });
        }
        Ok(())
    }

    /// Pays for derivations before they run.
    pub(super) fn spend(&mut self, iterations: u64) -> Result<(), ContentError> {
        self.check(iterations)?;
        self.spent = self.spent.saturating_add(iterations);
        Ok(())
    }
}
