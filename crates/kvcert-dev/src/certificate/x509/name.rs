//! X.500 names as people write them.

use std::collections::BTreeSet;
use std::str::Chars;

use anyhow::{Context, bail, ensure};
use der::asn1::{Any, Ia5StringRef, ObjectIdentifier, PrintableStringRef, Utf8StringRef};
use der::{Decode, Encode};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

/// Reads `C=US, O="Example, Inc.", OU=a, OU=b, CN=web`. The certificate has it the other way round,
/// as Windows writes it, and with it the service; `+` ties what belongs into one part. Special
/// characters are in quotes, or escaped as in
/// [RFC 4514, section 2.4](https://www.rfc-editor.org/rfc/rfc4514#section-2.4). No text is an empty
/// name, of a certificate that has only alternative names.
pub(crate) fn subject(text: &str) -> anyhow::Result<Name> {
    let mut parts = Vec::new();
    if !text.is_empty() {
        for part in split(text, &[',', ';'])? {
            let attributes = split(part, &['+'])?.into_iter().map(attribute);
            let attributes: Vec<_> = attributes.collect::<anyhow::Result<_>>()?;
            let kinds: BTreeSet<_> = attributes.iter().map(|it| it.oid).collect();
            ensure!(kinds.len() == attributes.len(), "a part that says it twice");
            parts.push(RelativeDistinguishedName::try_from(attributes)?);
        }
    }
    parts.reverse();
    Ok(Name::from_der(&RdnSequence::from(parts).to_der()?)?)
}

/// A name with nothing but a CN.
pub(crate) fn common_name(name: &str) -> anyhow::Result<Name> {
    subject(&format!("CN=\"{}\"", name.replace('"', "\"\"")))
}

/// Splits at separators that are neither quoted nor escaped.
fn split<'a>(text: &'a str, separators: &[char]) -> anyhow::Result<Vec<&'a str>> {
    let mut parts = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ if !quoted && separators.contains(&character) => {
                parts.push(&text[start..at]);
                start = at + character.len_utf8();
            }
            _ => {}
        }
    }
    ensure!(!quoted, "a quotation that does not end");
    parts.push(&text[start..]);
    Ok(parts)
}

fn attribute(text: &str) -> anyhow::Result<AttributeTypeAndValue> {
    let (kind, value) = text.split_once('=').context("a part without `=`")?;
    let (oid, longest) = kind_of(kind.trim())?;
    let value = value.trim_start();
    let value = match value.strip_prefix('#') {
        Some(digits) => encoded(digits)?,
        None => string(oid, longest, &plain(value)?)?,
    };
    Ok(AttributeTypeAndValue { oid, value })
}

/// A value in DER, in hexadecimal.
fn encoded(digits: &str) -> anyhow::Result<Any> {
    let der = hex::decode(digits.trim_end())?;
    Any::from_der(&der).context("a value that is no DER")
}

/// The value without quotes and escapes; spaces around it count only where they are in those.
fn plain(value: &str) -> anyhow::Result<String> {
    let mut found = Vec::new();
    let mut solid = 0;
    let mut quoted = false;
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.as_str().starts_with('"') => {
                characters.next();
                found.push(b'"');
            }
            '"' if quoted => {
                ensure!(characters.as_str().trim().is_empty(), "more after a quote");
                return Ok(String::from_utf8(found)?);
            }
            '"' => {
                ensure!(found.is_empty(), "a quote in the middle");
                quoted = true;
            }
            '\\' => {
                escaped(&mut characters, &mut found);
                solid = found.len();
            }
            _ => {
                found.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                if !character.is_whitespace() {
                    solid = found.len();
                }
            }
        }
    }
    found.truncate(solid);
    Ok(String::from_utf8(found)?)
}

/// What an escape stands for: a special character, or one byte by two digits. Before anything else a
/// backslash is one, as on Windows.
fn escaped(characters: &mut Chars<'_>, found: &mut Vec<u8>) {
    let rest = characters.as_str().as_bytes();
    let digits = rest.get(..2).and_then(|digits| hex::decode(digits).ok());
    match (rest.first(), digits) {
        (_, Some(byte)) => {
            found.extend(byte);
            characters.nth(1);
        }
        (Some(special), None) if SPECIAL.contains(special) => {
            found.push(*special);
            characters.next();
        }
        _ => found.push(b'\\'),
    }
}

/// The kind of an attribute, and how many characters it may have
/// ([RFC 5280, appendix A.1](https://www.rfc-editor.org/rfc/rfc5280#appendix-A.1)).
fn kind_of(word: &str) -> anyhow::Result<(ObjectIdentifier, usize)> {
    let upper = word.to_ascii_uppercase();
    let known = KINDS.iter().find(|(words, ..)| words.contains(&&*upper));
    let dotted = known.map_or_else(
        || upper.strip_prefix("OID.").unwrap_or(&upper),
        |(_, dotted, _)| dotted,
    );
    let longest = KINDS.iter().find(|(_, known, _)| *known == dotted);
    let oid = object_identifier(dotted).context("an unknown kind of part")?;
    Ok((oid, longest.map_or(usize::MAX, |(.., longest)| *longest)))
}

/// An object identifier.
pub(crate) fn object_identifier(dotted: &str) -> Option<ObjectIdentifier> {
    ObjectIdentifier::new(dotted).ok()
}

/// As Windows does: the plainest kind of string that will do.
fn string(oid: ObjectIdentifier, longest: usize, value: &str) -> anyhow::Result<Any> {
    ensure!(value.chars().count() <= longest, "a value that is too long");
    if oid == COUNTRY && value.len() != 2 {
        bail!("a country of another length than two letters");
    }
    if oid == EMAIL || oid == DOMAIN_COMPONENT {
        return Ok(Any::encode_from(&Ia5StringRef::new(value)?)?);
    }
    Ok(match PrintableStringRef::new(value) {
        Ok(printable) => Any::encode_from(&printable)?,
        Err(_) => Any::encode_from(&Utf8StringRef::new(value)?)?,
    })
}

const SPECIAL: &[u8] = b" \"#+,;<=>\\";
const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
const EMAIL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1");
const DOMAIN_COMPONENT: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.25");
/// How a kind of attribute is called, its object identifier, how long it may be.
const KINDS: [(&[&str], &str, usize); 15] = [
    (&["CN"], "2.5.4.3", 64),
    (&["OU"], "2.5.4.11", 64),
    (&["O"], "2.5.4.10", 64),
    (&["L"], "2.5.4.7", 128),
    (&["S", "ST"], "2.5.4.8", 128),
    (&["C"], "2.5.4.6", 2),
    (&["SN"], "2.5.4.4", 64),
    (&["SERIALNUMBER"], "2.5.4.5", 64),
    (&["STREET"], "2.5.4.9", 128),
    (&["T", "TITLE"], "2.5.4.12", 64),
    (&["G", "GN", "GIVENNAME"], "2.5.4.42", 64),
    (&["I", "INITIALS"], "2.5.4.43", 64),
    (&["E", "EMAIL", "EMAILADDRESS"], "1.2.840.113549.1.9.1", 255),
    (&["DC"], "0.9.2342.19200300.100.1.25", 255),
    (&["UID"], "0.9.2342.19200300.100.1.1", 255),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let name = subject(text).unwrap();
        // Turned round again, and in the escapes of RFC 4514.
        assert_eq!(name.to_string(), expected, "{text}");
    }

    #[test]
    fn every_way_to_write_it() {
        check("C=US, ST=WA, CN=web", "C=US,ST=WA,CN=web");
        check(
            "DC=net, DC=example, OU=a; OU=b",
            "DC=net,DC=example,OU=a,OU=b",
        );
        check("O=\"Test, Inc.\", CN=x", "O=Test\\, Inc.,CN=x");
        check("CN=\"a \"\"b\"\" \"", "CN=a \\\"b\\\"\\ ");
        check("CN=a\\,b\\2Cc\\20 , O=\\ x", "CN=a\\,b\\,c\\ ,O=\\ x");
        check("CN=J\\C3\\B6rg", "CN=Jörg");
        check("CN=DOMAIN\\user", "CN=DOMAIN\\\\user");
        check("OU=x + CN=a", "CN=a+OU=x");
        check("oid.2.5.4.3=a, cn=#0C0162", "CN=a,CN=b");
        check("CN=", "CN=");
        check("", "");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let long = format!("CN={}", "a".repeat(65));
        for bad in [
            "Self",
            "CN",
            "XX=1",
            "CN=\"a",
            "CN=\"a\"b",
            "CN=a\"b\"",
            "CN=a,,O=b",
            "CN=a,",
            "C=USA",
            "C=",
            "1=a",
            "OID.9.9=a",
            "CN=#0C05",
            "CN=#xy",
            "CN=\\C3",
            "DC=ö",
            "CN=a+CN=a",
            &long,
        ] {
            assert!(subject(bad).is_err(), "{bad}");
        }
    }
}
