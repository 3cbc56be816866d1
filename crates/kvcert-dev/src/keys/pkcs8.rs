//! Private keys in the shape the service writes them.

use anyhow::{Context, anyhow, bail};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa;
use der::asn1::{Any, BitString, ObjectIdentifier, OctetStringRef};
use der::{AnyRef, Decode, Encode};
use kvcert_pki::asn1::{AlgorithmIdentifier, Attribute, EcPrivateKey, PrivateKeyInfo, oid};
use zeroize::Zeroizing;

use super::curve::Curve;

/// A private key read from PKCS#8, without attributes.
pub(crate) struct PrivateKey {
    algorithm: AlgorithmIdentifier,
    /// What is inside: the form that this kind of key has of its own.
    traditional: Zeroizing<Vec<u8>>,
    curve: Option<Curve>,
}

/// What the service treats differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Rsa,
    Ec,
}

impl PrivateKey {
    /// Reads PKCS#8.
    pub(crate) fn parse(der: &[u8]) -> anyhow::Result<Self> {
        let info = PrivateKeyInfo::from_der(der).context("not a PKCS#8 private key")?;
        let traditional = info.private_key.as_bytes();
        match info.algorithm.algorithm {
            oid::RSA_ENCRYPTION => Ok(Self {
                algorithm: info.algorithm.clone(),
                traditional: Zeroizing::new(traditional.to_vec()),
                curve: None,
            }),
            oid::EC_PUBLIC_KEY => {
                let parameters = info.algorithm.parameters.as_ref();
                let curve = parameters.and_then(Curve::of_parameters);
                let curve = curve.context("an unknown curve")?;
                Ok(Self {
                    algorithm: AlgorithmIdentifier {
                        algorithm: oid::EC_PUBLIC_KEY,
                        parameters: Some(curve.parameters()?),
                    },
                    traditional: with_inner_curve(traditional, curve)?,
                    curve: Some(curve),
                })
            }
            other => bail!("a key of type {other} is not supported"),
        }
    }

    /// RSA or EC.
    pub(crate) fn kind(&self) -> Kind {
        match self.curve {
            None => Kind::Rsa,
            Some(_) => Kind::Ec,
        }
    }

    /// The curve of an EC key.
    pub(crate) fn curve(&self) -> Option<Curve> {
        self.curve
    }

    /// What is inside: the form that this kind of key has of its own.
    pub(crate) fn traditional(&self) -> &[u8] {
        &self.traditional
    }

    /// PKCS#8 without attributes and with the name of any curve: as keys are kept and used.
    pub(crate) fn named(&self) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let mut algorithm = self.algorithm.clone();
        if let Some(curve) = self.curve {
            algorithm.parameters = Some(Any::encode_from(&curve.oid())?);
        }
        self.encode(algorithm, None)
    }

    /// PKCS#8 without attributes: what a PEM secret holds of an RSA key.
    pub(crate) fn plain(&self) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        self.encode(self.algorithm.clone(), None)
    }

    /// PKCS#8 with the key usage attribute that Windows' key export adds: key exchange for RSA,
    /// signature for EC. What a PKCS#12 secret holds, and a PEM secret of an EC key.
    pub(crate) fn marked(&self) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let usage: u8 = match self.kind() {
            Kind::Rsa => 0x10,
            Kind::Ec => 0x80,
        };
        let usage = Any::encode_from(&BitString::from_bytes(&[usage])?)?;
        let attribute = Attribute::new(KEY_USAGE, usage)?.to_der()?;
        self.encode(self.algorithm.clone(), Some(&attribute))
    }

    fn encode(
        &self,
        algorithm: AlgorithmIdentifier,
        attributes: Option<&[u8]>,
    ) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let info = PrivateKeyInfo {
            version: 0,
            algorithm,
            private_key: OctetStringRef::new(&self.traditional)?,
            attributes,
            public_key: None,
        };
        Ok(Zeroizing::new(info.to_der()?))
    }
}

/// The service writes the curve inside too, if it gives it a name at all.
fn with_inner_curve(traditional: &[u8], curve: Curve) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let parameters = curve.parameters()?.to_der()?;
    let mut inner = EcPrivateKey::from_der(traditional).context("not an EC private key")?;
    inner.parameters = match curve {
        Curve::P256K => None,
        Curve::P256 | Curve::P384 | Curve::P521 => Some(AnyRef::try_from(&*parameters)?),
    };
    Ok(Zeroizing::new(inner.to_der()?))
}

/// An RSA key of the provider as PKCS#8.
pub(crate) fn rsa_pkcs8(key: &rsa::KeyPair) -> anyhow::Result<Vec<u8>> {
    let der: Pkcs8V1Der<'_> = key.as_der().map_err(|_| anyhow!("no PKCS#8"))?;
    Ok(der.as_ref().to_vec())
}

const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
