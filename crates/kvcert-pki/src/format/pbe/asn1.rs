//! The ASN.1 of PKCS#5 (RFC 8018), and of the schemes that PKCS#12 has of its own (RFC 7292).

use der::Sequence;
use der::asn1::{Any, ObjectIdentifier, OctetString, OctetStringRef};

use crate::content_error::ContentError;

/// `AlgorithmIdentifier`, RFC 5280 section 4.1.1.2.
#[derive(Clone, PartialEq, Eq, Sequence)]
pub(crate) struct AlgorithmIdentifier {
    pub(crate) algorithm: ObjectIdentifier,
    pub(crate) parameters: Option<Any>,
}

impl AlgorithmIdentifier {
    /// Decodes the parameters.
    pub(crate) fn parameters<T>(&self) -> Result<T, ContentError>
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
pub(crate) struct EncryptedPrivateKeyInfo<'a> {
    pub(crate) algorithm: AlgorithmIdentifier,
    pub(crate) encrypted_data: &'a OctetStringRef,
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
pub(crate) struct Pbkdf2Parameters {
    pub(crate) salt: OctetString,
    pub(crate) iterations: u32,
    pub(crate) key_length: Option<u32>,
    pub(crate) prf: Option<AlgorithmIdentifier>,
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
pub(crate) mod oid {
    use der::asn1::ObjectIdentifier as Oid;

    pub(crate) const HMAC_SHA256: Oid = Oid::new_unwrap("1.2.840.113549.2.9");
    pub(crate) const PBKDF2: Oid = Oid::new_unwrap("1.2.840.113549.1.5.12");
    pub(crate) const SCRYPT: Oid = Oid::new_unwrap("1.3.6.1.4.1.11591.4.11");
    pub(crate) const PBES2: Oid = Oid::new_unwrap("1.2.840.113549.1.5.13");

    pub(crate) const MD5_DES: Oid = Oid::new_unwrap("1.2.840.113549.1.5.3");
    pub(crate) const MD5_RC2: Oid = Oid::new_unwrap("1.2.840.113549.1.5.6");
    pub(crate) const SHA1_DES: Oid = Oid::new_unwrap("1.2.840.113549.1.5.10");
    pub(crate) const SHA1_RC2: Oid = Oid::new_unwrap("1.2.840.113549.1.5.11");

    pub(crate) const SHA_3_KEY_3DES: Oid = Oid::new_unwrap("1.2.840.113549.1.12.1.3");
    pub(crate) const SHA_2_KEY_3DES: Oid = Oid::new_unwrap("1.2.840.113549.1.12.1.4");
    pub(crate) const SHA_RC2_128: Oid = Oid::new_unwrap("1.2.840.113549.1.12.1.5");
    pub(crate) const SHA_RC2_40: Oid = Oid::new_unwrap("1.2.840.113549.1.12.1.6");

    pub(crate) const AES128_CBC: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.1.2");
    pub(crate) const AES192_CBC: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.1.22");
    pub(crate) const AES256_CBC: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.1.42");
    pub(crate) const DES_EDE3_CBC: Oid = Oid::new_unwrap("1.2.840.113549.3.7");
    pub(crate) const DES_CBC: Oid = Oid::new_unwrap("1.3.14.3.2.7");
    pub(crate) const RC2_CBC: Oid = Oid::new_unwrap("1.2.840.113549.3.2");
}
