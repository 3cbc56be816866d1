//! PKCS#12 exactly as the service writes it.
//!
//! The password is no password at all: zero bytes go into the key derivation, not the two zero
//! bytes that end an empty string. The key comes first, in the open `data` content but encrypted by
//! itself; the certificates follow in one encrypted content. Without a key there is only the
//! second.

use anyhow::{Context, anyhow};
use cbc::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use der::asn1::{Any, BmpString, ObjectIdentifier, OctetString, SetOfVec};
use der::{Encode, Sequence};
use hmac::{Hmac, KeyInit, Mac};
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use sha1::Sha1;
use zeroize::Zeroizing;

use super::encoding;
use super::pkcs8::{AlgorithmIdentifier, Attribute, Kind, PrivateKey};

/// Encodes `certificates` in their order, and the key of `leaf` if it may leave the vault.
pub(super) fn encode(
    key: Option<&PrivateKey>,
    leaf: &[u8],
    certificates: &[Vec<u8>],
) -> anyhow::Result<Vec<u8>> {
    let mut contents = Vec::new();
    if let Some(key) = key {
        let bags = vec![key_bag(key).context("cannot encode the key")?];
        contents.push(data(&bags.to_der()?)?);
    }
    let bags = certificates
        .iter()
        .map(|certificate| certificate_bag(certificate, key.is_some() && certificate == leaf))
        .collect::<anyhow::Result<Vec<SafeBag>>>()
        .context("cannot encode the certificates")?;
    contents.push(encrypted_data(&bags.to_der()?)?);

    let authenticated_safe = contents.to_der()?;
    let pfx = Pfx {
        version: 3,
        mac: mac(&authenticated_safe)?,
        auth_safe: data(&authenticated_safe)?,
    };
    Ok(pfx.to_der()?)
}

fn key_bag(key: &PrivateKey) -> anyhow::Result<SafeBag> {
    let (algorithm, encrypted) = encrypt(&key.marked()?)?;
    let mut attributes = vec![local_key_id()?];
    let provider = match key.kind() {
        Kind::Rsa => {
            let name = BmpString::from_utf8(&encoding::guid()?)?;
            attributes.push(Attribute::new(FRIENDLY_NAME, Any::encode_from(&name)?)?);
            "Microsoft Enhanced RSA and AES Cryptographic Provider"
        }
        Kind::Ec => "Microsoft Software Key Storage Provider",
    };
    let provider = BmpString::from_utf8(provider)?;
    attributes.push(Attribute::new(CSP_NAME, Any::encode_from(&provider)?)?);
    Ok(SafeBag {
        id: SHROUDED_KEY_BAG,
        value: Any::encode_from(&EncryptedPrivateKeyInfo {
            algorithm,
            encrypted: OctetString::new(encrypted)?,
        })?,
        attributes: Some(SetOfVec::try_from(attributes)?),
    })
}

fn certificate_bag(der: &[u8], has_key: bool) -> anyhow::Result<SafeBag> {
    let attributes = match has_key {
        true => Some(SetOfVec::try_from([local_key_id()?])?),
        false => None,
    };
    Ok(SafeBag {
        id: CERT_BAG,
        value: Any::encode_from(&CertBag {
            id: X509_CERTIFICATE,
            value: OctetString::new(der)?,
        })?,
        attributes,
    })
}

fn local_key_id() -> der::Result<Attribute> {
    let id = OctetString::new([1, 0, 0, 0])?;
    Attribute::new(LOCAL_KEY_ID, Any::encode_from(&id)?)
}

fn data(content: &[u8]) -> anyhow::Result<ContentInfo> {
    Ok(ContentInfo {
        id: DATA,
        content: Any::encode_from(&OctetString::new(content)?)?,
    })
}

fn encrypted_data(safe_contents: &[u8]) -> anyhow::Result<ContentInfo> {
    let (algorithm, encrypted) = encrypt(safe_contents)?;
    Ok(ContentInfo {
        id: ENCRYPTED_DATA,
        content: Any::encode_from(&EncryptedData {
            version: 0,
            content: EncryptedContentInfo {
                id: DATA,
                algorithm,
                encrypted: OctetString::new(encrypted)?,
            },
        })?,
    })
}

/// `pbeWithSHAAnd3-KeyTripleDES-CBC` ([RFC 7292, appendix C](https://www.rfc-editor.org/rfc/rfc7292#appendix-C))
/// with a fresh salt.
fn encrypt(plain: &[u8]) -> anyhow::Result<(AlgorithmIdentifier, Vec<u8>)> {
    let salt = encoding::random::<8>()?;
    let key = derive(&salt, Pkcs12KeyType::EncryptionKey, 24);
    let iv = derive(&salt, Pkcs12KeyType::Iv, 8);
    let cipher = cbc::Encryptor::<des::TdesEde3>::new_from_slices(&key, &iv)
        .map_err(|_| anyhow!("a derived key has the wrong length"))?;
    let parameters = Any::encode_from(&PbeParameters {
        salt: OctetString::new(salt)?,
        iterations: ITERATIONS,
    })?;
    let algorithm = AlgorithmIdentifier {
        oid: PBE_SHA1_3DES,
        parameters: Some(parameters),
    };
    Ok((algorithm, cipher.encrypt_padded_vec::<Pkcs7>(plain)))
}

fn mac(authenticated_safe: &[u8]) -> anyhow::Result<MacData> {
    let salt = encoding::random::<20>()?;
    let key = derive(&salt, Pkcs12KeyType::Mac, 20);
    let mut hmac = Hmac::<Sha1>::new_from_slice(&key)
        .map_err(|_| anyhow!("a derived key has the wrong length"))?;
    hmac.update(authenticated_safe);
    Ok(MacData {
        digest: DigestInfo {
            // The service leaves the parameters out; others write NULL.
            algorithm: AlgorithmIdentifier {
                oid: SHA1,
                parameters: None,
            },
            digest: OctetString::new(hmac.finalize().into_bytes().to_vec())?,
        },
        salt: OctetString::new(salt)?,
        iterations: ITERATIONS,
    })
}

/// Derives from the null password ([RFC 7292, appendix B](https://www.rfc-editor.org/rfc/rfc7292#appendix-B)).
fn derive(salt: &[u8], purpose: Pkcs12KeyType, length: usize) -> Zeroizing<Vec<u8>> {
    let iterations = i32::from(ITERATIONS);
    Zeroizing::new(derive_key::<Sha1>(&[], salt, purpose, iterations, length))
}

/// `PFX` ([RFC 7292, section 4](https://www.rfc-editor.org/rfc/rfc7292#section-4)).
#[derive(Sequence)]
struct Pfx {
    version: u8,
    auth_safe: ContentInfo,
    mac: MacData,
}

#[derive(Sequence)]
struct ContentInfo {
    id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: Any,
}

#[derive(Sequence)]
struct MacData {
    digest: DigestInfo,
    salt: OctetString,
    iterations: u16,
}

#[derive(Sequence)]
struct DigestInfo {
    algorithm: AlgorithmIdentifier,
    digest: OctetString,
}

/// `SafeBag` ([RFC 7292, section 4.2](https://www.rfc-editor.org/rfc/rfc7292#section-4.2)).
#[derive(Sequence)]
struct SafeBag {
    id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    value: Any,
    #[asn1(optional = "true")]
    attributes: Option<SetOfVec<Attribute>>,
}

#[derive(Sequence)]
struct CertBag {
    id: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    value: OctetString,
}

#[derive(Sequence)]
struct EncryptedPrivateKeyInfo {
    algorithm: AlgorithmIdentifier,
    encrypted: OctetString,
}

/// `EncryptedData` ([RFC 5652, section 8](https://www.rfc-editor.org/rfc/rfc5652#section-8)).
#[derive(Sequence)]
struct EncryptedData {
    version: u8,
    content: EncryptedContentInfo,
}

#[derive(Sequence)]
struct EncryptedContentInfo {
    id: ObjectIdentifier,
    algorithm: AlgorithmIdentifier,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    encrypted: OctetString,
}

#[derive(Sequence)]
struct PbeParameters {
    salt: OctetString,
    iterations: u16,
}

const ITERATIONS: u16 = 2000;
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const FRIENDLY_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");
const LOCAL_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");
const X509_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
const PBE_SHA1_3DES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.3");
const SHROUDED_KEY_BAG: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const CERT_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
const CSP_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.17.1");
const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
