//! [`Derivation`]: from a password to a key, within a budget.

mod lanes;
mod pbkdf1;
mod pbkdf2;
mod pkcs12;
mod scrypt;

use der::asn1::OctetString;
use zeroize::Zeroizing;

pub(super) use self::pbkdf1::WeakHash;
use self::{pkcs12::Purpose, scrypt::Cost};
use super::{
    Budget, Hash,
    asn1::{AlgorithmIdentifier, Pbkdf2Parameters, ScryptParameters, oid},
};
use crate::{content_error::ContentError, format::password::Candidate};

/// What makes keys of passwords: a method with its parameters.
pub(in crate::format) struct Derivation {
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

impl Derivation {
    /// PKCS#12's own: a key and an initialisation vector after it.
    pub(super) fn pkcs12_key_and_iv(
        salt: OctetString,
        iterations: u32,
        key_len: usize,
        iv_len: usize,
    ) -> Result<Self, ContentError> {
        let wanted = vec![(Purpose::Key, key_len), (Purpose::Iv, iv_len)];
        Self::new(Method::Pkcs12(Hash::Sha1), salt, iterations, wanted)
    }

    /// PKCS#12's own: a key for HMAC with `hash`.
    pub(in crate::format) fn pkcs12_mac(
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
    pub(in crate::format) fn of(
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

    /// Runs it alone, paid from `budget`.
    pub(in crate::format) fn derive(
        &self,
        password: &Candidate,
        budget: &mut Budget,
    ) -> Result<Zeroizing<Vec<u8>>, ContentError> {
        Ok(derive(&[self], password, budget)?.pop().unwrap_or_default())
    }

    /// How many bytes it gives.
    pub(super) fn len(&self) -> usize {
        self.wanted.iter().map(|(_, len)| len).sum()
    }

    /// Iterations of the budget, after a look at the memory that it takes.
    fn cost(&self, budget: &Budget) -> Result<u64, ContentError> {
        let block = match self.method {
            Method::Pkcs12(hash) | Method::Pbkdf2(hash) => hash.output_len(),
            Method::Pbkdf1(_) => self.len(),
            Method::Scrypt(cost) => return cost.within(budget.max_memory),
        };
        let blocks: usize = self.wanted.iter().map(|(_, len)| len.div_ceil(block)).sum();
        Ok(u64::from(self.iterations).saturating_mul(blocks as u64))
    }

    fn requests(&self) -> impl Iterator<Item = Request<'_>> {
        self.wanted.iter().map(|&(purpose, len)| Request {
            salt: self.salt.as_bytes(),
            purpose,
            len,
        })
    }

    /// Whether the chains of both can run in step.
    fn keeps_step_with(&self, other: &Self) -> bool {
        self.method == other.method && self.iterations == other.iterations
    }
}

/// Runs all of `derivations`, paid from `budget`, side by side if they are of one kind. The keys
/// that one of them gives follow one another.
pub(super) fn derive(
    derivations: &[&Derivation],
    password: &Candidate,
    budget: &mut Budget,
) -> Result<Vec<Zeroizing<Vec<u8>>>, ContentError> {
    let mut total = 0_u64;
    for derivation in derivations {
        total = total.saturating_add(derivation.cost(budget)?);
    }
    budget.spend(total)?;
    let mut keys = Vec::with_capacity(derivations.len());
    for alike in derivations.chunk_by(|one, next| one.keeps_step_with(next)) {
        keys.extend(derive_alike(alike, password)?);
    }
    Ok(keys)
}

fn derive_alike(
    derivations: &[&Derivation],
    password: &Candidate,
) -> Result<Vec<Zeroizing<Vec<u8>>>, ContentError> {
    let Some(Derivation {
        method, iterations, ..
    }) = derivations.first()
    else {
        return Ok(Vec::new());
    };
    let requests: Vec<Request<'_>> = derivations.iter().flat_map(|it| it.requests()).collect();
    let mut parts = match method {
        Method::Pkcs12(hash) => pkcs12::derive(*hash, *iterations, &password.bmp, &requests),
        Method::Pbkdf1(hash) => pbkdf1::derive(*hash, *iterations, &password.raw, &requests),
        Method::Pbkdf2(hash) => pbkdf2::derive(*hash, *iterations, &password.raw, &requests),
        Method::Scrypt(cost) => scrypt::derive(*cost, &password.raw, &requests)?,
    }
    .into_iter();
    let joined = |derivation: &&Derivation| {
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
    salt: &'a [u8],
    /// What the key is for, which matters to PKCS#12's derivation alone.
    purpose: Purpose,
    len: usize,
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
        (None, _) => Err(ContentError::damaged(
            "the key derivation",
            "no usable key length",
        )),
    }
}

const MAX_KEY_LENGTH: usize = 128;
/// What a signed 32-bit integer holds, as in most other readers.
const MAX_ITERATIONS: u32 = i32::MAX as u32;
