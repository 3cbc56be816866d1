//! [`Signer`]: who signs with a certificate's key: this process, or the vault that keeps the key.

use std::fmt;
use std::pin::Pin;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding};
use kvcert_pki::key::{PrivateKey, PublicKey};

/// How a JWS is signed (RFC 7518 section 3.1). Entra takes RSA keys only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PSS with SHA-256, which Entra documents.
    #[default]
    Ps256,
    /// RSASSA-PKCS1-v1_5 with SHA-256: for AD FS, and what else is old.
    Rs256,
}

impl Algorithm {
    /// The name, in a JWS and in Key Vault.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ps256 => "PS256",
            Self::Rs256 => "RS256",
        }
    }

    fn encoding(self) -> &'static dyn RsaEncoding {
        match self {
            Self::Ps256 => &RSA_PSS_SHA256,
            Self::Rs256 => &RSA_PKCS1_SHA256,
        }
    }
}

/// Has the private key of a certificate, or knows who has.
pub trait Signer: fmt::Debug + Send + Sync {
    /// Signs `message`, of which both algorithms take the SHA-256.
    fn sign<'a>(&'a self, algorithm: Algorithm, message: &'a [u8]) -> Signing<'a>;
}

/// A signature, later.
pub type Signing<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, AssertionError>> + Send + 'a>>;

/// A key in this process' memory.
pub struct LocalKey(KeyPair);

impl LocalKey {
    /// Takes an RSA key.
    ///
    /// # Errors
    /// [`AssertionError::NotRsa`], or [`AssertionError::Key`] if the crypto library refuses it.
    pub fn new(key: &PrivateKey) -> Result<Self, AssertionError> {
        let public = key.public_key();
        expect_rsa(public)?;
        let pair = KeyPair::from_pkcs8(key.secret_pkcs8_der());
        pair.map(Self).map_err(|refused| AssertionError::Key {
            key: public.to_string(),
            detail: refused.to_string(),
        })
    }

    fn sign_now(&self, algorithm: Algorithm, message: &[u8]) -> Result<Vec<u8>, AssertionError> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        let random = SystemRandom::new();
        let encoding = algorithm.encoding();
        let signed = self.0.sign(encoding, &random, message, &mut signature);
        signed
            .map(|()| signature)
            .map_err(|_| AssertionError::Signing)
    }
}

impl Signer for LocalKey {
    fn sign<'a>(&'a self, algorithm: Algorithm, message: &'a [u8]) -> Signing<'a> {
        Box::pin(std::future::ready(self.sign_now(algorithm, message)))
    }
}

impl fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalKey(RSA {})", 8 * self.0.public_modulus_len())
    }
}

/// Entra takes assertions by RSA keys only.
pub(crate) fn expect_rsa(key: &PublicKey) -> Result<(), AssertionError> {
    match key {
        PublicKey::Rsa { .. } => Ok(()),
        other => Err(AssertionError::NotRsa {
            key: other.to_string(),
        }),
    }
}

/// Why a certificate cannot sign assertions.
#[derive(Debug)]
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
    /// Who has the key did not sign.
    Elsewhere(Box<dyn std::error::Error + Send + Sync>),
    /// Who has the key signed with another one than the certificate's.
    OtherKey,
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
            Self::Elsewhere(_) => f.write_str("its key, which is elsewhere, did not sign"),
            Self::OtherKey => f.write_str("the signature is not by the certificate's key"),
        }
    }
}

impl std::error::Error for AssertionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Elsewhere(source) => Some(&**source),
            _ => None,
        }
    }
}
