//! Signed tokens ([RFC 7519](https://www.rfc-editor.org/rfc/rfc7519)), ES256 only.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use anyhow::anyhow;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    UnparsedPublicKey,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::encoding::{base64url, from_base64url};
use crate::sensitive::Sensitive;

/// Signs tokens, and knows its own again.
pub(super) struct Signer {
    key: EcdsaKeyPair,
    kid: String,
    /// The SHA-256 of tokens whose signature has been checked and is right: a client sends the same
    /// one with each request, and the check would be most of the work that a request makes.
    known: Mutex<HashSet<[u8; 32]>>,
}

impl Signer {
    /// A new private key, PKCS#8.
    pub(super) fn generate_key() -> anyhow::Result<Sensitive<Vec<u8>>> {
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map(|key| Sensitive::new(key.as_ref().to_vec()))
            .map_err(|_| anyhow!("cannot make a key to sign tokens"))
    }

    /// A signer with this private key.
    pub(super) fn new(pkcs8: &[u8]) -> anyhow::Result<Self> {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)
            .map_err(|_| anyhow!("the key that signs tokens is unusable"))?;
        let kid = base64url(&Sha256::digest(key.public_key())[..16]);
        let known = Mutex::default();
        Ok(Self { key, kid, known })
    }

    /// A token with these claims.
    pub(super) fn sign(&self, claims: &impl Serialize) -> anyhow::Result<Sensitive<String>> {
        let header = Header {
            typ: String::from("JWT"),
            alg: ALGORITHM.to_owned(),
            kid: self.kid.clone(),
        };
        let header = base64url(serde_json::to_vec(&header)?);
        let claims = base64url(serde_json::to_vec(claims)?);
        let input = format!("{header}.{claims}");
        let signature = self
            .key
            .sign(&SystemRandom::new(), input.as_bytes())
            .map_err(|_| anyhow!("cannot sign a token"))?;
        Ok(Sensitive::new(format!("{input}.{}", base64url(signature))))
    }

    /// The claims of a token that we signed; `None` for any other.
    pub(super) fn verify<C: DeserializeOwned>(&self, token: &str) -> Option<C> {
        // The decoder is lenient, for what clients sign; our own tokens have no padding.
        if token.contains('=') {
            return None;
        }
        let (input, signature) = token.rsplit_once('.')?;
        let (header, claims) = input.split_once('.')?;
        let parsed: Header = serde_json::from_slice(&from_base64url(header)?).ok()?;
        if parsed.alg != ALGORITHM || parsed.kid != self.kid {
            return None;
        }
        if !self.is_signed(token, input, signature) {
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
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.key.public_key());
        let is_signed = from_base64url(signature)
            .is_some_and(|signature| key.verify(input.as_bytes(), &signature).is_ok());
        if is_signed {
            let mut known = known();
            if known.len() >= MAX_KNOWN {
                known.clear();
            }
            known.insert(digest);
        }
        is_signed
    }

    /// The public key ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517)).
    pub(super) fn jwk(&self) -> Jwk {
        let point = self.key.public_key().as_ref();
        let coordinate = |bytes: Option<&[u8]>| base64url(bytes.unwrap_or_default());
        Jwk {
            kty: "EC",
            usage: "sig",
            alg: ALGORITHM,
            kid: self.kid.clone(),
            crv: "P-256",
            x: coordinate(point.get(1..33)),
            y: coordinate(point.get(33..)),
        }
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// A public key for checking tokens.
#[derive(Debug, Serialize)]
pub(super) struct Jwk {
    kty: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
    kid: String,
    crv: &'static str,
    x: String,
    y: String,
}

#[derive(Serialize, Deserialize)]
struct Header {
    typ: String,
    alg: String,
    kid: String,
}

const ALGORITHM: &str = "ES256";
/// Tokens that are in use at the same time, or more.
const MAX_KNOWN: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_tokens_are_known_again() {
        let signer = || Signer::new(Signer::generate_key().unwrap().expose()).unwrap();
        let (ours, theirs) = (signer(), signer());
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
