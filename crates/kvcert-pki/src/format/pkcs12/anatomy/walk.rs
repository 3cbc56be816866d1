//! [`Walk`]: through all contents and bags, with one form of the password or with none.

use der::{AnyRef, Decode, Encode};
use zeroize::Zeroizing;

use super::shown_attributes;
use crate::asn1::{
    AlgorithmIdentifier, CertBag, ContentInfo, EncryptedData, EncryptedPrivateKeyInfo, SafeBag,
    ber, elements, oid,
};
use crate::certificate::Certificate;
use crate::content_error::ContentError;
use crate::format::OpenedWith;
use crate::format::pbe::{Keyring, Thing, describe};
use crate::format::pkcs12::unlock::{FILE, MAX_NESTING, ciphertext, damaged, octets};
use crate::format::structure::{Bag, Content, Encryption, Found, Holds, Mac};
use crate::key::PrivateKey;

/// What one walk saw.
pub(super) struct Walk {
    pub(super) contents: Vec<Content>,
    pub(super) found: Found,
    /// How many encrypted things the password opened, and how many it did not.
    pub(super) opened: usize,
    pub(super) locked: usize,
    password: Option<OpenedWith>,
}

impl Walk {
    /// Walks through `contents`. What no password of `keyring` opens stays locked.
    pub(super) fn through(contents: &[ContentInfo<'_>], keyring: Keyring<'_>) -> Self {
        let mut walker = Walker {
            keyring,
            found: Found::default(),
            opened: 0,
            locked: 0,
        };
        let contents = contents.iter().map(|info| walker.content(info)).collect();
        Self {
            contents,
            opened: walker.opened,
            locked: walker.locked,
            found: walker.found,
            password: walker.keyring.first().map(|password| password.kind),
        }
    }

    /// The password, if it has opened something or its MAC holds.
    pub(super) fn opened_with(&self, mac: Option<&Mac>) -> Option<OpenedWith> {
        if mac.is_some_and(|mac| mac.holds == Some(true)) || self.opened > 0 {
            return self.password;
        }
        (mac.is_none() && self.locked == 0).then_some(OpenedWith::NotNeeded)
    }
}

struct Walker<'a> {
    keyring: Keyring<'a>,
    found: Found,
    opened: usize,
    locked: usize,
}

impl Walker<'_> {
    fn content(&mut self, info: &ContentInfo<'_>) -> Content {
        let kind = match info.content_type {
            oid::DATA => "data",
            oid::ENCRYPTED_DATA => return self.encrypted(info),
            oid::ENVELOPED_DATA => "envelopedData",
            id => &id.to_string(),
        };
        Content {
            kind: kind.to_owned(),
            encryption: None,
            holds: if kind == "data" {
                octets(info)
                    .and_then(|octets| self.contents(octets))
                    .unwrap_or_else(Holds::from)
            } else {
                Holds::Other {
                    what: String::from("content that kvcert does not read"),
                }
            },
        }
    }

    fn encrypted(&mut self, info: &ContentInfo<'_>) -> Content {
        let mut encryption = None;
        let holds = self.decrypted(info, &mut encryption);
        Content {
            kind: String::from("encryptedData"),
            encryption,
            holds: holds.unwrap_or_else(Holds::from),
        }
    }

    fn decrypted(
        &mut self,
        info: &ContentInfo<'_>,
        encryption: &mut Option<Encryption>,
    ) -> Result<Holds, ContentError> {
        let content = info
            .content
            .ok_or_else(|| damaged("its content is missing"))?;
        let data: EncryptedData<'_> = content.decode_as().map_err(damaged)?;
        *encryption = Some(describe(&data.content.algorithm));
        let Some(ciphertext) = ciphertext(&data.content)? else {
            return Ok(Holds::Bags { bags: Vec::new() });
        };
        match self.decrypt(&data.content.algorithm, &ciphertext)? {
            Some(plain) => self.contents(&plain),
            None => Ok(Holds::Locked),
        }
    }

    /// What `data` is, as DER; nothing without the right password.
    fn decrypt(
        &mut self,
        algorithm: &AlgorithmIdentifier,
        data: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, ContentError> {
        let plain = self.keyring.open(algorithm, data)?;
        match plain {
            Some(_) => self.opened += 1,
            None => self.locked += 1,
        }
        Ok(plain)
    }

    fn contents(&mut self, contents: &[u8]) -> Result<Holds, ContentError> {
        let der = ber::to_der(contents, FILE)?;
        self.bags(AnyRef::from_der(&der).map_err(damaged)?, 0)
    }

    fn bags(&mut self, contents: AnyRef<'_>, depth: usize) -> Result<Holds, ContentError> {
        if depth > MAX_NESTING {
            return Err(damaged("its contents are nested too deep"));
        }
        let bags: Vec<SafeBag<'_>> = elements(contents, FILE, |count| {
            self.keyring.count(Thing::Bags, count)
        })?;
        let bags = bags.iter().map(|bag| self.bag(bag, depth));
        Ok(Holds::Bags {
            bags: bags.collect::<Result<_, _>>()?,
        })
    }

    fn bag(&mut self, bag: &SafeBag<'_>, depth: usize) -> Result<Bag, ContentError> {
        let attributes = shown_attributes::read(bag.attributes, |count| {
            self.keyring.count(Thing::Attributes, count)
        })?;
        let name = shown_attributes::friendly_name(&attributes);
        let mut encryption = None;
        let (kind, holds) = match bag.id {
            oid::KEY_BAG => ("keyBag", self.key(bag, name)),
            oid::SHROUDED_KEY_BAG => (
                "pkcs8ShroudedKeyBag",
                self.shrouded_key(bag, name, &mut encryption),
            ),
            oid::CERT_BAG => ("certBag", self.certificate(bag)),
            oid::SAFE_CONTENTS_BAG => ("safeContentsBag", self.bags(bag.value, depth + 1)),
            oid::CRL_BAG => ("crlBag", other("a revocation list")),
            oid::SECRET_BAG => (
                "secretBag",
                other("a secret that is neither key nor certificate"),
            ),
            id => (&*id.to_string(), other("a bag of an unknown kind")),
        };
        Ok(Bag {
            kind: kind.to_owned(),
            encryption,
            attributes,
            holds: holds.unwrap_or_else(Holds::from),
        })
    }

    fn key(&mut self, bag: &SafeBag<'_>, name: Option<String>) -> Result<Holds, ContentError> {
        self.keyring.count(Thing::Keys, 1)?;
        let key = PrivateKey::from_pkcs8(&value(bag)?);
        Ok(self.found.add_key(key, name))
    }

    fn shrouded_key(
        &mut self,
        bag: &SafeBag<'_>,
        name: Option<String>,
        encryption: &mut Option<Encryption>,
    ) -> Result<Holds, ContentError> {
        let value = value(bag)?;
        let info = EncryptedPrivateKeyInfo::from_der(&value).map_err(damaged)?;
        *encryption = Some(describe(&info.algorithm));
        let plain = self.decrypt(&info.algorithm, info.encrypted_data.as_bytes())?;
        let Some(plain) = plain else {
            return Ok(Holds::Locked);
        };
        self.keyring.count(Thing::Keys, 1)?;
        Ok(self.found.add_key(PrivateKey::from_pkcs8(&plain), name))
    }

    fn certificate(&mut self, bag: &SafeBag<'_>) -> Result<Holds, ContentError> {
        let value = value(bag)?;
        let certificate = CertBag::from_der(&value).map_err(damaged)?;
        if certificate.id != oid::X509_CERTIFICATE {
            return other(&format!(
                "a certificate that is not X.509 (OID {})",
                certificate.id
            ));
        }
        self.keyring.count(Thing::Certificates, 1)?;
        let octets: &der::asn1::OctetStringRef = certificate.value.decode_as().map_err(damaged)?;
        let certificate = Certificate::from_der(octets.as_bytes());
        Ok(self
            .found
            .add_certificate(certificate, |count| self.keyring.count(Thing::Names, count)))
    }
}

fn value(bag: &SafeBag<'_>) -> Result<Zeroizing<Vec<u8>>, ContentError> {
    bag.value.to_der().map(Zeroizing::new).map_err(damaged)
}

fn other(what: &str) -> Result<Holds, ContentError> {
    Ok(Holds::Other {
        what: what.to_owned(),
    })
}
