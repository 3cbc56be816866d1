//! `RSNULL`: a signature by RSA over bytes as they are, without naming a digest.
//! TLS before 1.2 signs so ([RFC 2437, section 8.1](https://www.rfc-editor.org/rfc/rfc2437#section-8.1)).

use anyhow::{Context, ensure};
use der::asn1::Uint;
use der::{Decode, Sequence};
use num_bigint::BigUint;

use super::pkcs8::PrivateKey;

/// `RSAPrivateKey` ([RFC 8017, appendix A.1.2](https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1.2)).
#[derive(Sequence)]
struct RsaPrivateKey {
    version: u8,
    modulus: Uint,
    public_exponent: Uint,
    private_exponent: Uint,
    prime1: Uint,
    prime2: Uint,
    exponent1: Uint,
    exponent2: Uint,
    coefficient: Uint,
}

/// The least padding, in bytes.
pub(crate) const PADDING: usize = 11;

/// Signs; the value must leave room for the padding.
pub(crate) fn sign(pkcs8: &[u8], value: &[u8]) -> anyhow::Result<Vec<u8>> {
    let key = RsaPrivateKey::read(pkcs8)?;
    let block = BigUint::from_bytes_be(&key.padded(value)?);
    let signature = block.modpow(&number(&key.private_exponent), &number(&key.modulus));
    let signature = signature.to_bytes_be();
    let mut padded = vec![0; key.length() - signature.len()];
    padded.extend(signature);
    Ok(padded)
}

/// Does the signature belong to the value?
pub(crate) fn verify(pkcs8: &[u8], value: &[u8], signature: &[u8]) -> anyhow::Result<bool> {
    let key = RsaPrivateKey::read(pkcs8)?;
    let (modulus, signature) = (number(&key.modulus), BigUint::from_bytes_be(signature));
    let block = signature.modpow(&number(&key.public_exponent), &modulus);
    let expected = BigUint::from_bytes_be(&key.padded(value)?);
    Ok(signature < modulus && block == expected)
}

impl RsaPrivateKey {
    fn read(pkcs8: &[u8]) -> anyhow::Result<Self> {
        let private = PrivateKey::parse(pkcs8)?;
        Self::from_der(private.traditional()).context("not an RSA key")
    }

    /// Of the modulus, in bytes.
    fn length(&self) -> usize {
        self.modulus.as_bytes().len()
    }

    fn padded(&self, value: &[u8]) -> anyhow::Result<Vec<u8>> {
        let length = self.length();
        ensure!(value.len() + PADDING <= length, "a value that is too long");
        let mut block = vec![0xff; length - value.len()];
        (block[0], block[1]) = (0, 1);
        if let Some(last) = block.last_mut() {
            *last = 0;
        }
        block.extend_from_slice(value);
        Ok(block)
    }
}

fn number(number: &Uint) -> BigUint {
    BigUint::from_bytes_be(number.as_bytes())
}
