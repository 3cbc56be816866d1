//! Writing PKCS#12.
//!
//! `p12-keystore` names every certificate by its subject and leaves out what Windows wants to
//! know of the key. So kvcert writes the few structures itself, and encrypts with what it decrypts
//! with.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use der::asn1::OctetStringRef;
use der::{Decode, Encode};
use zeroize::Zeroizing;

use super::{attributes, elements, mac};
use crate::asn1::{Attribute, EncryptedPrivateKeyInfo, oid};
use crate::certificate::Certificate;
use crate::certified_key::NamedKey;
use crate::content_error::ContentError;
use crate::format::Password;
use crate::format::pbe::{Hash, Protection};
use crate::friendly_name::FriendlyName;

/// Who must be able to read the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Profile {
    /// PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256, MAC with SHA-256: OpenSSL 1.1 and later,
    /// Windows 10 1709 and Server 2019, Java 8u301, 11.0.12 and 17.
    #[default]
    Modern,
    /// 3DES and SHA-1, as Key Vault itself writes: Windows Server 2016 and before, every macOS
    /// Keychain, every Java, and OpenSSL 3 without its legacy provider.
    Legacy,
}

/// Writes a key and certificates, leaf first, as a DER PFX.
///
/// Key and leaf are linked, and each has a friendly name: its own, else the other's, else `name`,
/// unless that is empty. The other certificates have the names that they came with. What Windows
/// stored with the key is kept: which provider has it, and what it may be used for.
///
/// # Errors
/// [`ContentError::NoCertificate`]; [`ContentError::Unsupported`] for a password that is not
/// UTF-8, as readers do not agree on its characters.
pub fn write(
    key: &NamedKey,
    certificates: &[&Certificate],
    name: &str,
    password: &Password,
    profile: Profile,
) -> Result<Zeroizing<Vec<u8>>, ContentError> {
    check(password)?;
    let password = password.to_write_with();
    let bags = Bags::new(key, certificates, name)?;
    let (protection, hash) = profile.algorithms();

    let plain = [
        bags.pkcs8.as_slice(),
        &elements::sequence(&bags.certificates),
    ];
    let [(key_algorithm, key), (algorithm, sealed)] = protection.encrypt(&password, plain)?;
    let key = EncryptedPrivateKeyInfo {
        algorithm: key_algorithm,
        encrypted_data: OctetStringRef::new(&key).map_err(failed)?,
    };
    let key = key.to_der().map_err(failed)?;
    let key = elements::bag(oid::SHROUDED_KEY_BAG, &key, &bags.key_attributes);
    let contents = [
        elements::data(&elements::sequence(&[key])),
        elements::encrypted_data(&algorithm.to_der().map_err(failed)?, &sealed),
    ];
    let safe = elements::sequence(&contents);
    let mac = mac::make(hash, &safe, &password, ITERATIONS)?;
    Ok(elements::pfx(&safe, &mac.to_der().map_err(failed)?))
}

impl Profile {
    /// For the contents, and for the integrity check.
    pub(super) fn algorithms(self) -> (Protection, Hash) {
        let iterations = ITERATIONS;
        match self {
            Self::Modern => (Protection::Aes256 { iterations }, Hash::Sha256),
            Self::Legacy => (Protection::TripleDes { iterations }, Hash::Sha1),
        }
    }
}

/// What goes into the file, not yet encrypted.
struct Bags {
    pkcs8: Zeroizing<Vec<u8>>,
    key_attributes: Vec<u8>,
    certificates: Vec<Zeroizing<Vec<u8>>>,
}

impl Bags {
    fn new(
        key: &NamedKey,
        certificates: &[&Certificate],
        name: &str,
    ) -> Result<Self, ContentError> {
        let (leaf, others) = certificates
            .split_first()
            .ok_or(ContentError::NoCertificate)?;
        let (key_name, leaf_name) = names(key, leaf, name);
        let link = digest(&SHA1_FOR_LEGACY_USE_ONLY, leaf.der());
        let linked = |name| -> Result<Vec<Attribute>, ContentError> {
            let mut attributes = named(name)?;
            attributes.push(attributes::of_local_key_id(link.as_ref()).map_err(failed)?);
            Ok(attributes)
        };

        let mut key_attributes = linked(key_name.as_ref())?;
        for windows in &key.windows_attributes {
            key_attributes.push(Attribute::from_der(windows).map_err(failed)?);
        }
        let mut bags = vec![certificate_bag(leaf, linked(leaf_name.as_ref())?)?];
        for other in others {
            bags.push(certificate_bag(other, named(other.friendly_name())?)?);
        }
        Ok(Self {
            pkcs8: key.key.secret_pkcs8_der_with_attributes()?,
            key_attributes: attributes::to_set(key_attributes).map_err(failed)?,
            certificates: bags,
        })
    }
}

/// The friendly names of key and leaf: each its own, else the other's, else `name`.
pub(super) fn names(
    key: &NamedKey,
    leaf: &Certificate,
    name: &str,
) -> (Option<FriendlyName>, Option<FriendlyName>) {
    let (own, of_leaf) = (key.name.as_ref(), leaf.friendly_name());
    let key_name = own.or(of_leaf).cloned();
    let key_name = key_name.or_else(|| FriendlyName::new(name));
    let leaf_name = of_leaf.or(key_name.as_ref()).cloned();
    (key_name, leaf_name)
}

fn named(name: Option<&FriendlyName>) -> Result<Vec<Attribute>, ContentError> {
    let name = name.map(attributes::of_name).transpose();
    Ok(name.map_err(failed)?.into_iter().collect())
}

fn certificate_bag(
    certificate: &Certificate,
    attributes: Vec<Attribute>,
) -> Result<Zeroizing<Vec<u8>>, ContentError> {
    let value = elements::x509(certificate.der());
    let attributes = attributes::to_set(attributes).map_err(failed)?;
    Ok(elements::bag(oid::CERT_BAG, &value, &attributes))
}

fn check(password: &Password) -> Result<(), ContentError> {
    match std::str::from_utf8(password.bytes()) {
        Ok(_) => Ok(()),
        Err(_) => Err(ContentError::unsupported_form(
            "a PFX password that is not UTF-8",
        )),
    }
}

fn failed(detail: impl std::fmt::Display) -> ContentError {
    ContentError::damaged("the new PKCS#12 file", detail)
}

/// Enough to slow a guesser down, few enough for every reader's limit.
pub(super) const ITERATIONS: u32 = 100_000;
