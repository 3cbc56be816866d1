//! [`Preference`]: which of several certificates to use at a time.

use std::cmp::Reverse;

use crate::certificate::Certificate;

/// How good a choice a certificate is among others that would do; the greatest is the best.
///
/// One that is valid now comes before one that is not yet valid, which comes before one that has
/// expired. Of the valid ones the best is the one that is valid longest; of those that are not yet
/// valid, the one that begins first; of the expired ones, the one that ended last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Preference {
    /// It ended at this time.
    Expired(i64),
    /// It begins at this time.
    NotYetValid(Reverse<i64>),
    /// It is valid until this time.
    Valid(i64),
}

impl Preference {
    /// Of `certificate` at the time `now`, Unix seconds.
    pub fn of(certificate: &Certificate, now: i64) -> Self {
        let (from, until) = (certificate.not_before(), certificate.not_after());
        if until < now {
            Self::Expired(until)
        } else if from > now {
            Self::NotYetValid(Reverse(from))
        } else {
            Self::Valid(until)
        }
    }

    /// Whether it is valid now.
    pub fn is_valid(self) -> bool {
        matches!(self, Self::Valid(_))
    }
}

/// The place of the certificate to use at the time `now`; `None` if there are no certificates.
/// Equals are decided by their bytes, so that the order of the input does not matter.
pub fn preferred<'a>(
    certificates: impl IntoIterator<Item = (usize, &'a Certificate)>,
    now: i64,
) -> Option<usize> {
    let rank = |(_, it): &(usize, &Certificate)| (Preference::of(it, now), it.sha256());
    let best = certificates.into_iter().max_by_key(rank);
    best.map(|(place, _)| place)
}
