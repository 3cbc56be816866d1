//! How a file is built, part by part: what [`anatomy`](super::anatomy::anatomy) tells.

use serde::Serialize;

use super::{Layer, OpenedWith};
use crate::certificate::Certificate;
use crate::content_error::ContentError;
use crate::key::{PrivateKey, PublicKey};

/// The parts of a file, and what was found in them. No private key is kept.
#[derive(Debug)]
pub struct Anatomy {
    /// The size of the input, in bytes.
    pub bytes: usize,
    /// What was around it, the outermost first.
    pub layers: Vec<Layer>,
    /// How it is built.
    pub structure: Structure,
    /// The certificates, in their order; the structure points at them.
    pub certificates: Vec<Certificate>,
    /// What is known of the private keys, in their order; the structure points at them.
    pub keys: Vec<FoundKey>,
}

/// What is known of a private key that was read and wiped.
#[derive(Debug)]
pub struct FoundKey {
    /// The public key that follows from it.
    pub public: PublicKey,
    /// Its friendly name, safe to show.
    pub name: Option<String>,
}

/// How a file is built.
#[derive(Debug, Serialize)]
#[serde(tag = "format", rename_all = "camelCase")]
pub enum Structure {
    /// PKCS#12, RFC 7292.
    Pkcs12(Pfx),
    /// PEM, RFC 7468.
    Pem {
        /// Its blocks, in their order.
        blocks: Vec<Block>,
    },
    /// Several things that stand in one text, such as JSON, or one after another.
    Parts {
        /// In their order.
        blocks: Vec<Block>,
    },
    /// A bare DER certificate or key.
    Der {
        /// The one thing it is.
        block: Block,
    },
}

/// A PKCS#12 file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pfx {
    /// `DER`, or `BER` where lengths or strings are written as only BER allows.
    pub encoding: &'static str,
    /// The integrity check; `None` if the file has none.
    pub mac: Option<Mac>,
    /// The password that opened it; `None` if none did.
    pub opened_with: Option<OpenedWith>,
    /// The contents of the authenticated safe, in their order.
    pub contents: Vec<Content>,
}

/// The integrity check of a PKCS#12 file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mac {
    /// Such as `HMAC-SHA-1`, or `PBMAC1`.
    pub algorithm: String,
    /// What makes the key of the password.
    pub derivation: String,
    /// Of the key derivation.
    pub iterations: u64,
    /// The length of the salt.
    pub salt_bytes: usize,
    /// Whether it holds under a password that was tried; `None` if it cannot be checked.
    pub holds: Option<bool>,
}

/// How something is encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Encryption {
    /// The name that its specification gives the scheme.
    pub scheme: String,
    /// Its object identifier; none for the headers of a PEM block.
    pub oid: Option<String>,
    /// Such as `AES-256-CBC`; `None` if kvcert does not know it.
    pub cipher: Option<String>,
    /// What makes the key of the password.
    pub derivation: Option<String>,
    /// Of the key derivation; `None` where it does not count them so, as scrypt.
    pub iterations: Option<u64>,
    /// The length of the salt.
    pub salt_bytes: Option<usize>,
}

/// One content of the authenticated safe (RFC 7292 section 4.1).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    /// `data`, `encryptedData`, `envelopedData`, or an object identifier.
    pub kind: String,
    /// How it is encrypted, if it is.
    pub encryption: Option<Encryption>,
    /// The bags in it, or why they cannot be seen.
    pub holds: Holds,
}

/// One bag (RFC 7292 section 4.2).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bag {
    /// `keyBag`, `pkcs8ShroudedKeyBag`, `certBag`, `crlBag`, `secretBag`, `safeContentsBag`, or an
    /// object identifier.
    pub kind: String,
    /// How it is encrypted by itself, if it is.
    pub encryption: Option<Encryption>,
    /// Its attributes, in their order.
    pub attributes: Vec<Attribute>,
    /// What is in it.
    pub holds: Holds,
}

/// An attribute of a bag (RFC 7292 section 4.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    /// Such as `friendlyName`; the object identifier if kvcert knows no name.
    pub name: String,
    /// The object identifier.
    pub oid: String,
    /// Text as it is, safe to show; bytes in hexadecimal.
    pub value: String,
}

/// One PEM block, or the one thing that a DER file is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Block {
    /// What its BEGIN line says; for DER the name of its ASN.1 type.
    pub label: String,
    /// The size of what it encodes.
    pub bytes: usize,
    /// How it is encrypted, if it is.
    pub encryption: Option<Encryption>,
    /// What is in it.
    pub holds: Holds,
}

/// What is in a content, a bag or a block.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Holds {
    /// A certificate.
    Certificate {
        /// Its place among the certificates.
        index: usize,
    },
    /// The certificates of a PKCS#7 file.
    Certificates {
        /// Their places among the certificates.
        indices: Vec<usize>,
    },
    /// A PKCS#12 file among other things.
    Pkcs12 {
        /// How it is built.
        pfx: Box<Pfx>,
    },
    /// A private key.
    PrivateKey {
        /// Its place among the keys.
        index: usize,
    },
    /// Bags.
    Bags {
        /// In their order.
        bags: Vec<Bag>,
    },
    /// Something that no password that was tried opens.
    Locked,
    /// Something that cannot be read.
    Unreadable {
        /// Why.
        problem: String,
    },
    /// Something that is neither a certificate nor a private key.
    Other {
        /// What it is.
        what: String,
    },
}

/// What was found on a walk.
#[derive(Default)]
pub(super) struct Found {
    pub(super) certificates: Vec<Certificate>,
    pub(super) keys: Vec<FoundKey>,
}

impl Found {
    /// `may_be` hears how many alternative names it has.
    pub(super) fn add_certificate(
        &mut self,
        found: Result<Certificate, ContentError>,
        may_be: impl FnOnce(usize) -> Result<(), ContentError>,
    ) -> Holds {
        let counted = |it: Certificate| may_be(it.alternative_names().len()).map(|()| it);
        match found.and_then(counted) {
            Ok(certificate) => {
                self.certificates.push(certificate);
                Holds::Certificate {
                    index: self.certificates.len() - 1,
                }
            }
            Err(error) => Holds::from(error),
        }
    }

    pub(super) fn add_certificates(&mut self, found: Vec<Certificate>) -> Holds {
        let first = self.certificates.len();
        self.certificates.extend(found);
        Holds::Certificates {
            indices: (first..self.certificates.len()).collect(),
        }
    }

    /// Adds what was found in a key store, whose structure then points at the right places.
    pub(super) fn add_store(&mut self, mut pfx: Pfx, store: Self) -> Pfx {
        for content in &mut pfx.contents {
            content
                .holds
                .shift(self.certificates.len(), self.keys.len());
        }
        self.certificates.extend(store.certificates);
        self.keys.extend(store.keys);
        pfx
    }

    pub(super) fn add_key(
        &mut self,
        found: Result<PrivateKey, ContentError>,
        name: Option<String>,
    ) -> Holds {
        match found {
            Ok(key) => {
                let public = key.public_key().clone();
                self.keys.push(FoundKey { public, name });
                Holds::PrivateKey {
                    index: self.keys.len() - 1,
                }
            }
            Err(error) => Holds::from(error),
        }
    }
}

impl Holds {
    pub(super) fn other(what: impl std::fmt::Display) -> Self {
        Self::Other {
            what: what.to_string(),
        }
    }

    fn shift(&mut self, certificates: usize, keys: usize) {
        match self {
            Self::Certificate { index } => *index += certificates,
            Self::PrivateKey { index } => *index += keys,
            Self::Bags { bags } => {
                for bag in bags {
                    bag.holds.shift(certificates, keys);
                }
            }
            _ => {}
        }
    }
}

impl From<ContentError> for Holds {
    fn from(error: ContentError) -> Self {
        match error {
            ContentError::WrongPassword { .. } | ContentError::OtherPassword { .. } => Self::Locked,
            error => Self::Unreadable {
                problem: error.to_string(),
            },
        }
    }
}
