//! The structures of PKCS#12 that are written.

use der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec};
use der::{Sequence, Tag, TagNumber};

use crate::keys::pkcs8::{AlgorithmIdentifier, Attribute};

/// `PFX` ([RFC 7292, section 4](https://www.rfc-editor.org/rfc/rfc7292#section-4)).
#[derive(Sequence)]
pub(crate) struct Pfx {
    pub(crate) version: u8,
    pub(crate) auth_safe: ContentInfo,
    #[asn1(optional = "true")]
    pub(crate) mac: Option<MacData>,
}

#[derive(Sequence)]
pub(crate) struct ContentInfo {
    pub(crate) id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(crate) content: Any,
}

#[derive(Sequence)]
pub(crate) struct MacData {
    pub(crate) digest: DigestInfo,
    pub(crate) salt: OctetString,
    /// Left out if it is one.
    #[asn1(default = "once")]
    pub(crate) iterations: u32,
}

#[derive(Sequence)]
pub(crate) struct DigestInfo {
    pub(crate) algorithm: AlgorithmIdentifier,
    pub(crate) digest: OctetString,
}

/// `SafeBag` ([RFC 7292, section 4.2](https://www.rfc-editor.org/rfc/rfc7292#section-4.2)).
#[derive(Sequence)]
pub(crate) struct SafeBag {
    pub(crate) id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(crate) value: Any,
    #[asn1(optional = "true")]
    pub(crate) attributes: Option<SetOfVec<Attribute>>,
}

#[derive(Sequence)]
pub(crate) struct CertBag {
    pub(crate) id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(crate) value: OctetString,
}

#[derive(Sequence)]
pub(crate) struct EncryptedPrivateKeyInfo {
    pub(crate) algorithm: AlgorithmIdentifier,
    pub(crate) encrypted: OctetString,
}

/// `EncryptedData` ([RFC 5652, section 8](https://www.rfc-editor.org/rfc/rfc5652#section-8)).
#[derive(Sequence)]
pub(crate) struct EncryptedData {
    pub(crate) version: u8,
    pub(crate) content: EncryptedContentInfo,
}

#[derive(Sequence)]
pub(crate) struct EncryptedContentInfo {
    pub(crate) id: ObjectIdentifier,
    pub(crate) algorithm: AlgorithmIdentifier,
    /// `[0] IMPLICIT OCTET STRING`.
    pub(crate) encrypted: Any,
}

impl EncryptedContentInfo {
    /// What was encrypted.
    pub(crate) fn content(octets: Vec<u8>) -> der::Result<Any> {
        let tag = Tag::ContextSpecific {
            constructed: false,
            number: TagNumber(0),
        };
        Any::new(tag, octets)
    }
}

#[derive(Sequence)]
pub(crate) struct PbeParameters {
    pub(crate) salt: OctetString,
    pub(crate) iterations: u32,
}

fn once() -> u32 {
    1
}

pub(crate) const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
pub(crate) const ENCRYPTED_DATA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
pub(crate) const FRIENDLY_NAME: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");
pub(crate) const LOCAL_KEY_ID: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");
pub(crate) const X509_CERTIFICATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
pub(crate) const SHROUDED_KEY_BAG: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
pub(crate) const CERT_BAG: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
pub(crate) const CSP_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.17.1");
pub(crate) const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
