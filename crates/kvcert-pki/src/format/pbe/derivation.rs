//! [`Derivation`]: from a password to a key, within a budget.

mod lanes;
mod pbkdf2;
mod pkcs12;
mod scrypt;

use der::asn1::OctetString;
use md5::{Digest, Md5};
use sha1::Sha1;
use zeroize::Zeroizing;

use self::lanes::{Chain, Compression, SHA1, SHA256};
use self::pkcs12::Purpose;
use self::scrypt::Cost;
use super::{Budget, Hash};
use crate::asn1::{AlgorithmIdentifier, Pbkdf2Parameters, ScryptParameters, oid};
use crate::content_error::ContentError;
use crate::format::password::Candidate;

/// What makes keys of passwords: a method with its parameters.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Derivation {
    method: Method,
    salt: OctetString,
    iterations: u32,
    /// The keys wanted, in bytes; PKCS#12 takes several from one salt.
    wanted: Vec<(Purpose, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    /// RFC 7292 appendix B.2.
    Pkcs12(Hash),
    /// RFC 8018 section 5.1.
    Pbkdf1(WeakHash),
    /// RFC 8018 section 5.2.
    Pbkdf2(Hash),
    /// RFC 7914.
    Scrypt(Cost),
}

/// The hash functions of PBES1 (RFC 8018 section 6.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WeakHash {
    Md5,
    Sha1,
}

impl Derivation {
    /// PKCS#12's own: a key, and an initialisation vector of `iv_len` bytes after it.
    pub(super) fn pkcs12_key_and_iv(
        salt: OctetString,
        iterations: u32,
        key_len: usize,
        iv_len: usize,
    ) -> Result<Self, ContentError> {
        let mut wanted = vec![(Purpose::Key, key_len)];
        if iv_len > 0 {
            wanted.push((Purpose::Iv, iv_len));
        }
        Self::new(Method::Pkcs12(Hash::Sha1), salt, iterations, wanted)
    }

    /// PKCS#12's own: a key for HMAC with `hash`.
    pub(crate) fn pkcs12_mac(
        hash: Hash,
        salt: OctetString,
        iterations: u32,
    ) -> Result<Self, ContentError> {
        let wanted = vec![(Purpose::Mac, hash.output_len())];
        Self::new(Method::Pkcs12(hash), salt, iterations, wanted)
    }

    pub(super) fn pbkdf1(
        hash: WeakHash,
        salt: OctetString,
        iterations: u32,
        len: usize,
    ) -> Result<Self, ContentError> {
        let wanted = vec![(Purpose::Key, len)];
        Self::new(Method::Pbkdf1(hash), salt, iterations, wanted)
    }

    /// PBKDF2 or scrypt, as PBES2 and PBMAC1 name them. A length in the parameters must be `len`,
    /// where the cipher has a fixed one.
    pub(crate) fn of(
        algorithm: &AlgorithmIdentifier,
        len: Option<usize>,
    ) -> Result<Self, ContentError> {
        match algorithm.algorithm {
            oid::PBKDF2 => {
                let stated: Pbkdf2Parameters = algorithm.parameters()?;
                let prf = stated.prf.map(|prf| Hash::from_oid(prf.algorithm));
                let method = Method::Pbkdf2(prf.unwrap_or(Ok(Hash::Sha1))?);
                let wanted = vec![(Purpose::Key, key_length(len, stated.key_length)?)];
                Self::new(method, stated.salt, stated.iterations, wanted)
            }
            oid::SCRYPT => {
                let stated: ScryptParameters = algorithm.parameters()?;
                let method = Method::Scrypt(Cost::of(&stated)?);
                let wanted = vec![(Purpose::Key, key_length(len, stated.key_length)?)];
                Self::new(method, stated.salt, 1, wanted)
            }
            id => Err(ContentError::unsupported("this key derivation", id)),
        }
    }

    fn new(
        method: Method,
        salt: OctetString,
        iterations: u32,
        wanted: Vec<(Purpose, usize)>,
    ) -> Result<Self, ContentError> {
        let damaged = |detail: &str| Err(ContentError::damaged("the iteration count", detail));
        match iterations {
            0 if !matches!(method, Method::Pkcs12(_)) => damaged("it is zero"),
            0..=MAX_ITERATIONS => Ok(Self {
                method,
                salt,
                iterations,
                wanted,
            }),
            _ => damaged("it is beyond all bounds"),
        }
    }

    /// What goes into it of a password.
    pub(super) fn password<'a>(&self, candidate: &'a Candidate) -> &'a [u8] {
        match self.method {
            Method::Pkcs12(_) => &candidate.bmp,
            Method::Pbkdf1(_) | Method::Pbkdf2(_) | Method::Scrypt(_) => &candidate.raw,
        }
    }

    /// How many bytes it gives.
    pub(super) fn len(&self) -> usize {
        self.wanted.iter().map(|(_, len)| len).sum()
    }

    /// Iterations of the budget, after a look at the memory that it takes.
    fn cost(&self, budget: &Budget) -> Result<u64, ContentError> {
        let (block, price) = match self.method {
            Method::Pkcs12(hash) | Method::Pbkdf2(hash) => (hash.output_len(), hash.price()),
            Method::Pbkdf1(_) => (self.len(), 2),
            Method::Scrypt(cost) => return cost.within(budget.max_memory),
        };
        let blocks: usize = self.wanted.iter().map(|(_, len)| len.div_ceil(block)).sum();
        // The salt goes into the first iteration of every block.
        let salt = self.salt.as_bytes().len() as u64 / SALT_PER_ITERATION;
        let iterations = u64::from(self.iterations) + salt;
        Ok(iterations.saturating_mul(blocks as u64 * price))
    }

    fn requests(&self) -> impl Iterator<Item = Request<'_>> {
        self.wanted.iter().map(|&(purpose, len)| Request {
            method: self.method,
            iterations: self.iterations,
            salt: self.salt.as_bytes(),
            purpose,
            len,
        })
    }
}

/// What `derivations` cost together, in iterations of the budget.
pub(super) fn cost(derivations: &[Derivation], budget: &Budget) -> Result<u64, ContentError> {
    let mut total = 0_u64;
    for derivation in derivations {
        total = total.saturating_add(derivation.cost(budget)?);
    }
    Ok(total)
}

/// Runs all of `derivations`, paid from `budget`, side by side if their hash allows it. The keys
/// that one of them gives follow one another.
pub(super) fn derive(
    derivations: &[Derivation],
    password: &Candidate,
    budget: &mut Budget,
) -> Result<Vec<Zeroizing<Vec<u8>>>, ContentError> {
    budget.spend(cost(derivations, budget)?)?;
    let requests: Vec<Request<'_>> = derivations.iter().flat_map(|it| it.requests()).collect();
    let mut parts = keys(&requests, password)?.into_iter();
    let joined = |derivation: &Derivation| {
        let mut key = Zeroizing::new(Vec::with_capacity(derivation.len()));
        for part in parts.by_ref().take(derivation.wanted.len()) {
            key.extend_from_slice(&part);
        }
        key
    };
    Ok(derivations.iter().map(joined).collect())
}

/// One key of one derivation.
#[derive(Clone, Copy)]
struct Request<'a> {
    method: Method,
    iterations: u32,
    salt: &'a [u8],
    /// What the key is for, which matters to PKCS#12's derivation alone.
    purpose: Purpose,
    len: usize,
}

fn keys(
    requests: &[Request<'_>],
    password: &Candidate,
) -> Result<Vec<Zeroizing<Vec<u8>>>, ContentError> {
    let mut keys = vec![Zeroizing::default(); requests.len()];
    in_step(Hash::Sha1, SHA1, requests, password, &mut keys);
    in_step(Hash::Sha256, SHA256, requests, password, &mut keys);
    for (request, key) in requests.iter().zip(&mut keys) {
        if !matches!(request.hash(), Some(Hash::Sha1 | Hash::Sha256)) {
            *key = request.alone(password)?;
        }
    }
    Ok(keys)
}

/// Fills in the keys that `hash` makes: whatever the method and the iterations, they keep step.
fn in_step<const N: usize>(
    hash: Hash,
    compression: Compression<N>,
    requests: &[Request<'_>],
    password: &Candidate,
    keys: &mut [Zeroizing<Vec<u8>>],
) {
    let chosen = requests.iter().zip(keys);
    let (chains, chosen): (Vec<Box<dyn Chain<N>>>, Vec<_>) = chosen
        .filter(|(request, _)| request.hash() == Some(hash))
        .map(|(request, key)| -> (Box<dyn Chain<N>>, _) {
            match request.method {
                Method::Pbkdf2(_) => {
                    let chain = pbkdf2::Key::new(compression, &password.raw, *request);
                    (Box::new(chain), key)
                }
                _ => {
                    let chain = pkcs12::Key::new(compression, &password.bmp, *request);
                    (Box::new(chain), key)
                }
            }
        })
        .unzip();
    let derived = lanes::run_all(compression, chains);
    for (key, derived) in chosen.into_iter().zip(derived) {
        *key = derived;
    }
}

impl Request<'_> {
    /// The hash of which its chains are made.
    fn hash(&self) -> Option<Hash> {
        match self.method {
            Method::Pkcs12(hash) | Method::Pbkdf2(hash) => Some(hash),
            Method::Pbkdf1(_) | Method::Scrypt(_) => None,
        }
    }

    /// The key by itself: what is seldom met needs no more.
    fn alone(&self, password: &Candidate) -> Result<Zeroizing<Vec<u8>>, ContentError> {
        Ok(match self.method {
            Method::Pkcs12(hash) => pkcs12::one_key(hash, &password.bmp, self),
            Method::Pbkdf1(hash) => pbkdf1(hash, &password.raw, self),
            Method::Pbkdf2(hash) => pbkdf2::one_key(hash, &password.raw, self),
            Method::Scrypt(cost) => scrypt::one_key(cost, &password.raw, self)?,
        })
    }
}

/// PBKDF1 (RFC 8018 section 5.1), with which OpenSSL before 1.1.0 encrypted PKCS#8 keys: a key no
/// longer than a digest.
fn pbkdf1(hash: WeakHash, password: &[u8], request: &Request<'_>) -> Zeroizing<Vec<u8>> {
    let digests = match hash {
        WeakHash::Md5 => digests::<Md5>,
        WeakHash::Sha1 => digests::<Sha1>,
    };
    let mut key = digests(password, request.salt, request.iterations);
    key.truncate(request.len);
    key
}

fn digests<H: Digest>(password: &[u8], salt: &[u8], iterations: u32) -> Zeroizing<Vec<u8>> {
    let mut digest = H::new()
        .chain_update(password)
        .chain_update(salt)
        .finalize();
    for _ in 1..iterations {
        digest = H::digest(&digest);
    }
    Zeroizing::new(digest.to_vec())
}

/// The length that the cipher wants and the one that the parameters state, which must agree.
fn key_length(wanted: Option<usize>, stated: Option<u32>) -> Result<usize, ContentError> {
    let stated = stated.and_then(|len| usize::try_from(len).ok());
    match (wanted, stated) {
        (Some(wanted), Some(stated)) if wanted != stated => Err(ContentError::damaged(
            "the key derivation",
            format!("a key of {stated} bytes for a cipher that takes {wanted}"),
        )),
        (Some(len), _) => Ok(len),
        (None, Some(len @ 1..=MAX_KEY_LENGTH)) => Ok(len),
        (None, Some(len)) => Err(ContentError::damaged(
            "the key derivation",
            format!("a key of {len} bytes, where 1 to {MAX_KEY_LENGTH} are usable"),
        )),
        (None, None) => Err(ContentError::damaged(
            "the key derivation",
            "it does not say how long its key is",
        )),
    }
}

/// RFC 9579 sets no bound; the budget pays for every block of it.
const MAX_KEY_LENGTH: usize = 4096;
/// How many bytes of a salt are hashed in the time of an iteration.
const SALT_PER_ITERATION: u64 = 64;
/// What a signed 32-bit integer holds, as in most other readers.
const MAX_ITERATIONS: u32 = i32::MAX as u32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Password;

    /// Judged by the crates `pkcs12` and `pbkdf2`, which derive one key after the other.
    #[test]
    fn in_step_as_one_after_the_other() {
        let long = [7; 200];
        let methods = [Hash::Sha1, Hash::Sha256, Hash::Sha512]
            .map(|hash| [Method::Pkcs12(hash), Method::Pbkdf2(hash)]);
        let methods = methods.as_flattened();
        let purposes = [Purpose::Mac, Purpose::Key, Purpose::Iv];
        for password in ["", "a", "p\u{e4}ssword", &"long".repeat(50)] {
            let password = Password::new(password.as_bytes().to_vec()).to_write_with();
            for first in 0..12 {
                let request = |at: usize| Request {
                    method: methods[(first + at) % methods.len()],
                    iterations: [2000, 1, 2, 3, 2001, 7][(first * at) % 6],
                    salt: [&b"12345678"[..], &long, b"", b"s"][at % 4],
                    purpose: purposes[at % 3],
                    len: [24, 8, 32, 20, 64, 100, 1][(first + at) % 7],
                };
                let requests: Vec<_> = (0..first).map(request).collect();
                let judged = requests.iter().map(|it| it.alone(&password).unwrap());
                let found = keys(&requests, &password).unwrap();
                assert!(found.into_iter().eq(judged), "{first}");
            }
        }
    }
}
