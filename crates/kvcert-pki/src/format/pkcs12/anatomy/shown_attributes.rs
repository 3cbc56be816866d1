//! The attributes of a bag. They are a convenience; what cannot be read is left out.

use der::asn1::{ObjectIdentifier, OctetString};
use der::{Any, AnyRef, Encode, Tag, Tagged};

use crate::asn1;
use crate::content_error::ContentError;
use crate::format::pkcs12::attributes;
use crate::format::structure::Attribute;
use crate::text::excerpt;

/// The attributes in their SET, in the order in which they stand there.
pub(super) fn read(
    set: Option<AnyRef<'_>>,
    may_be: impl FnMut(usize) -> Result<(), ContentError>,
) -> Result<Vec<Attribute>, ContentError> {
    let found = attributes::read(set, may_be)?;
    Ok(found.iter().map(attribute).collect())
}

/// The friendly name among them, if it is not empty.
pub(super) fn friendly_name(attributes: &[Attribute]) -> Option<String> {
    let found = attributes.iter().find(|it| it.name == FRIENDLY_NAME)?;
    (!found.value.is_empty()).then(|| found.value.clone())
}

fn attribute(found: &asn1::Attribute) -> Attribute {
    let oid = found.id.to_string();
    let name = match oid.as_str() {
        "1.2.840.113549.1.9.20" => FRIENDLY_NAME,
        "1.2.840.113549.1.9.21" => "localKeyId",
        "1.3.6.1.4.1.311.17.1" => "CSP name",
        "1.3.6.1.4.1.311.17.2" => "local machine keyset",
        "2.16.840.1.113894.746875.1.1" => "trustedKeyUsage (Java)",
        _ => oid.as_str(),
    };
    Attribute {
        name: name.to_owned(),
        value: found.values.iter().next().map(value).unwrap_or_default(),
        oid,
    }
}

fn value(any: &Any) -> String {
    let text = match any.tag() {
        Tag::BmpString => bmp(any.value()),
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => {
            String::from_utf8_lossy(any.value()).into_owned()
        }
        Tag::ObjectIdentifier => any
            .decode_as::<ObjectIdentifier>()
            .map(|id| id.to_string())
            .unwrap_or_default(),
        Tag::OctetString => any
            .decode_as::<OctetString>()
            .map(|octets| hex::encode(octets.as_bytes()))
            .unwrap_or_default(),
        _ => any.to_der().map(hex::encode).unwrap_or_default(),
    };
    excerpt(&text, MOST_SHOWN)
}

/// A BMPString, in practice UTF-16. Some writers end it with a zero.
fn bmp(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks::<2>();
    let units: Vec<u16> = units.iter().map(|it| u16::from_be_bytes(*it)).collect();
    let text = String::from_utf16_lossy(&units);
    text.trim_end_matches('\0').to_owned()
}

/// The characters of a value that are shown.
const MOST_SHOWN: usize = 512;
const FRIENDLY_NAME: &str = "friendlyName";
