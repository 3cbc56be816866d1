//! PKCS#12, written exactly as the service writes it.
//!
//! It has no password at all: zero bytes go into the key derivation, not the two zero
//! bytes that end an empty string. The key comes first, in the open `data` content but encrypted by
//! itself; the certificates follow in one encrypted content. Without a key there is only the
//! second.

pub(crate) mod pbe;

use anyhow::Context;
use aws_lc_rs::hmac;
use der::asn1::{Any, BmpString, ObjectIdentifier, OctetString, OctetStringRef, SetOfVec};
use der::{AnyRef, Encode, Tag, TagNumber};
use kvcert_pki::asn1::{
    AlgorithmIdentifier, Attribute, CertBag, ContentInfo, DigestInfo, EncryptedContentInfo,
    EncryptedData, EncryptedPrivateKeyInfo, MacData, Pfx, SafeBag, ber, oid,
};
use pkcs12::kdf::Pkcs12KeyType;
use zeroize::Zeroizing;

use self::pbe::{ITERATIONS, Scheme, derive};
use crate::encoding;
use crate::keys::pkcs8::{Kind, PrivateKey};

/// How the service wrote in different years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Until September 2020: RC2 with 40 bits for the certificates, one round for the MAC. OpenSSL 3
    /// reads it with `-legacy` only.
    Year2016,
    /// Since then: 3DES, and 2000 rounds everywhere.
    #[default]
    Current,
}

impl Style {
    fn certificates(self) -> Scheme {
        match self {
            Self::Year2016 => Scheme::Rc2,
            Self::Current => Scheme::TripleDes,
        }
    }

    fn mac_iterations(self) -> u32 {
        match self {
            Self::Year2016 => 1,
            Self::Current => ITERATIONS,
        }
    }
}

/// Encodes `certificates` in their order, and the key of `leaf` if it may leave the vault.
pub(crate) fn encode(
    style: Style,
    key: Option<&PrivateKey>,
    leaf: &[u8],
    certificates: &[Vec<u8>],
) -> anyhow::Result<Vec<u8>> {
    let mut contents = Vec::new();
    if let Some(key) = key {
        let bag = key_bag(key).context("cannot encode the key")?;
        contents.push(data(&sequence(&[bag]))?);
    }
    let bags = certificates
        .iter()
        .map(|certificate| certificate_bag(certificate, key.is_some() && certificate == leaf))
        .collect::<anyhow::Result<Vec<Vec<u8>>>>()
        .context("cannot encode the certificates")?;
    contents.push(encrypted_data(style, &sequence(&bags))?);

    let authenticated_safe = sequence(&contents);
    let content = OctetStringRef::new(&authenticated_safe)?;
    let pfx = Pfx {
        version: 3,
        auth_safe: ContentInfo {
            content_type: oid::DATA,
            content: Some(content.into()),
        },
        mac_data: Some(mac(style, &authenticated_safe)?),
    };
    Ok(pfx.to_der()?)
}

/// A `SEQUENCE` of elements that are DER already.
fn sequence(elements: &[Vec<u8>]) -> Zeroizing<Vec<u8>> {
    let parts: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
    ber::element(SEQUENCE, &parts)
}

fn key_bag(key: &PrivateKey) -> anyhow::Result<Vec<u8>> {
    let (algorithm, encrypted) = Scheme::TripleDes.encrypt(&key.marked()?)?;
    let mut attributes = vec![local_key_id()?];
    let provider = match key.kind() {
        Kind::Rsa => {
            let name = BmpString::from_utf8(&encoding::guid()?)?;
            attributes.push(Attribute::new(
                oid::FRIENDLY_NAME,
                Any::encode_from(&name)?,
            )?);
            "Microsoft Enhanced RSA and AES Cryptographic Provider"
        }
        Kind::Ec => "Microsoft Software Key Storage Provider",
    };
    let provider = BmpString::from_utf8(provider)?;
    attributes.push(Attribute::new(
        oid::MICROSOFT_CSP_NAME,
        Any::encode_from(&provider)?,
    )?);
    let info = EncryptedPrivateKeyInfo {
        algorithm,
        encrypted_data: OctetStringRef::new(&encrypted)?,
    };
    bag(oid::SHROUDED_KEY_BAG, &info.to_der()?, attributes)
}

fn certificate_bag(der: &[u8], has_key: bool) -> anyhow::Result<Vec<u8>> {
    let certificate = CertBag {
        id: oid::X509_CERTIFICATE,
        value: OctetStringRef::new(der)?.into(),
    };
    let attributes = if has_key {
        vec![local_key_id()?]
    } else {
        Vec::new()
    };
    bag(oid::CERT_BAG, &certificate.to_der()?, attributes)
}

fn bag(id: ObjectIdentifier, value: &[u8], attributes: Vec<Attribute>) -> anyhow::Result<Vec<u8>> {
    let attributes = SetOfVec::try_from(attributes)?;
    let encoded = attributes.to_der()?;
    let attributes = if attributes.is_empty() {
        None
    } else {
        Some(AnyRef::try_from(&*encoded)?)
    };
    let bag = SafeBag {
        id,
        value: AnyRef::try_from(value)?,
        attributes,
    };
    Ok(bag.to_der()?)
}

fn local_key_id() -> der::Result<Attribute> {
    let id = OctetString::new([1, 0, 0, 0])?;
    Attribute::new(oid::LOCAL_KEY_ID, Any::encode_from(&id)?)
}

fn data(content: &[u8]) -> anyhow::Result<Vec<u8>> {
    let info = ContentInfo {
        content_type: oid::DATA,
        content: Some(OctetStringRef::new(content)?.into()),
    };
    Ok(info.to_der()?)
}

fn encrypted_data(style: Style, safe_contents: &[u8]) -> anyhow::Result<Vec<u8>> {
    let (algorithm, encrypted) = style.certificates().encrypt(safe_contents)?;
    let data = EncryptedData {
        version: 0,
        content: EncryptedContentInfo {
            content_type: oid::DATA,
            algorithm,
            ciphertext: Some(AnyRef::new(CIPHERTEXT, &encrypted)?),
        },
        unprotected_attributes: None,
    }
    .to_der()?;
    let info = ContentInfo {
        content_type: oid::ENCRYPTED_DATA,
        content: Some(AnyRef::try_from(&*data)?),
    };
    Ok(info.to_der()?)
}

fn mac(style: Style, authenticated_safe: &[u8]) -> anyhow::Result<MacData> {
    let salt = encoding::random::<20>()?;
    let iterations = style.mac_iterations();
    let key = derive(&salt, Pkcs12KeyType::Mac, iterations, 20);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let digest = hmac::sign(&key, authenticated_safe);
    Ok(MacData {
        mac: DigestInfo {
            // The service leaves the parameters out; others write NULL.
            algorithm: AlgorithmIdentifier {
                algorithm: SHA1,
                parameters: None,
            },
            digest: OctetString::new(digest.as_ref())?,
        },
        salt: OctetString::new(salt)?,
        iterations,
    })
}

const SEQUENCE: u8 = 0x30;
/// `[0] IMPLICIT OCTET STRING`
const CIPHERTEXT: Tag = Tag::ContextSpecific {
    constructed: false,
    number: TagNumber(0),
};
const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
