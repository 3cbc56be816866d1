//! [`Contents`]: what was found in some bytes.

use super::password::OpenedWith;
use crate::certificate::Certificate;
use crate::certified_key::{CertifiedKey, NamedKey};
use crate::chain::Chain;
use crate::content_error::{ContentError, Foreign};
use crate::friendly_name::FriendlyName;

/// The keys and certificates found in some bytes, in the order in which they stood there.
#[derive(Debug)]
pub struct Contents {
    /// What held them.
    pub container: Container,
    /// Private keys, decrypted.
    pub keys: Vec<NamedKey>,
    /// Certificates.
    pub certificates: Vec<Certificate>,
    /// What was skipped, or is worth knowing about the container.
    pub notes: Vec<String>,
    /// Why the first private key that could not be read could not. Beside another key that is
    /// only worth a note, and without any key it need not stop those who want the certificate.
    pub unreadable_key: Option<ContentError>,
    /// What else was found, none of it certificate or key.
    pub(super) others: Vec<Foreign>,
}

/// What held the keys and certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Container {
    /// PKCS#12 (RFC 7292).
    Pkcs12 {
        /// The password that opened it.
        password: OpenedWith,
        /// The integrity check that held, such as `HMAC-SHA-1, 2000 iterations`; `None` if the
        /// file has none.
        mac: Option<String>,
    },
    /// PKCS#7 (RFC 5652), or another list of certificates in one structure.
    Pkcs7,
    /// PEM (RFC 7468).
    Pem,
    /// A bare DER certificate or key.
    Der,
}

/// Which of several keys is meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum KeyChoice {
    /// The only one.
    #[default]
    Any,
    /// The one with this friendly name.
    FriendlyName(String),
    /// The one whose certificate has this SHA-1 or SHA-256 thumbprint.
    Thumbprint(Vec<u8>),
}

/// How much reading may cost. The defaults are beyond what programs write unless they are told to,
/// and take a second or two at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The size of the input, in bytes.
    pub max_bytes: usize,
    /// Key derivation and decryption, in iterations of PBKDF2 with SHA-256, all passwords and all parts
    /// of a file taken together. One with SHA-512 counts six times.
    pub max_iterations: u64,
    /// The memory that scrypt may take for its table, in bytes, and as much again for its lanes.
    pub max_memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 16 << 20,
            max_iterations: 10_000_000,
            max_memory: 128 << 20,
        }
    }
}

impl Limits {
    pub(super) fn check_size(&self, found: usize) -> Result<(), ContentError> {
        ContentError::check_limit("bytes", found, self.max_bytes)
    }
}

impl Contents {
    /// Nothing found yet.
    pub(super) fn new(container: Container) -> Self {
        Self {
            container,
            keys: Vec::new(),
            certificates: Vec::new(),
            notes: Vec::new(),
            unreadable_key: None,
            others: Vec::new(),
        }
    }

    /// Takes a key, or the reason why there is none.
    pub(super) fn add_key<K: Into<NamedKey>>(&mut self, key: Result<K, ContentError>) {
        match key {
            Ok(key) => self.keys.push(key.into()),
            Err(error) => {
                self.notes.push(format!("skipped a private key: {error}"));
                self.unreadable_key.get_or_insert(error);
            }
        }
    }

    /// Adds what was found in another file or another part of the same one.
    pub fn absorb(&mut self, other: Self) {
        let is_first = self.keys.is_empty() && self.certificates.is_empty();
        if is_first || matches!(other.container, Container::Pkcs12 { .. }) {
            self.container = other.container;
        }
        self.keys.extend(other.keys);
        self.certificates.extend(other.certificates);
        self.notes.extend(other.notes);
        self.others.extend(other.others);
        self.unreadable_key = self.unreadable_key.take().or(other.unreadable_key);
    }

    /// Keeps only the keys that `choice` means, of those that are there.
    ///
    /// # Errors
    /// [`ContentError::NoSuchKey`] if there is none.
    pub fn choose(&mut self, choice: &KeyChoice) -> Result<(), ContentError> {
        let certificates = &self.certificates;
        let meant = |named: &NamedKey| match choice {
            KeyChoice::Any => true,
            KeyChoice::FriendlyName(name) => named.name.as_ref().is_some_and(|it| it.is(name)),
            KeyChoice::Thumbprint(thumbprint) => certificates.iter().any(|certificate| {
                certificate.public_key() == named.key.public_key()
                    && certificate.has_thumbprint(thumbprint)
            }),
        };
        if !self.keys.is_empty() && !self.keys.iter().any(meant) {
            return Err(ContentError::NoSuchKey {
                keys: self.describe_keys(),
            });
        }
        self.keys.retain(meant);
        Ok(())
    }

    /// Makes sense of what was found: one key, its leaf, the chain in order.
    ///
    /// # Errors
    /// [`ContentError::NoPrivateKey`], [`ContentError::NoCertificate`],
    /// [`ContentError::SeveralKeys`] or [`ContentError::KeyMismatch`].
    pub fn into_certified_key(mut self) -> Result<CertifiedKey, ContentError> {
        self.drop_repeated_keys();
        if self.keys.len() > 1 {
            self.prefer_keys_with_certificate();
        }
        if let Some(error) = self.unreadable_key.take_if(|_| self.keys.is_empty()) {
            return Err(error);
        }
        match self.keys.len() {
            0 if self.certificates.is_empty() => Err(self.nothing()),
            0 => Err(ContentError::NoPrivateKey {
                subjects: self.subjects(),
            }),
            1 => CertifiedKey::new(self.keys.remove(0), self.certificates),
            _ => Err(ContentError::SeveralKeys {
                keys: self.describe_keys(),
            }),
        }
    }

    /// The certificates alone, in order. With a key, the key tells the leaf and is then dropped.
    ///
    /// # Errors
    /// As [`into_certified_key`](Self::into_certified_key), and [`ContentError::AmbiguousLeaf`].
    pub fn into_chain(self) -> Result<Chain, ContentError> {
        if self.keys.is_empty() {
            return match self.unreadable_key {
                Some(error) if self.certificates.is_empty() => Err(error),
                None if self.certificates.is_empty() => Err(self.nothing()),
                _ => Chain::without_key(self.certificates),
            };
        }
        self.into_certified_key().map(CertifiedKey::into_chain)
    }

    /// The certificates alone, in order, as if no key were among them.
    ///
    /// # Errors
    /// [`ContentError::NoCertificate`], [`ContentError::NotAKeyStore`] or
    /// [`ContentError::AmbiguousLeaf`].
    pub fn into_public_chain(self) -> Result<Chain, ContentError> {
        let has_key = !self.keys.is_empty() || self.unreadable_key.is_some();
        if self.certificates.is_empty() && !has_key {
            return Err(self.nothing());
        }
        Chain::without_key(self.certificates)
    }

    /// Neither key nor certificate: what there is instead.
    fn nothing(&self) -> ContentError {
        let seen = match self.container {
            _ if !self.others.is_empty() => self.others[0],
            Container::Pem => Foreign::OtherPem,
            _ => Foreign::EmptyStore,
        };
        ContentError::NotAKeyStore { seen }
    }

    fn subjects(&self) -> Vec<String> {
        self.certificates
            .iter()
            .map(|c| c.label().to_owned())
            .collect()
    }

    fn drop_repeated_keys(&mut self) {
        let mut seen = Vec::new();
        self.keys.retain(|named| {
            let new = !seen.contains(named.key.public_key());
            seen.push(named.key.public_key().clone());
            new
        });
    }

    /// Of several keys, those without a certificate are not what anyone asks for.
    fn prefer_keys_with_certificate(&mut self) {
        let certificates = &self.certificates;
        let certified = |named: &NamedKey| {
            certificates
                .iter()
                .any(|c| c.public_key() == named.key.public_key())
        };
        if self.keys.iter().any(certified) {
            let before = self.keys.len();
            self.keys.retain(certified);
            if self.keys.len() < before {
                let skipped = before - self.keys.len();
                self.notes.push(format!(
                    "skipped {skipped} private keys without a certificate"
                ));
            }
        }
    }

    fn describe_keys(&self) -> Vec<String> {
        let describe = |named: &NamedKey| {
            let public = named.key.public_key();
            let name = named.name.as_ref();
            let name = name.map_or_else(|| String::from("no name"), FriendlyName::to_string);
            let leaf = self.certificates.iter().find(|c| c.public_key() == public);
            let leaf = leaf.map_or("no certificate", |leaf| leaf.label());
            format!("{public}, {name}, {leaf}")
        };
        self.keys.iter().map(describe).collect()
    }
}
