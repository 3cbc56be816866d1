//! JWK: a private key as JSON (RFC 7517, RFC 7518, RFC 8037), with its certificates.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::certificate::Certificate;
use crate::content_error::ContentError;
use crate::key::{Components, Curve, EcComponents, PrivateKey, PublicKey, RsaComponents};

/// A private JWK with `x5c` (the certificates in order, DER in standard base64, RFC 7517 section
/// 4.7), `x5t` and `x5t#S256` of the leaf. `kid` is the leaf's SHA-256 thumbprint too, so that a
/// set of such keys can be told apart.
///
/// # Errors
/// [`ContentError::Unsupported`] for a key that JWK has no form for.
pub fn private(
    key: &PrivateKey,
    certificates: &[&Certificate],
) -> Result<Zeroizing<String>, ContentError> {
    let mut jwk = match key.secret_components()? {
        Components::Rsa(rsa) => from_rsa(&rsa),
        Components::Ec(ec) => from_ec(&ec),
        Components::Ed25519 { seed, public } => Jwk {
            kty: "OKP",
            crv: Some("Ed25519"),
            x: Some(url(&public)),
            d: Some(url(&seed)),
            ..Jwk::default()
        },
    };
    jwk.add_certificates(certificates);
    jwk.to_json()
}

/// The public JWK of the first certificate, with the same `x5c`, `x5t` and `x5t#S256`.
///
/// # Errors
/// As [`private`].
pub fn public(certificates: &[&Certificate]) -> Result<Zeroizing<String>, ContentError> {
    let leaf = certificates.first().ok_or(ContentError::NoCertificate)?;
    let unsupported =
        || ContentError::unsupported_form(format!("a public key ({}) as JWK", leaf.public_key()));
    let mut jwk = match leaf.public_key() {
        PublicKey::Rsa { modulus, exponent } => Jwk {
            kty: "RSA",
            n: Some(url(modulus)),
            e: Some(url(exponent)),
            ..Jwk::default()
        },
        PublicKey::Ec { curve, x, y } => Jwk {
            kty: "EC",
            crv: Some(curve_name(*curve)),
            x: Some(url(x)),
            y: Some(url(y)),
            ..Jwk::default()
        },
        PublicKey::Ed25519(public) => Jwk {
            kty: "OKP",
            crv: Some("Ed25519"),
            x: Some(url(public)),
            ..Jwk::default()
        },
        PublicKey::Other { .. } => return Err(unsupported()),
    };
    jwk.add_certificates(certificates);
    jwk.to_json()
}

/// The members, in the order in which they are written. Secret ones are wiped when dropped.
#[derive(Serialize, Default)]
struct Jwk {
    kty: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<Member>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<Member>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<Member>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<Member>,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<Member>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<Member>,
    #[serde(skip_serializing_if = "Option::is_none")]
    q: Option<Member>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dp: Option<Member>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dq: Option<Member>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qi: Option<Member>,
    x5c: Vec<String>,
    x5t: String,
    #[serde(rename = "x5t#S256")]
    x5t_s256: String,
}

/// base64url without padding (RFC 7515 section 2).
struct Member(Zeroizing<String>);

impl Serialize for Member {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Jwk {
    fn add_certificates(&mut self, certificates: &[&Certificate]) {
        self.x5c = certificates
            .iter()
            .map(|c| STANDARD.encode(c.der()))
            .collect();
        if let Some(leaf) = certificates.first() {
            self.x5t = URL_SAFE_NO_PAD.encode(leaf.sha1());
            self.x5t_s256 = URL_SAFE_NO_PAD.encode(leaf.sha256());
            self.kid = Some(self.x5t_s256.clone());
        }
    }

    /// The buffer is sized beforehand, as one that grows leaves copies behind.
    fn to_json(&self) -> Result<Zeroizing<String>, ContentError> {
        let certificates: usize = self.x5c.iter().map(|c| c.len() + 16).sum();
        let mut json = Zeroizing::new(Vec::with_capacity(certificates + 16 * 1024));
        let failed = |e: String| ContentError::damaged("the JWK", e);
        serde_json::to_writer_pretty(&mut *json, self).map_err(|e| failed(e.to_string()))?;
        json.push(b'\n');
        let text =
            String::from_utf8(std::mem::take(&mut *json)).map_err(|e| failed(e.to_string()))?;
        Ok(Zeroizing::new(text))
    }
}

fn from_rsa(rsa: &RsaComponents) -> Jwk {
    Jwk {
        kty: "RSA",
        n: Some(url(&rsa.modulus)),
        e: Some(url(&rsa.public_exponent)),
        d: Some(url(&rsa.private_exponent)),
        p: Some(url(&rsa.prime1)),
        q: Some(url(&rsa.prime2)),
        dp: Some(url(&rsa.exponent1)),
        dq: Some(url(&rsa.exponent2)),
        qi: Some(url(&rsa.coefficient)),
        ..Jwk::default()
    }
}

fn from_ec(ec: &EcComponents) -> Jwk {
    Jwk {
        kty: "EC",
        crv: Some(curve_name(ec.curve)),
        x: Some(url(&ec.x)),
        y: Some(url(&ec.y)),
        d: Some(url(&ec.scalar)),
        ..Jwk::default()
    }
}

/// RFC 7518 section 6.2.1.1; RFC 8812 for `secp256k1`.
fn curve_name(curve: Curve) -> &'static str {
    match curve {
        Curve::P256 => "P-256",
        Curve::P384 => "P-384",
        Curve::P521 => "P-521",
        Curve::P256K => "secp256k1",
    }
}

fn url(bytes: &[u8]) -> Member {
    Member(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes)))
}
