//! The attributes of bags (RFC 7292 section 4.2).

use der::asn1::{AnyRef, OctetString, SetOfVec};
use der::{Any, Decode, Encode, Reader, SliceReader, Tag, Tagged};

use crate::asn1::{Attribute, oid};
use crate::content_error::ContentError;
use crate::friendly_name::FriendlyName;

/// The attributes in the SET of a bag, in any order, none of them long. They are a convenience: what
/// follows one that cannot be read is left out.
///
/// # Errors
/// That of `may_be`, which hears of each.
pub(super) fn read(
    set: Option<AnyRef<'_>>,
    mut may_be: impl FnMut(usize) -> Result<(), ContentError>,
) -> Result<Vec<Attribute>, ContentError> {
    let reader = set.and_then(|set| SliceReader::new(set.value()).ok());
    let mut attributes = Vec::new();
    if let Some(mut reader) = reader {
        while !reader.is_finished() {
            may_be(1)?;
            let Ok(found) = AnyRef::decode(&mut reader) else {
                break;
            };
            if found.value().len() > MAX_BYTES {
                continue;
            }
            let Ok(attribute) = found.decode_as() else {
                break;
            };
            attributes.push(attribute);
        }
    }
    Ok(attributes)
}

/// The friendly name (RFC 2985 section 5.5.1): a BMPString, in practice UTF-16.
pub(super) fn friendly_name(attributes: &[Attribute]) -> Option<FriendlyName> {
    let attribute = attributes.iter().find(|it| it.id == oid::FRIENDLY_NAME)?;
    let value = attribute.values.iter().next()?;
    let (units, rest) = value.value().as_chunks::<2>();
    if value.tag() != Tag::BmpString || !rest.is_empty() {
        return None;
    }
    let units: Vec<u16> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
    FriendlyName::from_utf16(&units)
}

/// Those of Windows that say where it keeps the key, each as DER.
pub(super) fn of_windows(attributes: &[Attribute]) -> Vec<Vec<u8>> {
    let windows = [oid::MICROSOFT_CSP_NAME, oid::MICROSOFT_LOCAL_KEY_SET];
    let chosen = attributes.iter().filter(|it| windows.contains(&it.id));
    chosen.filter_map(|it| it.to_der().ok()).collect()
}

/// A DER SET of `attributes`; nothing for none.
pub(super) fn to_set(attributes: Vec<Attribute>) -> der::Result<Vec<u8>> {
    if attributes.is_empty() {
        return Ok(Vec::new());
    }
    SetOfVec::try_from(attributes)?.to_der()
}

/// The friendly name, as Windows and OpenSSL write it: UTF-16, surrogate pairs and all.
pub(super) fn of_name(name: &FriendlyName) -> der::Result<Attribute> {
    let bytes: Vec<u8> = name
        .utf16()
        .iter()
        .flat_map(|unit| unit.to_be_bytes())
        .collect();
    Attribute::new(oid::FRIENDLY_NAME, Any::new(Tag::BmpString, bytes)?)
}

/// The link between a key and its certificate (RFC 2985 section 5.5.2).
pub(super) fn of_local_key_id(id: &[u8]) -> der::Result<Attribute> {
    let id = OctetString::new(id)?;
    Attribute::new(oid::LOCAL_KEY_ID, Any::encode_from(&id)?)
}

/// Names have some dozen characters, everything else has less.
const MAX_BYTES: usize = 16 << 10;
