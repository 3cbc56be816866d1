//! [`Keyring`]: the keys that one password gives.

use zeroize::Zeroizing;

use super::{Budget, asn1::AlgorithmIdentifier, derivation, scheme::Scheme};
use crate::{content_error::ContentError, format::password::Candidate};

/// Decrypts and encrypts with one password, and pays for it from the file's budget.
pub(in crate::format) struct Keyring<'a> {
    password: &'a Candidate,
    budget: &'a mut Budget,
    ready: Vec<Ready>,
}

/// A key that was derived before it is needed.
struct Ready {
    algorithm: AlgorithmIdentifier,
    scheme: Scheme,
    key: Zeroizing<Vec<u8>>,
}

impl<'a> Keyring<'a> {
    pub(in crate::format) fn new(password: &'a Candidate, budget: &'a mut Budget) -> Self {
        Self {
            password,
            budget,
            ready: Vec::new(),
        }
    }

    /// Derives the keys that will be needed, side by side, which takes less time than one after
    /// the other. What cannot be derived is left for [`decrypt`](Self::decrypt) to refuse, when
    /// its turn comes.
    pub(in crate::format) fn prepare(&mut self, algorithms: Vec<AlgorithmIdentifier>) {
        let known: Vec<_> = algorithms
            .into_iter()
            .take(MAX_PREPARED)
            .filter_map(|algorithm| Some((Scheme::of(&algorithm).ok()?, algorithm)))
            .collect();
        let derivations: Vec<_> = known.iter().map(|(scheme, _)| &scheme.derivation).collect();
        if let Ok(keys) = derivation::derive(&derivations, self.password, self.budget) {
            let ready = |((scheme, algorithm), key)| Ready {
                algorithm,
                scheme,
                key,
            };
            self.ready = known.into_iter().zip(keys).map(ready).collect();
        }
    }

    /// Decrypts `data`; `None` if the padding says that the password is wrong.
    pub(in crate::format) fn decrypt(
        &mut self,
        algorithm: &AlgorithmIdentifier,
        data: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, ContentError> {
        self.with_key(algorithm, |scheme, key| scheme.decrypt(key, data))
    }

    /// Encrypts `data`.
    pub(super) fn encrypt(
        &mut self,
        algorithm: &AlgorithmIdentifier,
        data: &[u8],
    ) -> Result<Vec<u8>, ContentError> {
        let encrypted = self.with_key(algorithm, |scheme, key| scheme.encrypt(key, data))?;
        encrypted.ok_or_else(|| ContentError::damaged("the new encryption", "a key does not fit"))
    }

    fn with_key<T>(
        &mut self,
        algorithm: &AlgorithmIdentifier,
        work: impl FnOnce(&Scheme, &[u8]) -> T,
    ) -> Result<T, ContentError> {
        if let Some(ready) = self.ready.iter().find(|it| it.algorithm == *algorithm) {
            return Ok(work(&ready.scheme, &ready.key));
        }
        let scheme = Scheme::of(algorithm)?;
        let key = scheme.derivation.derive(self.password, self.budget)?;
        Ok(work(&scheme, &key))
    }
}

/// As a rule a file has two: one for the key, one for the certificates.
const MAX_PREPARED: usize = 8;
