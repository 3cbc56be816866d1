//! Encrypted PKCS#8 (RFC 5958 section 3): PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC, which
//! everything current reads. The `pkcs8` crate does it; p12-keystore only does whole PFX files.

use aws_lc_rs::rand;
use der::Decode;
use pkcs8::{PrivateKeyInfoRef, pkcs5::pbes2};
use zeroize::Zeroizing;

use super::Password;
use crate::{content_error::ContentError, key::PrivateKey};

/// Encrypts the key with `password`, as a DER `EncryptedPrivateKeyInfo`.
///
/// # Errors
/// If the system gives no random bytes.
pub fn encrypt(key: &PrivateKey, password: &Password) -> Result<Zeroizing<Vec<u8>>, ContentError> {
    let failed = |detail: &str| ContentError::damaged("the private key", detail);
    let info = PrivateKeyInfoRef::from_der(key.secret_pkcs8_der())
        .map_err(|_| failed("it cannot be encrypted"))?;
    let mut salt = [0; 16];
    let mut iv = [0; 16];
    rand::fill(&mut salt)
        .and_then(|()| rand::fill(&mut iv))
        .map_err(|_| failed("the system gives no random bytes"))?;
    let scheme = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ITERATIONS, &salt, iv)
        .map_err(|_| failed("it cannot be encrypted"))?;
    let encrypted = info
        .encrypt_with_params(scheme, password.bytes())
        .map_err(|_| failed("it cannot be encrypted"))?;
    Ok(Zeroizing::new(encrypted.as_bytes().to_vec()))
}

/// What OWASP advises for PBKDF2-HMAC-SHA-256; some 60 ms of work.
const ITERATIONS: u32 = 600_000;
