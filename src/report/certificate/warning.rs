//! [`Warning`]: what may be wrong with a certificate.

use kvcert_pki::certificate::Certificate;
use kvcert_pki::key::PublicKey;
use kvcert_pki::validity::{Status, Validity};
use serde::Serialize;

use super::Role;
use super::extensions::Extensions;

/// Something that may keep a certificate from working.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// A short stable name.
    pub kind: &'static str,
    /// For people.
    pub message: String,
}

impl Warning {
    fn new(kind: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message }
    }
}

/// What may be wrong with `certificate` in its place.
pub(super) fn of(
    certificate: &Certificate,
    extensions: &Extensions,
    role: Role,
    validity: &Validity,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    warnings.extend(of_time(validity));
    warnings.extend(of_key(certificate.public_key()));
    // Clients do not check the signature of a root, which is its own.
    if role != Role::Root {
        warnings.extend(of_signature(&extensions.signature));
    }
    if role == Role::Leaf {
        of_leaf(certificate, extensions, &mut warnings);
    }
    warnings
}

fn of_time(validity: &Validity) -> Option<Warning> {
    let kind = match validity.status {
        Status::Expired => "expired",
        Status::NotYetValid => "not-yet-valid",
        Status::ExpiresSoon => "expires-soon",
        Status::Valid | Status::Disabled | Status::Pending => return None,
    };
    Some(Warning::new(kind, validity.to_string()))
}

fn of_key(key: &PublicKey) -> Option<Warning> {
    let weak = match key {
        PublicKey::Rsa { modulus, exponent } => {
            modulus.len() < MIN_RSA_BYTES || exponent.as_slice() == [1].as_slice()
        }
        _ => false,
    };
    weak.then(|| {
        Warning::new(
            "weak-key",
            format!("{key} is too weak: use at least 2048 bits"),
        )
    })
}

fn of_signature(algorithm: &str) -> Option<Warning> {
    let hash = ["MD2", "MD5", "SHA-1 "]
        .into_iter()
        .find(|hash| algorithm.starts_with(hash))?
        .trim_end();
    let message = format!("signed with {hash}, which current clients reject");
    Some(Warning::new("weak-signature", message))
}

fn of_leaf(certificate: &Certificate, extensions: &Extensions, warnings: &mut Vec<Warning>) {
    let names = certificate.alternative_names();
    if names.is_empty() {
        warnings.push(Warning::new(
            "no-alternative-names",
            "no subject alternative names: browsers and Go ignore the name in the subject",
        ));
    }
    if certificate.is_ca() {
        warnings.push(Warning::new(
            "leaf-is-ca",
            "marked as a certificate authority, but used as a leaf",
        ));
    }
    let purposes = &extensions.extended_key_usage;
    let is_for_servers = |it: &String| it == "serverAuth" || it == "any";
    if !purposes.is_empty() && !purposes.iter().any(is_for_servers) {
        let purposes = purposes.join(", ");
        warnings.push(Warning::new(
            "not-for-tls-servers",
            format!("not for TLS servers, only for {purposes}"),
        ));
    }
}

/// 2048 bits.
const MIN_RSA_BYTES: usize = 256;
