//! [`Wrapping`]: what editors, shells and scripts put around a password.

use std::fmt;

use zeroize::Zeroizing;

/// Something around a password that may not be part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// It is UTF-16, as PowerShell and Notepad write it.
    Utf16,
    /// A byte order mark before UTF-8.
    ByteOrderMark,
    /// A line end at its end or beginning.
    LineEnd,
    /// A blank or a tab at its end or beginning.
    Blank,
    /// Quotes around it.
    Quotes,
}

/// As the rest of a sentence about the password.
impl fmt::Display for Wrapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf16 => "is UTF-16 text",
            Self::ByteOrderMark => "starts with a byte order mark",
            Self::LineEnd => "ends with a line end",
            Self::Blank => "begins or ends with a blank",
            Self::Quotes => "is in quotes",
        })
    }
}

impl Wrapping {
    /// All of `found` in one sentence; `None` for nothing.
    pub fn sentence(found: &[Self]) -> Option<String> {
        let parts: Vec<String> = found.iter().map(Self::to_string).collect();
        (!parts.is_empty()).then(|| parts.join(" and "))
    }
}

/// What is around `password`, outermost first, each with what is left without it.
pub(super) fn peel(password: &[u8]) -> Vec<(Wrapping, Zeroizing<Vec<u8>>)> {
    let mut layers: Vec<(Wrapping, Zeroizing<Vec<u8>>)> = Vec::new();
    for (wrapping, strip) in STEPS {
        let inner = layers.last().map_or(password, |(_, inner)| inner);
        if let Some(stripped) = strip(inner)
            && !stripped.is_empty()
        {
            layers.push((wrapping, stripped));
        }
    }
    layers
}

type Strip = fn(&[u8]) -> Option<Zeroizing<Vec<u8>>>;

const STEPS: [(Wrapping, Strip); 5] = [
    (Wrapping::Utf16, from_utf16),
    (Wrapping::ByteOrderMark, |bytes| {
        Some(owned(bytes.strip_prefix(b"\xef\xbb\xbf")?))
    }),
    (Wrapping::LineEnd, |bytes| trimmed(bytes, b"\r\n")),
    (Wrapping::Blank, |bytes| trimmed(bytes, b" \t\r\n")),
    (Wrapping::Quotes, |bytes| match bytes {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] => Some(owned(inner)),
        _ => None,
    }),
];

/// UTF-16 with a byte order mark, or text of ASCII characters without one. A newline at its end
/// may have lost one of its two bytes.
fn from_utf16(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (pairs, _) = bytes.as_chunks::<2>();
    let all =
        |at: usize| pairs.len() > 1 && pairs.iter().all(|pair| pair[at] == 0 && pair[1 - at] != 0);
    let (is_big, pairs) = match pairs {
        [[0xfe, 0xff], rest @ ..] => (true, rest),
        [[0xff, 0xfe], rest @ ..] => (false, rest),
        _ if all(0) => (true, pairs),
        _ if all(1) => (false, pairs),
        _ => return None,
    };
    let unit = |pair: &[u8; 2]| match is_big {
        true => u16::from_be_bytes(*pair),
        false => u16::from_le_bytes(*pair),
    };
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for character in char::decode_utf16(pairs.iter().map(unit)) {
        text.push(character.ok()?);
    }
    Some(owned(text.as_bytes()))
}

/// Without those of `ends` at either end, if there are any.
fn trimmed(bytes: &[u8], ends: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let is_kept = |byte: &u8| !ends.contains(byte);
    let first = bytes.iter().position(is_kept)?;
    let last = bytes.iter().rposition(is_kept)?;
    let inner = &bytes[first..=last];
    (inner.len() < bytes.len()).then(|| owned(inner))
}

fn owned(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn peels(password: &[u8], wrappings: &[Wrapping], inner: &str) {
        let layers = peel(password);
        let found: Vec<Wrapping> = layers.iter().map(|(wrapping, _)| *wrapping).collect();
        assert_eq!(found, wrappings, "{password:?}");
        let last = layers.last().map_or(password, |(_, inner)| inner);
        assert_eq!(last, inner.as_bytes(), "{password:?}");
    }

    #[test]
    fn what_is_around_a_password_comes_off() {
        use Wrapping::{Blank, ByteOrderMark, LineEnd, Quotes, Utf16};

        peels(b"secret", &[], "secret");
        peels("gehe\u{ef}m".as_bytes(), &[], "gehe\u{ef}m");
        peels(b"\xef\xbb\xbfsecret", &[ByteOrderMark], "secret");
        peels(b"secret\n", &[LineEnd], "secret");
        peels(b"secret \r\n", &[LineEnd, Blank], "secret");
        peels(b"\tsecret", &[Blank], "secret");
        peels(b"\"se\"cret\"\r\n", &[LineEnd, Quotes], "se\"cret");
        peels(b"'secret'", &[Quotes], "secret");
        let utf16 = |text: &str, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(unit).collect()
        };
        peels(
            &utf16("\u{feff}gehe\u{ef}m", u16::to_le_bytes),
            &[Utf16],
            "gehe\u{ef}m",
        );
        peels(
            &utf16("\u{feff}secret\r\n", u16::to_be_bytes),
            &[Utf16, LineEnd],
            "secret",
        );
        peels(
            &utf16("\"secret\"", u16::to_le_bytes),
            &[Utf16, Quotes],
            "secret",
        );
        // `read_secret` has taken the last byte of the newline.
        let mut cut = utf16("\u{feff}secret\n", u16::to_be_bytes);
        cut.pop();
        peels(&cut, &[Utf16], "secret");
    }

    #[test]
    fn nothing_is_left_of_nothing() {
        for password in ["", "\n", " ", "\"\"", "\u{feff}"] {
            assert!(peel(password.as_bytes()).is_empty(), "{password:?}");
        }
    }
}
