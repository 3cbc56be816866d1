//! [`Password`]: what the user gave, and the byte forms in which PKCS#12 may have used it.

mod spelling;
mod wrapping;

use std::fmt;

use zeroize::Zeroizing;

use self::spelling::Spelling;
pub use self::wrapping::Wrapping;
use crate::content_error::ContentError;
use crate::sensitive::Sensitive;

/// The password for reading: one that the user gave, or none; and one for the private key, where
/// that has its own.
#[derive(Debug, Default)]
pub struct Password {
    given: Option<Sensitive<Vec<u8>>>,
    of_key: Option<Sensitive<Vec<u8>>>,
    /// Where an empty one was found that was meant to be a password.
    empty_place: Option<&'static str>,
}

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
        Self::default()
    }

    /// A password, UTF-8 as a rule. An empty one is as good as none.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self {
            given: (!bytes.is_empty()).then(|| Sensitive::new(bytes)),
            ..Self::default()
        }
    }

    /// The same, which came from `place`, such as ``the variable of `--password-env` ``: if it is
    /// empty and does not open anything, the failure says so.
    #[must_use]
    pub fn from_place(self, place: &'static str) -> Self {
        match wrapping::is_nothing(self.bytes()) {
            true => Self {
                given: None,
                empty_place: Some(place),
                ..self
            },
            false => self,
        }
    }

    /// The same, and another one for private keys that it does not open.
    #[must_use]
    pub fn with_key_password(&self, key: &Self) -> Self {
        let copy = |it: &Sensitive<Vec<u8>>| Sensitive::new(it.expose().clone());
        Self {
            given: self.given.as_ref().map(copy),
            of_key: key.given.as_ref().map(copy),
            empty_place: self.empty_place,
        }
    }

    /// The same for private keys, with the password of `file` for everything else.
    #[must_use]
    pub fn with_file_password(&self, file: &Self) -> Self {
        let copy = |it: &Sensitive<Vec<u8>>| Sensitive::new(it.expose().clone());
        Self {
            given: file.given.as_ref().map(copy),
            of_key: self.of_key.as_ref().map(copy),
            empty_place: file.empty_place,
        }
    }

    /// Whether the user gave a password that is not empty.
    pub fn is_given(&self) -> bool {
        self.given.is_some()
    }

    /// Whether the user gave one for the private key alone.
    pub(super) fn has_key_password(&self) -> bool {
        self.of_key.is_some()
    }

    /// Whether both are the same, to check what was typed twice.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }

    /// What is around it that may not be part of it. To read, what is inside is tried too; what is
    /// written would have all of it for its password.
    pub fn wrapping(&self) -> Vec<Wrapping> {
        let layers = wrapping::peel(self.bytes());
        layers.into_iter().map(|(wrapping, _)| wrapping).collect()
    }

    /// The bytes; none for no password.
    pub(super) fn bytes(&self) -> &[u8] {
        bytes(self.given.as_ref())
    }

    /// The form to write with. Without a password it is the empty one, which every reader tries.
    pub(super) fn to_write_with(&self) -> Candidate {
        match &self.given {
            None => Candidate::empty(),
            Some(given) => Candidate::given(spelling::usual(given.expose()), Guess::No, &[]),
        }
    }

    /// The forms to try, most likely first: what was given as it is, without what is around it, and
    /// as programs spell it that do not keep to the RFCs.
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        if self.given.is_none() {
            candidates.extend([Candidate::null(), Candidate::empty()]);
        }
        let all: Vec<&[u8]> = [&self.given, &self.of_key]
            .into_iter()
            .flatten()
            .map(|it| it.expose().as_slice())
            .collect();
        let usual = |bytes, guess, off| Candidate::given(spelling::usual(bytes), guess, off);
        candidates.extend(all.iter().map(|bytes| usual(bytes, Guess::No, &[])));
        let layers: Vec<_> = all.iter().map(|bytes| wrapping::peel(bytes)).collect();
        let peeled: Vec<(&[u8], Vec<Wrapping>)> = layers
            .iter()
            .flat_map(|layers| (0..layers.len()).map(move |at| (layers, at)))
            .map(|(layers, at)| {
                let off = layers[..=at].iter().map(|(wrapping, _)| *wrapping);
                (layers[at].1.as_slice(), off.collect())
            })
            .collect();
        let peeled = || {
            peeled
                .iter()
                .rev()
                .map(|(inner, off)| (*inner, off.as_slice()))
        };
        candidates.extend(peeled().map(|(inner, off)| usual(inner, Guess::Unwrapped, off)));
        let texts = all.iter().map(|it| (*it, Guess::Spelling, &[][..]));
        let unwrapped = peeled().map(|(inner, off)| (inner, Guess::Unwrapped, off));
        for (text, guess, off) in texts.chain(unwrapped) {
            let unusual = spelling::unusual(text).into_iter();
            candidates.extend(unusual.map(|spelling| Candidate::given(spelling, guess, off)));
        }
        candidates
    }

    /// The forms to try outside PKCS#12.
    pub(super) fn candidates_for_keys(&self) -> Vec<Candidate> {
        let mut candidates = self.candidates();
        candidates.retain(|candidate| !candidate.is_of_pkcs12);
        candidates
    }

    /// The error for `part`, which no form of it opens.
    pub(super) fn is_wrong(&self, part: &str) -> ContentError {
        let key = bytes(self.of_key.as_ref());
        let mut wrapping = self.wrapping();
        wrapping.extend(wrapping::peel(key).into_iter().map(|(it, _)| it));
        ContentError::WrongPassword {
            part: part.to_owned(),
            given: self.is_given() || self.has_key_password(),
            wrapping: Wrapping::sentence(&wrapping),
            empty_place: self.empty_place,
        }
    }
}

fn bytes(password: Option<&Sensitive<Vec<u8>>>) -> &[u8] {
    password.map_or(&[], |it| it.expose())
}

/// One password in the two byte forms that key derivations take.
pub(super) struct Candidate {
    pub(super) kind: OpenedWith,
    /// For the PKCS#12 derivation: UTF-16BE and two zero bytes (RFC 7292 appendix B.1), or, for
    /// the null password, nothing at all.
    pub(super) bmp: Zeroizing<Vec<u8>>,
    /// For PBKDF2 and scrypt: the bytes as they are (RFC 8018 section 3).
    pub(super) raw: Zeroizing<Vec<u8>>,
    pub(super) guess: Guess,
    /// What was taken off.
    pub(super) taken_off: Vec<Wrapping>,
    is_of_pkcs12: bool,
}

/// Whether a form of the password is what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guess {
    /// It is.
    No,
    /// It is spelled in an unusual way.
    Spelling,
    /// Something around it was taken off.
    Unwrapped,
}

impl Candidate {
    fn null() -> Self {
        Self {
            kind: OpenedWith::Null,
            bmp: Zeroizing::default(),
            ..Self::empty()
        }
    }

    fn empty() -> Self {
        Self {
            kind: OpenedWith::Empty,
            bmp: Zeroizing::new(vec![0, 0]),
            raw: Zeroizing::new(Vec::new()),
            guess: Guess::No,
            taken_off: Vec::new(),
            is_of_pkcs12: false,
        }
    }

    fn given(spelling: Spelling, guess: Guess, taken_off: &[Wrapping]) -> Self {
        let units = &spelling.units;
        let mut bmp = Zeroizing::new(Vec::with_capacity(2 * units.len() + 2));
        bmp.extend(units.iter().flat_map(|unit| unit.to_be_bytes()));
        bmp.extend([0, 0]);
        Self {
            kind: OpenedWith::Given,
            bmp,
            raw: spelling.raw,
            guess,
            taken_off: taken_off.to_vec(),
            is_of_pkcs12: spelling.is_of_pkcs12,
        }
    }
}
