//! [`Signer`]: client assertions signed with a certificate's key.
//! See "Microsoft identity platform application authentication certificate credentials".

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use aws_lc_rs::{
    rand::{SystemRandom, fill},
    rsa::KeyPair,
    signature::RSA_PSS_SHA256,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::Serialize;

use crate::{certified_key::CertifiedKey, key::PublicKey, sensitive::Sensitive};

/// Signs assertions (RFC 7523) with PS256, the algorithm that Entra documents.
pub struct Signer {
    key: KeyPair,
    thumbprint: String,
    chain: Option<Vec<String>>,
}

impl Signer {
    /// A signer with this certificate's key. With `send_chain` the assertions carry the
    /// certificates along, which an application that trusts a subject and issuer needs.
    ///
    /// # Errors
    /// [`AssertionError`] if the key is not RSA: Entra takes no other.
    pub fn new(certified: &CertifiedKey, send_chain: bool) -> Result<Self, AssertionError> {
        let public = certified.key().public_key();
        if !matches!(public, PublicKey::Rsa { .. }) {
            return Err(AssertionError::NotRsa {
                key: public.to_string(),
            });
        }
        let key = KeyPair::from_pkcs8(certified.key().secret_pkcs8_der()).map_err(|refused| {
            AssertionError::Key {
                key: public.to_string(),
                detail: refused.to_string(),
            }
        })?;
        let chain = certified.chain();
        let x5c = || {
            let certificates = chain.certificates().iter();
            certificates.map(|c| STANDARD.encode(c.der())).collect()
        };
        Ok(Self {
            key,
            thumbprint: URL_SAFE_NO_PAD.encode(chain.leaf().sha256()),
            chain: send_chain.then(x5c),
        })
    }

    /// The certificate's SHA-256, in base64url without padding, as `x5t#S256` has it.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// An assertion that `client_id` makes to the token endpoint `audience`, good for ten minutes
    /// from `now`.
    ///
    /// # Errors
    /// [`AssertionError::Signing`], if the crypto library fails.
    pub fn sign(
        &self,
        client_id: &str,
        audience: &str,
        now: SystemTime,
    ) -> Result<Sensitive<String>, AssertionError> {
        let failed = |_| AssertionError::Signing;
        let mut id = [0; 16];
        fill(&mut id).map_err(failed)?;
        let since_epoch = now.duration_since(SystemTime::UNIX_EPOCH);
        let now = since_epoch.unwrap_or_default().as_secs();
        let header = Header {
            alg: "PS256",
            typ: "JWT",
            thumbprint: &self.thumbprint,
            x5c: self.chain.as_deref(),
        };
        let claims = Claims {
            aud: audience,
            iss: client_id,
            sub: client_id,
            jti: hex::encode(id),
            nbf: now,
            iat: now,
            exp: now + LIFETIME.as_secs(),
        };
        let input = format!("{}.{}", part(&header), part(&claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(
                &RSA_PSS_SHA256,
                &SystemRandom::new(),
                input.as_bytes(),
                &mut signature,
            )
            .map_err(failed)?;
        let signature = URL_SAFE_NO_PAD.encode(signature);
        Ok(Sensitive::new(format!("{input}.{signature}")))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    /// SHA-256 of the certificate (RFC 7515 section 4.1.8).
    #[serde(rename = "x5t#S256")]
    thumbprint: &'a str,
    /// The certificates, leaf first, in base64 that is not base64url (RFC 7515 section 4.1.6).
    #[serde(skip_serializing_if = "Option::is_none")]
    x5c: Option<&'a [String]>,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: String,
    nbf: u64,
    iat: u64,
    exp: u64,
}

/// A part of a JWS. Strings and numbers always become JSON.
fn part(value: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap_or_default())
}

/// Why a certificate cannot sign assertions.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssertionError {
    /// The key is of another algorithm.
    NotRsa {
        /// What it is.
        key: String,
    },
    /// The key cannot be used.
    Key {
        /// What it is.
        key: String,
        /// Why not.
        detail: String,
    },
    /// Signing failed.
    Signing,
}

impl fmt::Display for AssertionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRsa { key } => {
                write!(
                    f,
                    "its key is {key}; Entra takes assertions by RSA keys only"
                )
            }
            Self::Key { key, detail } => write!(f, "its key ({key}) cannot sign: {detail}"),
            Self::Signing => f.write_str("its key failed to sign"),
        }
    }
}

impl std::error::Error for AssertionError {}

/// Entra advises five to ten minutes.
const LIFETIME: Duration = Duration::from_secs(600);
