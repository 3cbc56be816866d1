//! The structures of PKCS#12 that are written and read.

use der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec};
use der::{Sequence, Tag, TagNumber, Tagged};

use crate::keys::pkcs8::{AlgorithmIdentifier, Attribute};

/// `PFX` ([RFC 7292, section 4](https://www.rfc-editor.org/rfc/rfc7292#section-4)).
#[derive(Sequence)]
pub(super) struct Pfx {
    pub(super) version: u8,
    pub(super) auth_safe: ContentInfo,
    #[asn1(optional = "true")]
    pub(super) mac: Option<MacData>,
}

#[derive(Sequence)]
pub(super) struct ContentInfo {
    pub(super) id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) content: Any,
}

#[derive(Sequence)]
pub(super) struct MacData {
    pub(super) digest: DigestInfo,
    pub(super) salt: OctetString,
    /// Left out if it is one.
    #[asn1(default = "once")]
    pub(super) iterations: u32,
}

#[derive(Sequence)]
pub(super) struct DigestInfo {
    pub(super) algorithm: AlgorithmIdentifier,
    pub(super) digest: OctetString,
}

/// `SafeBag` ([RFC 7292, section 4.2](https://www.rfc-editor.org/rfc/rfc7292#section-4.2)).
#[derive(Sequence)]
pub(super) struct SafeBag {
    pub(super) id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) value: Any,
    #[asn1(optional = "true")]
    pub(super) attributes: Option<SetOfVec<Attribute>>,
}

#[derive(Sequence)]
pub(super) struct CertBag {
    pub(super) id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) value: OctetString,
}

#[derive(Sequence)]
pub(super) struct EncryptedPrivateKeyInfo {
    pub(super) algorithm: AlgorithmIdentifier,
    pub(super) encrypted: OctetString,
}

/// `EncryptedData` ([RFC 5652, section 8](https://www.rfc-editor.org/rfc/rfc5652#section-8)).
#[derive(Sequence)]
pub(super) struct EncryptedData {
    pub(super) version: u8,
    pub(super) content: EncryptedContentInfo,
}

#[derive(Sequence)]
pub(super) struct EncryptedContentInfo {
    pub(super) id: ObjectIdentifier,
    pub(super) algorithm: AlgorithmIdentifier,
    /// `[0] IMPLICIT OCTET STRING`, which BER may have in pieces.
    pub(super) encrypted: Any,
}

impl EncryptedContentInfo {
    /// What was encrypted, to be read.
    pub(super) fn octets(&self) -> anyhow::Result<Vec<u8>> {
        match self.encrypted.tag() {
            Tag::ContextSpecific {
                constructed,
                number: TagNumber(0),
            } => super::ber::octets(constructed, self.encrypted.value()),
            other => anyhow::bail!("an encrypted content of type {other}"),
        }
    }

    /// What was encrypted, to be written.
    pub(super) fn content(octets: Vec<u8>) -> der::Result<Any> {
        let tag = Tag::ContextSpecific {
            constructed: false,
            number: TagNumber(0),
        };
        Any::new(tag, octets)
    }
}

#[derive(Sequence)]
pub(super) struct PbeParameters {
    pub(super) salt: OctetString,
    pub(super) iterations: u32,
}

/// `PBES2-params` ([RFC 8018, appendix A.4](https://www.rfc-editor.org/rfc/rfc8018#appendix-A.4)).
#[derive(Sequence)]
pub(super) struct Pbes2Parameters {
    pub(super) derivation: AlgorithmIdentifier,
    pub(super) encryption: AlgorithmIdentifier,
}

/// `PBKDF2-params` ([RFC 8018, appendix A.2](https://www.rfc-editor.org/rfc/rfc8018#appendix-A.2)).
#[derive(Sequence)]
pub(super) struct Pbkdf2Parameters {
    pub(super) salt: OctetString,
    pub(super) iterations: u32,
    #[asn1(optional = "true")]
    pub(super) length: Option<u16>,
    #[asn1(optional = "true")]
    pub(super) function: Option<AlgorithmIdentifier>,
}

fn once() -> u32 {
    1
}

pub(super) const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
pub(super) const ENCRYPTED_DATA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
pub(super) const FRIENDLY_NAME: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");
pub(super) const LOCAL_KEY_ID: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");
pub(super) const X509_CERTIFICATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
pub(super) const PBE_SHA1_3DES: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.3");
pub(super) const SHROUDED_KEY_BAG: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
pub(super) const CERT_BAG: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
pub(super) const CSP_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.17.1");
pub(super) const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
pub(super) const KEY_BAG: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.1");
pub(super) const PBE_SHA1_RC2_128: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.5");
pub(super) const PBE_SHA1_RC2_40: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.6");
pub(super) const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
pub(super) const PBKDF2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.12");
