//! The ASN.1 structures of keys and key stores, each once, named as the RFCs name them; and
//! [`ber`], which turns BER into the DER that they are read from.
//!
//! What holds secrets borrows them, so that a caller decides where they live and wipes them.

pub mod ber;
mod keys;
pub mod oid;
mod pbe;
mod pkcs12;

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
