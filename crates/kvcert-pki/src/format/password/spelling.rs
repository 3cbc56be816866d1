//! The bytes that programs make of one and the same password.

use zeroize::Zeroizing;

type Bytes = Zeroizing<Vec<u8>>;

/// One password as two kinds of key derivation take it.
pub(super) struct Spelling {
    /// For the PKCS#12 derivation: UTF-16 units (RFC 7292 appendix B.1).
    pub(super) units: Zeroizing<Vec<u16>>,
    /// For PBKDF2 and the like: bytes (RFC 8018 section 3).
    pub(super) raw: Bytes,
    /// Only programs that write PKCS#12 spell it like this.
    pub(super) is_of_pkcs12: bool,
}

/// As the RFCs have it: UTF-16 of UTF-8, characters beyond the basic plane as surrogate pairs; of
/// other bytes, one unit a byte.
pub(super) fn usual(password: &[u8]) -> Spelling {
    let units = match std::str::from_utf8(password) {
        Ok(text) => utf16(text),
        Err(_) => one_a_byte(password),
    };
    spelling(units, owned(password))
}

/// As programs spell it that do otherwise.
pub(super) fn unusual(password: &[u8]) -> Vec<Spelling> {
    let Ok(text) = std::str::from_utf8(password) else {
        // What was typed in a code page of Windows or in Latin-1 is meant as text.
        let texts = [
            from_windows_1252(password),
            password.iter().map(|b| char::from(*b)).collect(),
        ];
        let texts = texts.map(Zeroizing::new);
        return texts.iter().map(|text| usual(text.as_bytes())).collect();
    };
    let mut found = Vec::new();
    let units = || utf16(text);
    if !text.is_ascii() {
        // OpenSSL before 1.1.0 took every byte of the password for a character; node-forge mixes
        // the bytes of UTF-16 units, which for Latin-1 text is Latin-1.
        found.push(spelling(one_a_byte(password), as_forge(&units())));
        // Bouncy Castle keeps the low byte of every unit.
        let low = units().iter().map(|unit| *unit as u8).collect();
        found.push(spelling(units(), Zeroizing::new(low)));
        // OpenSSL on Windows gets the bytes of the console or of an old editor.
        if let Some(bytes) = to_windows_1252(text) {
            found.push(spelling(one_a_byte(&bytes), bytes));
        }
    }
    // Older versions of NSS gave PBES2 what PKCS#12's own derivation takes.
    for end in [&[0, 0][..], &[]] {
        let units = units();
        let raw = units.iter().flat_map(|unit| unit.to_be_bytes());
        let raw = Zeroizing::new(raw.chain(end.iter().copied()).collect());
        found.push(Spelling {
            units,
            raw,
            is_of_pkcs12: true,
        });
    }
    found
}

fn spelling(units: Zeroizing<Vec<u16>>, raw: Bytes) -> Spelling {
    Spelling {
        units,
        raw,
        is_of_pkcs12: false,
    }
}

fn utf16(text: &str) -> Zeroizing<Vec<u16>> {
    Zeroizing::new(text.encode_utf16().collect())
}

fn one_a_byte(bytes: &[u8]) -> Zeroizing<Vec<u16>> {
    Zeroizing::new(bytes.iter().map(|byte| u16::from(*byte)).collect())
}

/// node-forge assembles 32-bit words from units as if each were a byte, so that the high byte of
/// one runs into the byte before it in the same word.
fn as_forge(units: &[u16]) -> Bytes {
    let high = |at: usize| match units.get(at) {
        Some(unit) if !at.is_multiple_of(4) => (unit >> 8) as u8,
        _ => 0,
    };
    let bytes = units.iter().enumerate();
    Zeroizing::new(bytes.map(|(at, unit)| *unit as u8 ^ high(at + 1)).collect())
}

fn to_windows_1252(text: &str) -> Option<Bytes> {
    let byte = |character: char| match character {
        '\0'..='\u{7f}' | '\u{a0}'..='\u{ff}' => Some(character as u8),
        _ => {
            let at = WINDOWS_1252.iter().position(|it| *it == character)?;
            Some(0x80 + at as u8)
        }
    };
    text.chars()
        .map(byte)
        .collect::<Option<_>>()
        .map(Zeroizing::new)
}

fn from_windows_1252(bytes: &[u8]) -> String {
    let character = |byte: &u8| match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(*byte),
    };
    bytes.iter().map(character).collect()
}

fn owned(bytes: &[u8]) -> Bytes {
    Zeroizing::new(bytes.to_vec())
}

/// The characters of the bytes from 0x80 to 0x9f; five of them have none but a control.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

#[cfg(test)]
mod tests {
    use super::*;

    fn raws(password: &[u8]) -> Vec<String> {
        unusual(password)
            .iter()
            .map(|it| hex::encode(&*it.raw))
            .collect()
    }

    #[test]
    fn each_program_has_its_own_bytes() {
        // "ï" in Latin-1, which is also Windows-1252; then UTF-16 of NSS.
        assert_eq!(
            raws("aï".as_bytes()),
            ["61ef", "61ef", "61ef", "006100ef0000", "006100ef"]
        );
        // U+017C U+00F3 U+0142 U+0077, as node-forge 1.3 hashes it.
        let forge = raws("żółw".as_bytes());
        assert_eq!(forge[..2], ["7cf24277", "7cf34277"]);
        assert_eq!(raws("a€".as_bytes())[2], "6180");
        assert_eq!(raws(b"a"), ["00610000", "0061"]);
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_text_of_windows_or_latin_1() {
        assert_eq!(raws(b"\x80"), [hex::encode("€"), hex::encode("\u{80}")]);
        assert_eq!(usual(b"\x80").units[..], [0x80]);
        assert_eq!(unusual(b"\x80")[0].units[..], [0x20ac]);
    }
}
