//! What a certificate is for, and what a signing request asks for.

use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;

use super::Certificate;
use crate::content_error::ContentError;
use crate::key::PublicKey;

impl Certificate {
    /// The key usages (RFC 5280 section 4.2.1.3), such as `digitalSignature`; none if the
    /// certificate does not say.
    pub fn key_usage(&self) -> Vec<&'static str> {
        let x509 = self.x509();
        let extension = x509
            .as_ref()
            .and_then(|x509| x509.key_usage().ok().flatten());
        let Some(flags) = extension.map(|extension| extension.value.flags) else {
            return Vec::new();
        };
        let names = KEY_USAGES.iter().enumerate();
        names
            .filter(|(bit, _)| flags & (1 << bit) != 0)
            .map(|(_, name)| *name)
            .collect()
    }

    /// The extended key usages (RFC 5280 section 4.2.1.12), as object identifiers; none if the
    /// certificate does not say.
    pub fn extended_key_usage(&self) -> Vec<String> {
        let x509 = self.x509();
        let extension = x509
            .as_ref()
            .and_then(|x509| x509.extended_key_usage().ok().flatten());
        let Some(usage) = extension.map(|extension| extension.value) else {
            return Vec::new();
        };
        let known = [
            (usage.any, "2.5.29.37.0"),
            (usage.server_auth, "1.3.6.1.5.5.7.3.1"),
            (usage.client_auth, "1.3.6.1.5.5.7.3.2"),
            (usage.code_signing, "1.3.6.1.5.5.7.3.3"),
            (usage.email_protection, "1.3.6.1.5.5.7.3.4"),
            (usage.time_stamping, "1.3.6.1.5.5.7.3.8"),
            (usage.ocsp_signing, "1.3.6.1.5.5.7.3.9"),
        ];
        let known = known.iter().filter(|(there, _)| *there);
        known
            .map(|(_, oid)| (*oid).to_owned())
            .chain(usage.other.iter().map(ToString::to_string))
            .collect()
    }
}

/// The public key in a certificate signing request (PKCS#10, RFC 2986), DER.
///
/// # Errors
/// [`ContentError::Damaged`] or [`ContentError::OverLimit`].
pub fn requested_key(request: &[u8]) -> Result<PublicKey, ContentError> {
    ContentError::check_limit(
        "bytes in a signing request",
        request.len(),
        super::MAX_BYTES,
    )?;
    let (_, request) = X509CertificationRequest::from_der(request).map_err(|error| {
        ContentError::damaged("the signing request", super::parse_error(&error))
    })?;
    PublicKey::from_spki(request.certification_request_info.subject_pki.raw)
}

/// By their bits.
const KEY_USAGES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];
