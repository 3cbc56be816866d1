//! Keys encrypted by the header lines of their PEM block (RFC 1421 section 4.6.1.3), as OpenSSL
//! writes PKCS#1 and SEC1 keys. The key comes from OpenSSL's own derivation: MD5, one round, the
//! first eight bytes of the initialisation vector as its salt.

use md5::{Digest, Md5};
use zeroize::Zeroizing;

use super::Budget;
use super::cipher::Cipher;
use super::keyring::price;
use crate::asn1::ber;
use crate::content_error::{ContentError, Remedy};
use crate::format::Password;
use crate::text::excerpt;

/// Decrypts what stands under the header `DEK-Info: info`.
pub(crate) fn decrypt(
    info: &str,
    data: &[u8],
    password: &Password,
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, ContentError> {
    let (name, iv) = info.split_once(',').unwrap_or((info, ""));
    let (cipher, key_len) = cipher(name.trim())?;
    let iv = hex::decode(iv.trim()).ok().filter(|iv| iv.len() >= SALT);
    let iv = iv.ok_or_else(|| ContentError::damaged(PART, "its `DEK-Info` line is damaged"))?;
    let candidates = password.candidates_for_keys();
    for candidate in &candidates {
        budget.spend(price(data))?;
        let key = derive(&candidate.raw, &iv[..SALT], key_len);
        let plain = cipher.decrypt(&key, &iv, data);
        if let Some(key) = plain.and_then(|plain| ber::to_der(&plain, PART).ok()) {
            return Ok(key);
        }
    }
    Err(password.is_wrong(PART))
}

/// The cipher with the length of its key.
fn cipher(name: &str) -> Result<(Cipher, usize), ContentError> {
    Ok(match name.to_ascii_uppercase().as_str() {
        "AES-128-CBC" => (Cipher::Aes128, 16),
        "AES-192-CBC" => (Cipher::Aes192, 24),
        "AES-256-CBC" => (Cipher::Aes256, 32),
        "CAMELLIA-128-CBC" => (Cipher::Camellia128, 16),
        "CAMELLIA-192-CBC" => (Cipher::Camellia192, 24),
        "CAMELLIA-256-CBC" => (Cipher::Camellia256, 32),
        "DES-EDE3-CBC" => (Cipher::TripleDes, 24),
        "DES-EDE-CBC" => (Cipher::TripleDes, 16),
        "DES-CBC" => (Cipher::Des, 8),
        "RC2-CBC" => (rc2(128), 16),
        "RC2-64-CBC" => (rc2(64), 8),
        "RC2-40-CBC" => (rc2(40), 5),
        // What this header names is a name of openssl's.
        _ => {
            let name = format!("a private key encrypted with {}", excerpt(name, 32));
            return Err(ContentError::unsupported_form(name).with_remedy(Remedy::Openssl));
        }
    })
}

fn rc2(effective_bits: usize) -> Cipher {
    Cipher::Rc2 { effective_bits }
}

fn derive(password: &[u8], salt: &[u8], len: usize) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(Vec::with_capacity(len + 16));
    let mut digest = Zeroizing::new(Vec::new());
    while key.len() < len {
        let hash = Md5::new().chain_update(&*digest);
        let hash = hash.chain_update(password).chain_update(salt);
        *digest = hash.finalize().to_vec();
        key.extend_from_slice(&digest);
    }
    key.truncate(len);
    key
}

const PART: &str = "the encrypted private key";
/// The bytes of the initialisation vector that salt the key.
const SALT: usize = 8;
