//! Certificates in one structure, without a key: PKCS#7 (the `SignedData` of RFC 5652 section 5),
//! Netscape's certificate sequence, and the `PkiPath` of X.509.

use super::pbe::{Budget, Thing};
use crate::asn1::ber::children;
use crate::asn1::oid;
use crate::certificate::Certificate;
use crate::content_error::ContentError;

/// The certificates, each in the bytes in which it stands there, in their order.
///
/// # Errors
/// [`ContentError::Damaged`], [`ContentError::OverLimit`], or that of a certificate.
pub(super) fn certificates(
    ber: &[u8],
    budget: &mut Budget,
) -> Result<Vec<Certificate>, ContentError> {
    let elements = elements(ber)?;
    // Attribute certificates and other formats have a tag of their own (RFC 5652 section 10.2.2).
    let is_x509 = |it: &&[u8]| it.first() == Some(&SEQUENCE);
    let x509: Vec<&[u8]> = elements.into_iter().filter(is_x509).collect();
    budget.count(Thing::Certificates, x509.len())?;
    let mut certificates = Vec::with_capacity(x509.len());
    for der in x509 {
        let certificate = Certificate::from_der(der)?;
        budget.count(Thing::Names, certificate.alternative_names().len())?;
        certificates.push(certificate);
    }
    Ok(certificates)
}

fn elements(ber: &[u8]) -> Result<Vec<&[u8]>, ContentError> {
    let parts = children(ber, PART)?;
    let id = parts.first().copied().unwrap_or_default();
    if id.first() != Some(&OBJECT_IDENTIFIER) {
        return Ok(parts); // PkiPath: certificates and nothing else.
    }
    let content = match parts.get(1) {
        Some(explicit) => children(explicit, PART)?,
        None => return Ok(Vec::new()),
    };
    let Some(content) = content.first() else {
        return Ok(Vec::new());
    };
    if !id.ends_with(oid::SIGNED_DATA.as_bytes()) {
        return children(content, PART); // Netscape: the certificates themselves.
    }
    let signed = children(content, PART)?;
    let set = signed.iter().find(|it| it.first() == Some(&IMPLICIT_0));
    set.map_or(Ok(Vec::new()), |set| children(set, PART))
}

const PART: &str = "the PKCS#7 file";
const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;
/// `certificates [0] IMPLICIT CertificateSet`.
const IMPLICIT_0: u8 = 0xa0;
