//! The integrity check of a PKCS#12 file.

use super::asn1::{MacData, Pbmac1Parameters, oid};
use crate::{
    content_error::ContentError,
    format::{
        password::Candidate,
        pbe::{
            Budget, Derivation, Hash,
            asn1::{Pbkdf2Parameters, oid::PBKDF2},
        },
    },
};

/// Whether the MAC over `message`, the content of the authenticated safe, holds under `password`:
/// HMAC with the PKCS#12 derivation (RFC 7292 section 4) or PBMAC1 (RFC 9579).
pub(super) fn holds(
    mac: &MacData,
    message: &[u8],
    password: &Candidate,
    budget: &mut Budget,
) -> Result<bool, ContentError> {
    let algorithm = &mac.mac.algorithm;
    let (hash, derivation) = if algorithm.algorithm == oid::PBMAC1 {
        pbmac1(&algorithm.parameters()?)?
    } else {
        let hash = Hash::from_oid(algorithm.algorithm)?;
        (
            hash,
            Derivation::pkcs12_mac(hash, mac.salt.clone(), mac.iterations)?,
        )
    };
    let key = derivation.derive(password, budget)?;
    Ok(hash.hmac_is(&key, message, mac.mac.digest.as_bytes()))
}

/// What the MAC is, for people: `HMAC-SHA-1, 2000 iterations`.
pub(super) fn describe(mac: &MacData) -> String {
    let algorithm = &mac.mac.algorithm;
    if algorithm.algorithm == oid::PBMAC1 {
        return String::from("PBMAC1");
    }
    let hash = Hash::from_oid(algorithm.algorithm).map_or("unknown", Hash::name);
    format!("HMAC-{hash}, {} iterations", mac.iterations)
}

/// RFC 9579 section 4: the salt and iterations of `MacData` itself mean nothing here, and the
/// length of the key must be stated.
fn pbmac1(parameters: &Pbmac1Parameters) -> Result<(Hash, Derivation), ContentError> {
    let hash = Hash::from_oid(parameters.mac.algorithm)?;
    if parameters.kdf.algorithm == PBKDF2 {
        let pbkdf2: Pbkdf2Parameters = parameters.kdf.parameters()?;
        // A short key would let anyone forge the MAC by trying all of them.
        if pbkdf2.key_length.is_none_or(|len| len < MIN_KEY_LENGTH) {
            return Err(ContentError::damaged(
                "the PBMAC1 parameters",
                "the key is too short",
            ));
        }
    }
    Ok((hash, Derivation::of(&parameters.kdf, None)?))
}

/// RFC 9579 section 5 asks for at least 20 bytes.
const MIN_KEY_LENGTH: u32 = 20;
