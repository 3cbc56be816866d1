//! What some bytes are, judged by the bytes alone.

use base64::engine::general_purpose as engines;
use base64::{Engine, alphabet};
use zeroize::Zeroizing;

use super::der::KeyKind;

/// What some bytes are.
pub(super) enum Shape {
    /// PKCS#12, DER or BER.
    Pkcs12,
    /// PEM text; line ends that a pipeline turned into `\n` are mended.
    Pem(Zeroizing<String>),
    /// One DER certificate.
    Certificate,
    /// One DER private key.
    PrivateKey(KeyKind),
    /// Base64 of something else, decoded.
    Base64(Zeroizing<Vec<u8>>),
    /// None of these; says what it looks like.
    Other(String),
}

/// Says what `bytes` are. Only the first few bytes of binary input are looked at, so that a
/// truncated file is still recognised for what it was.
pub(super) fn recognise(bytes: &[u8]) -> Shape {
    if bytes.first() == Some(&SEQUENCE)
        && let Some(shape) = recognise_der(bytes)
    {
        return shape;
    }
    if let Some(text) = pem_text(bytes) {
        return Shape::Pem(text);
    }
    if let Some(decoded) = decode_base64(bytes) {
        return Shape::Base64(decoded);
    }
    Shape::Other(describe(bytes))
}

/// Looks at the first elements inside the outer SEQUENCE.
fn recognise_der(bytes: &[u8]) -> Option<Shape> {
    let inner = content(bytes)?;
    if inner.first() == Some(&INTEGER) {
        let (version, rest) = small_integer(inner)?;
        return match (version, *rest.first()?) {
            (3, SEQUENCE) => Some(Shape::Pkcs12),
            (0 | 1, SEQUENCE) => Some(Shape::PrivateKey(KeyKind::Pkcs8)),
            (0 | 1, INTEGER) => Some(Shape::PrivateKey(KeyKind::Pkcs1)),
            (1, OCTET_STRING) => Some(Shape::PrivateKey(KeyKind::Sec1)),
            _ => None,
        };
    }
    if inner.first() != Some(&SEQUENCE) {
        return None;
    }
    match content(inner)? {
        [OBJECT_IDENTIFIER, ..] => Some(Shape::PrivateKey(KeyKind::EncryptedPkcs8)),
        [EXPLICIT_0 | INTEGER, ..] => Some(Shape::Certificate),
        _ => None,
    }
}

/// The value of an INTEGER of one significant byte, and what follows it. BER may write the length
/// in more bytes than it takes.
fn small_integer(element: &[u8]) -> Option<(u8, &[u8])> {
    let (length, rest) = element.get(1..)?.split_first()?;
    let (length, rest) = match length {
        0..0x80 => (usize::from(*length), rest),
        _ => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            let (last, zeros) = bytes.split_last()?;
            (
                usize::from(zeros.iter().all(|zero| *zero == 0).then_some(*last)?),
                rest,
            )
        }
    };
    let (value, rest) = rest.split_at_checked(length)?;
    let (last, zeros) = value.split_last()?;
    zeros.iter().all(|zero| *zero == 0).then_some((*last, rest))
}

/// What follows the tag and length of an element, without regard to how long it claims to be.
fn content(element: &[u8]) -> Option<&[u8]> {
    let (length, rest) = element.get(1..)?.split_first()?;
    match length {
        0..=0x80 => Some(rest),
        _ => rest.get(usize::from(length & 0x7f)..),
    }
}

fn pem_text(bytes: &[u8]) -> Option<Zeroizing<String>> {
    find(bytes, b"-----BEGIN ")?;
    // A file may have text in any encoding around its PEM blocks; those alone must be ASCII.
    let text = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
    // The block may stand in quotes, as out of JSON or YAML.
    let one_line = !text.trim().contains('\n');
    if one_line && text.contains("\\n") {
        return Some(Zeroizing::new(text.replace("\\r", "").replace("\\n", "\n")));
    }
    Some(text)
}

/// Base64 in either alphabet, with or without padding and line ends, of at least a few bytes.
fn decode_base64(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut compact = Zeroizing::new(Vec::with_capacity(bytes.len()));
    for byte in bytes {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'-' => compact.push(b'+'),
            b'_' => compact.push(b'/'),
            _ => compact.push(*byte),
        }
    }
    let decoded = LENIENT
        .decode(compact.as_slice())
        .ok()
        .map(Zeroizing::new)?;
    let familiar = decoded.first() == Some(&SEQUENCE) || find(&decoded, b"-----BEGIN ").is_some();
    (familiar && decoded.len() > 16).then_some(decoded)
}

/// Never the input itself, which may be a secret of another kind: only its class.
fn describe(bytes: &[u8]) -> String {
    match bytes {
        [] => String::from("nothing: it is empty"),
        [0xfe, 0xed, 0xfe, 0xed, ..] => String::from("a Java keystore (JKS)"),
        [0xce, 0xce, 0xce, 0xce, ..] => String::from("a Java keystore (JCEKS)"),
        [SEQUENCE, ..] if find(bytes, PKCS7_SIGNED_DATA).is_some_and(|at| at < 16) => {
            String::from("PKCS#7 (certificates without a key)")
        }
        [SEQUENCE, ..] => String::from("ASN.1 of another kind"),
        [b'{' | b'[', ..] => String::from("JSON"),
        [b'<', ..] => String::from("XML or HTML"),
        _ if bytes.starts_with(b"ssh-") => String::from("an SSH public key"),
        _ if std::str::from_utf8(bytes).is_ok() => {
            format!("text of {} characters", bytes.len())
        }
        _ => format!("{} bytes of unknown binary data", bytes.len()),
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

const LENIENT: engines::GeneralPurpose = engines::GeneralPurpose::new(
    &alphabet::STANDARD,
    engines::GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const EXPLICIT_0: u8 = 0xa0;
/// The object identifier 1.2.840.113549.1.7.2, DER.
const PKCS7_SIGNED_DATA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
