//! What is in a file that a client uploads. [`kvcert_pki`] reads it; what the service
//! refuses is refused here.

use anyhow::{bail, ensure};
use kvcert_pki::content_error::ContentError;
use kvcert_pki::format::{self, Container, Limits, Password};
use kvcert_pki::sensitive::Sensitive;

/// Keys and certificates, in the order in which they were found.
pub(crate) struct Contents {
    /// PKCS#8.
    pub(crate) keys: Vec<Sensitive<Vec<u8>>>,
    /// DER.
    pub(crate) certificates: Vec<Vec<u8>>,
    /// There is a key that cannot be read, such as one of another algorithm.
    pub(crate) has_strange_key: bool,
}

impl Contents {
    fn of(contents: &format::Contents) -> Self {
        let key = |named: &kvcert_pki::certified_key::NamedKey| {
            Sensitive::new(named.key.secret_pkcs8_der().to_vec())
        };
        let certificates = contents.certificates.iter();
        Self {
            keys: contents.keys.iter().map(key).collect(),
            certificates: certificates.map(|one| one.der().to_vec()).collect(),
            has_strange_key: contents.unreadable_key.is_some(),
        }
    }
}

/// Reads PKCS#12 with `password`; an empty one also stands for none. A MAC by PBMAC1
/// ([RFC 9579](https://www.rfc-editor.org/rfc/rfc9579)) is refused: the service reads files with
/// Windows, and its documentation does not mention it.
pub(crate) fn read_pkcs12(bytes: &[u8], password: &str) -> anyhow::Result<Contents> {
    let contents = format::pkcs12::read(bytes, &given(password), &LIMITS)?;
    if let Container::Pkcs12 { mac: Some(mac), .. } = &contents.container {
        ensure!(mac != "PBMAC1", "a MAC by PBMAC1");
    }
    Ok(Contents::of(&contents))
}

/// Reads keys and certificates in any order; encrypted keys with `password`. As the service does, it
/// takes keys as PKCS#8 only, and not in the traditional forms that each kind had of its own.
pub(crate) fn read_pem(text: &str, password: &str) -> anyhow::Result<Contents> {
    for block in pem::parse_many(text)? {
        ensure!(
            LABELS.contains(&block.tag()),
            "a PEM block `{}`",
            block.tag()
        );
    }
    let contents = format::pem::read(text, &given(password), &LIMITS)?;
    if let Some(ContentError::WrongPassword { .. }) = contents.unreadable_key {
        bail!("the wrong password");
    }
    Ok(Contents::of(&contents))
}

fn given(password: &str) -> Password {
    Password::new(password.as_bytes().to_vec())
}

const LABELS: [&str; 4] = [
    "CERTIFICATE",
    "X509 CERTIFICATE",
    "PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
];
/// More rounds of key derivation would only keep the vault busy.
const LIMITS: Limits = Limits {
    max_bytes: 8 << 20,
    max_iterations: 1_000_000,
    max_memory: 0,
};
