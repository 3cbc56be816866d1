//! Key derivation: from a password to a key, within a budget.

mod chains;

use chains::Job;
use der::asn1::ObjectIdentifier;
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use zeroize::Zeroizing;

use super::asn1::{AlgorithmIdentifier, Pbkdf2Parameters, ScryptParameters, oid};
use crate::{
    content_error::ContentError,
    format::{Limits, password::Candidate},
};

/// The work that is left for one file.
pub(in crate::format) struct Budget {
    spent: u64,
    limit: u64,
    max_memory: u64,
}

impl Budget {
    pub(in crate::format) fn new(limits: &Limits) -> Self {
        Self {
            spent: 0,
            limit: limits.max_iterations,
            max_memory: limits.max_memory,
        }
    }

    /// Pays for a derivation before it runs.
    pub(super) fn spend(&mut self, iterations: u64) -> Result<(), ContentError> {
        let spent = self.spent.saturating_add(iterations);
        if spent > self.limit {
            return Err(ContentError::OverLimit {
                what: "iterations of key derivation",
                found: spent,
                limit: self.limit,
            });
        }
        self.spent = spent;
        Ok(())
    }
}

/// The hash functions that occur in key stores.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512_224,
    Sha512_256,
}

/// Calls a generic function with the hash type that `$hash` names.
macro_rules! with_hash {
    ($hash:expr, $function:ident ( $($argument:expr),* )) => {
        match $hash {
            Hash::Sha1 => $function::<sha1::Sha1>($($argument),*),
            Hash::Sha224 => $function::<sha2::Sha224>($($argument),*),
            Hash::Sha256 => $function::<sha2::Sha256>($($argument),*),
            Hash::Sha384 => $function::<sha2::Sha384>($($argument),*),
            Hash::Sha512 => $function::<sha2::Sha512>($($argument),*),
            Hash::Sha512_224 => $function::<sha2::Sha512_224>($($argument),*),
            Hash::Sha512_256 => $function::<sha2::Sha512_256>($($argument),*),
        }
    };
}

impl Hash {
    /// The hash that a digest algorithm (RFC 8017 appendix B.1) or an HMAC (RFC 8018 appendix
    /// B.1.2) is about.
    pub(super) fn from_oid(id: ObjectIdentifier) -> Result<Self, ContentError> {
        Ok(match id.to_string().as_str() {
            "1.3.14.3.2.26" | "1.2.840.113549.2.7" => Self::Sha1,
            "2.16.840.1.101.3.4.2.4" | "1.2.840.113549.2.8" => Self::Sha224,
            "2.16.840.1.101.3.4.2.1" | "1.2.840.113549.2.9" => Self::Sha256,
            "2.16.840.1.101.3.4.2.2" | "1.2.840.113549.2.10" => Self::Sha384,
            "2.16.840.1.101.3.4.2.3" | "1.2.840.113549.2.11" => Self::Sha512,
            "2.16.840.1.101.3.4.2.5" | "1.2.840.113549.2.12" => Self::Sha512_224,
            "2.16.840.1.101.3.4.2.6" | "1.2.840.113549.2.13" => Self::Sha512_256,
            "1.2.840.113549.2.5" => return Err(unsupported_hash("MD5", id)),
            "1.2.840.113549.2.2" => return Err(unsupported_hash("MD2", id)),
            "1.2.643.7.1.1.2.2" | "1.2.643.7.1.1.2.3" => {
                return Err(unsupported_hash("GOST R 34.11", id));
            }
            _ => return Err(unsupported_hash("with this identifier", id)),
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Sha512_224 => "SHA-512/224",
            Self::Sha512_256 => "SHA-512/256",
        }
    }

    pub(super) fn output_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 | Self::Sha512_224 => 28,
            Self::Sha256 | Self::Sha512_256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Whether HMAC of `message` under `key` is `tag`, compared in constant time.
    pub(super) fn hmac_is(self, key: &[u8], message: &[u8], tag: &[u8]) -> bool {
        with_hash!(self, hmac_is(key, message, tag))
    }
}

/// What a key of the PKCS#12 derivation is for; the number goes into it (RFC 7292 appendix B.3).
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

/// The derivation of RFC 7292 appendix B.2, for several purposes at once, paid from `budget`.
pub(super) fn pkcs12<const KEYS: usize>(
    hash: Hash,
    password: &Candidate,
    salt: &[u8],
    iterations: u32,
    wanted: [(Purpose, usize); KEYS],
    budget: &mut Budget,
) -> Result<[Zeroizing<Vec<u8>>; KEYS], ContentError> {
    let rounds = i32::try_from(iterations)
        .map_err(|_| ContentError::damaged("the iteration count", "it is beyond all bounds"))?;
    for (_, len) in wanted {
        let blocks = len.div_ceil(hash.output_len()) as u64;
        budget.spend(u64::from(iterations).saturating_mul(blocks))?;
    }
    let bmp = password.bmp.as_slice();
    let mut jobs = wanted.map(|(purpose, len)| Job::new(purpose as u8, bmp, salt, len));
    match hash {
        Hash::Sha1 => chains::derive(chains::SHA1, iterations, &mut jobs),
        Hash::Sha256 => chains::derive(chains::SHA256, iterations, &mut jobs),
        // Seldom met: no need for more than one chain at a time.
        _ => return Ok(wanted.map(|(purpose, len)| one_key(hash, bmp, salt, purpose, rounds, len))),
    }
    Ok(jobs.map(Job::into_key))
}

fn one_key(
    hash: Hash,
    bmp: &[u8],
    salt: &[u8],
    purpose: Purpose,
    rounds: i32,
    len: usize,
) -> Zeroizing<Vec<u8>> {
    let kind = || match purpose {
        Purpose::Key => Pkcs12KeyType::EncryptionKey,
        Purpose::Iv => Pkcs12KeyType::Iv,
        Purpose::Mac => Pkcs12KeyType::Mac,
    };
    Zeroizing::new(with_hash!(hash, derive_key(bmp, salt, kind(), rounds, len)))
}

/// PBKDF2 or scrypt, as PBES2 and PBMAC1 name them (RFC 8018 section 6.2, RFC 7914), paid from
/// `budget`. A length in the parameters must be `len`, where the cipher has a fixed one.
pub(super) fn derive(
    algorithm: &AlgorithmIdentifier,
    password: &Candidate,
    len: Option<usize>,
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, ContentError> {
    match algorithm.algorithm {
        oid::PBKDF2 => pbkdf2(&parameters(algorithm)?, password, len, budget),
        oid::SCRYPT => scrypt(&parameters(algorithm)?, password, len, budget),
        id => Err(ContentError::unsupported("this key derivation", id)),
    }
}

/// Decodes the parameters of an algorithm.
pub(super) fn parameters<T>(algorithm: &AlgorithmIdentifier) -> Result<T, ContentError>
where
    T: for<'a> der::Decode<'a, Error = der::Error> + der::FixedTag,
{
    let damaged = |e: der::Error| ContentError::damaged("the parameters of an algorithm", e);
    let any = algorithm
        .parameters
        .as_ref()
        .ok_or_else(|| ContentError::damaged("an algorithm", "its parameters are missing"))?;
    let der = der::Encode::to_der(any).map_err(damaged)?;
    T::from_der(&der).map_err(damaged)
}

fn pbkdf2(
    parameters: &Pbkdf2Parameters,
    password: &Candidate,
    len: Option<usize>,
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, ContentError> {
    let hash = parameters
        .prf
        .as_ref()
        .map_or(Ok(Hash::Sha1), |prf| Hash::from_oid(prf.algorithm))?;
    let len = key_length(len, parameters.key_length)?;
    let blocks = len.div_ceil(hash.output_len()) as u64;
    if parameters.iterations == 0 {
        return Err(ContentError::damaged("the iteration count", "it is zero"));
    }
    budget.spend(u64::from(parameters.iterations).saturating_mul(blocks))?;
    let mut key = Zeroizing::new(vec![0; len]);
    let salt = parameters.salt.as_bytes();
    with_hash!(
        hash,
        pbkdf2_hmac(&password.raw, salt, parameters.iterations, &mut key)
    );
    Ok(key)
}

fn pbkdf2_hmac<H>(password: &[u8], salt: &[u8], iterations: u32, key: &mut [u8])
where
    H: EagerHash<Core: Sync>,
{
    ::pbkdf2::pbkdf2_hmac::<H>(password, salt, iterations, key);
}

/// One iteration of the budget buys about one block of scrypt's memory to fill and to read.
fn scrypt(
    parameters: &ScryptParameters,
    password: &Candidate,
    len: Option<usize>,
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, ContentError> {
    let damaged = |detail: &str| ContentError::damaged("the scrypt parameters", detail);
    let ScryptParameters {
        cost,
        block_size,
        parallelization,
        ..
    } = *parameters;
    if cost < 2 || !cost.is_power_of_two() || block_size == 0 || parallelization == 0 {
        return Err(damaged(
            "the cost is no power of two, or a parameter is zero",
        ));
    }
    let block = u64::from(block_size) * 128;
    let lanes = u64::from(parallelization);
    let memory = block.saturating_mul(cost.saturating_add(lanes));
    if memory > budget.max_memory {
        return Err(ContentError::OverLimit {
            what: "bytes of memory for scrypt",
            found: memory,
            limit: budget.max_memory,
        });
    }
    budget.spend((block.saturating_mul(cost) / 32).saturating_mul(lanes))?;
    let log_cost = cost.trailing_zeros() as u8;
    let scrypt = ::scrypt::Params::new(log_cost, block_size, parallelization)
        .map_err(|_| damaged("they are out of range"))?;
    let mut key = Zeroizing::new(vec![0; key_length(len, parameters.key_length)?]);
    ::scrypt::scrypt(&password.raw, parameters.salt.as_bytes(), &scrypt, &mut key)
        .map_err(|_| damaged("they are out of range"))?;
    Ok(key)
}

fn key_length(wanted: Option<usize>, stated: Option<u32>) -> Result<usize, ContentError> {
    let stated = stated.and_then(|len| usize::try_from(len).ok());
    match (wanted, stated) {
        (Some(wanted), Some(stated)) if wanted != stated => Err(ContentError::damaged(
            "the key derivation",
            format!("a key of {stated} bytes for a cipher that takes {wanted}"),
        )),
        (Some(len), _) => Ok(len),
        (None, Some(len @ 1..=MAX_KEY_LENGTH)) => Ok(len),
        (None, _) => Err(ContentError::damaged(
            "the key derivation",
            "no usable key length",
        )),
    }
}

fn hmac_is<H: EagerHash>(key: &[u8], message: &[u8], tag: &[u8]) -> bool
where
    Hmac<H>: Mac + KeyInit,
{
    <Hmac<H> as KeyInit>::new_from_slice(key)
        .is_ok_and(|mac| mac.chain_update(message).verify_slice(tag).is_ok())
}

fn unsupported_hash(name: &str, id: ObjectIdentifier) -> ContentError {
    ContentError::unsupported(format!("the hash function {name}"), id)
}

const MAX_KEY_LENGTH: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Password;

    #[track_caller]
    fn takes_too_much_memory(cost: u64, block_size: u32, parallelization: u32) {
        let parameters = ScryptParameters {
            salt: der::asn1::OctetString::new(*b"salt").unwrap(),
            cost,
            block_size,
            parallelization,
            key_length: None,
        };
        let password = &Password::none().candidates()[0];
        let mut budget = Budget::new(&Limits::default());
        let refused = scrypt(&parameters, password, Some(32), &mut budget).unwrap_err();
        let memory = |what: &str| what.contains("memory");
        assert!(matches!(refused, ContentError::OverLimit { what, .. } if memory(what)));
    }

    #[test]
    fn scrypt_is_held_to_the_memory_of_table_and_lanes() {
        takes_too_much_memory(1 << 20, 8, 1);
        takes_too_much_memory(2, 1 << 20, 1);
        takes_too_much_memory(2, 1, 1 << 20);
        takes_too_much_memory(1 << 63, u32::MAX, u32::MAX);
    }
}
