//! The ASN.1 structures of keys and key stores, each once, named as the RFCs name them; and
//! [`ber`], which turns BER into the DER that they are read from.
//!
//! What holds secrets borrows them, so that a caller decides where they live and wipes them.

pub mod ber;
mod keys;
pub mod oid;
mod pbe;
mod pkcs12;

use der::asn1::AnyRef;
use der::{Decode, Reader, SliceReader, Tag, Tagged};
pub use keys::{
    CurveCoefficients, EcPrivateKey, FieldId, PrivateKeyInfo, RsaPrivateKey, RsaPublicKey,
    SpecifiedEcDomain, SubjectPublicKeyInfo,
};
pub use pbe::{
    AlgorithmIdentifier, EncryptedPrivateKeyInfo, PbeParameters, Pbes2Parameters, Pbkdf2Parameters,
    Pbmac1Parameters, Rc2Parameters, ScryptParameters,
};
pub use pkcs12::{
    Attribute, CertBag, ContentInfo, DigestInfo, EncryptedContentInfo, EncryptedData, MacData, Pfx,
    SafeBag,
};

use crate::content_error::ContentError;

/// The elements of a DER SEQUENCE, if `may_be` allows so many: a list is counted before it is read.
///
/// # Errors
/// That of `may_be`, or [`ContentError::Damaged`], of `part`.
pub(crate) fn elements<'a, T: Decode<'a, Error = der::Error>>(
    list: AnyRef<'a>,
    part: &str,
    may_be: impl FnOnce(usize) -> Result<(), ContentError>,
) -> Result<Vec<T>, ContentError> {
    let damaged = |error| ContentError::damaged(part, error);
    list.tag().assert_eq(Tag::Sequence).map_err(damaged)?;
    let reader = || SliceReader::new(list.value()).map_err(damaged);
    let (mut count, mut counted) = (0, reader()?);
    while !counted.is_finished() {
        AnyRef::decode(&mut counted).map_err(damaged)?;
        count += 1;
    }
    may_be(count)?;
    let (mut elements, mut reader) = (Vec::with_capacity(count), reader()?);
    while !reader.is_finished() {
        elements.push(T::decode(&mut reader).map_err(damaged)?);
    }
    Ok(elements)
}
