//! [`Keyring`]: the keys that one password gives.

use zeroize::Zeroizing;

use super::scheme::Scheme;
use super::{Budget, Derivation, derivation};
use crate::asn1::AlgorithmIdentifier;
use crate::content_error::ContentError;
use crate::format::password::Candidate;

/// Decrypts and encrypts with one password, and pays for it from the file's budget.
pub(crate) struct Keyring<'a> {
    password: &'a Candidate,
    budget: &'a mut Budget,
    /// What was derived before it is needed.
    ready: Vec<(Derivation, Zeroizing<Vec<u8>>)>,
}

impl<'a> Keyring<'a> {
    pub(crate) fn new(password: &'a Candidate, budget: &'a mut Budget) -> Self {
        Self {
            password,
            budget,
            ready: Vec::new(),
        }
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
        let known = algorithms.iter().filter_map(|it| Scheme::of(it).ok());
        let missing: Vec<Derivation> = also
            .cloned()
            .into_iter()
            .chain(known.map(|scheme| scheme.derivation))
            .filter(|it| self.find(it).is_none())
            .take(MAX_PREPARED)
            .collect();
        let cost = derivation::cost(&missing, self.budget);
        if cost.is_ok_and(|cost| cost <= self.budget.left() / share)
            && let Ok(keys) = derivation::derive(&missing, self.password, self.budget)
        {
            self.ready.extend(missing.into_iter().zip(keys));
        }
    }

    /// The key that `derivation` gives.
    pub(crate) fn key(
        &mut self,
        derivation: &Derivation,
    ) -> Result<Zeroizing<Vec<u8>>, ContentError> {
        if let Some(key) = self.find(derivation) {
            return Ok(key.clone());
        }
        let derivation = std::slice::from_ref(derivation);
        let mut keys = derivation::derive(derivation, self.password, self.budget)?;
        Ok(keys.pop().unwrap_or_default())
    }

    fn find(&self, derivation: &Derivation) -> Option<&Zeroizing<Vec<u8>>> {
        let found = self.ready.iter().find(|(it, _)| it == derivation);
        found.map(|(_, key)| key)
    }

    /// Decrypts `data`; `None` if the padding says that the password is wrong.
    pub(crate) fn decrypt(
        &mut self,
        algorithm: &AlgorithmIdentifier,
        data: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, ContentError> {
        let scheme = Scheme::of(algorithm)?;
        let key = self.key(&scheme.derivation)?;
        Ok(scheme.decrypt(&key, data))
    }

    /// Encrypts `data`.
    pub(super) fn encrypt(
        &mut self,
        algorithm: &AlgorithmIdentifier,
        data: &[u8],
    ) -> Result<Vec<u8>, ContentError> {
        let scheme = Scheme::of(algorithm)?;
        let key = self.key(&scheme.derivation)?;
        let encrypted = scheme.encrypt(&key, data);
        encrypted.ok_or_else(|| ContentError::damaged("the new encryption", "a key does not fit"))
    }
}

/// As a rule a file has three: one for the key, one for the certificates, one for the MAC.
const MAX_PREPARED: usize = 8;
