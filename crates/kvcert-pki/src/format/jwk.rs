//! JWK: a private key as JSON (RFC 7517, RFC 7518, RFC 8037), with its certificates.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use der::Encode;
use der::asn1::{AnyRef, BitStringRef, OctetStringRef, UintRef};
use serde::Serialize;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::asn1::{AlgorithmIdentifier, EcPrivateKey, PrivateKeyInfo, RsaPrivateKey, oid};
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

/// The private key of a JWK as DER: PKCS#1, SEC 1 or PKCS#8. `None` if it has none, or one that is not
/// complete.
pub(super) fn secret_der(jwk: &Map<String, Value>) -> Option<Zeroizing<Vec<u8>>> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let member = |name: &str| {
        let decoded = URL_SAFE_NO_PAD.decode(text(name)?.trim_end_matches('='));
        decoded.ok().map(Zeroizing::new)
    };
    let secret = member("d")?;
    let der = match text("kty")? {
        "RSA" => {
            let [n, e, p, q] = ["n", "e", "p", "q"].map(member);
            let [dp, dq, qi] = ["dp", "dq", "qi"].map(member);
            let key = RsaPrivateKey {
                version: 0,
                modulus: UintRef::new(n.as_ref()?).ok()?,
                public_exponent: UintRef::new(e.as_ref()?).ok()?,
                private_exponent: UintRef::new(&secret).ok()?,
                prime1: UintRef::new(p.as_ref()?).ok()?,
                prime2: UintRef::new(q.as_ref()?).ok()?,
                exponent1: UintRef::new(dp.as_ref()?).ok()?,
                exponent2: UintRef::new(dq.as_ref()?).ok()?,
                coefficient: UintRef::new(qi.as_ref()?).ok()?,
                other_primes: None,
            };
            key.to_der()
        }
        "EC" => {
            let curve = Curve::named(text("crv")?)?.oid();
            let mut point = vec![4];
            point.extend_from_slice(&member("x")?);
            point.extend_from_slice(&member("y")?);
            let key = EcPrivateKey {
                version: 1,
                private_key: OctetStringRef::new(&secret).ok()?,
                parameters: Some(AnyRef::from(&curve)),
                public_key: Some(BitStringRef::from_bytes(&point).ok()?),
            };
            key.to_der()
        }
        "OKP" if text("crv") == Some("Ed25519") => {
            let seed = Zeroizing::new(OctetStringRef::new(&secret).ok()?.to_der().ok()?);
            let key = PrivateKeyInfo {
                version: 0,
                algorithm: AlgorithmIdentifier {
                    algorithm: oid::ED25519,
                    parameters: None,
                },
                private_key: OctetStringRef::new(&seed).ok()?,
                attributes: None,
                public_key: None,
            };
            key.to_der()
        }
        _ => return None,
    };
    der.ok().map(Zeroizing::new)
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
