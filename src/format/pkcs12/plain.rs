//! A plain archive: the same bags, nothing encrypted, no integrity check.

use zeroize::Zeroizing;

use crate::format::ber::element;

/// Collects bags and writes them as a PFX that any strict parser reads.
#[derive(Default)]
pub(super) struct PlainArchive {
    bags: Vec<Zeroizing<Vec<u8>>>,
}

impl PlainArchive {
    /// Adds a bag: its DER object identifier, its value, and the DER SET of its attributes.
    pub(super) fn push(&mut self, id: &[u8], value: &[u8], attributes: &[u8]) {
        let value = element(EXPLICIT_0, &[value]);
        self.bags.push(element(SEQUENCE, &[id, &value, attributes]));
    }

    /// `PFX { 3, data { AuthenticatedSafe { data { SafeContents } } } }`, RFC 7292 section 4.
    pub(super) fn into_pfx(self) -> Zeroizing<Vec<u8>> {
        let bags: Vec<&[u8]> = self.bags.iter().map(|bag| bag.as_slice()).collect();
        let contents = element(SEQUENCE, &bags);
        let safe = element(SEQUENCE, &[&data(&contents)]);
        element(SEQUENCE, &[VERSION_3, &data(&safe)])
    }
}

/// `ContentInfo { id-data, [0] OCTET STRING }`, RFC 5652 section 4.
fn data(content: &[u8]) -> Zeroizing<Vec<u8>> {
    let octets = element(OCTET_STRING, &[content]);
    element(SEQUENCE, &[ID_DATA, &element(EXPLICIT_0, &[&octets])])
}

const SEQUENCE: u8 = 0x30;
const OCTET_STRING: u8 = 0x04;
const EXPLICIT_0: u8 = 0xa0;
const VERSION_3: &[u8] = &[0x02, 1, 3];
/// The object identifier 1.2.840.113549.1.7.1, DER.
const ID_DATA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
