//! The integrity check of a PKCS#12 file.

use der::Any;
use der::asn1::OctetString;

use crate::asn1::{
    AlgorithmIdentifier, DigestInfo, MacData, Pbkdf2Parameters, Pbmac1Parameters, oid,
};
use crate::content_error::ContentError;
use crate::format::password::Candidate;
use crate::format::pbe::{Budget, Derivation, Hash, Keyring, random};

/// How a file is checked: HMAC with the PKCS#12 derivation (RFC 7292 section 4) or PBMAC1
/// (RFC 9579).
pub(super) struct Check<'a> {
    hash: Hash,
    pub(super) derivation: Derivation,
    tag: &'a [u8],
}

impl<'a> Check<'a> {
    pub(super) fn of(mac: &'a MacData) -> Result<Self, ContentError> {
        let algorithm = &mac.mac.algorithm;
        let (hash, derivation) = if algorithm.algorithm == oid::PBMAC1 {
            pbmac1(&algorithm.parameters()?)?
        } else {
            let hash = Hash::from_oid(algorithm.algorithm)?;
            let (salt, iterations) = (mac.salt.clone(), mac.iterations);
            (hash, Derivation::pkcs12_mac(hash, salt, iterations)?)
        };
        Ok(Self {
            hash,
            derivation,
            tag: mac.mac.digest.as_bytes(),
        })
    }

    /// Whether it holds for `message`, the content of the authenticated safe, under a password of
    /// `keyring`, and nearly always it does under the first: the keys for `algorithms` are derived
    /// beside its own. What that may cost in vain is a small part of the budget.
    pub(super) fn holds(
        &self,
        message: &[u8],
        algorithms: &[AlgorithmIdentifier],
        keyring: &mut Keyring<'_>,
    ) -> Result<bool, ContentError> {
        keyring.proves(&self.derivation, (algorithms, SHARE), message, |key| {
            self.hash.hmac_is(key, message, self.tag)
        })
    }
}

/// A MAC over `message` with PKCS#12's own derivation. The salt is short, as macOS takes no
/// longer one from a modern file.
pub(super) fn make(
    hash: Hash,
    message: &[u8],
    password: &Candidate,
    iterations: u32,
) -> Result<MacData, ContentError> {
    let failed = |detail: &dyn std::fmt::Display| ContentError::damaged("the new MAC", detail);
    let salt = OctetString::new(random::<8>()?).map_err(|e| failed(&e))?;
    let derivation = Derivation::pkcs12_mac(hash, salt.clone(), iterations)?;
    let mut budget = Budget::without_limit();
    let key = Keyring::new(std::slice::from_ref(password), &mut budget).only_key(&derivation)?;
    let digest = hash.hmac(&key, message).ok_or_else(|| failed(&"no key"))?;
    let algorithm = AlgorithmIdentifier {
        algorithm: hash.oid(),
        parameters: Some(Any::null()),
    };
    let digest = OctetString::new(digest).map_err(|e| failed(&e))?;
    Ok(MacData {
        mac: DigestInfo { algorithm, digest },
        salt,
        iterations,
    })
}

/// What the MAC is, for people: `HMAC-SHA-1, 2000 iterations`.
pub(super) fn describe(mac: &MacData) -> String {
    let algorithm = &mac.mac.algorithm;
    if algorithm.algorithm == oid::PBMAC1 {
        return String::from("PBMAC1");
    }
    match Hash::from_oid(algorithm.algorithm) {
        Ok(hash) => described(hash, mac.iterations),
        Err(_) => format!("HMAC-unknown, {} iterations", mac.iterations),
    }
}

/// What a MAC of [`make`] is, for people.
pub(super) fn described(hash: Hash, iterations: u32) -> String {
    format!("HMAC-{}, {iterations} iterations", hash.name())
}

/// RFC 9579 section 4: the salt and iterations of `MacData` itself mean nothing here, and the
/// length of the key must be stated.
fn pbmac1(parameters: &Pbmac1Parameters) -> Result<(Hash, Derivation), ContentError> {
    let hash = Hash::from_oid(parameters.mac.algorithm)?;
    if parameters.kdf.algorithm == oid::PBKDF2 {
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

/// A quarter of the budget at most goes before the password is known to be right.
const SHARE: u64 = 4;
/// RFC 9579 section 5 asks for at least 20 bytes.
const MIN_KEY_LENGTH: u32 = 20;
