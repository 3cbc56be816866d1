//! Unlock: from a PKCS#12 file as found to a plain archive.

use der::asn1::OctetStringRef;
use der::{Decode, Encode, Tagged};
use pkcs12::safe_bag::PrivateKeyInfo;
use zeroize::Zeroizing;

use super::elements::{bag, data, pfx, sequence};
use super::{attributes, mac};
use crate::asn1::ber::{self, element};
use crate::asn1::{
    AlgorithmIdentifier, Attribute, CertBag, ContentInfo, EncryptedContentInfo, EncryptedData,
    EncryptedPrivateKeyInfo, Pfx, SafeBag, oid,
};
use crate::content_error::ContentError;
use crate::format::password::Candidate;
use crate::format::pbe::{Budget, Keyring};
use crate::format::{Limits, OpenedWith, Password};
use crate::key::pkcs8_version_1;

/// An opened PKCS#12 file.
pub(super) struct Unlocked {
    /// A DER PFX with the same keys and certificates, neither encrypted nor authenticated.
    pub(super) plain: Zeroizing<Vec<u8>>,
    pub(super) opened_with: OpenedWith,
    pub(super) mac: Option<String>,
    pub(super) notes: Vec<String>,
    /// The attributes of the keys, in the order of their bags.
    pub(super) keys: Vec<Vec<Attribute>>,
    /// The attributes of the certificates, in the order of their bags.
    pub(super) certificates: Vec<Vec<Attribute>>,
}

/// Opens the file with the first form of the password under which its MAC holds, or, where it has
/// none, under which everything decrypts.
pub(super) fn unlock(
    bytes: &[u8],
    password: &Password,
    limits: &Limits,
) -> Result<Unlocked, ContentError> {
    let der = ber::to_der(bytes, FILE)?;
    let pfx = Pfx::from_der(&der).map_err(damaged)?;
    let octets = authenticated_safe(&pfx)?;
    let safe = ber::to_der(octets, FILE)?;
    let check = pfx.mac_data.as_ref().map(mac::Check::of).transpose()?;
    let mut budget = Budget::new(limits);
    let mut password_is_right = false;
    for candidate in password.candidates() {
        let mut opening = Opening::new(&candidate, &mut budget);
        if let Some(check) = &check
            && !opening.has_right_password(check, octets, &safe)?
        {
            continue;
        }
        if opening.open(&safe)? {
            let mac = pfx.mac_data.as_ref().map(mac::describe);
            return Ok(opening.into_unlocked(mac));
        }
        password_is_right |= pfx.mac_data.is_some();
    }
    if password_is_right {
        return Err(damaged(
            "its integrity check holds, but what it encloses cannot be read",
        ));
    }
    Err(ContentError::WrongPassword {
        part: FILE.into(),
        given: password.is_given(),
    })
}

/// The bytes of the authenticated safe; the MAC is over exactly these.
pub(super) fn authenticated_safe<'a>(pfx: &Pfx<'a>) -> Result<&'a [u8], ContentError> {
    if pfx.version != 3 {
        return Err(ContentError::unsupported_form(format!(
            "PKCS#12 version {}",
            pfx.version
        )));
    }
    match pfx.auth_safe.content_type {
        oid::DATA => octets(&pfx.auth_safe),
        oid::SIGNED_DATA => Err(ContentError::unsupported(
            "a PKCS#12 file in public-key integrity mode",
            oid::SIGNED_DATA,
        )),
        id => Err(ContentError::unsupported(
            "this kind of PKCS#12 content",
            id,
        )),
    }
}

pub(super) fn octets<'a>(info: &ContentInfo<'a>) -> Result<&'a [u8], ContentError> {
    let content = info
        .content
        .ok_or_else(|| damaged("its content is missing"))?;
    let octets = content.decode_as::<&OctetStringRef>().map_err(damaged)?;
    Ok(octets.as_bytes())
}

/// One attempt to open everything with one form of the password.
struct Opening<'a> {
    password: &'a Candidate,
    keyring: Keyring<'a>,
    /// The same bags, nothing encrypted, no attributes.
    bags: Vec<Zeroizing<Vec<u8>>>,
    keys: Vec<Vec<Attribute>>,
    certificates: Vec<Vec<Attribute>>,
    notes: Vec<String>,
    decrypted: bool,
}

impl<'a> Opening<'a> {
    fn new(password: &'a Candidate, budget: &'a mut Budget) -> Self {
        Self {
            password,
            keyring: Keyring::new(password, budget),
            bags: Vec::new(),
            keys: Vec::new(),
            certificates: Vec::new(),
            notes: Vec::new(),
            decrypted: false,
        }
    }

    /// Whether the integrity check holds. Nearly always it does, so that all keys are derived
    /// beside its own; what that may cost in vain is a small part of the budget.
    fn has_right_password(
        &mut self,
        check: &mac::Check<'_>,
        octets: &[u8],
        safe: &[u8],
    ) -> Result<bool, ContentError> {
        let contents: Vec<ContentInfo<'_>> = Vec::from_der(safe).unwrap_or_default();
        let algorithms = algorithms(&contents);
        self.keyring
            .prepare(Some(&check.derivation), &algorithms, SHARE);
        check.holds(octets, &mut self.keyring)
    }

    /// Opens every content of the authenticated safe; `false` means that the password is wrong.
    fn open(&mut self, safe: &[u8]) -> Result<bool, ContentError> {
        let contents: Vec<ContentInfo<'_>> = Vec::from_der(safe).map_err(damaged)?;
        self.keyring.prepare(None, &algorithms(&contents), 1);
        for info in &contents {
            let opened = match info.content_type {
                oid::DATA => self.open_bags(octets(info)?, 0)?,
                oid::ENCRYPTED_DATA => self.open_encrypted(info)?,
                oid::ENVELOPED_DATA => {
                    return Err(ContentError::unsupported(
                        "PKCS#12 content encrypted for a public key",
                        oid::ENVELOPED_DATA,
                    ));
                }
                id => {
                    return Err(ContentError::unsupported(
                        "this kind of PKCS#12 content",
                        id,
                    ));
                }
            };
            if !opened {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn open_encrypted(&mut self, info: &ContentInfo<'_>) -> Result<bool, ContentError> {
        let content = info
            .content
            .ok_or_else(|| damaged("its content is missing"))?;
        let data: EncryptedData<'_> = content.decode_as().map_err(damaged)?;
        let Some(ciphertext) = ciphertext(&data.content)? else {
            return Ok(true);
        };
        let algorithm = &data.content.algorithm;
        let Some(plain) = self.keyring.decrypt(algorithm, &ciphertext)? else {
            return Ok(false);
        };
        self.decrypted = true;
        self.open_bags(&plain, 0)
    }

    /// Opens the bags of one `SafeContents`. Bytes that decrypted to no ASN.1 at all mean a wrong
    /// password too: one time in 256 the padding looks right by chance.
    fn open_bags(&mut self, contents: &[u8], depth: usize) -> Result<bool, ContentError> {
        if depth > MAX_NESTING {
            return Err(damaged("its contents are nested too deep"));
        }
        let der = match ber::to_der(contents, FILE) {
            Ok(der) => der,
            Err(_) if self.decrypted => return Ok(false),
            Err(error) => return Err(error),
        };
        let bags: Vec<SafeBag<'_>> = match Vec::from_der(&der) {
            Ok(bags) => bags,
            Err(_) if self.decrypted && der.first() != Some(&SEQUENCE) => return Ok(false),
            Err(error) => return Err(damaged(error)),
        };
        for bag in bags {
            if !self.open_bag(&bag, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn open_bag(&mut self, bag: &SafeBag<'_>, depth: usize) -> Result<bool, ContentError> {
        let value = bag.value.to_der().map(Zeroizing::new).map_err(damaged)?;
        match bag.id {
            oid::KEY_BAG => self.push_key(&value, bag)?,
            oid::SHROUDED_KEY_BAG => {
                let info = EncryptedPrivateKeyInfo::from_der(&value).map_err(damaged)?;
                let data = info.encrypted_data.as_bytes();
                let plain = self.keyring.decrypt(&info.algorithm, data)?;
                let key = plain.and_then(|plain| ber::to_der(&plain, FILE).ok());
                let Some(key) = key else { return Ok(false) };
                self.decrypted = true;
                self.push_key(&key, bag)?;
            }
            oid::CERT_BAG => self.push_certificate(&value, bag)?,
            oid::SAFE_CONTENTS_BAG => return self.open_bags(&value, depth + 1),
            oid::CRL_BAG => self.note("skipped a revocation list (CRL)"),
            oid::SECRET_BAG => self.note("skipped a secret that is neither key nor certificate"),
            id => self.note(&format!("skipped a bag of an unknown kind (OID {id})")),
        }
        Ok(true)
    }

    /// `p12-keystore` reads plain key bags of PKCS#8 version 1 only.
    fn push_key(&mut self, pkcs8: &[u8], found: &SafeBag<'_>) -> Result<(), ContentError> {
        let key = pkcs8_version_1(pkcs8)?;
        PrivateKeyInfo::from_der(&key)
            .map_err(|e| ContentError::damaged("a private key in the PKCS#12 file", e))?;
        self.keys.push(attributes::read(found.attributes));
        self.bags.push(bag(oid::KEY_BAG, &key, &[]));
        Ok(())
    }

    fn push_certificate(&mut self, value: &[u8], found: &SafeBag<'_>) -> Result<(), ContentError> {
        let certificate = CertBag::from_der(value).map_err(damaged)?;
        if certificate.id != oid::X509_CERTIFICATE {
            self.note(&format!(
                "skipped a certificate that is not X.509 (OID {})",
                certificate.id
            ));
            return Ok(());
        }
        self.certificates.push(attributes::read(found.attributes));
        self.bags.push(bag(oid::CERT_BAG, value, &[]));
        Ok(())
    }

    fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }

    fn into_unlocked(mut self, mac: Option<String>) -> Unlocked {
        if mac.is_none() {
            self.note("the file has no integrity check (MAC): nothing protects it from changes");
        }
        let needed = mac.is_some() || self.decrypted;
        Unlocked {
            plain: pfx(&sequence(&[data(&sequence(&self.bags))]), &[]),
            opened_with: if needed {
                self.password.kind
            } else {
                OpenedWith::NotNeeded
            },
            mac,
            notes: self.notes,
            keys: self.keys,
            certificates: self.certificates,
        }
    }
}

/// The algorithms that `contents` are encrypted with, and the keys in those that are not. What
/// cannot be read yet is left out.
fn algorithms(contents: &[ContentInfo<'_>]) -> Vec<AlgorithmIdentifier> {
    let mut found = Vec::new();
    for info in contents {
        if info.content_type == oid::ENCRYPTED_DATA {
            let data = info.content.map(|any| any.decode_as::<EncryptedData<'_>>());
            found.extend(data.and_then(Result::ok).map(|data| data.content.algorithm));
        } else if let Ok(bags) = octets(info).map(Vec::<SafeBag<'_>>::from_der) {
            found.extend(bags.iter().flatten().filter_map(key_algorithm));
        }
    }
    found
}

/// How the key in a bag is encrypted.
fn key_algorithm(bag: &SafeBag<'_>) -> Option<AlgorithmIdentifier> {
    let is_shrouded = bag.id == oid::SHROUDED_KEY_BAG;
    let info = is_shrouded.then(|| bag.value.decode_as::<EncryptedPrivateKeyInfo<'_>>());
    info?.ok().map(|info| info.algorithm)
}

/// The ciphertext in one piece.
pub(super) fn ciphertext(info: &EncryptedContentInfo<'_>) -> Result<Option<Vec<u8>>, ContentError> {
    let Some(content) = info.ciphertext else {
        return Ok(None);
    };
    if !content.tag().is_constructed() {
        return Ok(Some(content.value().to_vec()));
    }
    let sequence = element(SEQUENCE, &[content.value()]);
    let pieces: Vec<&OctetStringRef> = Vec::from_der(&sequence).map_err(damaged)?;
    Ok(Some(
        pieces
            .iter()
            .flat_map(|piece| piece.as_bytes())
            .copied()
            .collect(),
    ))
}

pub(super) fn damaged(detail: impl std::fmt::Display) -> ContentError {
    ContentError::damaged(FILE, detail)
}

pub(super) const FILE: &str = "the PKCS#12 file";
const SEQUENCE: u8 = 0x30;
/// A quarter of the budget at most goes before the password is known to be right.
const SHARE: u64 = 4;
pub(super) const MAX_NESTING: usize = 8;
