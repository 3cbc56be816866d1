//! A plain archive: the same bags, nothing encrypted, no integrity check, no attributes.

use der::asn1::ObjectIdentifier;
use zeroize::Zeroizing;

use super::elements::{bag, data, pfx, sequence};

/// Collects bags and writes them as a PFX that any strict parser reads.
#[derive(Default)]
pub(super) struct PlainArchive {
    bags: Vec<Zeroizing<Vec<u8>>>,
}

impl PlainArchive {
    /// Adds a bag.
    pub(super) fn push(&mut self, id: ObjectIdentifier, value: &[u8]) {
        self.bags.push(bag(id, value, &[]));
    }

    /// All of them in one open content.
    pub(super) fn into_pfx(self) -> Zeroizing<Vec<u8>> {
        pfx(&sequence(&[data(&sequence(&self.bags))]), &[])
    }
}
