//! [`Finding`]: something worth telling about a set of certificates.

use std::fmt;

use crate::certificate::Certificate;
use crate::validity::{Moment, Soon, Status, Validity, rfc3339};

/// Something about the certificates that a user may want to mend, though all is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A certificate is no part of the leaf's chain. Key Vault keeps whatever was imported.
    Unrelated {
        /// Its name.
        certificate: String,
        /// Its SHA-1 thumbprint, lower-case hexadecimal.
        sha1: String,
    },
    /// The same certificate was there more than once.
    Duplicate {
        /// Its name.
        certificate: String,
    },
    /// The chain stops before a root: the issuer is not there.
    Incomplete {
        /// The last certificate of the chain.
        certificate: String,
        /// The issuer that it names.
        issuer: String,
    },
    /// Several certificates could come next, as after cross-signing. One was used.
    CrossSigned {
        /// The one that was used.
        certificate: String,
        /// When it ends, Unix seconds.
        not_after: i64,
        /// How many there were.
        candidates: usize,
    },
    /// The certificate's signature uses an algorithm that was not checked; names decided.
    Unverified {
        /// Its name.
        certificate: String,
    },
    /// Several certificates carry the private key's public key; the leaf is the
    /// [preferred](crate::validity::Preference) one.
    SameKey {
        /// One that is not the leaf.
        certificate: String,
        /// Its validity.
        validity: Validity,
        /// Its SHA-1 thumbprint, lower-case hexadecimal.
        sha1: String,
    },
}

impl Finding {
    /// A short stable name for the kind of finding, for JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unrelated { .. } => "stranger",
            Self::Duplicate { .. } => "duplicate",
            Self::Incomplete { .. } => "incomplete-chain",
            Self::CrossSigned { .. } => "cross-signed",
            Self::Unverified { .. } => "unverified-signature",
            Self::SameKey { .. } => "same-key",
        }
    }

    /// Whether it matters where the leaf alone is wanted, without its chain.
    pub fn is_about_leaf(&self) -> bool {
        matches!(self, Self::SameKey { .. })
    }

    pub(super) fn unrelated(certificate: &Certificate) -> Self {
        Self::Unrelated {
            certificate: certificate.label().to_owned(),
            sha1: hex::encode(certificate.sha1()),
        }
    }

    pub(super) fn duplicate(certificate: &Certificate) -> Self {
        Self::Duplicate {
            certificate: certificate.label().to_owned(),
        }
    }

    pub(super) fn incomplete(last: &Certificate) -> Self {
        Self::Incomplete {
            certificate: last.label().to_owned(),
            issuer: last.issuer().to_owned(),
        }
    }

    pub(super) fn cross_signed(taken: &Certificate, candidates: usize) -> Self {
        Self::CrossSigned {
            certificate: taken.label().to_owned(),
            not_after: taken.not_after(),
            candidates,
        }
    }

    pub(super) fn unverified(certificate: &Certificate) -> Self {
        Self::Unverified {
            certificate: certificate.label().to_owned(),
        }
    }

    pub(crate) fn same_key(other: &Certificate, now: i64) -> Self {
        let soon = Soon::default();
        Self::SameKey {
            certificate: other.label().to_owned(),
            validity: Validity::of(other, Moment { now, soon }),
            sha1: hex::encode(other.sha1()),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unrelated { certificate, sha1 } => {
                write!(
                    f,
                    "`{certificate}` ({sha1}) is no part of the leaf's chain and stays out of it"
                )
            }
            Self::Duplicate { certificate } => write!(f, "`{certificate}` was there twice"),
            Self::Incomplete {
                certificate,
                issuer,
            } => {
                write!(
                    f,
                    "the chain ends at `{certificate}`: its issuer `{issuer}` is not there"
                )
            }
            Self::CrossSigned {
                certificate,
                not_after,
                candidates,
            } => write!(
                f,
                "{candidates} certificates could come next in the chain; used `{certificate}`, valid until {}",
                rfc3339(*not_after)
            ),
            Self::Unverified { certificate } => write!(
                f,
                "the signature of `{certificate}` uses an algorithm that was not checked; its place in the chain follows from names"
            ),
            Self::SameKey {
                certificate,
                validity,
                sha1,
            } => {
                write!(
                    f,
                    "`{certificate}` ({sha1}) has the same key as the leaf, but "
                )?;
                match validity.status {
                    Status::Expired | Status::NotYetValid => f.write_str(&validity.sentence()),
                    _ => f.write_str("does not last as long"),
                }
            }
        }
    }
}
