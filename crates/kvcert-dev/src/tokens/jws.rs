//! Signed tokens of others ([RFC 7515](https://www.rfc-editor.org/rfc/rfc7515)): assertions,
//! proofs and federated tokens.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use crate::encoding::from_base64url;

/// A token taken apart; nothing in it is to be trusted before [`Jws::is_signed_by`] says so.
pub(crate) struct Jws<'a> {
    pub(crate) header: Header,
    claims: Map<String, Value>,
    input: &'a str,
    signature: Vec<u8>,
}

/// What says how a token is signed, and by whom.
#[derive(Deserialize)]
pub(crate) struct Header {
    pub(crate) alg: String,
    pub(crate) kid: Option<String>,
    x5t: Option<String>,
    #[serde(rename = "x5t#S256")]
    x5t_s256: Option<String>,
    x5c: Option<Vec<String>>,
}

/// How a token names the certificate that it is signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Thumbprint {
    Sha1(Vec<u8>),
    Sha256(Vec<u8>),
}

impl Thumbprint {
    /// Is this the thumbprint of that certificate (DER)?
    pub(crate) fn is_of(&self, certificate: &[u8]) -> bool {
        match self {
            Self::Sha1(bytes) => bytes[..] == Sha1::digest(certificate)[..],
            Self::Sha256(bytes) => bytes[..] == Sha256::digest(certificate)[..],
        }
    }
}

impl<'a> Jws<'a> {
    /// Reads a token. `None` if it is malformed. Its parts may be padded: azure-identity for Python
    /// does so in its asynchronous client, and the service accepts it.
    pub(crate) fn parse(token: &'a str) -> Option<Self> {
        let (input, signature) = token.rsplit_once('.')?;
        let (header, claims) = input.split_once('.')?;
        Some(Self {
            header: serde_json::from_slice(&any_base64(header)?).ok()?,
            claims: serde_json::from_slice(&any_base64(claims)?).ok()?,
            input,
            signature: any_base64(signature)?,
        })
    }

    /// A claim that is a text.
    pub(crate) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }

    /// A claim that is a time, Unix seconds; clients write fractions too.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a cast of a float saturates"
    )]
    pub(crate) fn time(&self, claim: &str) -> Option<i64> {
        let value = self.claims.get(claim)?;
        value
            .as_i64()
            .or_else(|| value.as_f64().map(|time| time as i64))
    }

    /// Whom the token is for; a list counts by any of its members.
    pub(crate) fn is_for(&self, accepted: impl Fn(&str) -> bool) -> bool {
        match self.claims.get("aud") {
            Some(Value::String(audience)) => accepted(audience),
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).any(accepted),
            _ => false,
        }
    }

    /// Is this the signature of `key`, by an algorithm that the header names?
    pub(crate) fn is_signed_by(&self, key: &Key) -> bool {
        let message = self.input.as_bytes();
        match (key, &*self.header.alg) {
            (Key::Rsa { n, e }, alg @ ("RS256" | "PS256")) => {
                let parameters = match alg {
                    "RS256" => &RSA_PKCS1_2048_8192_SHA256,
                    _ => &RSA_PSS_2048_8192_SHA256,
                };
                let public = RsaPublicKeyComponents { n, e };
                public.verify(parameters, message, &self.signature).is_ok()
            }
            (Key::P256(point), "ES256") => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(message, &self.signature)
                .is_ok(),
            _ => false,
        }
    }
}

impl Header {
    /// The certificate's thumbprint: the stronger one, if there are both.
    pub(crate) fn thumbprint(&self) -> Option<Thumbprint> {
        let sha256 = self.x5t_s256.as_deref().and_then(any_base64);
        let sha1 = || self.x5t.as_deref().and_then(any_base64);
        sha256
            .map(Thumbprint::Sha256)
            .or_else(|| sha1().map(Thumbprint::Sha1))
    }

    /// The certificate that the token brings along, DER. `Some(None)`: something unreadable.
    pub(crate) fn certificate(&self) -> Option<Option<Vec<u8>>> {
        // MSAL for Python leaves the line breaks of the PEM in it.
        let text: String = self.x5c.as_ref()?.first()?.split_whitespace().collect();
        let bytes = any_base64(&text);
        Some(bytes.and_then(|bytes| {
            // The Rust SDK encodes the PEM text instead of the DER.
            if bytes.starts_with(b"-----BEGIN") {
                pem::parse(&bytes).ok().map(pem::Pem::into_contents)
            } else {
                Some(bytes)
            }
        }))
    }
}

/// A public key that checks signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// An uncompressed point.
    P256(Vec<u8>),
}

impl Key {
    /// The key of a certificate, if it is RSA: Entra accepts no other.
    pub(crate) fn of_certificate(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        match certificate.public_key().parsed().ok()? {
            PublicKey::RSA(key) => Some(Self::Rsa {
                n: without_zeros(key.modulus),
                e: without_zeros(key.exponent),
            }),
            _ => None,
        }
    }

    /// A key as JSON ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517)).
    pub(crate) fn of_jwk(jwk: &Value) -> Option<Self> {
        let member = |name: &str| from_base64url(jwk.get(name)?.as_str()?);
        match (
            jwk.get("kty")?.as_str()?,
            jwk.get("crv").and_then(Value::as_str),
        ) {
            ("RSA", None) => Some(Self::Rsa {
                n: without_zeros(&member("n")?),
                e: without_zeros(&member("e")?),
            }),
            ("EC", Some("P-256")) => {
                let (x, y) = (member("x")?, member("y")?);
                Some(Self::P256([&[4], &*x, &*y].concat()))
            }
            _ => None,
        }
    }
}

/// Base64 as clients write it: standard or URL, padded or not.
fn any_base64(text: &str) -> Option<Vec<u8>> {
    let standard: String = text
        .trim_end_matches('=')
        .chars()
        .map(|character| match character {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    BASE64_STANDARD_NO_PAD.decode(standard).ok()
}

fn without_zeros(number: &[u8]) -> Vec<u8> {
    let start = number.iter().position(|byte| *byte != 0);
    number[start.unwrap_or(number.len())..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbprint_comes_in_four_spellings() {
        for text in ["+/8=", "+/8", "-_8=", "-_8"] {
            assert_eq!(any_base64(text).unwrap(), [0xfb, 0xff], "{text}");
        }
        assert_eq!(any_base64("*"), None);
    }

    #[test]
    fn what_is_no_token_is_none() {
        for text in ["", ".", "..", "a.b.c", "e30.e30.", "e30.e30.!"] {
            assert!(Jws::parse(text).is_none(), "{text}");
        }
        // {"alg":"none"} . {}
        assert!(Jws::parse("eyJhbGciOiJub25lIn0.e30.").is_some());
    }
}
