//! The ASN.1 of PKCS#5 (RFC 8018), and of the schemes that PKCS#12 has of its own (RFC 7292).

use der::{
    Sequence,
    asn1::{Any, ObjectIdentifier, OctetString, OctetStringRef},
};

use crate::content_error::ContentError;

/// `AlgorithmIdentifier`, RFC 5280 section 4.1.1.2.
#[derive(Clone, PartialEq, Eq, Sequence)]
pub(in crate::format) struct AlgorithmIdentifier {
    pub(in crate::format) algorithm: ObjectIdentifier,
    pub(in crate::format) parameters: Option<Any>,
}

impl AlgorithmIdentifier {
    /// Decodes the parameters.
    pub(in crate::format) fn parameters<T>(&self) -> Result<T, ContentError>
    where
        T: for<'a> der::Decode<'a, Error = der::Error> + der::FixedTag,
    {
        let damaged = |e: der::Error| ContentError::damaged("the parameters of an algorithm", e);
        let any = self
            .parameters
            .as_ref()
            .ok_or_else(|| ContentError::damaged("an algorithm", "its parameters are missing"))?;
        let der = der::Encode::to_der(any).map_err(damaged)?;
        T::from_der(&der).map_err(damaged)
    }
}

/// `EncryptedPrivateKeyInfo`, RFC 5958 section 3.
#[derive(Sequence)]
pub(in crate::format) struct EncryptedPrivateKeyInfo<'a> {
    pub(in crate::format) algorithm: AlgorithmIdentifier,
    pub(in crate::format) encrypted_data: &'a OctetStringRef,
}

/// `PBEParameter`, RFC 8018 appendix A.3; `pkcs-12PbeParams` of RFC 7292 has the same form.
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

/// `PBKDF2-params`, RFC 8018 appendix A.2. The PRF defaults to HMAC-SHA-1.
#[derive(Sequence)]
pub(in crate::format) struct Pbkdf2Parameters {
    pub(in crate::format) salt: OctetString,
    pub(in crate::format) iterations: u32,
    pub(in crate::format) key_length: Option<u32>,
    pub(in crate::format) prf: Option<AlgorithmIdentifier>,
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
pub(in crate::format) mod oid {
    use der::asn1::ObjectIdentifier as Oid;

    pub(in crate::format::pbe) const HMAC_SHA256: Oid = Oid::new_unwrap("1.2.840.113549.2.9");
    pub(in crate::format) const PBKDF2: Oid = Oid::new_unwrap("1.2.840.113549.1.5.12");
    pub(in crate::format::pbe) const SCRYPT: Oid = Oid::new_unwrap("1.3.6.1.4.1.11591.4.11");
    pub(in crate::format::pbe) const PBES2: Oid = Oid::new_unwrap("1.2.840.113549.1.5.13");

    pub(in crate::format::pbe) const MD5_DES: Oid = Oid::new_unwrap("1.2.840.113549.1.5.3");
    pub(in crate::format::pbe) const MD5_RC2: Oid = Oid::new_unwrap("1.2.840.113549.1.5.6");
    pub(in crate::format::pbe) const SHA1_DES: Oid = Oid::new_unwrap("1.2.840.113549.1.5.10");
    pub(in crate::format::pbe) const SHA1_RC2: Oid = Oid::new_unwrap("1.2.840.113549.1.5.11");

    pub(in crate::format::pbe) const SHA_3_KEY_3DES: Oid =
        Oid::new_unwrap("1.2.840.113549.1.12.1.3");
    pub(in crate::format::pbe) const SHA_2_KEY_3DES: Oid =
        Oid::new_unwrap("1.2.840.113549.1.12.1.4");
    pub(in crate::format::pbe) const SHA_RC2_128: Oid = Oid::new_unwrap("1.2.840.113549.1.12.1.5");
    pub(in crate::format::pbe) const SHA_RC2_40: Oid = Oid::new_unwrap("1.2.840.113549.1.12.1.6");

    pub(in crate::format::pbe) const AES128_CBC: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.1.2");
    pub(in crate::format::pbe) const AES192_CBC: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.1.22");
    pub(in crate::format::pbe) const AES256_CBC: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.1.42");
    pub(in crate::format::pbe) const DES_EDE3_CBC: Oid = Oid::new_unwrap("1.2.840.113549.3.7");
    pub(in crate::format::pbe) const DES_CBC: Oid = Oid::new_unwrap("1.3.14.3.2.7");
    pub(in crate::format::pbe) const RC2_CBC: Oid = Oid::new_unwrap("1.2.840.113549.3.2");
}
