//! Encrypted PKCS#8 (RFC 5958 section 3). It is written with PBES2, PBKDF2-HMAC-SHA-256 and
//! AES-256-CBC, which everything current reads, and read in every encryption that kvcert knows.

use der::asn1::OctetStringRef;
use der::{Decode, Encode};
use zeroize::Zeroizing;

use super::pbe::{Budget, Keyring, Protection};
use super::{Limits, Password};
use crate::asn1::{EncryptedPrivateKeyInfo, ber};
use crate::content_error::ContentError;
use crate::key::PrivateKey;

/// Encrypts the key with `password`, as a DER `EncryptedPrivateKeyInfo`.
///
/// # Errors
/// If the system gives no random bytes.
pub fn encrypt(key: &PrivateKey, password: &Password) -> Result<Zeroizing<Vec<u8>>, ContentError> {
    let failed = |e: der::Error| ContentError::damaged("the encrypted private key", e);
    let protection = Protection::Aes256 {
        iterations: ITERATIONS,
    };
    let plain = key.secret_pkcs8_der();
    let [(algorithm, encrypted)] = protection.encrypt(&password.to_write_with(), [plain])?;
    let info = EncryptedPrivateKeyInfo {
        algorithm,
        encrypted_data: OctetStringRef::new(&encrypted).map_err(failed)?,
    };
    info.to_der().map(Zeroizing::new).map_err(failed)
}

/// Decrypts a DER (or BER) `EncryptedPrivateKeyInfo` to plain PKCS#8, DER.
///
/// # Errors
/// [`ContentError::WrongPassword`], [`ContentError::Damaged`], [`ContentError::Unsupported`] or
/// [`ContentError::OverLimit`].
pub fn decrypt(
    der: &[u8],
    password: &Password,
    limits: &Limits,
) -> Result<Zeroizing<Vec<u8>>, ContentError> {
    decrypt_within(der, password, &mut Budget::new(limits))
}

/// Decrypts a DER `EncryptedPrivateKeyInfo` (RFC 5958 section 3) to plain PKCS#8, paid from
/// `budget`, which is one for all keys of a file.
pub(super) fn decrypt_within(
    der: &[u8],
    password: &Password,
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, ContentError> {
    let part = "the encrypted private key";
    let der = ber::to_der(der, part)?;
    let info =
        EncryptedPrivateKeyInfo::from_der(&der).map_err(|e| ContentError::damaged(part, e))?;
    let candidates = password.candidates_for_keys();
    let data = info.encrypted_data.as_bytes();
    let key = Keyring::new(&candidates, budget).open(&info.algorithm, data)?;
    key.ok_or_else(|| password.is_wrong(part))
}

/// What OWASP advises for PBKDF2-HMAC-SHA-256; some 60 ms of work.
const ITERATIONS: u32 = 600_000;
