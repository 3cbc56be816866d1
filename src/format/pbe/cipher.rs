//! [`Cipher`]: the block ciphers of key stores.

use aws_lc_rs::{
    cipher::{self, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey},
    iv::FixedLength,
};
use cbc::cipher::{
    BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, KeyInit, block_padding::Pkcs7,
};
use zeroize::Zeroizing;

/// A block cipher in CBC mode with PKCS#7 padding.
#[derive(Clone, Copy)]
pub(super) enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    Des,
    /// With two keys (16 bytes) or three (24 bytes).
    TripleDes,
    Rc2 {
        effective_bits: usize,
    },
}

impl Cipher {
    /// Decrypts `data`; `None` if the sizes do not fit or the padding is wrong.
    pub(super) fn decrypt(self, key: &[u8], iv: &[u8], data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Self::Aes128 => cbc(aes::Aes128::new_from_slice(key).ok()?, iv, data),
            Self::Aes192 => cbc(aes::Aes192::new_from_slice(key).ok()?, iv, data),
            Self::Aes256 => cbc(aes::Aes256::new_from_slice(key).ok()?, iv, data),
            Self::Des => cbc(des::Des::new_from_slice(key).ok()?, iv, data),
            Self::TripleDes if key.len() == 16 => {
                cbc(des::TdesEde2::new_from_slice(key).ok()?, iv, data)
            }
            Self::TripleDes => triple_des(key, iv, data),
            Self::Rc2 { effective_bits } => {
                let usable = (1..=128).contains(&key.len());
                let cipher = usable.then(|| rc2::Rc2::new_with_eff_key_len(key, effective_bits));
                cbc(cipher?, iv, data)
            }
        }
    }
}

/// Key Vault's files are encrypted like this: aws-lc is several times as fast as `des` here. It
/// takes no weak keys and none that repeats a part, which one password in 2^54 may give.
fn triple_des(key: &[u8], iv: &[u8], data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    #[expect(deprecated, reason = "old files are what this is for")]
    let algorithm = &cipher::DES_EDE3_FOR_LEGACY_USE_ONLY;
    let decryptor =
        UnboundCipherKey::new(algorithm, key).and_then(PaddedBlockDecryptingKey::cbc_pkcs7);
    let Ok(decryptor) = decryptor else {
        return cbc(des::TdesEde3::new_from_slice(key).ok()?, iv, data);
    };
    let iv = DecryptionContext::Iv64(FixedLength::from(<[u8; 8]>::try_from(iv).ok()?));
    let mut buffer = Zeroizing::new(data.to_vec());
    let len = decryptor.decrypt(&mut buffer, iv).ok()?.len();
    buffer.truncate(len);
    Some(buffer)
}

fn cbc<C>(cipher: C, iv: &[u8], data: &[u8]) -> Option<Zeroizing<Vec<u8>>>
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
