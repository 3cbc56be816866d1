//! The ASN.1 of PKCS#12 (RFC 7292), PKCS#5 (RFC 8018) and the part of CMS that they use
//! (RFC 5652), as far as unlocking needs it.

use der::{
    Sequence,
    asn1::{Any, AnyRef, ObjectIdentifier, OctetString, OctetStringRef},
};

/// `AlgorithmIdentifier`, RFC 5280 section 4.1.1.2.
#[derive(Clone, Sequence)]
pub(super) struct AlgorithmIdentifier {
    pub(super) algorithm: ObjectIdentifier,
    pub(super) parameters: Option<Any>,
}

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

/// `EncryptedPrivateKeyInfo`, RFC 5958 section 3.
#[derive(Sequence)]
pub(super) struct EncryptedPrivateKeyInfo<'a> {
    pub(super) algorithm: AlgorithmIdentifier,
    pub(super) encrypted_data: &'a OctetStringRef,
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

/// `pkcs-12PbeParams`, RFC 7292 appendix C; `PBEParameter` of RFC 8018 has the same form.
#[derive(Sequence)]
pub(super) struct PbeParameters {
    pub(super) salt: OctetString,
    pub(super) iterations: u32,
}

/// `PBES2-params`, RFC 8018 appendix A.4.
#[derive(Sequence)]
pub(super) struct Pbes2Parameters {
    pub(super) kdf: AlgorithmIdentifier,
    pub(super) encryption: AlgorithmIdentifier,
}

/// `PBMAC1-params`, RFC 8018 appendix A.5.
#[derive(Sequence)]
pub(super) struct Pbmac1Parameters {
    pub(super) kdf: AlgorithmIdentifier,
    pub(super) mac: AlgorithmIdentifier,
}

/// `PBKDF2-params`, RFC 8018 appendix A.2. The PRF defaults to HMAC-SHA-1.
#[derive(Sequence)]
pub(super) struct Pbkdf2Parameters {
    pub(super) salt: OctetString,
    pub(super) iterations: u32,
    pub(super) key_length: Option<u32>,
    pub(super) prf: Option<AlgorithmIdentifier>,
}

/// `scrypt-params`, RFC 7914 section 7.1.
#[derive(Sequence)]
pub(super) struct ScryptParameters {
    pub(super) salt: OctetString,
    pub(super) cost: u64,
    pub(super) block_size: u32,
    pub(super) parallelization: u32,
    pub(super) key_length: Option<u32>,
}

/// `RC2-CBC-Parameter`, RFC 8018 appendix B.2.3.
#[derive(Sequence)]
pub(super) struct Rc2Parameters {
    pub(super) version: Option<u32>,
    pub(super) iv: OctetString,
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

    pub(in super::super) const FRIENDLY_NAME: Oid = Oid::new_unwrap("1.2.840.113549.1.9.20");
    pub(in super::super) const PBES2: Oid = Oid::new_unwrap("1.2.840.113549.1.5.13");
    pub(in super::super) const PBMAC1: Oid = Oid::new_unwrap("1.2.840.113549.1.5.14");
    pub(in super::super) const PBKDF2: Oid = Oid::new_unwrap("1.2.840.113549.1.5.12");
    pub(in super::super) const SCRYPT: Oid = Oid::new_unwrap("1.3.6.1.4.1.11591.4.11");

    pub(in super::super) const SHA3_KEY_3DES: Oid = Oid::new_unwrap("1.2.840.113549.1.12.1.3");
    pub(in super::super) const SHA2_KEY_3DES: Oid = Oid::new_unwrap("1.2.840.113549.1.12.1.4");
    pub(in super::super) const SHA_RC2_128: Oid = Oid::new_unwrap("1.2.840.113549.1.12.1.5");
    pub(in super::super) const SHA_RC2_40: Oid = Oid::new_unwrap("1.2.840.113549.1.12.1.6");

    pub(in super::super) const AES128_CBC: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.1.2");
    pub(in super::super) const AES192_CBC: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.1.22");
    pub(in super::super) const AES256_CBC: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.1.42");
    pub(in super::super) const DES_EDE3_CBC: Oid = Oid::new_unwrap("1.2.840.113549.3.7");
    pub(in super::super) const DES_CBC: Oid = Oid::new_unwrap("1.3.14.3.2.7");
    pub(in super::super) const RC2_CBC: Oid = Oid::new_unwrap("1.2.840.113549.3.2");
}
