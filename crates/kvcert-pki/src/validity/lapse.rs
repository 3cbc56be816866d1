//! [`Lapse`]: something that is outside its validity.

use std::fmt;

use super::{Bounds, Moment, Status, Validity};
use crate::certificate::Certificate;

/// Something that is outside its validity: it has not begun, or it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lapse {
    /// What it is.
    pub what: Dated,
    /// Its validity.
    pub validity: Validity,
}

/// Something that has a validity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dated {
    /// A leaf, by its label.
    Leaf(String),
    /// An issuer in the leaf's chain, by its label.
    Issuer(String),
    /// An object in a vault, such as ``secret `web` ``: its attributes have a validity (`nbf`,
    /// `exp`) beside that of the certificate.
    Object(String),
}

impl Lapse {
    /// Of `what`, if `validity` says so.
    pub fn new(what: Dated, validity: Validity) -> Option<Self> {
        let is_outside = validity.is_expired() || validity.status == Status::NotYetValid;
        is_outside.then_some(Self { what, validity })
    }

    /// Of an object in a vault that holds `leaf`. Key Vault copies the leaf's own validity into the
    /// attributes; that is not told twice.
    pub fn of_object(
        object: String,
        bounds: Bounds,
        leaf: &Certificate,
        moment: Moment,
    ) -> Option<Self> {
        let lapse = Self::new(Dated::Object(object), bounds.validity(moment))?;
        let is_copied = match lapse.validity.is_expired() {
            true => bounds.not_after == Some(leaf.not_after()),
            false => bounds.not_before == Some(leaf.not_before()),
        };
        (!is_copied).then_some(lapse)
    }

    /// A short stable name, for JSON.
    pub fn kind(&self) -> &'static str {
        match (&self.what, self.validity.is_expired()) {
            (Dated::Leaf(_), true) => "expired",
            (Dated::Leaf(_), false) => "not-yet-valid",
            (Dated::Issuer(_), true) => "issuer-expired",
            (Dated::Issuer(_), false) => "issuer-not-yet-valid",
            (Dated::Object(_), true) => "object-expired",
            (Dated::Object(_), false) => "object-not-yet-valid",
        }
    }
}

/// ``the certificate of `CN=web` expired 3 days ago (2026-01-02T00:00:00Z)``.
impl fmt::Display for Lapse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what, self.validity.sentence())
    }
}

impl fmt::Display for Dated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaf(label) => write!(f, "the certificate of `{label}`"),
            Self::Issuer(label) => write!(f, "the issuer `{label}` in the chain"),
            Self::Object(object) => write!(f, "the {object} in the vault"),
        }
    }
}
