//! Signed tokens ([RFC 7519](https://www.rfc-editor.org/rfc/rfc7519)), ES256 only.

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
        Ok(Self { key, kid })
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
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.key.public_key())
            .verify(input.as_bytes(), &from_base64url(signature)?)
            .ok()?;
        serde_json::from_slice(&from_base64url(claims)?).ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_tokens_are_known_again() {
        let signer = || Signer::new(Signer::generate_key().unwrap().expose()).unwrap();
        let (ours, theirs) = (signer(), signer());
        let token = ours.sign(&["claims"]).unwrap();
        let token = token.expose();
        assert_eq!(ours.verify::<Vec<String>>(token).unwrap(), ["claims"]);
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
