//! [`Cipher`]: the ciphers of key stores.

use aws_lc_rs::cipher::{self, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit,
    KeyInit, StreamCipher,
};
use zeroize::Zeroizing;

/// A block cipher in CBC mode with PKCS#7 padding, or RC4.
#[derive(Clone, Copy)]
pub(super) enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    Camellia128,
    Camellia192,
    Camellia256,
    Des,
    /// With two keys (16 bytes) or three (24 bytes).
    TripleDes,
    Rc2 {
        effective_bits: usize,
    },
    /// A stream cipher, with neither initialisation vector nor padding.
    Rc4,
}

/// Calls a generic function with the block cipher that `$cipher` and the key mean.
macro_rules! with_cipher {
    ($cipher:expr, $key:expr, $function:ident ( $($argument:expr),* )) => {
        match $cipher {
            Cipher::Aes128 => $function(aes::Aes128::new_from_slice($key).ok()?, $($argument),*),
            Cipher::Aes192 => $function(aes::Aes192::new_from_slice($key).ok()?, $($argument),*),
            Cipher::Aes256 => $function(aes::Aes256::new_from_slice($key).ok()?, $($argument),*),
            Cipher::Camellia128 => {
                $function(camellia::Camellia128::new_from_slice($key).ok()?, $($argument),*)
            }
            Cipher::Camellia192 => {
                $function(camellia::Camellia192::new_from_slice($key).ok()?, $($argument),*)
            }
            Cipher::Camellia256 => {
                $function(camellia::Camellia256::new_from_slice($key).ok()?, $($argument),*)
            }
            Cipher::Des => $function(des::Des::new_from_slice($key).ok()?, $($argument),*),
            Cipher::TripleDes if $key.len() == 16 => {
                $function(des::TdesEde2::new_from_slice($key).ok()?, $($argument),*)
            }
            Cipher::TripleDes => {
                $function(des::TdesEde3::new_from_slice($key).ok()?, $($argument),*)
            }
            Cipher::Rc2 { effective_bits } => {
                let usable = (1..=128).contains(&$key.len());
                let cipher = usable.then(|| rc2::Rc2::new_with_eff_key_len($key, effective_bits));
                $function(cipher?, $($argument),*)
            }
            Cipher::Rc4 => return None,
        }
    };
}

impl Cipher {
    /// Decrypts `data`; `None` if the sizes do not fit or the padding is wrong.
    pub(super) fn decrypt(self, key: &[u8], iv: &[u8], data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        if matches!(self, Self::Rc4) {
            return rc4(key, data);
        }
        if matches!(self, Self::TripleDes)
            && let Some(decryptor) = fast_triple_des(key)
        {
            return decrypt_fast(&decryptor, iv, data);
        }
        with_cipher!(self, key, decrypt(iv, data))
    }

    /// Encrypts `data`; `None` if the sizes do not fit.
    pub(super) fn encrypt(self, key: &[u8], iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        with_cipher!(self, key, encrypt(iv, data))
    }
}

/// Key Vault's files are encrypted like this: aws-lc is several times as fast as `des` here. It
/// takes three keys, no weak ones and none that repeats a part, which one password in 2^54 may
/// give.
fn fast_triple_des(key: &[u8]) -> Option<PaddedBlockDecryptingKey> {
    #[expect(deprecated, reason = "old files are what this is for")]
    let algorithm = &cipher::DES_EDE3_FOR_LEGACY_USE_ONLY;
    let key = UnboundCipherKey::new(algorithm, key);
    key.and_then(PaddedBlockDecryptingKey::cbc_pkcs7).ok()
}

fn decrypt_fast(
    decryptor: &PaddedBlockDecryptingKey,
    iv: &[u8],
    data: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let iv = DecryptionContext::Iv64(FixedLength::from(<[u8; 8]>::try_from(iv).ok()?));
    let mut buffer = Zeroizing::new(data.to_vec());
    let len = decryptor.decrypt(&mut buffer, iv).ok()?.len();
    buffer.truncate(len);
    Some(buffer)
}

/// Decryption and encryption are the same.
fn rc4(key: &[u8], data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(data.to_vec());
    rc4::Rc4::new_from_slice(key)
        .ok()?
        .apply_keystream(&mut buffer);
    Some(buffer)
}

fn decrypt<C>(cipher: C, iv: &[u8], data: &[u8]) -> Option<Zeroizing<Vec<u8>>>
where
    C: BlockCipherDecrypt,
    cbc::Decryptor<C>: InnerIvInit<Inner = C> + BlockModeDecrypt,
{
    let decryptor = cbc::Decryptor::<C>::inner_iv_slice_init(cipher, iv).ok()?;
    let mut buffer = Zeroizing::new(data.to_vec());
    let len = decryptor.decrypt_padded::<Pkcs7>(&mut buffer).ok()?.len();
    buffer.truncate(len);
    Some(buffer)
}

fn encrypt<C>(cipher: C, iv: &[u8], data: &[u8]) -> Option<Vec<u8>>
where
    C: BlockCipherEncrypt,
    cbc::Encryptor<C>: InnerIvInit<Inner = C> + BlockModeEncrypt,
{
    let encryptor = cbc::Encryptor::<C>::inner_iv_slice_init(cipher, iv).ok()?;
    Some(encryptor.encrypt_padded_vec::<Pkcs7>(data))
}
