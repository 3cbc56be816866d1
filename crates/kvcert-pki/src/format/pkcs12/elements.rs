//! The parts of a PKCS#12 file as DER, from the inside out (RFC 7292 section 4).

use der::asn1::ObjectIdentifier;
use zeroize::Zeroizing;

use crate::asn1::ber::element;
use crate::asn1::oid;

/// `SafeBag`; `attributes` is a DER SET, or nothing.
pub(super) fn bag(id: ObjectIdentifier, value: &[u8], attributes: &[u8]) -> Zeroizing<Vec<u8>> {
    let value = element(EXPLICIT_0, &[value]);
    element(SEQUENCE, &[&identifier(id), &value, attributes])
}

/// `CertBag` with an X.509 certificate.
pub(super) fn x509(certificate: &[u8]) -> Zeroizing<Vec<u8>> {
    let octets = element(OCTET_STRING, &[certificate]);
    let value = element(EXPLICIT_0, &[&octets]);
    element(SEQUENCE, &[&identifier(oid::X509_CERTIFICATE), &value])
}

/// A SEQUENCE: bags make `SafeContents`, contents an `AuthenticatedSafe`.
pub(super) fn sequence(elements: &[Zeroizing<Vec<u8>>]) -> Zeroizing<Vec<u8>> {
    let elements: Vec<&[u8]> = elements.iter().map(|it| it.as_slice()).collect();
    element(SEQUENCE, &elements)
}

/// `ContentInfo` with open content, RFC 5652 section 4.
pub(super) fn data(content: &[u8]) -> Zeroizing<Vec<u8>> {
    let octets = element(OCTET_STRING, &[content]);
    let content = element(EXPLICIT_0, &[&octets]);
    element(SEQUENCE, &[&identifier(oid::DATA), &content])
}

/// `ContentInfo` with encrypted content, RFC 5652 section 8; `algorithm` is DER.
pub(super) fn encrypted_data(algorithm: &[u8], ciphertext: &[u8]) -> Zeroizing<Vec<u8>> {
    let ciphertext = element(IMPLICIT_0, &[ciphertext]);
    let info = element(SEQUENCE, &[&identifier(oid::DATA), algorithm, &ciphertext]);
    let data = element(SEQUENCE, &[VERSION_0, &info]);
    let content = element(EXPLICIT_0, &[&data]);
    element(SEQUENCE, &[&identifier(oid::ENCRYPTED_DATA), &content])
}

/// `PFX` around an `AuthenticatedSafe`; `mac` is a DER `MacData`, or nothing.
pub(super) fn pfx(safe: &[u8], mac: &[u8]) -> Zeroizing<Vec<u8>> {
    element(SEQUENCE, &[VERSION_3, &data(safe), mac])
}

fn identifier(id: ObjectIdentifier) -> Zeroizing<Vec<u8>> {
    element(OBJECT_IDENTIFIER, &[id.as_bytes()])
}

const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const IMPLICIT_0: u8 = 0x80;
const EXPLICIT_0: u8 = 0xa0;
const VERSION_0: &[u8] = &[0x02, 1, 0];
const VERSION_3: &[u8] = &[0x02, 1, 3];
