//! PKCS#12, written exactly as the service writes it.
//!
//! It has no password at all: zero bytes go into the key derivation, not the two zero
//! bytes that end an empty string. The key comes first, in the open `data` content but encrypted by
//! itself; the certificates follow in one encrypted content. Without a key there is only the
//! second.

pub(crate) mod asn1;
pub(crate) mod pbe;

use anyhow::{Context, anyhow};
use der::Encode;
use der::asn1::{Any, BmpString, OctetString, SetOfVec};
use hmac::{Hmac, KeyInit, Mac};
use pkcs12::kdf::Pkcs12KeyType;
use sha1::Sha1;

use self::asn1::{
    CERT_BAG, CSP_NAME, CertBag, ContentInfo, DATA, DigestInfo, ENCRYPTED_DATA,
    EncryptedContentInfo, EncryptedData, EncryptedPrivateKeyInfo, FRIENDLY_NAME, LOCAL_KEY_ID,
    MacData, Pfx, SHA1, SHROUDED_KEY_BAG, SafeBag, X509_CERTIFICATE,
};
use self::pbe::{ITERATIONS, Scheme, derive};
use crate::encoding;
use crate::keys::pkcs8::{AlgorithmIdentifier, Attribute, Kind, PrivateKey};

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
        let bags = vec![key_bag(key).context("cannot encode the key")?];
        contents.push(data(&bags.to_der()?)?);
    }
    let bags = certificates
        .iter()
        .map(|certificate| certificate_bag(certificate, key.is_some() && certificate == leaf))
        .collect::<anyhow::Result<Vec<SafeBag>>>()
        .context("cannot encode the certificates")?;
    contents.push(encrypted_data(style, &bags.to_der()?)?);

    let authenticated_safe = contents.to_der()?;
    let pfx = Pfx {
        version: 3,
        mac: Some(mac(style, &authenticated_safe)?),
        auth_safe: data(&authenticated_safe)?,
    };
    Ok(pfx.to_der()?)
}

fn key_bag(key: &PrivateKey) -> anyhow::Result<SafeBag> {
    let (algorithm, encrypted) = Scheme::TripleDes.encrypt(&key.marked()?)?;
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
    let attributes = if has_key {
        Some(SetOfVec::try_from([local_key_id()?])?)
    } else {
        None
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

fn encrypted_data(style: Style, safe_contents: &[u8]) -> anyhow::Result<ContentInfo> {
    let (algorithm, encrypted) = style.certificates().encrypt(safe_contents)?;
    Ok(ContentInfo {
        id: ENCRYPTED_DATA,
        content: Any::encode_from(&EncryptedData {
            version: 0,
            content: EncryptedContentInfo {
                id: DATA,
                algorithm,
                encrypted: EncryptedContentInfo::content(encrypted)?,
            },
        })?,
    })
}

fn mac(style: Style, authenticated_safe: &[u8]) -> anyhow::Result<MacData> {
    let salt = encoding::random::<20>()?;
    let iterations = style.mac_iterations();
    let key = derive(&salt, Pkcs12KeyType::Mac, iterations, 20);
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
        iterations,
    })
}
