//! Algorithms and their parameters: PKCS#5 (RFC 8018), and the schemes of PKCS#12 (RFC 7292).

#![expect(missing_docs, reason = "the fields are named as in the RFCs")]

use der::Sequence;
use der::asn1::{Any, ObjectIdentifier, OctetString, OctetStringRef};

use crate::content_error::ContentError;

/// `AlgorithmIdentifier`, RFC 5280 section 4.1.1.2.
#[derive(Clone, PartialEq, Eq, Sequence)]
pub struct AlgorithmIdentifier {
    pub algorithm: ObjectIdentifier,
    pub parameters: Option<Any>,
}

impl AlgorithmIdentifier {
    /// Decodes the parameters.
    ///
    /// # Errors
    /// [`ContentError::Damaged`] if they are missing or of another form.
    pub fn parameters<T>(&self) -> Result<T, ContentError>
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
pub struct EncryptedPrivateKeyInfo<'a> {
    pub algorithm: AlgorithmIdentifier,
    pub encrypted_data: &'a OctetStringRef,
}

/// `PBEParameter`, RFC 8018 appendix A.3; `pkcs-12PbeParams` of RFC 7292 has the same form.
#[derive(Sequence)]
pub struct PbeParameters {
    pub salt: OctetString,
    pub iterations: u32,
}

/// `PBES2-params`, RFC 8018 appendix A.4.
#[derive(Sequence)]
pub struct Pbes2Parameters {
    pub kdf: AlgorithmIdentifier,
    pub encryption: AlgorithmIdentifier,
}

/// `PBKDF2-params`, RFC 8018 appendix A.2. The PRF defaults to HMAC-SHA-1.
#[derive(Sequence)]
pub struct Pbkdf2Parameters {
    pub salt: OctetString,
    pub iterations: u32,
    pub key_length: Option<u32>,
    pub prf: Option<AlgorithmIdentifier>,
}

/// `scrypt-params`, RFC 7914 section 7.1.
#[derive(Sequence)]
pub struct ScryptParameters {
    pub salt: OctetString,
    pub cost: u64,
    pub block_size: u32,
    pub parallelization: u32,
    pub key_length: Option<u32>,
}

/// `RC2-CBC-Parameter`, RFC 8018 appendix B.2.3.
#[derive(Sequence)]
pub struct Rc2Parameters {
    pub version: Option<u32>,
    pub iv: OctetString,
}

/// `PBMAC1-params`, RFC 8018 appendix A.5.
#[derive(Sequence)]
pub struct Pbmac1Parameters {
    pub kdf: AlgorithmIdentifier,
    pub mac: AlgorithmIdentifier,
}
