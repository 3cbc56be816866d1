//! Private keys in the shape the service writes them.

use anyhow::{Context, anyhow, bail};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa;
use der::asn1::{Any, BitString, ObjectIdentifier, OctetString, SetOfVec};
use der::{Decode, Encode, Sequence, ValueOrd};
use zeroize::Zeroizing;

use super::curve::Curve;

/// `AlgorithmIdentifier` ([RFC 5280, section 4.1.1.2](https://www.rfc-editor.org/rfc/rfc5280#section-4.1.1.2)).
#[derive(Clone, Sequence)]
pub(crate) struct AlgorithmIdentifier {
    pub(crate) oid: ObjectIdentifier,
    #[asn1(optional = "true")]
    pub(crate) parameters: Option<Any>,
}

/// `SubjectPublicKeyInfo` ([RFC 5280, section 4.1.2.7](https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.7)).
#[derive(Sequence)]
pub(crate) struct PublicKeyInfo {
    pub(crate) algorithm: AlgorithmIdentifier,
    pub(crate) key: BitString,
}

/// `Attribute` ([RFC 5652, section 5.3](https://www.rfc-editor.org/rfc/rfc5652#section-5.3)).
#[derive(Clone, Sequence, ValueOrd)]
pub(crate) struct Attribute {
    oid: ObjectIdentifier,
    values: SetOfVec<Any>,
}

impl Attribute {
    /// An attribute with one value.
    pub(crate) fn new(oid: ObjectIdentifier, value: Any) -> der::Result<Self> {
        Ok(Self {
            oid,
            values: SetOfVec::try_from([value])?,
        })
    }
}

/// A private key read from PKCS#8, without attributes.
pub(crate) struct PrivateKey {
    info: PrivateKeyInfo,
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
        let mut info = PrivateKeyInfo::from_der(der).context("not a PKCS#8 private key")?;
        let curve = match info.algorithm.oid {
            RSA => None,
            EC => {
                let parameters = info.algorithm.parameters.as_ref();
                let curve = parameters.and_then(Curve::of_parameters);
                Some(curve.context("an unknown curve")?)
            }
            other => bail!("a key of type {other} is not supported"),
        };
        info.version = 0;
        info.attributes = None;
        info.public_key = None;
        if let Some(curve) = curve {
            // The service writes the curve inside too, if it gives it a name at all.
            let parameters = curve.parameters()?;
            info.algorithm.parameters = Some(parameters.clone());
            let inner = (curve != Curve::P256K).then_some(parameters);
            info.private_key = with_inner_curve(&info, inner)?;
        }
        Ok(Self { info, curve })
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
        self.info.private_key.as_bytes()
    }

    /// PKCS#8 without attributes and with the name of any curve: as keys are kept and used.
    pub(crate) fn named(&self) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let mut info = self.info.clone();
        if let Some(curve) = self.curve {
            info.algorithm.parameters = Some(Any::encode_from(&curve.oid())?);
        }
        Ok(Zeroizing::new(info.to_der()?))
    }

    /// PKCS#8 without attributes: what a PEM secret holds of an RSA key.
    pub(crate) fn plain(&self) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        Ok(Zeroizing::new(self.info.to_der()?))
    }

    /// PKCS#8 with the key usage attribute that Windows' key export adds: key exchange for RSA,
    /// signature for EC. What a PKCS#12 secret holds, and a PEM secret of an EC key.
    pub(crate) fn marked(&self) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let usage: u8 = match self.kind() {
            Kind::Rsa => 0x10,
            Kind::Ec => 0x80,
        };
        let usage = Any::encode_from(&BitString::from_bytes(&[usage])?)?;
        let mut info = self.info.clone();
        info.attributes = Some(SetOfVec::try_from([Attribute::new(KEY_USAGE, usage)?])?);
        Ok(Zeroizing::new(info.to_der()?))
    }
}

/// `PrivateKeyInfo` ([RFC 5208, section 5](https://www.rfc-editor.org/rfc/rfc5208#section-5)), with
/// the public key of [RFC 5958](https://www.rfc-editor.org/rfc/rfc5958#section-2).
#[derive(Clone, Sequence)]
struct PrivateKeyInfo {
    version: u8,
    algorithm: AlgorithmIdentifier,
    private_key: OctetString,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    attributes: Option<SetOfVec<Attribute>>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    public_key: Option<BitString>,
}

/// `ECPrivateKey` ([RFC 5915, section 3](https://www.rfc-editor.org/rfc/rfc5915#section-3)).
#[derive(Sequence)]
struct EcPrivateKey {
    version: u8,
    private_key: OctetString,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    parameters: Option<Any>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    public_key: Option<BitString>,
}

fn with_inner_curve(info: &PrivateKeyInfo, curve: Option<Any>) -> anyhow::Result<OctetString> {
    let mut inner =
        EcPrivateKey::from_der(info.private_key.as_bytes()).context("not an EC private key")?;
    inner.parameters = curve;
    Ok(OctetString::new(inner.to_der()?)?)
}

/// An RSA key of the provider as PKCS#8.
pub(crate) fn rsa_pkcs8(key: &rsa::KeyPair) -> anyhow::Result<Vec<u8>> {
    let der: Pkcs8V1Der<'_> = key.as_der().map_err(|_| anyhow!("no PKCS#8"))?;
    Ok(der.as_ref().to_vec())
}

pub(crate) const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
pub(crate) const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
