//! Password-based encryption: PKCS#12's own schemes (RFC 7292 appendix C) and PBES2 (RFC 8018).

use cbc::cipher::{BlockModeDecrypt, InnerIvInit, KeyInit, block_padding::Pkcs7};
use der::{
    Decode,
    asn1::{ObjectIdentifier, OctetString},
};
use zeroize::Zeroizing;

use super::{
    asn1::{
        AlgorithmIdentifier, EncryptedPrivateKeyInfo, PbeParameters, Pbes2Parameters,
        Rc2Parameters, oid,
    },
    kdf::{self, Budget, Hash, Purpose},
};
use crate::{
    content_error::ContentError,
    format::{
        ber,
        password::{Candidate, Password},
    },
};

/// Decrypts a DER `EncryptedPrivateKeyInfo` (RFC 5958 section 3) to plain PKCS#8, paid from
/// `budget`, which is one for all keys of a file.
pub(in crate::format) fn decrypt_pkcs8(
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
        let plain = decrypt(&info.algorithm, data, &candidate, budget)?;
        if let Some(key) = plain.and_then(|plain| ber::to_der(&plain, part).ok()) {
            return Ok(key);
        }
    }
    Err(ContentError::WrongPassword {
        part: part.into(),
        given: password.is_given(),
    })
}

/// Decrypts `data`; `None` if the padding says that the password is wrong.
pub(super) fn decrypt(
    algorithm: &AlgorithmIdentifier,
    data: &[u8],
    password: &Candidate,
    budget: &mut Budget,
) -> Result<Option<Zeroizing<Vec<u8>>>, ContentError> {
    if algorithm.algorithm == oid::PBES2 {
        return pbes2(&kdf::parameters(algorithm)?, data, password, budget);
    }
    let (cipher, key_len) = match algorithm.algorithm {
        oid::SHA3_KEY_3DES => (Cipher::TripleDes, 24),
        oid::SHA2_KEY_3DES => (Cipher::TripleDes, 16),
        oid::SHA_RC2_128 => (
            Cipher::Rc2 {
                effective_bits: 128,
            },
            16,
        ),
        oid::SHA_RC2_40 => (Cipher::Rc2 { effective_bits: 40 }, 5),
        id => return Err(unsupported(id)),
    };
    let PbeParameters { salt, iterations } = kdf::parameters(algorithm)?;
    let salt = salt.as_bytes();
    let wanted = [(Purpose::Key, key_len), (Purpose::Iv, BLOCK_64)];
    let [key, iv] = kdf::pkcs12(Hash::Sha1, password, salt, iterations, wanted, budget)?;
    Ok(cipher.decrypt(&key, &iv, data))
}

fn pbes2(
    parameters: &Pbes2Parameters,
    data: &[u8],
    password: &Candidate,
    budget: &mut Budget,
) -> Result<Option<Zeroizing<Vec<u8>>>, ContentError> {
    let encryption = &parameters.encryption;
    let (cipher, key_len) = match encryption.algorithm {
        oid::AES128_CBC => (Cipher::Aes128, Some(16)),
        oid::AES192_CBC => (Cipher::Aes192, Some(24)),
        oid::AES256_CBC => (Cipher::Aes256, Some(32)),
        oid::DES_EDE3_CBC => (Cipher::TripleDes, Some(24)),
        oid::DES_CBC => (Cipher::Des, Some(8)),
        oid::RC2_CBC => return pbes2_rc2(parameters, data, password, budget),
        id => return Err(unsupported(id)),
    };
    let iv: OctetString = kdf::parameters(encryption)?;
    let key = kdf::derive(&parameters.kdf, password, key_len, budget)?;
    Ok(cipher.decrypt(&key, iv.as_bytes(), data))
}

/// RC2 under PBES2 (RFC 8018 appendix B.2.3) encodes its effective key length as a "version".
fn pbes2_rc2(
    parameters: &Pbes2Parameters,
    data: &[u8],
    password: &Candidate,
    budget: &mut Budget,
) -> Result<Option<Zeroizing<Vec<u8>>>, ContentError> {
    let Rc2Parameters { version, iv } = kdf::parameters(&parameters.encryption)?;
    let effective_bits = match version {
        None => 32,
        Some(160) => 40,
        Some(120) => 64,
        Some(58) => 128,
        Some(_) => return Err(unsupported(oid::RC2_CBC)),
    };
    let stated = kdf::parameters::<super::asn1::Pbkdf2Parameters>(&parameters.kdf)?.key_length;
    let len = stated.is_none().then_some(effective_bits / 8);
    let key = kdf::derive(&parameters.kdf, password, len, budget)?;
    Ok(Cipher::Rc2 { effective_bits }.decrypt(&key, iv.as_bytes(), data))
}

/// Block ciphers, in CBC mode with PKCS#7 padding.
#[derive(Clone, Copy)]
enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    Des,
    TripleDes,
    Rc2 { effective_bits: usize },
}

impl Cipher {
    /// `None` if the sizes do not fit or the padding is wrong.
    fn decrypt(self, key: &[u8], iv: &[u8], data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Self::Aes128 => cbc(aes::Aes128::new_from_slice(key).ok()?, iv, data),
            Self::Aes192 => cbc(aes::Aes192::new_from_slice(key).ok()?, iv, data),
            Self::Aes256 => cbc(aes::Aes256::new_from_slice(key).ok()?, iv, data),
            Self::Des => cbc(des::Des::new_from_slice(key).ok()?, iv, data),
            Self::TripleDes if key.len() == 16 => {
                cbc(des::TdesEde2::new_from_slice(key).ok()?, iv, data)
            }
            Self::TripleDes => cbc(des::TdesEde3::new_from_slice(key).ok()?, iv, data),
            Self::Rc2 { effective_bits } => {
                let usable = (1..=128).contains(&key.len());
                let cipher = usable.then(|| rc2::Rc2::new_with_eff_key_len(key, effective_bits));
                cbc(cipher?, iv, data)
            }
        }
    }
}

fn cbc<C>(cipher: C, iv: &[u8], data: &[u8]) -> Option<Zeroizing<Vec<u8>>>
where
    C: cbc::cipher::BlockCipherDecrypt,
    cbc::Decryptor<C>: InnerIvInit<Inner = C> + BlockModeDecrypt,
{
    let decryptor = cbc::Decryptor::<C>::inner_iv_slice_init(cipher, iv).ok()?;
    let mut buffer = Zeroizing::new(data.to_vec());
    let len = decryptor.decrypt_padded::<Pkcs7>(&mut buffer).ok()?.len();
    buffer.truncate(len);
    Some(buffer)
}

fn unsupported(id: ObjectIdentifier) -> ContentError {
    let name = match id.to_string().as_str() {
        "1.2.840.113549.1.12.1.1" => "128-bit RC4 encryption",
        "1.2.840.113549.1.12.1.2" => "40-bit RC4 encryption",
        "1.2.840.113549.1.5.1" => "PBES1 encryption with MD2 and DES",
        "1.2.840.113549.1.5.3" => "PBES1 encryption with MD5 and DES",
        "1.2.840.113549.1.5.4" => "PBES1 encryption with MD2 and RC2",
        "1.2.840.113549.1.5.6" => "PBES1 encryption with MD5 and RC2",
        "1.2.840.113549.1.5.10" => "PBES1 encryption with SHA-1 and DES",
        "1.2.840.113549.1.5.11" => "PBES1 encryption with SHA-1 and RC2",
        "1.2.840.113549.3.2" => "RC2 encryption of this key length",
        "1.2.840.113549.3.4" => "RC4 encryption",
        "1.2.392.200011.61.1.1.1.2" => "128-bit Camellia encryption",
        "1.2.392.200011.61.1.1.1.3" => "192-bit Camellia encryption",
        "1.2.392.200011.61.1.1.1.4" => "256-bit Camellia encryption",
        "1.2.410.200004.1.4" => "SEED encryption",
        "1.2.840.113533.7.66.10" => "CAST5 encryption",
        "1.3.6.1.4.1.188.7.1.1.2" => "IDEA encryption",
        "1.3.6.1.4.1.3029.1.2" => "Blowfish encryption",
        "2.16.840.1.101.3.4.1.6" => "128-bit AES-GCM encryption",
        "2.16.840.1.101.3.4.1.46" => "256-bit AES-GCM encryption",
        "1.2.643.2.2.21" => "GOST 28147 encryption",
        _ => "this encryption",
    };
    ContentError::unsupported(name, id)
}

/// The block of DES and RC2, in bytes.
const BLOCK_64: usize = 8;
