//! Encryption by a password: as PKCS#12 does it, and as PKCS#5 does.

use aes::{Aes128, Aes192, Aes256};
use anyhow::{Context, anyhow, bail, ensure};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyIvInit};
use der::Decode;
use der::asn1::{Any, ObjectIdentifier, OctetString};
use des::TdesEde3;
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use rc2::Rc2;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::ITERATIONS;
use super::asn1::{
    EncryptedPrivateKeyInfo, PBE_SHA1_3DES, PBE_SHA1_RC2_40, PBE_SHA1_RC2_128, PBES2, PBKDF2,
    PbeParameters, Pbes2Parameters, Pbkdf2Parameters,
};
use crate::encoding;
use crate::keys::pkcs8::AlgorithmIdentifier;

/// A password in the two forms that encryption takes.
pub(crate) struct Password {
    /// UTF-16 with its two zero bytes at the end, or nothing at all.
    pub(crate) wide: Zeroizing<Vec<u8>>,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}

impl Password {
    /// The passwords that `text` may stand for: no password is written in two ways.
    pub(crate) fn candidates(text: &str) -> Vec<Self> {
        let mut wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        wide.extend([0, 0]);
        let bytes = text.as_bytes().to_vec();
        let mut candidates = vec![Self {
            wide: wide.into(),
            bytes: bytes.into(),
        }];
        if text.is_empty() {
            candidates.push(Self {
                wide: Zeroizing::default(),
                bytes: Zeroizing::default(),
            });
        }
        candidates
    }
}

/// Encrypts by the null password with a fresh salt
/// ([RFC 7292, appendix C](https://www.rfc-editor.org/rfc/rfc7292#appendix-C)).
pub(crate) fn encrypt(
    oid: ObjectIdentifier,
    plain: &[u8],
) -> anyhow::Result<(AlgorithmIdentifier, Vec<u8>)> {
    let salt = encoding::random::<8>()?;
    let part = |purpose, length| derive::<Sha1>(&[], &salt, purpose, ITERATIONS, length);
    let iv = part(Pkcs12KeyType::Iv, 8);
    let encrypted = match oid {
        PBE_SHA1_RC2_40 => {
            let key = part(Pkcs12KeyType::EncryptionKey, 5);
            cbc::Encryptor::inner_iv_slice_init(Rc2::new_with_eff_key_len(&key, 40), &iv)
                .map_err(|_| wrong_length())?
                .encrypt_padded_vec::<Pkcs7>(plain)
        }
        _ => {
            let key = part(Pkcs12KeyType::EncryptionKey, 24);
            cbc::Encryptor::<TdesEde3>::new_from_slices(&key, &iv)
                .map_err(|_| wrong_length())?
                .encrypt_padded_vec::<Pkcs7>(plain)
        }
    };
    let parameters = PbeParameters {
        salt: OctetString::new(salt)?,
        iterations: ITERATIONS,
    };
    let algorithm = AlgorithmIdentifier {
        oid,
        parameters: Some(Any::encode_from(&parameters)?),
    };
    Ok((algorithm, encrypted))
}

/// Reads an `EncryptedPrivateKeyInfo`: PKCS#8, encrypted.
pub(crate) fn decrypt_key(der: &[u8], password: &str) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let info = EncryptedPrivateKeyInfo::from_der(der)?;
    Password::candidates(password)
        .iter()
        .find_map(|password| decrypt(&info.algorithm, info.encrypted.as_bytes(), password).ok())
        .context("the wrong password")
}

/// Decrypts by a password. A wrong one is mostly an error, but may give nonsense.
pub(crate) fn decrypt(
    algorithm: &AlgorithmIdentifier,
    encrypted: &[u8],
    password: &Password,
) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let parameters = algorithm.parameters.as_ref().context("no parameters")?;
    if algorithm.oid == PBES2 {
        return decrypt_pbes2(&parameters.decode_as()?, encrypted, password);
    }
    let parameters: PbeParameters = parameters.decode_as()?;
    ensure!(parameters.iterations <= MOST_ITERATIONS, "too many rounds");
    let part = |purpose, length| {
        let (salt, rounds) = (parameters.salt.as_bytes(), parameters.iterations);
        derive::<Sha1>(&password.wide, salt, purpose, rounds, length)
    };
    let iv = part(Pkcs12KeyType::Iv, 8);
    match algorithm.oid {
        PBE_SHA1_3DES => {
            cbc_decrypt::<TdesEde3>(&part(Pkcs12KeyType::EncryptionKey, 24), &iv, encrypted)
        }
        PBE_SHA1_RC2_40 => rc2_decrypt(&part(Pkcs12KeyType::EncryptionKey, 5), &iv, encrypted),
        PBE_SHA1_RC2_128 => rc2_decrypt(&part(Pkcs12KeyType::EncryptionKey, 16), &iv, encrypted),
        other => bail!("encryption by {other} is not known"),
    }
}

fn decrypt_pbes2(
    parameters: &Pbes2Parameters,
    encrypted: &[u8],
    password: &Password,
) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    ensure!(
        parameters.derivation.oid == PBKDF2,
        "an unknown key derivation"
    );
    let derivation = parameters
        .derivation
        .parameters
        .as_ref()
        .context("no parameters")?;
    let derivation: Pbkdf2Parameters = derivation.decode_as()?;
    let iv = parameters
        .encryption
        .parameters
        .as_ref()
        .context("no parameters")?;
    let iv: OctetString = iv.decode_as()?;
    let iv = iv.as_bytes();
    let key = |length| pbkdf2(&derivation, password, length);
    match parameters.encryption.oid.to_string().as_str() {
        "2.16.840.1.101.3.4.1.2" => cbc_decrypt::<Aes128>(&key(16)?, iv, encrypted),
        "2.16.840.1.101.3.4.1.22" => cbc_decrypt::<Aes192>(&key(24)?, iv, encrypted),
        "2.16.840.1.101.3.4.1.42" => cbc_decrypt::<Aes256>(&key(32)?, iv, encrypted),
        "1.2.840.113549.3.7" => cbc_decrypt::<TdesEde3>(&key(24)?, iv, encrypted),
        other => bail!("encryption by {other} is not known"),
    }
}

fn pbkdf2(
    parameters: &Pbkdf2Parameters,
    password: &Password,
    length: usize,
) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    ensure!(parameters.iterations <= MOST_ITERATIONS, "too many rounds");
    let mut key = Zeroizing::new(vec![0; length]);
    let (salt, rounds) = (parameters.salt.as_bytes(), parameters.iterations);
    let function = parameters
        .function
        .as_ref()
        .map(|function| function.oid.to_string());
    match function.as_deref() {
        None | Some("1.2.840.113549.2.7") => {
            pbkdf2::pbkdf2_hmac::<Sha1>(&password.bytes, salt, rounds, &mut key);
        }
        Some("1.2.840.113549.2.8") => {
            pbkdf2::pbkdf2_hmac::<Sha224>(&password.bytes, salt, rounds, &mut key);
        }
        Some("1.2.840.113549.2.9") => {
            pbkdf2::pbkdf2_hmac::<Sha256>(&password.bytes, salt, rounds, &mut key);
        }
        Some("1.2.840.113549.2.10") => {
            pbkdf2::pbkdf2_hmac::<Sha384>(&password.bytes, salt, rounds, &mut key);
        }
        Some("1.2.840.113549.2.11") => {
            pbkdf2::pbkdf2_hmac::<Sha512>(&password.bytes, salt, rounds, &mut key);
        }
        Some(other) => bail!("the function {other} is not known"),
    }
    Ok(key)
}

fn cbc_decrypt<C>(key: &[u8], iv: &[u8], encrypted: &[u8]) -> anyhow::Result<Zeroizing<Vec<u8>>>
where
    C: cbc::cipher::BlockCipherDecrypt + cbc::cipher::KeyInit,
{
    let cipher = cbc::Decryptor::<C>::new_from_slices(key, iv).map_err(|_| wrong_length())?;
    let plain = cipher.decrypt_padded_vec::<Pkcs7>(encrypted);
    Ok(Zeroizing::new(
        plain.map_err(|_| anyhow!("the wrong password"))?,
    ))
}

fn rc2_decrypt(key: &[u8], iv: &[u8], encrypted: &[u8]) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let cipher = Rc2::new_with_eff_key_len(key, key.len() * 8);
    let cipher = cbc::Decryptor::inner_iv_slice_init(cipher, iv).map_err(|_| wrong_length())?;
    let plain = cipher.decrypt_padded_vec::<Pkcs7>(encrypted);
    Ok(Zeroizing::new(
        plain.map_err(|_| anyhow!("the wrong password"))?,
    ))
}

/// The key derivation of PKCS#12 ([RFC 7292, appendix B](https://www.rfc-editor.org/rfc/rfc7292#appendix-B)).
pub(crate) fn derive<D>(
    password: &[u8],
    salt: &[u8],
    purpose: Pkcs12KeyType,
    iterations: u32,
    length: usize,
) -> Zeroizing<Vec<u8>>
where
    D: Hash,
{
    let rounds = i32::try_from(iterations).unwrap_or(i32::MAX);
    Zeroizing::new(derive_key::<D>(password, salt, purpose, rounds, length))
}

/// What the key derivation needs of a hash function.
pub(crate) trait Hash:
    sha1::Digest + sha1::digest::FixedOutputReset + sha1::digest::common::BlockSizeUser
{
}

impl<D> Hash for D where
    D: sha1::Digest + sha1::digest::FixedOutputReset + sha1::digest::common::BlockSizeUser
{
}

fn wrong_length() -> anyhow::Error {
    anyhow!("a derived key has the wrong length")
}

/// More would only keep the vault busy.
pub(crate) const MOST_ITERATIONS: u32 = 1_000_000;
