//! Encrypted PKCS#8 (RFC 5958 section 3). It is written with PBES2, PBKDF2-HMAC-SHA-256 and
//! AES-256-CBC, which everything current reads, and read in every encryption that kvcert knows.

use der::asn1::OctetStringRef;
use der::{Decode, Encode};
use zeroize::Zeroizing;

use super::pbe::{Budget, Keyring, Protection, describe_pkcs8};
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

/// Whether `der` has the structure of an encrypted key, whatever password opens it.
pub fn is_encrypted(der: &[u8]) -> bool {
    describe_pkcs8(der).is_some()
}

/// Whether `der` is what [`encrypt`] would give, but for its salt: the same key under the same
/// password, encrypted as strongly. It costs about as much as [`encrypt`].
pub fn is_same(der: &[u8], key: &PrivateKey, password: &Password) -> bool {
    let ours = describe_pkcs8(der).is_some_and(|it| {
        let (cipher, derivation) = (it.cipher.as_deref(), it.derivation.as_deref());
        it.iterations == Some(u64::from(ITERATIONS))
            && cipher == Some("AES-256-CBC")
            && derivation == Some("PBKDF2 with HMAC-SHA-256")
    });
    let limits = Limits {
        max_iterations: u64::from(ITERATIONS) * 2,
        ..Limits::default()
    };
    ours && decrypt(der, password, &limits).is_ok_and(|there| *there == *key.secret_pkcs8_der())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_encryption_has_other_bytes_and_the_same_content() {
        let make = || {
            let key = rcgen::KeyPair::generate().unwrap();
            PrivateKey::from_pkcs8(&key.serialize_der()).unwrap()
        };
        let (key, other) = (make(), make());
        let password = Password::new(b"correct horse".to_vec());
        let (first, second) = (encrypt(&key, &password), encrypt(&key, &password));
        let first = first.unwrap();
        assert_ne!(first, second.unwrap());
        assert!(is_same(&first, &key, &password));
        assert!(!is_same(&first, &other, &password));
        assert!(!is_same(&first, &key, &Password::new(b"battery".to_vec())));
        assert!(!is_same(key.secret_pkcs8_der(), &key, &password));
        assert!(!is_same(b"", &key, &password));
        // One that is quicker to guess is not the same.
        let weak = Protection::Aes256 { iterations: 2048 };
        let plain = key.secret_pkcs8_der();
        let [(algorithm, encrypted)] = weak.encrypt(&password.to_write_with(), [plain]).unwrap();
        let info = EncryptedPrivateKeyInfo {
            algorithm,
            encrypted_data: OctetStringRef::new(&encrypted).unwrap(),
        };
        assert!(!is_same(&info.to_der().unwrap(), &key, &password));
    }
}
