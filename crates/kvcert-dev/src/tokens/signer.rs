//! Signing tokens ([RFC 7519](https://www.rfc-editor.org/rfc/rfc7519)).

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use kvcert_pki::sensitive::Sensitive;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::encoding::{base64url, from_base64url};

/// A key that signs.
pub(crate) trait Key {
    /// What its tokens start with: the algorithm, and which key it is.
    fn header(&self) -> &Header;

    /// A signature.
    fn sign(&self, input: &[u8]) -> anyhow::Result<Vec<u8>>;

    /// Is this a signature of ours?
    fn is_signed(&self, input: &[u8], signature: &[u8]) -> bool;
}

/// Signs tokens, and knows its own again.
pub(crate) struct Signer<K> {
    key: K,
    /// The SHA-256 of tokens whose signature has been checked and is right: a client sends the same
    /// one with each request, and the check would be most of the work that a request makes.
    known: Mutex<HashSet<[u8; 32]>>,
}

impl<K: Key> Signer<K> {
    /// A signer with this key.
    pub(crate) fn new(key: K) -> Self {
        let known = Mutex::default();
        Self { key, known }
    }

    /// The key.
    pub(crate) fn key(&self) -> &K {
        &self.key
    }

    /// A token with these claims.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> anyhow::Result<Sensitive<String>> {
        let header = base64url(serde_json::to_vec(self.key.header())?);
        let claims = base64url(serde_json::to_vec(claims)?);
        let input = format!("{header}.{claims}");
        let signature = base64url(self.key.sign(input.as_bytes())?);
        Ok(Sensitive::new(format!("{input}.{signature}")))
    }

    /// The claims of a token that we signed; `None` for any other.
    pub(crate) fn verify<C: DeserializeOwned>(&self, token: &str) -> Option<C> {
        // The decoder is lenient, for what clients sign; our own tokens have no padding.
        if token.contains('=') {
            return None;
        }
        let (input, signature) = token.rsplit_once('.')?;
        let (header, claims) = input.split_once('.')?;
        let parsed: Header = serde_json::from_slice(&from_base64url(header)?).ok()?;
        if parsed != *self.key.header() || !self.is_signed(token, input, signature) {
            return None;
        }
        serde_json::from_slice(&from_base64url(claims)?).ok()
    }

    fn is_signed(&self, token: &str, input: &str, signature: &str) -> bool {
        let digest = Sha256::digest(token).into();
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known().contains(&digest) {
            return true;
        }
        let is_signed = from_base64url(signature)
            .is_some_and(|signature| self.key.is_signed(input.as_bytes(), &signature));
        if is_signed {
            let mut known = known();
            if known.len() >= MAX_KNOWN {
                known.clear();
            }
            known.insert(digest);
        }
        is_signed
    }
}

impl<K: Key> std::fmt::Debug for Signer<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer")
            .field("header", self.key.header())
            .finish_non_exhaustive()
    }
}

/// The header of a token.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) typ: String,
    pub(crate) alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) x5t: Option<String>,
    pub(crate) kid: String,
}

/// Tokens that are in use at the same time, or more.
const MAX_KNOWN: usize = 1000;

#[cfg(test)]
mod tests {
    use super::super::ticket_key::TicketKey;
    use super::super::token_key::TokenKey;
    use super::*;

    #[test]
    fn only_its_own_tokens_are_known_again() {
        let signer =
            || Signer::new(TicketKey::new(TicketKey::generate().unwrap().expose()).unwrap());
        check(&signer(), &signer());
    }

    #[test]
    fn so_are_those_for_everyone() {
        let signer = || Signer::new(TokenKey::generate().unwrap().0);
        check(&signer(), &signer());
    }

    fn check<K: Key>(ours: &Signer<K>, theirs: &Signer<K>) {
        let token = ours.sign(&["claims"]).unwrap();
        let token = token.expose();
        for _ in 0..2 {
            assert_eq!(ours.verify::<Vec<String>>(token).unwrap(), ["claims"]);
        }
        assert!(theirs.verify::<Vec<String>>(token).is_none());

        let (input, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = input.split_once('.').unwrap();
        let none = base64url(br#"{"typ":"JWT","alg":"none","kid":"x"}"#);
        let other = base64url(br#"["other"]"#);
        for broken in [
            String::new(),
            String::from("..."),
            input.to_owned(),
            format!("{input}."),
            format!("{header}.{other}.{signature}"),
            format!("{none}.{other}."),
            format!("{token}="),
        ] {
            assert!(ours.verify::<Vec<String>>(&broken).is_none(), "{broken}");
        }
    }
}
