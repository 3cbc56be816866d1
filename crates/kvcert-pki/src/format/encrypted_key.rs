//! Encrypted PKCS#8 (RFC 5958 section 3): PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC, which
//! everything current reads.

use der::Encode;
use der::asn1::OctetStringRef;
use zeroize::Zeroizing;

use super::Password;
use super::pbe::Protection;
use super::pbe::asn1::EncryptedPrivateKeyInfo;
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

/// What OWASP advises for PBKDF2-HMAC-SHA-256; some 60 ms of work.
const ITERATIONS: u32 = 600_000;
