//! `RSNULL`: a signature by RSA over bytes as they are, with no word on what they are the digest of.
//! TLS before 1.2 signs so ([RFC 2437, section 8.1](https://www.rfc-editor.org/rfc/rfc2437#section-8.1)).

use anyhow::{Context, ensure};
use der::Decode;
use der::asn1::UintRef;
use kvcert_pki::asn1::RsaPrivateKey;
use num_bigint::BigUint;

use super::pkcs8::PrivateKey;

/// What padding takes at least, in bytes.
pub(crate) const PADDING: usize = 11;

/// Signs; the value must leave room for the padding.
pub(crate) fn sign(pkcs8: &[u8], value: &[u8]) -> anyhow::Result<Vec<u8>> {
    let private = PrivateKey::parse(pkcs8)?;
    let key = RsaPrivateKey::from_der(private.traditional()).context("not an RSA key")?;
    let length = key.modulus.as_bytes().len();
    let block = BigUint::from_bytes_be(&padded(value, length)?);
    let signature = block.modpow(&number(key.private_exponent), &number(key.modulus));
    let signature = signature.to_bytes_be();
    let mut padded = vec![0; length - signature.len()];
    padded.extend(signature);
    Ok(padded)
}

/// Does the signature belong to the value?
pub(crate) fn verify(pkcs8: &[u8], value: &[u8], signature: &[u8]) -> anyhow::Result<bool> {
    let private = PrivateKey::parse(pkcs8)?;
    let key = RsaPrivateKey::from_der(private.traditional()).context("not an RSA key")?;
    let (modulus, signature) = (number(key.modulus), BigUint::from_bytes_be(signature));
    let block = signature.modpow(&number(key.public_exponent), &modulus);
    let expected = padded(value, key.modulus.as_bytes().len())?;
    Ok(signature < modulus && block == BigUint::from_bytes_be(&expected))
}

/// The value in a block as long as the modulus.
fn padded(value: &[u8], length: usize) -> anyhow::Result<Vec<u8>> {
    ensure!(value.len() + PADDING <= length, "a value that is too long");
    let mut block = vec![0xff; length - value.len()];
    (block[0], block[1]) = (0, 1);
    if let Some(last) = block.last_mut() {
        *last = 0;
    }
    block.extend_from_slice(value);
    Ok(block)
}

fn number(number: UintRef<'_>) -> BigUint {
    BigUint::from_bytes_be(number.as_bytes())
}
