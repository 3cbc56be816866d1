//! [`ExportError`]: why a certificate became no files.

use std::error::Error;
use std::{fmt, io};

use kvcert_pki::content_error::ContentError;
use kvcert_pki::validity::{Dated, Lapse, Validity};

use super::{Format, FormatOption};
use crate::given::Given;
use crate::output::OutputError;

/// Why a certificate was not exported. Each variant is a case with its own next step.
#[derive(Debug)]
pub enum ExportError {
    /// The private key is to be left out of a format that is nothing without it.
    NeedsKey(Format),
    /// An option was given that the format does not have.
    NotOfFormat {
        /// The option.
        option: FormatOption,
        /// The format.
        format: Format,
    },
    /// A password was given, and another key format than PKCS#8.
    OnlyPkcs8Encrypted,
    /// An option for the private key was given, and the key is to be left out.
    NoKeyFor(FormatOption),
    /// A mode, an owner or the like was given for a stream.
    OnlyOfFiles,
    /// The format is several files, which one stream cannot carry.
    SeveralFiles(Format),
    /// The mode would let others read the private key, or change it.
    OpenMode(u32),
    /// The name would leave the folder, or hide the files.
    InvalidName(String),
    /// The key format is for keys of another kind.
    KeyFormat {
        /// Which kind it is for.
        only: &'static str,
        /// Which kind the key is.
        key: String,
    },
    /// The gate [`min_days`](super::ExportOptions::min_days): a certificate has expired, or is not
    /// valid yet.
    Lapsed(Lapse),
    /// The gate [`min_days`](super::ExportOptions::min_days): a certificate expires too soon.
    ExpiresTooSoon {
        /// Which one.
        what: Dated,
        /// Its time of validity.
        validity: Validity,
        /// The days that were asked for.
        min_days: u32,
    },
    /// The certificate or key cannot be encoded.
    Content(ContentError),
    /// The files cannot be written.
    Output(OutputError),
    /// The [`Sink`](super::Sink) failed.
    Stream(io::Error),
    /// A bug, which the certificate has brought to light.
    Panicked,
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeedsKey(Format::Raw) => f.write_str("`raw` is what is stored, key and all"),
            Self::NeedsKey(format) => write!(f, "`{format}` requires the private key"),
            Self::NotOfFormat { option, format } => {
                write!(f, "`{format}` {}", option.lacking())
            }
            Self::OnlyPkcs8Encrypted => f.write_str("only PKCS#8 keys can be encrypted"),
            Self::NoKeyFor(FormatOption::Password) => {
                f.write_str("there is no private key to encrypt")
            }
            Self::NoKeyFor(_) => f.write_str("no private key is written that could have a format"),
            Self::OnlyOfFiles => f.write_str("standard output has no mode, owner, group or links"),
            Self::SeveralFiles(format) => {
                write!(f, "`{format}` is several files; standard output takes one")
            }
            Self::OpenMode(mode) => write!(
                f,
                "with mode {mode:04o}, other users could read or change the private key"
            ),
            Self::InvalidName(name) => {
                let name = Given::from(name.as_str());
                write!(f, "{name} is not a valid file name")
            }
            Self::KeyFormat { only, key } => {
                write!(f, "this key format is for {only} keys; the key is {key}")
            }
            Self::Lapsed(lapse) => lapse.fmt(f),
            Self::ExpiresTooSoon {
                what,
                validity,
                min_days,
            } => write!(
                f,
                "{what} {}; at least {min_days} days are required",
                validity.sentence()
            ),
            Self::Content(error) => error.fmt(f),
            Self::Output(error) => error.fmt(f),
            Self::Stream(_) => f.write_str("cannot write to standard output"),
            Self::Panicked => f.write_str("this is a bug"),
        }
    }
}

impl Error for ExportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Content(error) => error.source(),
            Self::Output(error) => error.source(),
            Self::Stream(error) => Some(error),
            Self::NeedsKey(_)
            | Self::NotOfFormat { .. }
            | Self::OnlyPkcs8Encrypted
            | Self::NoKeyFor(_)
            | Self::OnlyOfFiles
            | Self::SeveralFiles(_)
            | Self::OpenMode(_)
            | Self::InvalidName(_)
            | Self::KeyFormat { .. }
            | Self::Lapsed(_)
            | Self::ExpiresTooSoon { .. }
            | Self::Panicked => None,
        }
    }
}

impl From<ContentError> for ExportError {
    fn from(error: ContentError) -> Self {
        Self::Content(error)
    }
}

impl From<OutputError> for ExportError {
    fn from(error: OutputError) -> Self {
        Self::Output(error)
    }
}
