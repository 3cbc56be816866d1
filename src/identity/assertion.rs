//! [`Assertor`]: client assertions, by which an application proves that it has its certificate's key.
//! See "Microsoft identity platform application authentication certificate credentials".

use std::time::{Duration, SystemTime};

use aws_lc_rs::rand::fill;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use kvcert_pki::certificate::Certificate;
use kvcert_pki::certified_key::CertifiedKey;
use kvcert_pki::sensitive::Sensitive;
use serde::Serialize;

use super::signer::{Algorithm, AssertionError, LocalKey, Signer, expect_rsa};

/// Makes assertions (RFC 7523) in the name of a certificate.
#[derive(Debug)]
pub struct Assertor {
    signer: Box<dyn Signer>,
    leaf: Box<Certificate>,
    algorithm: Algorithm,
    chain: Option<Vec<String>>,
}

impl Assertor {
    /// For a certificate, by who has its key.
    ///
    /// # Errors
    /// [`AssertionError::NotRsa`]: Entra takes no other keys.
    pub fn new(signer: impl Signer + 'static, leaf: &Certificate) -> Result<Self, AssertionError> {
        expect_rsa(leaf.public_key())?;
        Ok(Self {
            signer: Box::new(signer),
            leaf: Box::new(leaf.clone()),
            algorithm: Algorithm::default(),
            chain: None,
        })
    }

    /// For a certificate whose key is at hand.
    ///
    /// # Errors
    /// [`AssertionError`] if the key is not RSA, or of no use.
    pub fn local(certified: &CertifiedKey) -> Result<Self, AssertionError> {
        Self::new(LocalKey::new(certified.key())?, certified.chain().leaf())
    }

    /// The same, with another algorithm. The thumbprint in the header goes with it: SHA-256 for
    /// PS256, SHA-1 for RS256, as everyone sends them.
    pub fn with_algorithm(self, algorithm: Algorithm) -> Self {
        Self { algorithm, ..self }
    }

    /// The same, sending these certificates along, leaf first, as an application needs that trusts
    /// a subject and an issuer instead of one certificate.
    pub fn sending(self, chain: &[Certificate]) -> Self {
        let x5c = chain.iter().map(|c| STANDARD.encode(c.der()));
        Self {
            chain: Some(x5c.collect()),
            ..self
        }
    }

    /// The certificate.
    pub fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    /// An assertion that `client_id` makes to the token endpoint `audience`, good for ten minutes
    /// from `now`.
    ///
    /// # Errors
    /// [`AssertionError`], if signing fails.
    pub async fn assertion(
        &self,
        client_id: &str,
        audience: &str,
        now: SystemTime,
    ) -> Result<Sensitive<String>, AssertionError> {
        let since_epoch = now.duration_since(SystemTime::UNIX_EPOCH);
        let now = since_epoch.unwrap_or_default().as_secs();
        let claims = Claims {
            aud: audience,
            iss: client_id,
            sub: client_id,
            jti: unique_id()?,
            nbf: now,
            iat: now,
            exp: now + LIFETIME.as_secs(),
        };
        let input = format!("{}.{}", part(&self.header()), part(&claims));
        let signed = self.signer.sign(self.algorithm, input.as_bytes()).await?;
        let signature = URL_SAFE_NO_PAD.encode(signed);
        Ok(Sensitive::new(format!("{input}.{signature}")))
    }

    fn header(&self) -> Header<'_> {
        let thumbprint = |hash: &[u8]| Some(URL_SAFE_NO_PAD.encode(hash));
        let (sha1, sha256) = match self.algorithm {
            Algorithm::Ps256 => (None, thumbprint(&self.leaf.sha256())),
            Algorithm::Rs256 => (thumbprint(&self.leaf.sha1()), None),
        };
        Header {
            alg: self.algorithm.name(),
            typ: "JWT",
            sha256,
            sha1,
            x5c: self.chain.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    /// SHA-256 of the certificate (RFC 7515 section 4.1.8).
    #[serde(rename = "x5t#S256", skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    /// SHA-1 of the certificate (RFC 7515 section 4.1.7).
    #[serde(rename = "x5t", skip_serializing_if = "Option::is_none")]
    sha1: Option<String>,
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

/// A random UUID (RFC 9562 section 5.4): Entra takes no assertion twice.
fn unique_id() -> Result<String, AssertionError> {
    let mut id = [0; 16];
    fill(&mut id).map_err(|_| AssertionError::Signing)?;
    id[6] = id[6] & 0x0f | 0x40;
    id[8] = id[8] & 0x3f | 0x80;
    let text = hex::encode(id);
    let parts = [
        &text[..8],
        &text[8..12],
        &text[12..16],
        &text[16..20],
        &text[20..],
    ];
    Ok(parts.join("-"))
}

/// Entra advises five to ten minutes.
const LIFETIME: Duration = Duration::from_secs(600);
