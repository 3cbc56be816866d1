//! Encodings of bytes as text: UTF-16, base64, hexadecimal and URL encoding.

use base64::engine::general_purpose as engines;
use base64::{Engine, alphabet};
use zeroize::Zeroizing;

/// The byte order mark that some programs write before UTF-8.
pub(super) const UTF_8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether these bytes are text: UTF-8 without control characters. What DER is has some.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| {
        let is_plain = |c: char| !c.is_control() || "\t\n\r\u{c}".contains(c);
        text.trim_end_matches(['\0', '\u{1a}'])
            .chars()
            .all(is_plain)
    })
}

/// Text without the sequences that colour it on a terminal (ECMA-48, section 8.3.117), if it has some
/// and nothing else that text has not.
pub(super) fn without_colours(bytes: &[u8]) -> Option<Zeroizing<String>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (first, coloured) = text.split_once("\u{1b}[")?;
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    plain.push_str(first);
    for part in coloured.split("\u{1b}[") {
        let (codes, rest) = part.split_once('m')?;
        if !codes
            .bytes()
            .all(|code| code.is_ascii_digit() || code == b';')
        {
            return None;
        }
        plain.push_str(rest);
    }
    is_text(plain.as_bytes()).then_some(plain)
}

/// The bytes of decimal numbers, apart by blanks, line ends or commas, that begin as DER does.
pub(super) fn decimal(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let numbers = text.split(|c: char| c.is_whitespace() || c == ',');
    let numbers = numbers.filter(|number| !number.is_empty());
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 2));
    for number in numbers {
        bytes.push(number.parse().ok()?);
    }
    (bytes.len() > 16 && bytes.starts_with(b"0")).then_some(bytes)
}

/// Whether a program took DER for text and wrote it as UTF-8: no DER of more than 127 bytes is
/// valid UTF-8, as its second byte is 0x80 to 0x84.
pub(super) fn begins_like_text_of_der(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(4)];
    let text = String::from_utf8_lossy(start);
    let mut chars = text.chars();
    bytes.starts_with(b"0")
        && std::str::from_utf8(bytes).is_ok()
        && chars.nth(1).is_some_and(|second| !second.is_ascii())
}

/// Whether a program replaced each LF of a binary file by CR LF: without these CR its length is
/// what its first bytes say.
pub(super) fn has_text_line_ends(bytes: &[u8]) -> bool {
    let feeds = bytes.iter().filter(|byte| **byte == b'\n').count();
    let pairs = bytes.windows(2).filter(|pair| pair == b"\r\n").count();
    if feeds == 0 || feeds != pairs {
        return false;
    }
    let mut original = Zeroizing::new(Vec::with_capacity(bytes.len()));
    for (at, byte) in bytes.iter().enumerate() {
        if !(*byte == b'\r' && bytes.get(at + 1) == Some(&b'\n')) {
            original.push(*byte);
        }
    }
    crate::asn1::ber::split_first(&original).is_some_and(|(_, rest)| rest.is_empty())
}

/// The text of UTF-16, with a byte order mark or without.
pub(super) fn utf16(bytes: &[u8]) -> Option<Zeroizing<String>> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let is_little = match bytes {
        [0xff, 0xfe, ..] => true,
        [0xfe, 0xff, ..] => false,
        _ => {
            // Text of keys and certificates is ASCII: every second byte is zero.
            let some = &pairs[..pairs.len().min(64)];
            let zeros = |at: usize| some.iter().filter(|pair| pair[at] == 0).count();
            let most = some.len() * 9 / 10;
            let is_little = zeros(1) > most;
            if pairs.len() < 8 || !(is_little && zeros(0) == 0 || zeros(0) > most && zeros(1) == 0)
            {
                return None;
            }
            is_little
        }
    };
    if odd.len() > 1 {
        return None;
    }
    let units = pairs.iter().map(|pair| match is_little {
        true => u16::from_le_bytes(*pair),
        false => u16::from_be_bytes(*pair),
    });
    let mut text = Zeroizing::new(String::with_capacity(3 * pairs.len()));
    text.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    Some(text)
}

/// The bytes of base64 in either alphabet, with or without padding, line ends, quotes and byte
/// order mark around it.
pub(super) fn base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let text = bare(text);
    let text = text.rsplit_once(";base64,").map_or(text, |(_, data)| data);
    let text = text.strip_prefix("b'").unwrap_or(text);
    let mut compact = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b'\x0c' => {}
            b'-' => compact.push(b'+'),
            b'_' => compact.push(b'/'),
            // Line ends that were written out.
            b'\\' => {
                bytes.next().filter(|it| b"rn\\/".contains(it)).map(|it| {
                    if it == b'/' {
                        compact.push(it);
                    }
                })?;
            }
            _ => compact.push(byte),
        }
    }
    let decoded = LENIENT.decode(compact.as_slice()).ok()?;
    (decoded.len() > 16).then(|| Zeroizing::new(decoded))
}

/// The bytes of hexadecimal digits, with or without blanks, colons, commas and `0x` between them,
/// or of a dump as `xxd`, `hexdump -C`, `certutil` and `Format-Hex` write it.
pub(super) fn hexadecimal(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let text = bare(text);
    if let Some(bytes) = dump(text) {
        return Some(bytes);
    }
    let mut digits = Zeroizing::new(String::with_capacity(text.len()));
    for word in text.split([':', ',', ';', '-', ' ', '\t', '\r', '\n', '\\']) {
        let word = word.trim_start_matches("0x").trim_start_matches(['x', 'X']);
        digits.push_str(word);
    }
    let bytes = hex::decode(digits.as_bytes()).ok()?;
    (bytes.len() > 16).then(|| Zeroizing::new(bytes))
}

/// The bytes of a dump: an offset, up to sixteen bytes, and the same as text.
fn dump(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 3));
    for line in text.lines().map(str::trim_end) {
        let offset = line.len()
            - line
                .trim_start_matches(|c: char| c.is_ascii_hexdigit())
                .len();
        let has_offset = offset >= 4
            && usize::from_str_radix(&line[..offset], 16).is_ok_and(|it| it == bytes.len());
        if !has_offset {
            if bytes.is_empty() || line.is_empty() {
                continue; // A heading, or the end.
            }
            return None;
        }
        let row = line[offset..].trim_start_matches(':').trim_start();
        // Text follows three blanks, a bar, or, as `xxd` writes it, two blanks.
        let end = match line.as_bytes().get(offset) {
            Some(b':') => row.find("  "),
            _ => row.find(['|']).or_else(|| row.find("   ")),
        };
        let before = bytes.len();
        for word in row[..end.unwrap_or(row.len())].split_whitespace() {
            let Ok(word) = hex::decode(word) else { break };
            let room = 16_usize.saturating_sub(bytes.len() - before);
            bytes.extend(word.iter().take(room));
        }
    }
    (bytes.len() > 16).then_some(bytes)
}

/// The text of URL encoding, as nginx passes certificates on.
pub(super) fn percent(text: &str) -> Option<Zeroizing<String>> {
    let has_blanks_as_plus = text.contains("BEGIN+");
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'%' => {
                let (digits, after) = rest.split_at_checked(2)?;
                bytes.extend(hex::decode(digits).ok()?);
                rest = after;
            }
            b'+' if has_blanks_as_plus => bytes.push(b' '),
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes.to_vec()).ok().map(Zeroizing::new)
}

/// `text` without what copying puts around it: blanks, quotes, a byte order mark.
pub(super) fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c) || "\"'`\0\u{1a}".contains(c))
}

/// Marks that no one sees, and that pages and mail leave in text.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}'
    )
}

const LENIENT: engines::GeneralPurpose = engines::GeneralPurpose::new(
    &alphabet::STANDARD,
    engines::GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte once, 16 in a row.
    fn sample() -> Vec<u8> {
        (0..=255).collect()
    }

    #[test]
    fn base64_is_read_however_it_was_copied() {
        let plain = engines::STANDARD.encode(sample());
        let url = engines::URL_SAFE_NO_PAD.encode(sample());
        for text in [
            plain.clone(),
            url,
            format!("\u{feff}{plain}\r\n"),
            format!("\"{plain}\""),
            format!("b'{plain}'"),
            format!("data:application/x-pkcs12;base64,{plain}"),
            plain.replace('/', "\\/"),
            format!("{}\\r\\n{}", &plain[..64], &plain[64..]),
        ] {
            assert_eq!(base64(&text).unwrap().as_slice(), sample(), "{text}");
        }
        assert!(base64("correct horse battery staple!").is_none());
    }

    #[test]
    fn hexadecimal_is_read_however_it_was_printed() {
        let plain = hex::encode(sample());
        let apart = |by: &str| {
            let bytes: Vec<String> = sample().iter().map(|it| format!("{it:02X}")).collect();
            bytes.join(by)
        };
        let dump = |row: &dyn Fn(usize, &[u8]) -> String| {
            let bytes = sample();
            let rows = bytes.chunks(16).enumerate();
            rows.map(|(at, bytes)| row(16 * at, bytes))
                .collect::<String>()
        };
        let words = |bytes: &[u8], by: usize| {
            let words: Vec<String> = bytes.chunks(by).map(hex::encode).collect();
            words.join(" ")
        };
        for text in [
            plain,
            apart(":"),
            apart(" "),
            format!("0x{}", apart(", 0x")),
            format!("\\x{}", apart("\\x")),
            dump(&|at, it| format!("{at:08x}: {}  ab cd ef\n", words(it, 2))),
            dump(&|at, it| {
                format!(
                    "{at:08x}  {}  {}  |abcd|\n",
                    words(&it[..8], 1),
                    words(&it[8..], 1)
                )
            }),
            dump(&|at, it| format!("{at:04x}\t{}   abcd\r\n", words(it, 1))),
        ] {
            assert_eq!(hexadecimal(&text).unwrap().as_slice(), sample(), "{text}");
        }
        assert!(hexadecimal("0123 is the order id").is_none());
    }

    #[test]
    fn utf16_is_known_by_its_mark_or_its_zeros() {
        let text = "-----BEGIN CERTIFICATE-----";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            little.clone(),
            big.clone(),
            [b"\xff\xfe".as_slice(), &little].concat(),
            [b"\xfe\xff".as_slice(), &big].concat(),
        ] {
            assert!(utf16(&bytes).unwrap().ends_with(text), "{bytes:?}");
        }
        assert!(utf16(text.as_bytes()).is_none());
        assert!(utf16(&[0; 64]).is_none());
    }

    #[test]
    fn binary_files_that_were_saved_as_text() {
        let binary = [[0x30, 0x81, 0x80, b'\n'].as_slice(), &[7; 127]].concat();
        let converted = [b"0\x81\x80\r\n".as_slice(), &[7; 127]].concat();
        assert!(has_text_line_ends(&converted));
        assert!(!has_text_line_ends(&binary));
        let lossy = String::from_utf8_lossy(&binary);
        assert!(begins_like_text_of_der(lossy.as_bytes()));
        assert!(!begins_like_text_of_der(&binary));
        assert!(!begins_like_text_of_der(b"0123"));
    }
}
