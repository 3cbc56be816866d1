//! Private keys in the shape the service writes them.

use anyhow::{Context, bail};
use der::asn1::{Any, BitString, ObjectIdentifier, OctetString, SetOfVec};
use der::{Decode, Encode, Sequence, ValueOrd};
use zeroize::Zeroizing;

/// `AlgorithmIdentifier` ([RFC 5280, section 4.1.1.2](https://www.rfc-editor.org/rfc/rfc5280#section-4.1.1.2)).
#[derive(Clone, Sequence)]
pub(in crate::devvault) struct AlgorithmIdentifier {
    pub(in crate::devvault) oid: ObjectIdentifier,
    #[asn1(optional = "true")]
    pub(in crate::devvault) parameters: Option<Any>,
}

/// `Attribute` ([RFC 5652, section 5.3](https://www.rfc-editor.org/rfc/rfc5652#section-5.3)).
#[derive(Clone, Sequence, ValueOrd)]
pub(in crate::devvault) struct Attribute {
    oid: ObjectIdentifier,
    values: SetOfVec<Any>,
}

impl Attribute {
    /// An attribute with one value.
    pub(in crate::devvault) fn new(oid: ObjectIdentifier, value: Any) -> der::Result<Self> {
        Ok(Self {
            oid,
            values: SetOfVec::try_from([value])?,
        })
    }
}

/// A private key read from PKCS#8, without attributes.
pub(in crate::devvault) struct PrivateKey {
    info: PrivateKeyInfo,
    kind: Kind,
}

/// What the service treats differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::devvault) enum Kind {
    Rsa,
    Ec,
}

impl PrivateKey {
    /// Reads PKCS#8. An EC key gets its curve written inside too, as the service does.
    pub(in crate::devvault) fn parse(der: &[u8]) -> anyhow::Result<Self> {
        let mut info = PrivateKeyInfo::from_der(der).context("not a PKCS#8 private key")?;
        let kind = match info.algorithm.oid {
            RSA => Kind::Rsa,
            EC => Kind::Ec,
            other => bail!("a key of type {other} is not supported"),
        };
        info.version = 0;
        info.attributes = None;
        info.public_key = None;
        if kind == Kind::Ec {
            info.private_key = with_inner_curve(&info)?;
        }
        Ok(Self { info, kind })
    }

    /// RSA or EC.
    pub(in crate::devvault) fn kind(&self) -> Kind {
        self.kind
    }

    /// The curve of an EC key, if it has a name.
    pub(super) fn curve(&self) -> Option<ObjectIdentifier> {
        self.info.algorithm.parameters.as_ref()?.decode_as().ok()
    }

    /// PKCS#8 without attributes: what a PEM secret holds of an RSA key.
    pub(in crate::devvault) fn plain(&self) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        Ok(Zeroizing::new(self.info.to_der()?))
    }

    /// PKCS#8 with the key usage attribute that Windows' key export adds: key exchange for RSA,
    /// signature for EC. What a PKCS#12 secret holds, and a PEM secret of an EC key.
    pub(in crate::devvault) fn marked(&self) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let usage: u8 = match self.kind {
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

fn with_inner_curve(info: &PrivateKeyInfo) -> anyhow::Result<OctetString> {
    let mut inner =
        EcPrivateKey::from_der(info.private_key.as_bytes()).context("not an EC private key")?;
    inner.parameters = info.algorithm.parameters.clone();
    Ok(OctetString::new(inner.to_der()?)?)
}

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
