//! The key of access tokens and identities, which others check: RS256, as Entra signs.

use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::anyhow;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey,
};
use kvcert_pki::sensitive::Sensitive;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use super::claims::Claims;
use super::signer::{Header, Key, Signer};
use crate::certificate::x509::signing_key::SigningKey;
use crate::certificate::x509::{self, Template, name};
use crate::encoding::{self, base64url};
use crate::keys::jwk::JsonWebKey;
use crate::keys::spec::KeySpec;
use crate::store::Meta;

/// The signer of tokens. An RSA key takes a while to make, so it is made when it is first needed,
/// and kept.
pub(crate) struct TokenSigner {
    meta: Meta,
    signer: OnceLock<Signer<TokenKey>>,
    making: Mutex<()>,
}

impl TokenSigner {
    /// A signer with the key of this store.
    pub(crate) fn new(meta: Meta) -> Self {
        Self {
            meta,
            signer: OnceLock::new(),
            making: Mutex::new(()),
        }
    }

    /// The claims of a token of ours, whether or not it still holds.
    pub(crate) fn read(&self, token: &str) -> Option<Claims> {
        self.get().ok()?.verify(token)
    }

    /// The signer, whose key may have to be made for it.
    pub(crate) fn get(&self) -> anyhow::Result<&Signer<TokenKey>> {
        if let Some(signer) = self.signer.get() {
            return Ok(signer);
        }
        let _one = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(signer) = self.signer.get() {
            return Ok(signer);
        }
        let key = match self.meta.get(TOKEN_KEY)? {
            Some(kept) => TokenKey::new(&kept)?,
            None => {
                let (key, kept) = TokenKey::generate()?;
                self.meta.keep(TOKEN_KEY, &kept)?;
                key
            }
        };
        Ok(self.signer.get_or_init(|| Signer::new(key)))
    }
}

impl std::fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenSigner").finish_non_exhaustive()
    }
}

/// An RSA key with its certificate.
pub(crate) struct TokenKey {
    key: rsa::KeyPair,
    header: Header,
    jwk: Jwk,
}

impl TokenKey {
    /// A new key, and how it is kept.
    pub(crate) fn generate() -> anyhow::Result<(Self, Kept)> {
        let key = KeySpec::Rsa(2048).generate()?;
        let now = encoding::now();
        let template = Template {
            subject: name::common_name(NAME)?,
            from: now - DAY,
            to: now + FIVE_YEARS,
            extensions: Vec::new(),
        };
        let certificate = x509::sign(&template, &SigningKey::of(key.expose())?, None)?;
        let kept = Kept { key, certificate };
        Ok((Self::new(&kept)?, kept))
    }

    fn new(kept: &Kept) -> anyhow::Result<Self> {
        let key = rsa::KeyPair::from_pkcs8(kept.key.expose())
            .map_err(|_| anyhow!("the key that signs tokens is unusable"))?;
        let (_, public) = KeySpec::of(kept.key.expose())?;
        let thumbprint = base64url(Sha1::digest(&kept.certificate));
        let header = Header {
            typ: String::from("JWT"),
            alg: String::from("RS256"),
            x5t: Some(thumbprint.clone()),
            kid: thumbprint.clone(),
        };
        let jwk = Jwk {
            kty: "RSA",
            usage: "sig",
            kid: thumbprint.clone(),
            x5t: thumbprint,
            public,
            x5c: [encoding::base64(&kept.certificate)],
            cloud_instance_name: "microsoftonline.com",
        };
        Ok(Self { key, header, jwk })
    }

    /// The public key, for everyone who checks tokens.
    pub(crate) fn jwk(&self) -> &Jwk {
        &self.jwk
    }
}

impl Key for TokenKey {
    fn header(&self) -> &Header {
        &self.header
    }

    fn sign(&self, input: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                input,
                &mut signature,
            )
            .map_err(|_| anyhow!("cannot sign a token"))?;
        Ok(signature)
    }

    fn is_signed(&self, input: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.key.public_key())
            .verify(input, signature)
            .is_ok()
    }
}

/// A public key for checking tokens ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517)). As in
/// Entra, its identifier is its certificate's thumbprint, and it names no algorithm.
#[derive(Serialize)]
pub(crate) struct Jwk {
    kty: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    kid: String,
    x5t: String,
    #[serde(flatten)]
    public: JsonWebKey,
    x5c: [String; 1],
    cloud_instance_name: &'static str,
}

/// The key as the store has it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    /// PKCS#8.
    #[serde(with = "encoding::secret_bytes")]
    key: Sensitive<Vec<u8>>,
    /// DER.
    #[serde(with = "encoding::bytes")]
    certificate: Vec<u8>,
}

const TOKEN_KEY: &str = "token-key";
/// The subject of Entra's own.
const NAME: &str = "accounts.accesscontrol.windows.net";
const DAY: i64 = 86_400;
const FIVE_YEARS: i64 = 5 * 365 * DAY;
