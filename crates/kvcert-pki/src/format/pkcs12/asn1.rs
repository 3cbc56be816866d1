//! The ASN.1 of PKCS#12 (RFC 7292) and the part of CMS that it uses (RFC 5652), as far as
//! unlocking needs it.

use der::Sequence;
use der::asn1::{AnyRef, ObjectIdentifier, OctetString};

use crate::format::pbe::asn1::AlgorithmIdentifier;

/// `PFX`, RFC 7292 section 4.
#[derive(Sequence)]
pub(super) struct Pfx<'a> {
    pub(super) version: u8,
    pub(super) auth_safe: ContentInfo<'a>,
    pub(super) mac_data: Option<MacData>,
}

/// `ContentInfo`, RFC 5652 section 3.
#[derive(Sequence)]
pub(super) struct ContentInfo<'a> {
    pub(super) content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) content: Option<AnyRef<'a>>,
}

/// `MacData`, RFC 7292 section 4.
#[derive(Sequence)]
pub(super) struct MacData {
    pub(super) mac: DigestInfo,
    pub(super) salt: OctetString,
    #[asn1(default = "one")]
    pub(super) iterations: u32,
}

fn one() -> u32 {
    1
}

/// `DigestInfo`, RFC 8017 section 9.2.
#[derive(Sequence)]
pub(super) struct DigestInfo {
    pub(super) algorithm: AlgorithmIdentifier,
    pub(super) digest: OctetString,
}

/// `EncryptedData`, RFC 5652 section 8.
#[derive(Sequence)]
pub(super) struct EncryptedData<'a> {
    pub(super) version: u8,
    pub(super) content: EncryptedContentInfo<'a>,
    pub(super) unprotected_attributes: Option<AnyRef<'a>>,
}

/// `EncryptedContentInfo`, RFC 5652 section 6.1. The ciphertext is `[0] IMPLICIT OCTET STRING`:
/// one run of bytes, or, where BER wrote it in pieces, OCTET STRINGs one after another.
#[derive(Sequence)]
pub(super) struct EncryptedContentInfo<'a> {
    pub(super) content_type: ObjectIdentifier,
    pub(super) algorithm: AlgorithmIdentifier,
    pub(super) ciphertext: Option<AnyRef<'a>>,
}

/// `SafeBag`, RFC 7292 section 4.2.
#[derive(Sequence)]
pub(super) struct SafeBag<'a> {
    pub(super) id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) value: AnyRef<'a>,
    pub(super) attributes: Option<AnyRef<'a>>,
}

/// `CertBag`, RFC 7292 section 4.2.3.
#[derive(Sequence)]
pub(super) struct CertBag<'a> {
    pub(super) id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) value: AnyRef<'a>,
}

/// `PBMAC1-params`, RFC 8018 appendix A.5.
#[derive(Sequence)]
pub(super) struct Pbmac1Parameters {
    pub(super) kdf: AlgorithmIdentifier,
    pub(super) mac: AlgorithmIdentifier,
}

/// Object identifiers, by the name that the RFCs give them.
pub(super) mod oid {
    use der::asn1::ObjectIdentifier as Oid;

    pub(in super::super) const DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.1");
    pub(in super::super) const SIGNED_DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.2");
    pub(in super::super) const ENVELOPED_DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.3");
    pub(in super::super) const ENCRYPTED_DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.6");

    pub(in super::super) const KEY_BAG: Oid = Oid::new_unwrap("1.2.840.113549.1.12.10.1.1");
    pub(in super::super) const SHROUDED_KEY_BAG: Oid =
        Oid::new_unwrap("1.2.840.113549.1.12.10.1.2");
    pub(in super::super) const CERT_BAG: Oid = Oid::new_unwrap("1.2.840.113549.1.12.10.1.3");
    pub(in super::super) const CRL_BAG: Oid = Oid::new_unwrap("1.2.840.113549.1.12.10.1.4");
    pub(in super::super) const SECRET_BAG: Oid = Oid::new_unwrap("1.2.840.113549.1.12.10.1.5");
    pub(in super::super) const SAFE_CONTENTS_BAG: Oid =
        Oid::new_unwrap("1.2.840.113549.1.12.10.1.6");
    pub(in super::super) const X509_CERTIFICATE: Oid = Oid::new_unwrap("1.2.840.113549.1.9.22.1");

    pub(in super::super) const LOCAL_KEY_ID: Oid = Oid::new_unwrap("1.2.840.113549.1.9.21");
    pub(in super::super) const MICROSOFT_CSP_NAME: Oid = Oid::new_unwrap("1.3.6.1.4.1.311.17.1");
    pub(in super::super) const MICROSOFT_LOCAL_KEY_SET: Oid =
        Oid::new_unwrap("1.3.6.1.4.1.311.17.2");
    pub(in super::super) const FRIENDLY_NAME: Oid = Oid::new_unwrap("1.2.840.113549.1.9.20");
    pub(in super::super) const PBMAC1: Oid = Oid::new_unwrap("1.2.840.113549.1.5.14");
}
