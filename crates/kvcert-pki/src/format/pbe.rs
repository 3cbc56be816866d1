//! Password-based encryption: PKCS#12's own schemes (RFC 7292 appendix C), and PBES1 and PBES2
//! of PKCS#5 (RFC 8018 section 6); and what came before them, in PEM headers.

pub(super) mod asn1;
mod budget;
mod cipher;
pub(super) mod dek_info;
mod derivation;
mod describe;
mod hash;
mod keyring;
mod protection;
mod scheme;

pub(super) use budget::Budget;
use der::Decode;
pub(super) use derivation::Derivation;
pub(super) use describe::{Kdf, describe, describe_pkcs8, hash_name};
pub(super) use hash::Hash;
pub(super) use keyring::Keyring;
pub(super) use protection::{Protection, random};
use zeroize::Zeroizing;

use self::asn1::EncryptedPrivateKeyInfo;
use super::{Password, ber};
use crate::content_error::ContentError;

/// Decrypts a DER `EncryptedPrivateKeyInfo` (RFC 5958 section 3) to plain PKCS#8, paid from
/// `budget`, which is one for all keys of a file.
pub(super) fn decrypt_pkcs8(
    der: &[u8],
    password: &Password,
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, ContentError> {
    let part = "the encrypted private key";
    let der = ber::to_der(der, part)?;
    let info =
        EncryptedPrivateKeyInfo::from_der(&der).map_err(|e| ContentError::damaged(part, e))?;
    for candidate in password.candidates() {
        let data = info.encrypted_data.as_bytes();
        let plain = Keyring::new(&candidate, budget).decrypt(&info.algorithm, data)?;
        if let Some(key) = plain.and_then(|plain| ber::to_der(&plain, part).ok()) {
            return Ok(key);
        }
    }
    Err(ContentError::WrongPassword {
        part: part.into(),
        given: password.is_given(),
    })
}
