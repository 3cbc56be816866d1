//! What a DER or BER structure is, judged by its first elements, so that a truncated file is still
//! recognised for what it was.

use super::der::KeyKind;
use crate::asn1::oid;
use crate::content_error::Foreign;

/// What a structure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DerKind {
    /// `PFX`, RFC 7292.
    Pkcs12,
    /// CMS `SignedData` (RFC 5652), a PKIX path, or another list of certificates.
    Bundle,
    /// `Certificate`, RFC 5280.
    Certificate,
    /// A private key.
    Key(KeyKind),
    /// Something without a certificate or private key.
    Foreign(Foreign),
}

/// One element; the content of a truncated one, or of one without a length, is all that follows.
#[derive(Clone, Copy)]
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
}

/// What `bytes` are; `None` if they are no SEQUENCE, or begin like nothing known.
pub(super) fn der_kind(bytes: &[u8]) -> Option<DerKind> {
    let (outer, _) = split(bytes)?;
    if outer.tag == OBJECT_IDENTIFIER && outer.content.len() + 2 == bytes.len() {
        return Some(DerKind::Foreign(CURVE));
    }
    if outer.tag != SEQUENCE {
        return None;
    }
    let parts = outer.parts();
    let kind = match *parts.first()? {
        first if first.tag == INTEGER => number_first(first, &parts)?,
        first if first.tag == OBJECT_IDENTIFIER => content_info(first.content)?,
        first if first.tag == SEQUENCE => sequence_first(first, &parts)?,
        first if first.tag == ENUMERATED => DerKind::Foreign(Foreign::OcspResponse),
        _ => return None,
    };
    Some(kind)
}

/// Keys, PKCS#12 and parameters begin with a number.
fn number_first(first: Element<'_>, parts: &[Element<'_>]) -> Option<DerKind> {
    let second = parts.get(1)?;
    let third = parts.get(2).map(|it| it.tag);
    Some(match (first.small_number(), second.tag) {
        (Some(3), SEQUENCE) => DerKind::Pkcs12,
        (Some(0 | 1), SEQUENCE) if third == Some(SEQUENCE) => DerKind::Foreign(CURVE),
        (Some(0 | 1), SEQUENCE) if second.begins_with(SEQUENCE) => {
            DerKind::Foreign(Foreign::Timestamp)
        }
        (Some(0 | 1), SEQUENCE) => DerKind::Key(KeyKind::Pkcs8),
        (Some(1), OCTET_STRING) => DerKind::Key(KeyKind::Sec1),
        (Some(0 | 1), INTEGER) if parts.len() == 6 => DerKind::Key(KeyKind::Dsa),
        (Some(0 | 1), INTEGER) => DerKind::Key(KeyKind::Pkcs1),
        (None, INTEGER) => match (parts.len(), parts.last()?.small_number()) {
            (2, Some(2 | 5)) | (3, Some(_)) => {
                DerKind::Foreign(Foreign::Parameters("Diffie-Hellman parameters"))
            }
            (2, _) => DerKind::Foreign(Foreign::PublicKey),
            _ => {
                let is_dh = parts.len() > 3 || third.is_none();
                DerKind::Foreign(Foreign::Parameters(if is_dh {
                    "Diffie-Hellman parameters"
                } else {
                    "DSA parameters"
                }))
            }
        },
        _ => return None,
    })
}

/// CMS `ContentInfo`, by the object identifier of its content.
fn content_info(id: &[u8]) -> Option<DerKind> {
    Some(
        if id == oid::SIGNED_DATA.as_bytes() || id == NETSCAPE_SEQUENCE {
            DerKind::Bundle
        } else if id == oid::ENVELOPED_DATA.as_bytes() || id == oid::ENCRYPTED_DATA.as_bytes() {
            DerKind::Foreign(Foreign::EncryptedCms)
        } else if id.starts_with(CMS_CONTENTS) || id.starts_with(SMIME_CONTENTS) {
            DerKind::Foreign(Foreign::Cms)
        } else {
            return None;
        },
    )
}

/// Everything that is signed begins with a SEQUENCE, and encrypted and public keys do.
fn sequence_first(first: Element<'_>, parts: &[Element<'_>]) -> Option<DerKind> {
    let inner = first.parts();
    let second = parts.get(1).map(|it| it.tag);
    Some(match (inner.first()?.tag, second) {
        (OBJECT_IDENTIFIER, Some(BIT_STRING)) => DerKind::Foreign(Foreign::PublicKey),
        (OBJECT_IDENTIFIER, _) => DerKind::Key(KeyKind::EncryptedPkcs8),
        (EXPLICIT_0, _) => DerKind::Certificate,
        (INTEGER, _) => to_be_signed(&inner),
        (SEQUENCE, _) => list_first(&inner)?,
        _ => return None,
    })
}

/// Certificates of version 1, and what resembles them.
fn to_be_signed(inner: &[Element<'_>]) -> DerKind {
    let tag = |at: usize| inner.get(at).map(|it| it.tag);
    let Some(second) = inner.get(1) else {
        return DerKind::Foreign(Foreign::Timestamp);
    };
    match (second.tag, tag(3)) {
        (SEQUENCE, Some(UTC_TIME | GENERALIZED_TIME)) => DerKind::Foreign(Foreign::RevocationList),
        (SEQUENCE, _) if second.content.is_empty() || second.begins_with(SET) => {
            DerKind::Foreign(Foreign::SigningRequest)
        }
        (SEQUENCE, _) if second.begins_with(UTF8_STRING) => DerKind::Foreign(Foreign::Timestamp),
        (SEQUENCE, _)
            if [EXPLICIT_0, 0xa1, 0xa2]
                .iter()
                .any(|it| second.begins_with(*it)) =>
        {
            DerKind::Foreign(Foreign::AttributeCertificate)
        }
        _ => DerKind::Certificate,
    }
}

/// What begins with three SEQUENCEs, one in another.
fn list_first(inner: &[Element<'_>]) -> Option<DerKind> {
    let innermost = inner.first()?.parts();
    let is_signed = inner.get(2).map(|it| it.tag) == Some(BIT_STRING);
    Some(
        match (innermost.first()?.tag, inner.get(1).map(|it| it.tag)) {
            (OBJECT_IDENTIFIER, Some(OCTET_STRING)) => DerKind::Foreign(Foreign::Bcfks),
            (OBJECT_IDENTIFIER, _) => DerKind::Foreign(Foreign::RevocationList),
            (EXPLICIT_0 | INTEGER, Some(SEQUENCE)) if is_signed => DerKind::Bundle,
            // A public key, and the challenge that is signed with it.
            (SEQUENCE, Some(IA5_STRING)) => DerKind::Foreign(Foreign::Spkac),
            (SEQUENCE, _) => DerKind::Foreign(Foreign::OcspRequest),
            _ => return None,
        },
    )
}

impl<'a> Element<'a> {
    /// Its first few parts.
    fn parts(self) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut rest = self.content;
        while let Some((part, after)) = split(rest)
            && parts.len() < MOST_PARTS
        {
            parts.push(part);
            rest = after;
        }
        parts
    }

    fn begins_with(self, tag: u8) -> bool {
        self.content.first() == Some(&tag)
    }

    /// The value of an INTEGER of one significant byte.
    fn small_number(self) -> Option<u8> {
        let (last, zeros) = self.content.split_last()?;
        (self.tag == INTEGER && zeros.iter().all(|zero| *zero == 0)).then_some(*last)
    }
}

/// The first element and what follows it. BER may write the length in more bytes than it takes.
fn split(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..0x80 => (usize::from(*first), rest),
        0x80 => (rest.len(), rest),
        _ => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let add = |sum: usize, byte: &u8| sum.saturating_mul(256) | usize::from(*byte);
            (length.iter().fold(0, add), rest)
        }
    };
    let (content, rest) = rest.split_at(length.min(rest.len()));
    Some((Element { tag: *tag, content }, rest))
}

const CURVE: Foreign = Foreign::Parameters("elliptic curve parameters");
/// More than any structure here needs to be told from the others.
const MOST_PARTS: usize = 12;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const ENUMERATED: u8 = 0x0a;
const UTF8_STRING: u8 = 0x0c;
const IA5_STRING: u8 = 0x16;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const EXPLICIT_0: u8 = 0xa0;
/// 1.2.840.113549.1.7: the contents of RFC 5652.
const CMS_CONTENTS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7];
/// 1.2.840.113549.1.9.16.1: further contents.
const SMIME_CONTENTS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1];
/// 2.16.840.1.113730.2.5: a list of certificates, as `openssl nseq` writes it.
const NETSCAPE_SEQUENCE: &[u8] = &[0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 2, 5];
