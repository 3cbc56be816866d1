//! [`Keyring`]: the keys that the forms of a password give.

use std::cell::Cell;

use zeroize::Zeroizing;

use super::scheme::Scheme;
use super::{Budget, Derivation, Thing, derivation};
use crate::asn1::{AlgorithmIdentifier, ber};
use crate::content_error::ContentError;
use crate::format::password::{Candidate, Guess};

/// Decrypts and encrypts with the forms of a password, and pays for it from the file's budget.
pub(crate) struct Keyring<'a> {
    candidates: &'a [Candidate],
    /// The places of the candidates, the one that opened something last first.
    order: Vec<usize>,
    budget: &'a mut Budget,
    /// What was derived before it is needed.
    ready: Vec<Ready>,
    /// Whether the first candidate is known to be right for the file.
    is_proved: bool,
}

/// A key that a candidate gives.
struct Ready {
    candidate: usize,
    derivation: Derivation,
    key: Zeroizing<Vec<u8>>,
}

impl<'a> Keyring<'a> {
    pub(crate) fn new(candidates: &'a [Candidate], budget: &'a mut Budget) -> Self {
        Self {
            candidates,
            order: (0..candidates.len()).collect(),
            budget,
            ready: Vec::new(),
            is_proved: false,
        }
    }

    /// Counts `more` of `thing` in the file.
    pub(crate) fn count(&mut self, thing: Thing, more: usize) -> Result<(), ContentError> {
        self.budget.count(thing, more)
    }

    /// The candidate to try first.
    pub(crate) fn first(&self) -> Option<&'a Candidate> {
        self.order.first().map(|at| &self.candidates[*at])
    }

    /// Refuses a file whose keys, one for each of `algorithms` and one for the integrity check, cost
    /// more than there is, before any of them is derived.
    pub(crate) fn check_cost(
        &self,
        also: Option<&Derivation>,
        algorithms: &[AlgorithmIdentifier],
    ) -> Result<(), ContentError> {
        let known = algorithms.iter().filter_map(|it| Scheme::of(it).ok());
        let all: Vec<Derivation> = also
            .cloned()
            .into_iter()
            .chain(known.map(|scheme| scheme.derivation))
            .collect();
        self.budget.check(derivation::cost(&all, self.budget)?)
    }

    /// Derives the keys that will be needed, side by side, which takes less time than one after
    /// the other; `also` is one more. What cannot be derived, or would take more than one `share`th
    /// of what is left of the budget, waits until its turn comes.
    pub(crate) fn prepare(
        &mut self,
        also: Option<&Derivation>,
        algorithms: &[AlgorithmIdentifier],
        share: u64,
    ) {
        if let Some(at) = self.order.first() {
            self.prepare_for(*at, also, algorithms, share);
        }
    }

    fn prepare_for(
        &mut self,
        at: usize,
        also: Option<&Derivation>,
        algorithms: &[AlgorithmIdentifier],
        share: u64,
    ) {
        let known = algorithms.iter().filter_map(|it| Scheme::of(it).ok());
        let missing: Vec<Derivation> = also
            .cloned()
            .into_iter()
            .chain(known.map(|scheme| scheme.derivation))
            .filter(|it| self.found(at, it).is_none())
            .take(MAX_PREPARED)
            .collect();
        let cost = derivation::cost(&missing, self.budget);
        if cost.is_ok_and(|cost| cost <= self.budget.left() / share)
            && let Ok(keys) = derivation::derive(&missing, &self.candidates[at], self.budget)
        {
            let ready = missing.into_iter().zip(keys);
            self.ready.extend(ready.map(|(derivation, key)| Ready {
                candidate: at,
                derivation,
                key,
            }));
        }
    }

    /// Whether `is_right` is true of the key that `derivation` makes of one of the candidates. That
    /// one is tried first from then on. All keys for `algorithms` are derived beside it, as far as
    /// they take no more than one `share`th of what is left of the budget.
    pub(crate) fn proves(
        &mut self,
        derivation: &Derivation,
        (algorithms, share): (&[AlgorithmIdentifier], u64),
        message: &[u8],
        is_right: impl Fn(&[u8]) -> bool,
    ) -> Result<bool, ContentError> {
        let price = price(message) / HASHED;
        let right = self.find(derivation, (algorithms, share), price, |key| {
            is_right(key).then_some(())
        })?;
        self.is_proved = right.is_some();
        Ok(self.is_proved)
    }

    /// What `data` is, a DER element, decrypted with the first candidate that gives one; `None` if
    /// none does.
    ///
    /// # Errors
    /// [`ContentError::Damaged`] too, if what looks decrypted under the right password is cut short.
    pub(crate) fn open(
        &mut self,
        algorithm: &AlgorithmIdentifier,
        data: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, ContentError> {
        let scheme = Scheme::of(algorithm)?;
        let damage = Cell::new(None);
        let price = price(data);
        let opened = self.find(&scheme.derivation, (&[], 1), price, |key| {
            // One time in 256 the padding of what a wrong password gives looks right.
            let plain = scheme.decrypt(key, data)?;
            let is_sequence = plain.first() == Some(&SEQUENCE);
            match ber::to_der(&plain, "what is encrypted in the file") {
                Ok(der) => is_sequence.then_some(der),
                Err(error) => {
                    if is_sequence {
                        damage.set(Some(error));
                    }
                    None
                }
            }
        })?;
        match damage.into_inner() {
            Some(error) if opened.is_none() && self.is_proved => Err(error),
            _ => Ok(opened),
        }
    }

    /// The first candidate of whose key `right` makes something, which costs `price` besides the key.
    /// What is no more than a guess ends with the budget.
    fn find<T>(
        &mut self,
        derivation: &Derivation,
        (algorithms, share): (&[AlgorithmIdentifier], u64),
        price: u64,
        right: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, ContentError> {
        let mut tried = Vec::new();
        for at in self.order.clone() {
            let candidate = &self.candidates[at];
            let input = derivation.password(candidate);
            if tried.contains(&input) {
                continue;
            }
            tried.push(input);
            let is_guess = candidate.guess != Guess::No;
            if !is_guess && !algorithms.is_empty() {
                self.prepare_for(at, Some(derivation), algorithms, share);
            }
            let paid = self.budget.spend(price);
            let key = match paid.and_then(|()| self.key(at, derivation)) {
                Err(ContentError::OverLimit { .. }) if is_guess => return Ok(None),
                key => key?,
            };
            if let Some(found) = right(&key) {
                self.order.retain(|other| *other != at);
                self.order.insert(0, at);
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The key that `derivation` makes of a candidate.
    fn key(
        &mut self,
        at: usize,
        derivation: &Derivation,
    ) -> Result<Zeroizing<Vec<u8>>, ContentError> {
        if let Some(key) = self.found(at, derivation) {
            return Ok(key.clone());
        }
        let derivation = std::slice::from_ref(derivation);
        let mut keys = derivation::derive(derivation, &self.candidates[at], self.budget)?;
        Ok(keys.pop().unwrap_or_default())
    }

    fn found(&self, at: usize, derivation: &Derivation) -> Option<&Zeroizing<Vec<u8>>> {
        let mut ready = self.ready.iter();
        let found = ready.find(|it| it.candidate == at && it.derivation == *derivation);
        found.map(|it| &it.key)
    }

    /// The key that `derivation` makes of the only candidate.
    pub(crate) fn only_key(
        &mut self,
        derivation: &Derivation,
    ) -> Result<Zeroizing<Vec<u8>>, ContentError> {
        self.key(0, derivation)
    }

    /// Encrypts `data` with the only candidate.
    pub(super) fn encrypt(
        &mut self,
        algorithm: &AlgorithmIdentifier,
        data: &[u8],
    ) -> Result<Vec<u8>, ContentError> {
        let scheme = Scheme::of(algorithm)?;
        let key = self.only_key(&scheme.derivation)?;
        let encrypted = scheme.encrypt(&key, data);
        encrypted.ok_or_else(|| ContentError::damaged("the new encryption", "a key does not fit"))
    }
}

/// As a rule a file has three: one for the key, one for the certificates, one for the MAC.
const MAX_PREPARED: usize = 8;
const SEQUENCE: u8 = 0x30;
/// So much faster than decryption is a slow hash.
const HASHED: u64 = 16;

/// What it costs to decrypt `data`, in iterations, with a slow cipher such as 3DES. What programs write
/// is too small to count.
pub(super) fn price(data: &[u8]) -> u64 {
    data.len() as u64 / PIECE * (PIECE / 2)
}

const PIECE: u64 = 8192;
