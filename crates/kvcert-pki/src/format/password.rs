//! [`Password`]: what the user gave, and the byte forms in which PKCS#12 may have used it.

use std::fmt;

use zeroize::Zeroizing;

use crate::sensitive::Sensitive;

/// The password for reading: one that the user gave, or none.
#[derive(Debug, Default)]
pub struct Password(Option<Sensitive<Vec<u8>>>);

/// Which password opened a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenedWith {
    /// None was needed: nothing is encrypted and there is no integrity check.
    NotNeeded,
    /// No password: zero bytes go into the key derivation. Key Vault and Windows write this.
    Null,
    /// The empty password: two zero bytes go into the key derivation. OpenSSL and Java write this.
    Empty,
    /// The password that was given.
    Given,
}

/// As in text.
impl serde::Serialize for OpenedWith {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for OpenedWith {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotNeeded => "not needed",
            Self::Null => "null",
            Self::Empty => "empty",
            Self::Given => "given",
        })
    }
}

impl Password {
    /// No password: the null and the empty password are tried.
    pub fn none() -> Self {
        Self(None)
    }

    /// A password, UTF-8 as a rule. An empty one is as good as none.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self((!bytes.is_empty()).then(|| Sensitive::new(bytes)))
    }

    /// Whether the user gave a password that is not empty.
    pub fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// Whether both are the same, to check what was typed twice.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }

    /// The bytes; none for no password.
    pub(super) fn bytes(&self) -> &[u8] {
        self.given().unwrap_or_default()
    }

    /// The bytes, if the user gave any.
    pub(super) fn given(&self) -> Option<&[u8]> {
        self.0.as_ref().map(|bytes| bytes.expose().as_slice())
    }

    /// The form to write with. Without a password it is the empty one, which every reader tries.
    pub(super) fn to_write_with(&self) -> Candidate {
        self.given().map_or_else(Candidate::empty, |bytes| {
            Candidate::given(bytes, &utf16(bytes))
        })
    }

    /// The forms to try, most likely first.
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        let Some(given) = &self.0 else {
            return vec![Candidate::null(), Candidate::empty()];
        };
        let bytes = given.expose();
        let mut candidates = vec![Candidate::given(bytes, &utf16(bytes))];
        if !bytes.is_ascii() {
            // OpenSSL before 1.1.0 took every byte of the password for a character.
            let latin1: Vec<u16> = bytes.iter().map(|byte| u16::from(*byte)).collect();
            candidates.push(Candidate::given(bytes, &latin1));
        }
        candidates
    }
}

/// One password in the two byte forms that key derivations take.
pub(super) struct Candidate {
    pub(super) kind: OpenedWith,
    /// For the PKCS#12 derivation: UTF-16BE and two zero bytes (RFC 7292 appendix B.1), or, for
    /// the null password, nothing at all.
    pub(super) bmp: Zeroizing<Vec<u8>>,
    /// For PBKDF2 and scrypt: the bytes as they are (RFC 8018 section 3).
    pub(super) raw: Zeroizing<Vec<u8>>,
}

impl Candidate {
    fn null() -> Self {
        Self {
            kind: OpenedWith::Null,
            bmp: Zeroizing::default(),
            raw: Zeroizing::default(),
        }
    }

    fn empty() -> Self {
        Self {
            kind: OpenedWith::Empty,
            bmp: Zeroizing::new(vec![0, 0]),
            raw: Zeroizing::new(Vec::new()),
        }
    }

    fn given(bytes: &[u8], units: &[u16]) -> Self {
        let mut bmp = Zeroizing::new(Vec::with_capacity(2 * units.len() + 2));
        bmp.extend(units.iter().flat_map(|unit| unit.to_be_bytes()));
        bmp.extend([0, 0]);
        Self {
            kind: OpenedWith::Given,
            bmp,
            raw: Zeroizing::new(bytes.to_vec()),
        }
    }
}

/// UTF-16 of UTF-8, characters beyond the basic plane as surrogate pairs; of other bytes, one
/// unit a byte.
fn utf16(bytes: &[u8]) -> Zeroizing<Vec<u16>> {
    Zeroizing::new(match std::str::from_utf8(bytes) {
        Ok(text) => text.encode_utf16().collect(),
        Err(_) => bytes.iter().map(|byte| u16::from(*byte)).collect(),
    })
}
