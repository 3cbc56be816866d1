//! Private and public keys.

#![expect(missing_docs, reason = "the fields are named as in the RFCs")]

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef, UintRef};
use der::{
    Decode, DecodeValue, Encode, EncodeValue, Header, Length, Reader, Sequence, Tag, TagNumber,
    Tagged, Writer,
};

use super::AlgorithmIdentifier;

/// `RSAPublicKey`, RFC 8017 appendix A.1.1.
#[derive(Sequence)]
pub struct RsaPublicKey<'a> {
    pub modulus: UintRef<'a>,
    pub public_exponent: UintRef<'a>,
}

/// `RSAPrivateKey`, RFC 8017 appendix A.1.2.
#[derive(Sequence)]
pub struct RsaPrivateKey<'a> {
    pub version: u8,
    pub modulus: UintRef<'a>,
    pub public_exponent: UintRef<'a>,
    pub private_exponent: UintRef<'a>,
    pub prime1: UintRef<'a>,
    pub prime2: UintRef<'a>,
    pub exponent1: UintRef<'a>,
    pub exponent2: UintRef<'a>,
    pub coefficient: UintRef<'a>,
    pub other_primes: Option<AnyRef<'a>>,
}

/// `ECPrivateKey`, RFC 5915 section 3.
#[derive(Sequence)]
pub struct EcPrivateKey<'a> {
    pub version: u8,
    pub private_key: &'a OctetStringRef,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub parameters: Option<AnyRef<'a>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    pub public_key: Option<BitStringRef<'a>>,
}

/// `SubjectPublicKeyInfo`, RFC 5280 section 4.1.2.7.
#[derive(Sequence)]
pub struct SubjectPublicKeyInfo<'a> {
    pub algorithm: AlgorithmIdentifier,
    pub subject_public_key: BitStringRef<'a>,
}

/// `OneAsymmetricKey`, RFC 5958 section 2 (PKCS#8). The public key of version 2 is never written: it
/// follows from the private one.
pub struct PrivateKeyInfo<'a> {
    pub version: u8,
    pub algorithm: AlgorithmIdentifier,
    pub private_key: &'a OctetStringRef,
    /// The content of `[0] attributes`; Key Vault puts a `keyUsage` there.
    pub attributes: Option<&'a [u8]>,
    /// The public key beside the private one, as `subjectPublicKey` has it in a certificate.
    pub public_key: Option<&'a [u8]>,
}

impl<'a> DecodeValue<'a> for PrivateKeyInfo<'a> {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, _: Header) -> der::Result<Self> {
        let mut info = Self {
            version: reader.decode()?,
            algorithm: reader.decode()?,
            private_key: reader.decode()?,
            attributes: None,
            public_key: None,
        };
        while !reader.is_finished() {
            let extra: AnyRef<'a> = reader.decode()?;
            match extra.tag() {
                ATTRIBUTES => info.attributes = Some(extra.value()),
                PUBLIC_KEY => info.public_key = Some(bits(extra.value())?),
                // As the first drafts of RFC 8410 had it.
                EXPLICIT_PUBLIC_KEY => {
                    let bits = BitStringRef::from_der(extra.value())?;
                    info.public_key = Some(bits.raw_bytes());
                }
                _ => {}
            }
        }
        Ok(info)
    }
}

impl PrivateKeyInfo<'_> {
    fn attributes(&self) -> der::Result<Option<AnyRef<'_>>> {
        let content = self.attributes;
        content
            .map(|content| AnyRef::new(ATTRIBUTES, content))
            .transpose()
    }
}

impl EncodeValue for PrivateKeyInfo<'_> {
    fn value_len(&self) -> der::Result<Length> {
        self.version.encoded_len()?
            + self.algorithm.encoded_len()?
            + self.private_key.encoded_len()?
            + self.attributes()?.encoded_len()?
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        self.version.encode(writer)?;
        self.algorithm.encode(writer)?;
        self.private_key.encode(writer)?;
        self.attributes()?.encode(writer)
    }
}

impl<'a> Sequence<'a> for PrivateKeyInfo<'a> {}

/// `SpecifiedECDomain`, SEC 1 appendix C.2: a curve spelled out instead of named.
#[derive(Sequence)]
pub struct SpecifiedEcDomain<'a> {
    pub version: u8,
    pub field: FieldId<'a>,
    pub curve: CurveCoefficients<'a>,
    pub base: &'a OctetStringRef,
    pub order: UintRef<'a>,
    pub cofactor: Option<UintRef<'a>>,
}

/// `FieldID` over a prime field.
#[derive(Sequence)]
pub struct FieldId<'a> {
    pub field_type: ObjectIdentifier,
    pub prime: UintRef<'a>,
}

/// `Curve`: the coefficients a and b.
#[derive(Sequence)]
pub struct CurveCoefficients<'a> {
    pub a: &'a OctetStringRef,
    pub b: &'a OctetStringRef,
    pub seed: Option<BitStringRef<'a>>,
}

/// The bytes of a BIT STRING, whose first one says how many bits of the last are unused: none.
fn bits(content: &[u8]) -> der::Result<&[u8]> {
    match content {
        [0, bytes @ ..] => Ok(bytes),
        _ => Err(Tag::BitString.value_error().into()),
    }
}

const PUBLIC_KEY: Tag = Tag::ContextSpecific {
    constructed: false,
    number: TagNumber(1),
};
const EXPLICIT_PUBLIC_KEY: Tag = Tag::ContextSpecific {
    constructed: true,
    number: TagNumber(1),
};
const ATTRIBUTES: Tag = Tag::ContextSpecific {
    constructed: true,
    number: TagNumber(0),
};
