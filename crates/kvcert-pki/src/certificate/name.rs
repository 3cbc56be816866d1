//! Distinguished names (RFC 5280 section 4.1.2.4) as text.

use x509_parser::der_parser::asn1_rs::{Any, Tag};
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use crate::text::excerpt;

/// A name such as `O=Example, CN=www.example.com`, safe to show. Values that are not what their type
/// says are shown as Latin-1, as most programs meant them; values that are not text, in hexadecimal.
pub(super) fn shown(name: &X509Name<'_>) -> String {
    let parts = name.iter_rdn().map(|part| {
        let attributes: Vec<String> = part.iter().map(attribute).collect();
        attributes.join(" + ")
    });
    let parts: Vec<String> = parts.collect();
    excerpt(&parts.join(", "), MOST_SHOWN)
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let kind = attribute.attr_type();
    let kind = match oid2abbrev(kind, oid_registry()) {
        Ok(abbreviation) => abbreviation.to_owned(),
        Err(_) => kind.to_string(),
    };
    format!("{kind}={}", value(attribute.attr_value()))
}

fn value(value: &Any<'_>) -> String {
    let bytes = value.data;
    let (units, is_text) = match value.tag() {
        Tag::BmpString => (2, true),
        Tag::UniversalString => (4, true),
        tag => (1, is_text(tag)),
    };
    match units {
        _ if !is_text || !bytes.len().is_multiple_of(units) => hex::encode_upper(bytes),
        1 => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().copied().map(char::from).collect(),
        },
        2 => {
            let units = bytes
                .chunks_exact(2)
                .map(|unit| u16::from_be_bytes([unit[0], unit[1]]));
            char::decode_utf16(units)
                .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        _ => {
            let units = bytes.chunks_exact(4);
            let code = |unit: &[u8]| u32::from_be_bytes([unit[0], unit[1], unit[2], unit[3]]);
            let units = units.map(|unit| char::from_u32(code(unit)));
            units
                .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
    }
}

/// Whether values of this type have one byte a character, or are UTF-8.
fn is_text(tag: Tag) -> bool {
    matches!(
        tag,
        Tag::NumericString
            | Tag::VisibleString
            | Tag::PrintableString
            | Tag::GeneralString
            | Tag::ObjectDescriptor
            | Tag::GraphicString
            | Tag::T61String
            | Tag::VideotexString
            | Tag::Utf8String
            | Tag::Ia5String
    )
}

/// The characters of a name that are shown.
const MOST_SHOWN: usize = 1024;

#[cfg(test)]
mod tests {
    use x509_parser::prelude::FromDer;

    use super::*;

    /// A name with one common name, of this type and these bytes.
    #[track_caller]
    fn check(tag: u8, bytes: &[u8], expected: &str) {
        let wrap = |tag: u8, inner: &[u8]| [&[tag, inner.len() as u8][..], inner].concat();
        let attribute = [&[0x06, 3, 0x55, 4, 3][..], &wrap(tag, bytes)].concat();
        let der = wrap(0x30, &wrap(0x31, &wrap(0x30, &attribute)));
        let (_, name) = X509Name::from_der(&der).unwrap();
        assert_eq!(shown(&name), format!("CN={expected}"));
    }

    #[test]
    fn values_are_read_by_their_type() {
        check(0x0c, "Zażółć".as_bytes(), "Zażółć");
        check(0x14, b"Bj\xf6rn", "Björn");
        check(0x14, "Björn".as_bytes(), "Björn");
        check(0x13, b"Caf\xe9", "Café");
        check(0x1e, &[0, b'B', 0x01, 0x7c], "Bż");
        check(0x1c, &[0, 0, 0, b'B', 0, 1, 0xf6, 0], "B😀");
    }

    #[test]
    fn values_that_are_not_text_are_shown_all_the_same() {
        check(0x1e, &[0, b'B', 0], "004200");
        check(0x1e, &[0xd8, 0], "\u{fffd}");
        check(0x04, &[1, 0xab], "01AB");
    }
}
