//! [`Certificate`]: one X.509 certificate and the facts that kvcert works with.

mod name;
mod usage;

use std::fmt;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
pub use usage::requested_key;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;

use crate::content_error::ContentError;
use crate::friendly_name::FriendlyName;
use crate::key::PublicKey;
use crate::text::excerpt;

/// An X.509 certificate (RFC 5280): its exact bytes, and what was read from them once.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    friendly_name: Option<FriendlyName>,
    subject: Name,
    issuer: Name,
    not_before: i64,
    not_after: i64,
    public_key: PublicKey,
    alternative_names: Vec<String>,
    is_ca: bool,
    key_identifier: Option<Vec<u8>>,
    issuer_key_identifier: Option<Vec<u8>>,
}

/// A distinguished name: its DER, to compare, and its text, to show.
#[derive(Clone)]
struct Name {
    der: Vec<u8>,
    text: String,
}

impl Certificate {
    /// Reads one DER certificate.
    ///
    /// # Errors
    /// [`ContentError::Damaged`] if it is not exactly one certificate, or [`ContentError::OverLimit`].
    pub fn from_der(der: &[u8]) -> Result<Self, ContentError> {
        ContentError::check_limit("bytes in a certificate", der.len(), MAX_BYTES)?;
        let damaged = |detail: String| ContentError::damaged("the certificate", detail);
        let (rest, x509) = X509Certificate::from_der(der).map_err(|e| damaged(parse_error(&e)))?;
        if !rest.is_empty() {
            return Err(damaged(format!("{} bytes follow its end", rest.len())));
        }
        let mut certificate = Self {
            der: der.to_vec(),
            friendly_name: None,
            subject: Name::of(x509.subject()),
            issuer: Name::of(x509.issuer()),
            not_before: x509.validity().not_before.timestamp(),
            not_after: x509.validity().not_after.timestamp(),
            public_key: PublicKey::from_spki(x509.public_key().raw)?,
            alternative_names: Vec::new(),
            is_ca: x509.is_ca(),
            key_identifier: None,
            issuer_key_identifier: None,
        };
        certificate.read_extensions(&x509);
        Ok(certificate)
    }

    /// The same, with the friendly name that came with it.
    #[must_use]
    pub fn named(self, friendly_name: Option<FriendlyName>) -> Self {
        Self {
            friendly_name,
            ..self
        }
    }

    /// The friendly name that came with it in a PKCS#12 file; the certificate itself has none.
    pub fn friendly_name(&self) -> Option<&FriendlyName> {
        self.friendly_name.as_ref()
    }

    /// The certificate's exact DER bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The subject's distinguished name, safe to show. May be empty.
    pub fn subject(&self) -> &str {
        &self.subject.text
    }

    /// The issuer's distinguished name, safe to show.
    pub fn issuer(&self) -> &str {
        &self.issuer.text
    }

    /// A name to call the certificate by: its subject, or its first alternative name.
    pub fn label(&self) -> &str {
        label(self.subject(), &self.alternative_names)
    }

    /// Start of validity, Unix seconds.
    pub fn not_before(&self) -> i64 {
        self.not_before
    }

    /// End of validity, Unix seconds.
    pub fn not_after(&self) -> i64 {
        self.not_after
    }

    /// The subject's public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The subject alternative names (RFC 5280 section 4.2.1.6), each with its type in front,
    /// such as `DNS:www.example.com`; safe to show.
    pub fn alternative_names(&self) -> &[String] {
        &self.alternative_names
    }

    /// Whether the basic constraints make it a certificate authority.
    pub fn is_ca(&self) -> bool {
        self.is_ca
    }

    /// The SHA-1 thumbprint of the DER, which Key Vault calls `x5t`.
    pub fn sha1(&self) -> [u8; 20] {
        Self::sha1_of(&self.der)
    }

    /// The same for bytes that may be no certificate at all.
    pub fn sha1_of(der: &[u8]) -> [u8; 20] {
        let mut thumbprint = [0; 20];
        thumbprint.copy_from_slice(digest(&SHA1_FOR_LEGACY_USE_ONLY, der).as_ref());
        thumbprint
    }

    /// The SHA-256 thumbprint of the DER, `x5t#S256` in a JWS header (RFC 7515 section 4.1.8).
    pub fn sha256(&self) -> [u8; 32] {
        let mut thumbprint = [0; 32];
        thumbprint.copy_from_slice(digest(&SHA256, &self.der).as_ref());
        thumbprint
    }

    /// Whether `thumbprint` is the certificate's SHA-1 or SHA-256 thumbprint.
    pub fn has_thumbprint(&self, thumbprint: &[u8]) -> bool {
        thumbprint == self.sha1() || thumbprint == self.sha256()
    }

    /// The DER of the subject's name.
    pub(crate) fn subject_der(&self) -> &[u8] {
        &self.subject.der
    }

    /// The DER of the issuer's name.
    pub(crate) fn issuer_der(&self) -> &[u8] {
        &self.issuer.der
    }

    /// Whether `self` names `issuer` as its issuer. The signature is another question.
    pub(crate) fn names_as_issuer(&self, issuer: &Self) -> bool {
        self.issuer.der == issuer.subject.der
    }

    /// Whether the key identifiers (RFC 5280 section 4.2.1.1) speak for `issuer`.
    pub(crate) fn points_at_key_of(&self, issuer: &Self) -> bool {
        match (&self.issuer_key_identifier, &issuer.key_identifier) {
            (Some(wanted), Some(found)) => wanted == found,
            _ => true,
        }
    }

    /// Reads the certificate again; its bytes were read once already, so this does not fail.
    pub fn x509(&self) -> Option<X509Certificate<'_>> {
        X509Certificate::from_der(&self.der)
            .ok()
            .map(|(_, x509)| x509)
    }

    fn read_extensions(&mut self, x509: &X509Certificate<'_>) {
        for extension in x509.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::SubjectAlternativeName(names) => {
                    self.alternative_names = names.general_names.iter().map(general_name).collect();
                }
                ParsedExtension::SubjectKeyIdentifier(id) => {
                    self.key_identifier = Some(id.0.to_vec());
                }
                ParsedExtension::AuthorityKeyIdentifier(id) => {
                    self.issuer_key_identifier = id.key_identifier.as_ref().map(|id| id.0.to_vec());
                }
                _ => {}
            }
        }
    }
}

/// Two certificates are the same if their bytes are; all else follows from those, or only came
/// along.
impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Certificate({}, {})",
            self.label(),
            hex::encode(self.sha1())
        )
    }
}

/// A name to call a certificate by: its subject, or its first alternative name.
pub fn label<'a>(subject: &'a str, alternative_names: &'a [String]) -> &'a str {
    match (subject, alternative_names.first()) {
        ("", Some(name)) => name,
        ("", None) => "(no subject)",
        (subject, _) => subject,
    }
}

impl Name {
    fn of(name: &x509_parser::x509::X509Name<'_>) -> Self {
        Self {
            der: name.as_raw().to_vec(),
            text: name::shown(name),
        }
    }
}

fn general_name(name: &GeneralName<'_>) -> String {
    let text = match name {
        GeneralName::DNSName(name) => format!("DNS:{name}"),
        GeneralName::RFC822Name(name) => format!("email:{name}"),
        GeneralName::URI(name) => format!("URI:{name}"),
        GeneralName::IPAddress(bytes) => format!("IP:{}", ip_address(bytes)),
        GeneralName::DirectoryName(name) => format!("dirName:{}", name::shown(name)),
        GeneralName::RegisteredID(oid) => format!("RID:{oid}"),
        _ => String::from("other:(not shown)"),
    };
    excerpt(&text, MOST_SHOWN)
}

fn ip_address(bytes: &[u8]) -> String {
    <[u8; 4]>::try_from(bytes)
        .map(|v4| std::net::Ipv4Addr::from(v4).to_string())
        .or_else(|_| <[u8; 16]>::try_from(bytes).map(|v6| std::net::Ipv6Addr::from(v6).to_string()))
        .unwrap_or_else(|_| hex::encode(bytes))
}

/// Those with signatures that outlast quantum computers have some 50 KB.
const MAX_BYTES: usize = 256 << 10;
/// The characters of an alternative name that are shown; those of DNS have 253 at most.
const MOST_SHOWN: usize = 512;

fn parse_error<E: fmt::Display>(error: &x509_parser::nom::Err<E>) -> String {
    match error {
        x509_parser::nom::Err::Incomplete(_) => String::from("it ends too soon"),
        x509_parser::nom::Err::Error(e) | x509_parser::nom::Err::Failure(e) => e.to_string(),
    }
}
