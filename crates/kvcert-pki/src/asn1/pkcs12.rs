//! PKCS#12 (RFC 7292) and the part of CMS that it uses (RFC 5652).

#![expect(missing_docs, reason = "the fields are named as in the RFCs")]

use der::asn1::{Any, AnyRef, ObjectIdentifier, OctetString, SetOfVec};
use der::{Sequence, ValueOrd};

use super::AlgorithmIdentifier;

/// `PFX`, RFC 7292 section 4.
#[derive(Sequence)]
pub struct Pfx<'a> {
    pub version: u8,
    pub auth_safe: ContentInfo<'a>,
    pub mac_data: Option<MacData>,
}

/// `ContentInfo`, RFC 5652 section 3.
#[derive(Sequence)]
pub struct ContentInfo<'a> {
    pub content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub content: Option<AnyRef<'a>>,
}

/// `MacData`, RFC 7292 section 4.
#[derive(Sequence)]
pub struct MacData {
    pub mac: DigestInfo,
    pub salt: OctetString,
    #[asn1(default = "one")]
    pub iterations: u32,
}

fn one() -> u32 {
    1
}

/// `DigestInfo`, RFC 8017 section 9.2.
#[derive(Sequence)]
pub struct DigestInfo {
    pub algorithm: AlgorithmIdentifier,
    pub digest: OctetString,
}

/// `EncryptedData`, RFC 5652 section 8.
#[derive(Sequence)]
pub struct EncryptedData<'a> {
    pub version: u8,
    pub content: EncryptedContentInfo<'a>,
    pub unprotected_attributes: Option<AnyRef<'a>>,
}

/// `EncryptedContentInfo`, RFC 5652 section 6.1. The ciphertext is `[0] IMPLICIT OCTET STRING`:
/// one run of bytes, or, where BER wrote it in pieces, OCTET STRINGs one after another.
#[derive(Sequence)]
pub struct EncryptedContentInfo<'a> {
    pub content_type: ObjectIdentifier,
    pub algorithm: AlgorithmIdentifier,
    pub ciphertext: Option<AnyRef<'a>>,
}

/// `SafeBag`, RFC 7292 section 4.2.
#[derive(Sequence)]
pub struct SafeBag<'a> {
    pub id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub value: AnyRef<'a>,
    pub attributes: Option<AnyRef<'a>>,
}

/// `CertBag`, RFC 7292 section 4.2.3.
#[derive(Sequence)]
pub struct CertBag<'a> {
    pub id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub value: AnyRef<'a>,
}

/// `PKCS12Attribute`, RFC 7292 section 4.2.
#[derive(Clone, Sequence, ValueOrd)]
pub struct Attribute {
    pub id: ObjectIdentifier,
    pub values: SetOfVec<Any>,
}

impl Attribute {
    /// An attribute with one value.
    ///
    /// # Errors
    /// If the value is too long for DER.
    pub fn new(id: ObjectIdentifier, value: Any) -> der::Result<Self> {
        let values = SetOfVec::try_from([value])?;
        Ok(Self { id, values })
    }
}
