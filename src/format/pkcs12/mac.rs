//! The integrity check of a PKCS#12 file.

use super::{
    asn1::{MacData, Pbkdf2Parameters, Pbmac1Parameters, oid},
    kdf::{self, Budget, Hash, Purpose},
};
use crate::{content_error::ContentError, format::password::Candidate};

/// Whether the MAC over `message`, the content of the authenticated safe, holds under `password`:
/// HMAC with the PKCS#12 derivation (RFC 7292 section 4) or PBMAC1 (RFC 9579).
pub(super) fn holds(
    mac: &MacData,
    message: &[u8],
    password: &Candidate,
    budget: &mut Budget,
) -> Result<bool, ContentError> {
    let tag = mac.mac.digest.as_bytes();
    if mac.mac.algorithm.algorithm == oid::PBMAC1 {
        return pbmac1_holds(mac, message, password, budget);
    }
    let hash = Hash::from_oid(mac.mac.algorithm.algorithm)?;
    let salt = mac.salt.as_bytes();
    let wanted = [(Purpose::Mac, hash.output_len())];
    let [key] = kdf::pkcs12(hash, password, salt, mac.iterations, wanted, budget)?;
    Ok(hash.hmac_is(&key, message, tag))
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
fn pbmac1_holds(
    mac: &MacData,
    message: &[u8],
    password: &Candidate,
    budget: &mut Budget,
) -> Result<bool, ContentError> {
    let parameters: Pbmac1Parameters = kdf::parameters(&mac.mac.algorithm)?;
    let hash = Hash::from_oid(parameters.mac.algorithm)?;
    if parameters.kdf.algorithm == oid::PBKDF2 {
        let pbkdf2: Pbkdf2Parameters = kdf::parameters(&parameters.kdf)?;
        // A short key would let anyone forge the MAC by trying all of them.
        if pbkdf2.key_length.is_none_or(|len| len < MIN_KEY_LENGTH) {
            return Err(ContentError::damaged(
                "the PBMAC1 parameters",
                "the key is too short",
            ));
        }
    }
    let key = kdf::derive(&parameters.kdf, password, None, budget)?;
    Ok(hash.hmac_is(&key, message, mac.mac.digest.as_bytes()))
}

/// RFC 9579 section 5 asks for at least 20 bytes.
const MIN_KEY_LENGTH: u32 = 20;
