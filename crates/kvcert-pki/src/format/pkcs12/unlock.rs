//! Unlock: from a PKCS#12 file as found to a plain archive.

use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode, Reader, SliceReader, Tagged};
use pkcs12::safe_bag::PrivateKeyInfo;
use zeroize::Zeroizing;

use super::elements::{bag, data, pfx, sequence};
use super::{attributes, mac};
use crate::asn1::ber;
use crate::asn1::{
    AlgorithmIdentifier, Attribute, CertBag, ContentInfo, EncryptedContentInfo, EncryptedData,
    EncryptedPrivateKeyInfo, Pfx, SafeBag, elements, oid,
};
use crate::content_error::ContentError;
use crate::format::pbe::{Budget, Keyring, Thing};
use crate::format::{OpenedWith, Password, Wrapping};
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
    /// Why something in it was left out: the password does not open it.
    pub(super) locked: Option<ContentError>,
}

/// Opens the file with the form of the password under which its MAC holds, or, where it has none,
/// with whatever decrypts. What is locked by another password than the rest is left out.
pub(super) fn unlock(
    bytes: &[u8],
    password: &Password,
    budget: &mut Budget,
) -> Result<Unlocked, ContentError> {
    let der = ber::to_der(bytes, FILE)?;
    let pfx = Pfx::from_der(&der).map_err(damaged)?;
    let octets = authenticated_safe(&pfx)?;
    let safe = ber::to_der(octets, FILE)?;
    let contents: Vec<ContentInfo<'_>> = list(&safe, |count| budget.count(Thing::Bags, count))?;
    let check = pfx.mac_data.as_ref().map(mac::Check::of).transpose()?;
    let candidates = password.candidates();
    let mut opening = Opening::new(Keyring::new(&candidates, budget));
    let algorithms = algorithms(&contents);
    let derivation = check.as_ref().map(|check| &check.derivation);
    opening.keyring.check_cost(derivation, &algorithms)?;
    let is_proved = match &check {
        Some(check) => check.holds(octets, &algorithms, &mut opening.keyring)?,
        None => false,
    };
    if check.is_some() && !is_proved {
        return Err(opening.refusal(&contents, password));
    }
    opening.keyring.prepare(None, &algorithms, 1);
    opening.open_all(&contents)?;
    let locked = match opening.locked() {
        Some(_) if !is_proved && !opening.decrypted => Some(opening.wrong(&contents, password)),
        Some(part) => Some(ContentError::OtherPassword {
            part,
            given: password.has_key_password(),
        }),
        None => opening.unsupported_key.take(),
    };
    match locked {
        Some(error) if opening.bags.is_empty() => Err(error),
        locked => {
            let mac = pfx.mac_data.as_ref().map(mac::describe);
            Ok(opening.into_unlocked(mac, locked))
        }
    }
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

/// An attempt to open everything.
struct Opening<'a> {
    keyring: Keyring<'a>,
    /// The same bags, nothing encrypted, no attributes.
    bags: Vec<Zeroizing<Vec<u8>>>,
    keys: Vec<Vec<Attribute>>,
    certificates: Vec<Vec<Attribute>>,
    notes: Vec<String>,
    decrypted: bool,
    /// Whether no password opens a private key, or a whole content.
    has_locked_key: bool,
    has_locked_content: bool,
    /// Why a private key cannot be decrypted under any password.
    unsupported_key: Option<ContentError>,
}

impl<'a> Opening<'a> {
    fn new(keyring: Keyring<'a>) -> Self {
        Self {
            keyring,
            bags: Vec::new(),
            keys: Vec::new(),
            certificates: Vec::new(),
            notes: Vec::new(),
            decrypted: false,
            has_locked_key: false,
            has_locked_content: false,
            unsupported_key: None,
        }
    }

    /// Why the integrity check holds under no password: a look at what else the password opens
    /// tells.
    fn refusal(mut self, contents: &[ContentInfo<'_>], password: &Password) -> ContentError {
        let is_open = self.open_all(contents).is_ok() && self.locked().is_none();
        if is_open && self.decrypted && password.is_given() {
            return ContentError::OtherMacPassword;
        }
        self.wrong(contents, password)
    }

    /// What no password opens.
    fn locked(&self) -> Option<&'static str> {
        match (self.has_locked_key, self.has_locked_content) {
            (false, false) => None,
            (true, false) => Some("its private key"),
            (true, true) => Some("its content, and so the private key,"),
            (false, true) => Some("a part of its content, where a private key may be,"),
        }
    }

    fn wrong(&self, contents: &[ContentInfo<'_>], password: &Password) -> ContentError {
        if contents.iter().any(is_protected_to_accounts) {
            return ContentError::ProtectedToAccounts;
        }
        password.is_wrong(FILE)
    }

    /// Opens every content of the authenticated safe.
    fn open_all(&mut self, contents: &[ContentInfo<'_>]) -> Result<(), ContentError> {
        for info in contents {
            match info.content_type {
                oid::DATA => self.open_contents(octets(info)?)?,
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
            }
        }
        Ok(())
    }

    fn open_encrypted(&mut self, info: &ContentInfo<'_>) -> Result<(), ContentError> {
        let content = info
            .content
            .ok_or_else(|| damaged("its content is missing"))?;
        let data: EncryptedData<'_> = content.decode_as().map_err(damaged)?;
        let Some(ciphertext) = ciphertext(&data.content)? else {
            return Ok(());
        };
        match self.decrypt(&data.content.algorithm, &ciphertext)? {
            Some(plain) => self.open_contents(&plain)?,
            None => self.has_locked_content = true,
        }
        Ok(())
    }

    fn decrypt(
        &mut self,
        algorithm: &AlgorithmIdentifier,
        data: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, ContentError> {
        let plain = self.keyring.open(algorithm, data)?;
        self.decrypted |= plain.is_some();
        Ok(plain)
    }

    fn open_contents(&mut self, contents: &[u8]) -> Result<(), ContentError> {
        let der = ber::to_der(contents, FILE)?;
        self.open_bags(AnyRef::from_der(&der).map_err(damaged)?, 0)
    }

    fn open_bags(&mut self, contents: AnyRef<'_>, depth: usize) -> Result<(), ContentError> {
        if depth > MAX_NESTING {
            return Err(damaged("its contents are nested too deep"));
        }
        let bags: Vec<SafeBag<'_>> = elements(contents, FILE, |count| {
            self.keyring.count(Thing::Bags, count)
        })?;
        bags.iter().try_for_each(|bag| self.open_bag(bag, depth))
    }

    fn open_bag(&mut self, bag: &SafeBag<'_>, depth: usize) -> Result<(), ContentError> {
        if bag.id == oid::SAFE_CONTENTS_BAG {
            return self.open_bags(bag.value, depth + 1);
        }
        let value = bag.value.to_der().map(Zeroizing::new).map_err(damaged)?;
        match bag.id {
            oid::KEY_BAG => self.push_key(&value, bag)?,
            oid::SHROUDED_KEY_BAG => {
                let info = EncryptedPrivateKeyInfo::from_der(&value).map_err(damaged)?;
                match self.decrypt(&info.algorithm, info.encrypted_data.as_bytes()) {
                    Ok(Some(key)) => self.push_key(&key, bag)?,
                    Ok(None) => self.has_locked_key = true,
                    // The certificates may be wanted without it.
                    Err(error @ ContentError::Unsupported { .. }) => {
                        self.unsupported_key.get_or_insert(error);
                    }
                    Err(error) => return Err(error),
                }
            }
            oid::CERT_BAG => self.push_certificate(&value, bag)?,
            oid::CRL_BAG => self.note("skipped a revocation list (CRL)"),
            oid::SECRET_BAG => self.note("skipped a secret that is neither key nor certificate"),
            id => self.note(&format!("skipped a bag of an unknown kind (OID {id})")),
        }
        Ok(())
    }

    /// `p12-keystore` reads plain key bags of PKCS#8 version 1 only.
    fn push_key(&mut self, pkcs8: &[u8], found: &SafeBag<'_>) -> Result<(), ContentError> {
        let key = pkcs8_version_1(pkcs8)?;
        PrivateKeyInfo::from_der(&key)
            .map_err(|e| ContentError::damaged("a private key in the PKCS#12 file", e))?;
        self.keyring.count(Thing::Keys, 1)?;
        let attributes = self.attributes(found)?;
        self.keys.push(attributes);
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
        self.keyring.count(Thing::Certificates, 1)?;
        let attributes = self.attributes(found)?;
        self.certificates.push(attributes);
        self.bags.push(bag(oid::CERT_BAG, value, &[]));
        Ok(())
    }

    fn attributes(&mut self, bag: &SafeBag<'_>) -> Result<Vec<Attribute>, ContentError> {
        let keyring = &mut self.keyring;
        attributes::read(bag.attributes, |count| {
            keyring.count(Thing::Attributes, count)
        })
    }

    /// Says each thing once.
    fn note(&mut self, text: &str) {
        if !self.notes.iter().any(|note| note == text) {
            self.notes.push(text.to_owned());
        }
    }

    fn into_unlocked(mut self, mac: Option<String>, locked: Option<ContentError>) -> Unlocked {
        if mac.is_none() {
            self.note("the file has no integrity check (MAC): nothing protects it from changes");
        }
        let used = self
            .keyring
            .first()
            .filter(|_| mac.is_some() || self.decrypted);
        if let Some(wrapping) = used.and_then(|used| Wrapping::sentence(&used.taken_off)) {
            self.note(&format!(
                "the password {wrapping}; without that it is right"
            ));
        }
        Unlocked {
            plain: pfx(&sequence(&[data(&sequence(&self.bags))]), &[]),
            opened_with: used.map_or(OpenedWith::NotNeeded, |used| used.kind),
            mac,
            notes: self.notes,
            keys: self.keys,
            certificates: self.certificates,
            locked,
        }
    }
}

/// Whether the file's password is encrypted for accounts or groups of a domain (Windows 8 and
/// later, `Export-PfxCertificate -ProtectTo`), as a secret that is there in the clear.
fn is_protected_to_accounts(info: &ContentInfo<'_>) -> bool {
    let bags = octets(info).and_then(some_bags);
    let is_secret = |bag: &SafeBag<'_>| {
        let kind = bag.value.value();
        bag.id == oid::SECRET_BAG
            && SliceReader::new(kind)
                .and_then(|mut reader| ObjectIdentifier::decode(&mut reader))
                .is_ok_and(|kind| kind == oid::MICROSOFT_PROTECTED_PASSWORD)
    };
    bags.is_ok_and(|bags| bags.iter().any(is_secret))
}

/// The algorithms that `contents` are encrypted with, and the keys in those that are not. What
/// cannot be read yet is left out.
fn algorithms(contents: &[ContentInfo<'_>]) -> Vec<AlgorithmIdentifier> {
    let mut found = Vec::new();
    for info in contents {
        if info.content_type == oid::ENCRYPTED_DATA {
            let data = info.content.map(|any| any.decode_as::<EncryptedData<'_>>());
            found.extend(data.and_then(Result::ok).map(|data| data.content.algorithm));
        } else if let Ok(bags) = octets(info).and_then(some_bags) {
            found.extend(bags.iter().filter_map(key_algorithm));
        }
    }
    found
}

/// The bags in `contents`, if that is DER and they are not too many.
fn some_bags(contents: &[u8]) -> Result<Vec<SafeBag<'_>>, ContentError> {
    let mut fresh = Budget::without_limit();
    list(contents, |count| fresh.count(Thing::Bags, count))
}

/// The elements of a DER SEQUENCE.
pub(super) fn list<'a, T: Decode<'a, Error = der::Error>>(
    der: &'a [u8],
    may_be: impl FnOnce(usize) -> Result<(), ContentError>,
) -> Result<Vec<T>, ContentError> {
    elements(AnyRef::from_der(der).map_err(damaged)?, FILE, may_be)
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
    let mut whole = Vec::with_capacity(content.value().len());
    let mut pieces = SliceReader::new(content.value()).map_err(damaged)?;
    while !pieces.is_finished() {
        let piece = <&OctetStringRef>::decode(&mut pieces).map_err(damaged)?;
        whole.extend_from_slice(piece.as_bytes());
    }
    Ok(Some(whole))
}

pub(super) fn damaged(detail: impl std::fmt::Display) -> ContentError {
    ContentError::damaged(FILE, detail)
}

pub(super) const FILE: &str = "the PKCS#12 file";
pub(super) const MAX_NESTING: usize = 8;
