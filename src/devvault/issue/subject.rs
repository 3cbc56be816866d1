//! X.500 names as people write them.

use anyhow::{Context, bail, ensure};
use rcgen::string::{Ia5String, PrintableString};
use rcgen::{DistinguishedName, DnType, DnValue};

/// Reads `C=US, O="Example, Inc.", CN=web`. The certificate has it the other way round, as Windows
/// writes it, and with it the service. No text is an empty name, of a certificate that has only
/// alternative names.
pub(in crate::devvault) fn subject(text: &str) -> anyhow::Result<DistinguishedName> {
    if text.is_empty() {
        return Ok(DistinguishedName::new());
    }
    let mut parts = split(text)?;
    parts.reverse();
    let mut name = DistinguishedName::new();
    for part in parts {
        let (kind, value) = part.split_once('=').context("a part without `=`")?;
        let kind = kind_of(kind.trim())?;
        ensure!(name.get(&kind).is_none(), "a part that comes twice");
        let value = unquoted(value.trim())?;
        name.push(kind.clone(), value_of(&kind, value)?);
    }
    Ok(name)
}

/// Splits at commas and semicolons that are neither quoted nor escaped.
fn split(text: &str) -> anyhow::Result<Vec<String>> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for character in text.chars() {
        let last = parts.last_mut().context("no part")?;
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ',' | ';' if !quoted => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        last.push(character);
    }
    ensure!(!quoted && !escaped, "a quotation that does not end");
    Ok(parts)
}

fn unquoted(value: &str) -> anyhow::Result<String> {
    let inner = match value.strip_prefix('"') {
        Some(rest) => rest
            .strip_suffix('"')
            .context("a quotation that does not end")?,
        None => value,
    };
    let mut plain = String::new();
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.extend(characters.next()),
            '"' if characters.clone().next() == Some('"') => {
                plain.push('"');
                characters.next();
            }
            character => plain.push(character),
        }
    }
    Ok(plain)
}

fn kind_of(word: &str) -> anyhow::Result<DnType> {
    let dotted = word.strip_prefix("OID.").unwrap_or(word);
    Ok(match word.to_ascii_uppercase().as_str() {
        "CN" => DnType::CommonName,
        "OU" => DnType::OrganizationalUnitName,
        "O" => DnType::OrganizationName,
        "L" => DnType::LocalityName,
        "S" | "ST" => DnType::StateOrProvinceName,
        "C" => DnType::CountryName,
        "SN" => DnType::CustomDnType(vec![2, 5, 4, 4]),
        "SERIALNUMBER" => DnType::CustomDnType(vec![2, 5, 4, 5]),
        "STREET" => DnType::CustomDnType(vec![2, 5, 4, 9]),
        "T" | "TITLE" => DnType::CustomDnType(vec![2, 5, 4, 12]),
        "G" | "GN" | "GIVENNAME" => DnType::CustomDnType(vec![2, 5, 4, 42]),
        "I" | "INITIALS" => DnType::CustomDnType(vec![2, 5, 4, 43]),
        "E" | "EMAIL" | "EMAILADDRESS" => DnType::CustomDnType(EMAIL.to_vec()),
        "DC" => DnType::CustomDnType(DOMAIN_COMPONENT.to_vec()),
        "UID" => DnType::CustomDnType(vec![0, 9, 2342, 19_200_300, 100, 1, 1]),
        _ => DnType::CustomDnType(numbers(dotted).context("an unknown kind of part")?),
    })
}

/// The numbers of an object identifier.
pub(super) fn numbers(dotted: &str) -> Option<Vec<u64>> {
    let numbers: Option<Vec<u64>> = dotted
        .split('.')
        .map(|number| number.parse().ok())
        .collect();
    numbers.filter(|numbers| match numbers.as_slice() {
        [0 | 1, second, ..] => *second < 40,
        [2, second, ..] => *second < 1000,
        _ => false,
    })
}

/// As Windows does: the plainest kind of string that will do.
fn value_of(kind: &DnType, value: String) -> anyhow::Result<DnValue> {
    if matches!(kind, DnType::CountryName) && value.len() != 2 {
        bail!("a country of more than two letters");
    }
    let ascii = match kind {
        DnType::CustomDnType(numbers) => *numbers == EMAIL || *numbers == DOMAIN_COMPONENT,
        _ => false,
    };
    if ascii {
        return Ok(DnValue::Ia5String(Ia5String::try_from(value)?));
    }
    Ok(match PrintableString::try_from(value.as_str()) {
        Ok(printable) => DnValue::PrintableString(printable),
        Err(_) => DnValue::Utf8String(value),
    })
}

const EMAIL: [u64; 7] = [1, 2, 840, 113_549, 1, 9, 1];
const DOMAIN_COMPONENT: [u64; 7] = [0, 9, 2342, 19_200_300, 100, 1, 25];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_turned_round() {
        let name = subject("C=US, ST=WA, O=\"Test, Inc.\", CN=a\\,b").unwrap();
        let parts: Vec<_> = name.iter().map(|(_, value)| format!("{value:?}")).collect();
        assert_eq!(parts.len(), 4);
        assert!(
            parts[0].contains("a,b") && parts[1].contains("Test, Inc."),
            "{parts:?}"
        );
        assert!(parts[3].contains("US"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for bad in [
            "Self",
            "CN",
            "XX=1",
            "CN=\"a",
            "CN=a,CN=b",
            "C=USA",
            "1=a",
            "OID.9.9=a",
        ] {
            assert!(subject(bad).is_err(), "{bad}");
        }
    }
}
