//! JSON Web Keys: public ones that go out, private ones that come in.

use anyhow::{Context, anyhow, bail};
use aws_lc_rs::rsa::{self, KeyPairComponents};
use aws_lc_rs::signature::EcdsaKeyPair;
use der::Decode;
use kvcert_pki::asn1::SubjectPublicKeyInfo;
use kvcert_pki::sensitive::Sensitive;
use serde::{Deserialize, Serialize};
use x509_parser::certificate::X509Certificate;
use x509_parser::public_key::PublicKey;

use super::curve::Curve;
use super::key_type::KeyType;
use super::pkcs8::rsa_pkcs8;
use crate::encoding::{base64url, from_base64url};

/// The public members of a key
/// ([RFC 7518, section 6](https://www.rfc-editor.org/rfc/rfc7518#section-6)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum JsonWebKey {
    Rsa { n: String, e: String },
    Ec { crv: String, x: String, y: String },
}

impl JsonWebKey {
    /// The key in a certificate, if it is of a kind that a vault has.
    pub(crate) fn of_certificate(certificate: &X509Certificate<'_>) -> Option<Self> {
        match certificate.public_key().parsed().ok()? {
            PublicKey::RSA(key) => Some(Self::rsa(
                without_zeros(key.modulus),
                without_zeros(key.exponent),
            )),
            PublicKey::EC(point) => {
                let told = SubjectPublicKeyInfo::from_der(certificate.public_key().raw).ok()?;
                let curve = Curve::of_parameters(told.algorithm.parameters.as_ref()?)?;
                Self::ec(curve, point.data()).ok()
            }
            _ => None,
        }
    }

    pub(crate) fn rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        Self::Rsa {
            n: base64url(modulus),
            e: base64url(exponent),
        }
    }

    /// Takes an uncompressed point.
    pub(crate) fn ec(curve: Curve, point: &[u8]) -> anyhow::Result<Self> {
        match point {
            [4, both @ ..] if both.len() == 2 * curve.length() => {
                let (x, y) = both.split_at(curve.length());
                Ok(Self::Ec {
                    crv: curve.name().to_owned(),
                    x: base64url(x),
                    y: base64url(y),
                })
            }
            _ => bail!("a point that is none of its curve"),
        }
    }
}

/// A private key as a client sends it to be imported.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct ImportedJwk {
    pub(crate) kty: Option<String>,
    pub(crate) key_ops: Option<Vec<String>>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<Sensitive64>,
    p: Option<Sensitive64>,
    q: Option<Sensitive64>,
    dp: Option<Sensitive64>,
    dq: Option<Sensitive64>,
    qi: Option<Sensitive64>,
}

impl ImportedJwk {
    /// The private key as PKCS#8, if the members add up to one.
    pub(crate) fn private_key(&self, kty: KeyType) -> anyhow::Result<Sensitive<Vec<u8>>> {
        let der = if kty.is_rsa() {
            self.rsa()?
        } else {
            self.ec()?
        };
        Ok(Sensitive::new(der))
    }

    fn rsa(&self) -> anyhow::Result<Vec<u8>> {
        let key = rsa::KeyPair::from_components(&KeyPairComponents {
            public_key: rsa::PublicKeyComponents {
                n: number(self.n.as_deref())?,
                e: number(self.e.as_deref())?,
            },
            d: secret(self.d.as_ref())?,
            p: secret(self.p.as_ref())?,
            q: secret(self.q.as_ref())?,
            dP: secret(self.dp.as_ref())?,
            dQ: secret(self.dq.as_ref())?,
            qInv: secret(self.qi.as_ref())?,
        })
        .map_err(|_| anyhow!("an RSA key that does not add up"))?;
        rsa_pkcs8(&key)
    }

    fn ec(&self) -> anyhow::Result<Vec<u8>> {
        let curve = self.crv.as_deref().and_then(Curve::parse);
        let curve = curve.context("an unknown curve")?;
        let mut point = vec![4];
        for coordinate in [&self.x, &self.y] {
            point.extend(padded(&number(coordinate.as_deref())?, curve)?);
        }
        let private = padded(&secret(self.d.as_ref())?, curve)?;
        let key = EcdsaKeyPair::from_private_key_and_public_key(curve.signing(), &private, &point)
            .map_err(|_| anyhow!("an EC key that does not add up"))?;
        let der = key.to_pkcs8v1().map_err(|_| anyhow!("no PKCS#8"))?;
        Ok(der.as_ref().to_vec())
    }
}

/// A private member, not for any eye.
struct Sensitive64(Sensitive<String>);

impl<'de> Deserialize<'de> for Sensitive64 {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(Sensitive::new(text)))
    }
}

fn number(text: Option<&str>) -> anyhow::Result<Vec<u8>> {
    let bytes = text
        .and_then(from_base64url)
        .context("a member is missing")?;
    Ok(without_zeros(&bytes).to_vec())
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

fn secret(text: Option<&Sensitive64>) -> anyhow::Result<Vec<u8>> {
    number(text.map(|text| text.0.expose().as_str()))
}

/// Coordinates are as long as the field, whatever they begin with.
fn padded(number: &[u8], curve: Curve) -> anyhow::Result<Vec<u8>> {
    let missing = curve.length().checked_sub(number.len());
    let mut bytes = vec![0; missing.context("a number too long for its curve")?];
    bytes.extend_from_slice(number);
    Ok(bytes)
}
