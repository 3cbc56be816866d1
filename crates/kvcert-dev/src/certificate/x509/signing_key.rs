//! A key that signs certificates and requests.

use anyhow::bail;
use der::asn1::{Any, BitStringRef, Null, ObjectIdentifier, Uint};
use der::{Encode, Sequence};
use kvcert_pki::asn1::{AlgorithmIdentifier, SubjectPublicKeyInfo};
use kvcert_pki::sensitive::Sensitive;
use sha2::{Digest, Sha256};

use crate::keys::curve::Curve;
use crate::keys::sign::SignatureAlgorithm;
use crate::keys::spec::KeySpec;

/// A private key, and what it is.
pub(crate) struct SigningKey {
    spec: KeySpec,
    /// PKCS#8.
    private: Sensitive<Vec<u8>>,
    /// As in a certificate's `subjectPublicKey`.
    public: Vec<u8>,
}

/// A signature as it stands in a certificate.
pub(crate) struct Signature {
    pub(crate) algorithm: AlgorithmIdentifier,
    pub(crate) bits: Vec<u8>,
}

/// `ECDSA-Sig-Value` ([RFC 3279, section 2.2.3](https://www.rfc-editor.org/rfc/rfc3279#section-2.2.3)).
#[derive(Sequence)]
struct EcSignature {
    r: Uint,
    s: Uint,
}

impl SigningKey {
    /// Reads PKCS#8.
    pub(crate) fn of(pkcs8: &[u8]) -> anyhow::Result<Self> {
        let (spec, public) = KeySpec::with_public(pkcs8)?;
        Ok(Self {
            spec,
            private: Sensitive::new(pkcs8.to_vec()),
            public,
        })
    }

    /// A new P-256 key: ready in no time.
    pub(crate) fn ec() -> anyhow::Result<Self> {
        Self::of(KeySpec::Ec(Curve::P256).generate()?.expose())
    }

    /// PKCS#8.
    pub(crate) fn private(&self) -> &Sensitive<Vec<u8>> {
        &self.private
    }

    /// As in a certificate's `subjectPublicKey`.
    pub(crate) fn public(&self) -> &[u8] {
        &self.public
    }

    /// What stands in a certificate.
    pub(crate) fn public_key(&self) -> anyhow::Result<SubjectPublicKeyInfo<'_>> {
        Ok(SubjectPublicKeyInfo {
            algorithm: self.spec.algorithm()?,
            subject_public_key: BitStringRef::from_bytes(&self.public)?,
        })
    }

    /// What certificates call the key
    /// ([RFC 7093, section 2](https://www.rfc-editor.org/rfc/rfc7093#section-2), method 4).
    pub(crate) fn identifier(&self) -> anyhow::Result<Vec<u8>> {
        Ok(Sha256::digest(self.public_key()?.to_der()?)[..20].to_vec())
    }

    /// How the key signs.
    pub(crate) fn algorithm(&self) -> anyhow::Result<AlgorithmIdentifier> {
        let (algorithm, parameters) = match self.spec {
            KeySpec::Rsa(_) => (RSA_SHA256, Some(Any::encode_from(&Null)?)),
            KeySpec::Ec(Curve::P256 | Curve::P256K) => (ECDSA_SHA256, None),
            KeySpec::Ec(Curve::P384) => (ECDSA_SHA384, None),
            KeySpec::Ec(Curve::P521) => (ECDSA_SHA512, None),
        };
        Ok(AlgorithmIdentifier {
            algorithm,
            parameters,
        })
    }

    pub(crate) fn sign(&self, message: &[u8]) -> anyhow::Result<Signature> {
        let name = match self.spec {
            KeySpec::Rsa(_) => "RS256",
            KeySpec::Ec(Curve::P256) => "ES256",
            KeySpec::Ec(Curve::P384) => "ES384",
            KeySpec::Ec(Curve::P521) => "ES512",
            KeySpec::Ec(Curve::P256K) => "ES256K",
        };
        let Some(algorithm) = SignatureAlgorithm::parse(name) else {
            bail!("`{name}` is no algorithm");
        };
        let bits = algorithm.sign_message(self.private.expose(), message)?;
        let bits = match self.spec {
            KeySpec::Rsa(_) => bits,
            KeySpec::Ec(_) => {
                let (r, s) = bits.split_at(bits.len() / 2);
                let (r, s) = (Uint::new(r)?, Uint::new(s)?);
                EcSignature { r, s }.to_der()?
            }
        };
        let algorithm = self.algorithm()?;
        Ok(Signature { algorithm, bits })
    }
}

const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
