//! [`ContentError`]: what can be wrong with the bytes of a certificate.

mod foreign;

use std::fmt;

pub use foreign::Foreign;

/// Why some bytes did not become a certificate and its private key.
///
/// Each variant asks the user for something else: another password, another file, another tool,
/// a flag. None carries a byte of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContentError {
    /// In no format that kvcert reads, or without a certificate or key in it.
    NotAKeyStore {
        /// What it is instead.
        seen: Foreign,
    },
    /// The format was recognised, but the bytes break its rules: truncated or altered.
    Damaged {
        /// The part that cannot be read, such as `the certificate bag`.
        part: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The integrity check, or the decryption, failed with every password that was tried.
    WrongPassword {
        /// What is locked, such as `the PKCS#12 file`.
        part: String,
        /// Whether the user gave a password, or only the empty ones were tried.
        given: bool,
        /// What is around the password that was given and may not be part of it, such as `starts
        /// with a byte order mark`.
        wrapping: Option<String>,
        /// Where a password was looked for, and an empty one was found.
        empty_place: Option<&'static str>,
    },
    /// The password is right for the file, as its integrity check or another part proves, but not
    /// for this part of it.
    OtherPassword {
        /// What has another password, such as `its private key`.
        part: &'static str,
        /// Whether a password for private keys was given, which does not open it either.
        given: bool,
    },
    /// The password opens what is in the file, but its integrity check does not hold under it.
    OtherMacPassword,
    /// Only Windows can open it: its password is kept for accounts or groups of a domain.
    ProtectedToAccounts,
    /// The bytes use an algorithm that kvcert does not read.
    Unsupported {
        /// What it is, by the name that people use.
        name: String,
        /// Its object identifier, where it has one.
        oid: Option<String>,
        /// What helps.
        remedy: Remedy,
    },
    /// Reading on would cost more than the limits allow.
    OverLimit {
        /// What there is too much of, with its unit.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much is allowed.
        limit: u64,
    },
    /// Certificates, but no private key: the certificate is not exportable, or is public by nature.
    NoPrivateKey {
        /// The subjects of the certificates that are there.
        subjects: Vec<String>,
    },
    /// A private key, but no certificate at all.
    NoCertificate,
    /// More than one private key, and nothing says which is meant. Lists them.
    SeveralKeys {
        /// One line a key: algorithm, name, certificate.
        keys: Vec<String>,
    },
    /// None of the private keys is the one that was asked for. Lists them.
    NoSuchKey {
        /// One line a key: algorithm, name, certificate.
        keys: Vec<String>,
    },
    /// The chosen key belongs to none of the certificates.
    KeyMismatch {
        /// The private key's algorithm and size.
        key: String,
        /// The subjects of the certificates that are there.
        subjects: Vec<String>,
    },
    /// Without a private key nothing says which of these certificates is the leaf.
    AmbiguousLeaf {
        /// The subjects of the candidates.
        subjects: Vec<String>,
    },
}

/// What helps with something that kvcert does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Exporting it again at its source, in another form.
    ExportAgain,
    /// openssl 3 reads it, with its legacy provider.
    Openssl,
    /// None: Key Vault has no keys of this type. The certificate can be had without its key.
    NoSuchKey,
}

impl ContentError {
    /// A [`ContentError::Damaged`] from any displayable cause.
    pub(crate) fn damaged(part: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self::Damaged {
            part: part.into(),
            detail: detail.to_string(),
        }
    }

    /// A [`ContentError::Unsupported`] known by its object identifier.
    pub(crate) fn unsupported(name: impl Into<String>, oid: impl fmt::Display) -> Self {
        Self::Unsupported {
            name: name.into(),
            oid: Some(oid.to_string()),
            remedy: Remedy::ExportAgain,
        }
    }

    /// A [`ContentError::Unsupported`] without an object identifier.
    pub(crate) fn unsupported_form(name: impl Into<String>) -> Self {
        Self::Unsupported {
            name: name.into(),
            oid: None,
            remedy: Remedy::ExportAgain,
        }
    }

    /// Refuses more than `limit` of something.
    pub(crate) fn check_limit(what: &'static str, found: usize, limit: usize) -> Result<(), Self> {
        if found > limit {
            let (found, limit) = (found as u64, limit as u64);
            return Err(Self::OverLimit { what, found, limit });
        }
        Ok(())
    }

    /// The same, but for what helps.
    #[must_use]
    pub(crate) fn with_remedy(mut self, helps: Remedy) -> Self {
        if let Self::Unsupported { remedy, .. } = &mut self {
            *remedy = helps;
        }
        self
    }
}

impl fmt::Display for ContentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAKeyStore { seen } => {
                write!(f, "no certificate or key to read: this is {seen}")
            }
            Self::Damaged { part, detail } => write!(f, "{part} is damaged: {detail}"),
            Self::WrongPassword {
                part,
                given: true,
                wrapping,
                ..
            } => {
                write!(f, "wrong password for {part}, or it is damaged")?;
                wrapping.as_ref().map_or(Ok(()), |wrapping| {
                    write!(f, "; the password {wrapping}, and is wrong without that too")
                })
            }
            Self::OtherPassword { part, given: false } => write!(
                f,
                "the password of the PKCS#12 file is right, but {part} has another one"
            ),
            Self::OtherPassword { part, given: true } => write!(
                f,
                "the password of the PKCS#12 file is right, but {part} has another one, which is not the one given for the key either"
            ),
            Self::OtherMacPassword => f.write_str(
                "the password opens the PKCS#12 file, but its integrity check (MAC) does not hold: the file was altered, or what wrote it made the check with another password or in a way of its own",
            ),
            Self::ProtectedToAccounts => f.write_str(
                "the PKCS#12 file is protected to Windows accounts or groups instead of a password",
            ),
            Self::WrongPassword {
                part,
                given: false,
                empty_place,
                ..
            } => match empty_place {
                Some(place) => write!(f, "{part} needs a password, and {place} is empty"),
                None => write!(f, "{part} needs a password"),
            },
            Self::Unsupported { name, oid, .. } => {
                write!(f, "cannot read {name}")?;
                oid.as_ref().map_or(Ok(()), |oid| write!(f, " (OID {oid})"))
            }
            Self::OverLimit { what, found, limit } => {
                write!(
                    f,
                    "too many {what}: {found}, where at most {limit} are allowed"
                )
            }
            Self::NoPrivateKey { subjects } => {
                write!(f, "no private key found, only {}", certificates(subjects))
            }
            Self::NoCertificate => f.write_str("a private key without a certificate"),
            Self::SeveralKeys { keys } => {
                write!(f, "{} private keys found: {}", keys.len(), some(keys))
            }
            Self::NoSuchKey { keys } => {
                write!(
                    f,
                    "no private key matches the choice; found: {}",
                    some(keys)
                )
            }
            Self::KeyMismatch { key, subjects } => {
                write!(
                    f,
                    "the private key ({key}) does not belong to {}",
                    certificates(subjects)
                )
            }
            Self::AmbiguousLeaf { subjects } => write!(
                f,
                "without a private key, the leaf is ambiguous among {}",
                certificates(subjects)
            ),
        }
    }
}

impl std::error::Error for ContentError {}

/// `the certificate of CN=a`, or `2 certificates (CN=a; CN=b)`.
fn certificates(subjects: &[String]) -> String {
    match subjects {
        [only] => format!("the certificate of `{only}`"),
        many => format!("{} certificates ({})", many.len(), some(many)),
    }
}

/// The first of a list, and how many more there are.
fn some(list: &[String]) -> String {
    let (first, rest) = list.split_at(list.len().min(MOST_LISTED));
    match rest.len() {
        0 => first.join("; "),
        more => format!("{}; and {more} more", first.join("; ")),
    }
}

const MOST_LISTED: usize = 20;
