//! [`Wrapping`]: what editors, shells and scripts put around a password.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Something around a password that may not be part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// It is UTF-16, as PowerShell and Notepad write it.
    Utf16,
    /// A byte order mark before UTF-8.
    ByteOrderMark,
    /// Zero bytes at its end.
    Zeros,
    /// A line end at its end or beginning.
    LineEnd,
    /// More lines after it, which openssl does not read.
    Lines,
    /// A blank or a tab at its end or beginning, or a character that nobody sees.
    Blank,
    /// A name before it, as in `password=`.
    Name,
    /// Quotes around it.
    Quotes,
    /// It is the base64 of text, as in a Kubernetes Secret.
    Base64,
}

/// As the rest of a sentence about the password.
impl fmt::Display for Wrapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf16 => "is UTF-16 text",
            Self::ByteOrderMark => "starts with a byte order mark",
            Self::Zeros => "ends with a zero byte",
            Self::LineEnd => "ends with a line end",
            Self::Lines => "is followed by other lines",
            Self::Blank => "begins or ends with a blank",
            Self::Name => "has a name before it, such as `password=`",
            Self::Quotes => "is in quotes",
            Self::Base64 => "is the base64 of text",
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

/// Whether there is nothing in it but line ends, marks and zero bytes.
pub(super) fn is_nothing(password: &[u8]) -> bool {
    let marks = b"\r\n\0\xfe\xff\xef\xbb\xbf";
    password.iter().all(|byte| marks.contains(byte))
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

const STEPS: [(Wrapping, Strip); 9] = [
    (Wrapping::Utf16, from_utf16),
    (Wrapping::ByteOrderMark, |bytes| {
        Some(owned(bytes.strip_prefix(b"\xef\xbb\xbf")?))
    }),
    (Wrapping::Zeros, |bytes| {
        let last = bytes.iter().rposition(|byte| *byte != 0)?;
        (last + 1 < bytes.len()).then(|| owned(&bytes[..=last]))
    }),
    (Wrapping::LineEnd, |bytes| trimmed(bytes, b"\r\n")),
    (Wrapping::Lines, |bytes| {
        let end = bytes.iter().position(|byte| b"\r\n".contains(byte))?;
        Some(owned(&bytes[..end]))
    }),
    (Wrapping::Blank, |bytes| match std::str::from_utf8(bytes) {
        Ok(text) => {
            let inner = text.trim_matches(is_unseen);
            (inner.len() < text.len()).then(|| owned(inner.as_bytes()))
        }
        Err(_) => trimmed(bytes, b" \t\r\n"),
    }),
    (Wrapping::Name, without_name),
    (Wrapping::Quotes, |bytes| {
        let text = std::str::from_utf8(bytes).ok()?;
        let inner = |(open, close): &(char, char)| {
            let inner = text.strip_prefix(*open)?.strip_suffix(*close)?;
            Some(owned(inner.as_bytes()))
        };
        QUOTES.iter().find_map(inner)
    }),
    (Wrapping::Base64, |bytes| {
        let decoded = Zeroizing::new(STANDARD.decode(bytes).ok()?);
        let text = std::str::from_utf8(&decoded).ok()?.trim_end();
        // Four letters may be anything.
        let is_text = text.len() > 3 && !text.contains(char::is_control);
        is_text.then(|| owned(text.as_bytes()))
    }),
];

/// Blanks, and the marks that web pages and word processors leave in what is copied from them.
fn is_unseen(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}'
        )
}

/// Without the name of a line such as `export PFX_PASSWORD=…` or `password: …`, and without openssl's
/// `pass:`.
fn without_name(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (name, value) = text.split_once(['=', ':'])?;
    let name = name.trim().trim_matches(['"', '\'']);
    let name = name.rsplit(['$', ' ']).next()?.to_ascii_lowercase();
    let is_name = name
        .bytes()
        .all(|it| it.is_ascii_alphanumeric() || b"_-.".contains(&it));
    let is_of_password = ["pass", "pwd", "secret"].iter().any(|it| name.contains(it));
    (is_name && is_of_password).then(|| owned(value.trim().as_bytes()))
}

/// What begins and ends a quotation.
const QUOTES: [(char, char); 8] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('\u{201c}', '\u{201d}'),
    ('\u{201e}', '\u{201c}'),
    ('\u{2018}', '\u{2019}'),
    ('\u{201a}', '\u{2018}'),
    ('\u{ab}', '\u{bb}'),
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
        use Wrapping::{Base64, Blank, ByteOrderMark, LineEnd, Lines, Name, Quotes, Utf16, Zeros};

        peels(b"secret", &[], "secret");
        peels("gehe\u{ef}m".as_bytes(), &[], "gehe\u{ef}m");
        peels(b"\xef\xbb\xbfsecret", &[ByteOrderMark], "secret");
        peels(b"secret\n", &[LineEnd], "secret");
        peels(b"secret \r\n", &[LineEnd, Blank], "secret");
        peels(b"\tsecret", &[Blank], "secret");
        peels(b"\"se\"cret\"\r\n", &[LineEnd, Quotes], "se\"cret");
        peels(b"'secret'", &[Quotes], "secret");
        peels(b"secret\0\0", &[Zeros], "secret");
        peels(b"secret\nanother\n", &[LineEnd, Lines], "secret");
        peels(b"secret\r\n\r\n# a note", &[Lines], "secret");
        for unseen in [
            "\u{a0}", "\u{200b}", "\u{feff}", "\u{2028}", "\u{3000}", "\u{ad}",
        ] {
            peels(format!("secret{unseen}").as_bytes(), &[Blank], "secret");
            peels(
                format!("secret{unseen}\n").as_bytes(),
                &[LineEnd, Blank],
                "secret",
            );
        }
        peels(b"password=secret", &[Name], "secret");
        peels(
            b"export PFX_PASSWORD=\"se=cret\"\n",
            &[LineEnd, Name, Quotes],
            "se=cret",
        );
        peels(b"$env:Password = 'secret'", &[], "$env:Password = 'secret'");
        peels(b"pass:secret", &[Name], "secret");
        peels(b"a:secret", &[], "a:secret");
        peels("\u{201c}secret\u{201d}".as_bytes(), &[Quotes], "secret");
        peels("\u{201e}secret\u{201c}".as_bytes(), &[Quotes], "secret");
        peels(b"c2VjcmV0\n", &[LineEnd, Base64], "secret");
        peels(b"c2VjcmV0Cg==", &[Base64], "secret");
        peels(b"password", &[], "password");
        peels(b"hunter2hunter2xy", &[], "hunter2hunter2xy");
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
    fn a_file_without_a_password_is_as_good_as_empty() {
        for nothing in ["", "\n", "\r\n\r\n", "\u{feff}\r\n", "\0"] {
            assert!(is_nothing(nothing.as_bytes()), "{nothing:?}");
        }
        assert!(is_nothing(b"\xff\xfe\r\0\n\0"));
        assert!(!is_nothing(b"\n \n") && !is_nothing("\u{feff}x".as_bytes()));
    }

    #[test]
    fn nothing_is_left_of_nothing() {
        for password in ["", "\n", " ", "\"\"", "\u{feff}"] {
            assert!(peel(password.as_bytes()).is_empty(), "{password:?}");
        }
    }
}
