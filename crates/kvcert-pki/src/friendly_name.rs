//! [`FriendlyName`]: what people call a key or a certificate in a PKCS#12 file.

use std::fmt;

use crate::text::printable;

/// A friendly name (RFC 2985 section 5.5.1), exactly as it was found: UTF-16, as Windows and
/// OpenSSL write it, which need not be valid. It is a name only: anyone may have chosen it.
///
/// `Display` and `Debug` show it safely, with what could steer a terminal written out.
#[derive(Clone, PartialEq, Eq)]
pub struct FriendlyName(Vec<u16>);

impl FriendlyName {
    /// The name `text`; `None` for no name at all.
    pub fn new(text: &str) -> Option<Self> {
        Self::from_utf16(&text.encode_utf16().collect::<Vec<_>>())
    }

    /// The name with these UTF-16 units; `None` for no name at all. Zeros at the end, which some
    /// writers add, do not count.
    pub fn from_utf16(units: &[u16]) -> Option<Self> {
        let end = units.iter().rposition(|unit| *unit != 0)?;
        Some(Self(units[..=end].to_vec()))
    }

    /// The UTF-16 units, at least one.
    pub fn utf16(&self) -> &[u16] {
        &self.0
    }

    /// Whether `text` is this name, or the name as it is shown.
    pub fn is(&self, text: &str) -> bool {
        text.encode_utf16().eq(self.0.iter().copied()) || text == self.to_string()
    }
}

impl fmt::Display for FriendlyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&String::from_utf16_lossy(&self.0)))
    }
}

impl fmt::Debug for FriendlyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FriendlyName({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_whole_and_shown_safely() {
        for text in ["web", "鍵 🔑", "a\0b", "\u{1b}[2J", "\u{202e}gnp.exe"] {
            let name = FriendlyName::new(text).unwrap();
            assert!(name.is(text), "{text:?}");
            assert!(name.is(&name.to_string()), "{text:?}");
            assert_eq!(FriendlyName::from_utf16(name.utf16()), Some(name));
        }
        let shown = |text| FriendlyName::new(text).map(|name| name.to_string());
        assert_eq!(shown("\x1b[2J").unwrap(), "\\u{1b}[2J");
        assert!(!FriendlyName::new("web").unwrap().is("we"));
        let half = FriendlyName::from_utf16(&[0xd800, 0x61]).unwrap();
        assert_eq!(half.to_string(), "\u{fffd}a");
    }

    #[test]
    fn zeros_are_no_name() {
        assert_eq!(FriendlyName::new(""), None);
        assert_eq!(FriendlyName::from_utf16(&[0, 0]), None);
        let name = FriendlyName::from_utf16(&[0x61, 0]);
        assert_eq!(name, FriendlyName::new("a"));
    }
}
