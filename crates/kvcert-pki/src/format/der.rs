//! A private key in DER, in whichever of its encodings.

use super::encrypted_key;
use super::password::Password;
use super::pbe::Budget;
use crate::asn1::ber;
use crate::content_error::{ContentError, Remedy};
use crate::key::PrivateKey;

/// The encodings of a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    /// `OneAsymmetricKey`, RFC 5958.
    Pkcs8,
    /// `EncryptedPrivateKeyInfo`, RFC 5958 section 3.
    EncryptedPkcs8,
    /// `RSAPrivateKey`, RFC 8017.
    Pkcs1,
    /// `ECPrivateKey`, RFC 5915.
    Sec1,
    /// What OpenSSL writes for DSA.
    Dsa,
}

/// Reads a key in any of its encodings; `parameters` is a separate `EC PARAMETERS` block.
pub(super) fn private_key(
    der: &[u8],
    kind: KeyKind,
    parameters: Option<&[u8]>,
    password: &Password,
    budget: &mut Budget,
) -> Result<PrivateKey, ContentError> {
    match kind {
        KeyKind::Pkcs8 => PrivateKey::from_pkcs8(&ber::to_der(der, "the private key (PKCS#8)")?),
        KeyKind::Pkcs1 => PrivateKey::from_pkcs1(der),
        KeyKind::Sec1 => PrivateKey::from_sec1(der, parameters),
        KeyKind::Dsa => {
            Err(ContentError::unsupported_form("a DSA private key").with_remedy(Remedy::NoSuchKey))
        }
        KeyKind::EncryptedPkcs8 => {
            let plain = encrypted_key::decrypt_within(der, password, budget)?;
            PrivateKey::from_pkcs8(&plain)
        }
    }
}
