//! The ASN.1 of keys, as the RFCs write it.

use der::asn1::{AnyRef, BitStringRef, OctetStringRef, UintRef};
use der::{Encode, EncodeValue, Sequence};

/// `RSAPublicKey`, RFC 8017 appendix A.1.1.
#[derive(Sequence)]
pub(super) struct RsaPublicKey<'a> {
    pub(super) modulus: UintRef<'a>,
    pub(super) public_exponent: UintRef<'a>,
}

/// `RSAPrivateKey`, RFC 8017 appendix A.1.2.
#[derive(Sequence)]
pub(super) struct RsaPrivateKey<'a> {
    pub(super) version: u8,
    pub(super) modulus: UintRef<'a>,
    pub(super) public_exponent: UintRef<'a>,
    pub(super) private_exponent: UintRef<'a>,
    pub(super) prime1: UintRef<'a>,
    pub(super) prime2: UintRef<'a>,
    pub(super) exponent1: UintRef<'a>,
    pub(super) exponent2: UintRef<'a>,
    pub(super) coefficient: UintRef<'a>,
    pub(super) other_primes: Option<AnyRef<'a>>,
}

/// `ECPrivateKey`, RFC 5915 section 3.
#[derive(Sequence)]
pub(super) struct EcPrivateKey<'a> {
    pub(super) version: u8,
    pub(super) private_key: &'a OctetStringRef,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) parameters: Option<AnyRef<'a>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) public_key: Option<BitStringRef<'a>>,
}

/// `AlgorithmIdentifier`, RFC 5280 section 4.1.1.2.
#[derive(Clone, Copy, Sequence)]
pub(super) struct AlgorithmIdentifier<'a> {
    pub(super) algorithm: der::oid::ObjectIdentifier,
    pub(super) parameters: Option<AnyRef<'a>>,
}

/// `SubjectPublicKeyInfo`, RFC 5280 section 4.1.2.7.
#[derive(Sequence)]
pub(super) struct SubjectPublicKeyInfo<'a> {
    pub(super) algorithm: AlgorithmIdentifier<'a>,
    pub(super) subject_public_key: BitStringRef<'a>,
}

/// `OneAsymmetricKey`, RFC 5958 section 2 (PKCS#8), without what may follow the key.
#[derive(Sequence)]
pub(super) struct PrivateKeyInfo<'a> {
    pub(super) version: u8,
    pub(super) algorithm: AlgorithmIdentifier<'a>,
    pub(super) private_key: &'a OctetStringRef,
}

/// `OneAsymmetricKey` with the attributes and the public key that may follow the key.
pub(super) struct OneAsymmetricKey<'a> {
    pub(super) info: PrivateKeyInfo<'a>,
    /// The content of `[0] attributes`; Key Vault puts a `keyUsage` there.
    pub(super) attributes: Option<&'a [u8]>,
}

impl<'a> der::DecodeValue<'a> for OneAsymmetricKey<'a> {
    type Error = der::Error;

    fn decode_value<R: der::Reader<'a>>(reader: &mut R, _: der::Header) -> der::Result<Self> {
        let info = PrivateKeyInfo {
            version: reader.decode()?,
            algorithm: reader.decode()?,
            private_key: reader.decode()?,
        };
        let mut attributes = None;
        while !reader.is_finished() {
            let extra: AnyRef<'a> = reader.decode()?;
            if der::Tagged::tag(&extra) == ATTRIBUTES {
                attributes = Some(extra.value());
            }
        }
        Ok(Self { info, attributes })
    }
}

impl OneAsymmetricKey<'_> {
    fn attributes(&self) -> der::Result<Option<AnyRef<'_>>> {
        self.attributes
            .map(|content| AnyRef::new(ATTRIBUTES, content))
            .transpose()
    }
}

impl EncodeValue for OneAsymmetricKey<'_> {
    fn value_len(&self) -> der::Result<der::Length> {
        self.info.value_len()? + self.attributes()?.encoded_len()?
    }

    fn encode_value(&self, writer: &mut impl der::Writer) -> der::Result<()> {
        self.info.encode_value(writer)?;
        self.attributes()?.encode(writer)
    }
}

impl<'a> Sequence<'a> for OneAsymmetricKey<'a> {}

/// `SpecifiedECDomain`, SEC 1 appendix C.2: a curve spelled out instead of named.
#[derive(Sequence)]
pub(super) struct SpecifiedEcDomain<'a> {
    pub(super) version: u8,
    pub(super) field: FieldId<'a>,
    pub(super) curve: CurveCoefficients<'a>,
    pub(super) base: &'a OctetStringRef,
    pub(super) order: UintRef<'a>,
    pub(super) cofactor: Option<UintRef<'a>>,
}

/// `FieldID` over a prime field.
#[derive(Sequence)]
pub(super) struct FieldId<'a> {
    pub(super) field_type: der::oid::ObjectIdentifier,
    pub(super) prime: UintRef<'a>,
}

/// `Curve`: the coefficients a and b.
#[derive(Sequence)]
pub(super) struct CurveCoefficients<'a> {
    pub(super) a: &'a OctetStringRef,
    pub(super) b: &'a OctetStringRef,
    pub(super) seed: Option<BitStringRef<'a>>,
}

const ATTRIBUTES: der::Tag = der::Tag::ContextSpecific {
    constructed: true,
    number: der::TagNumber(0),
};
