//! Why files were not read, converted or exported.

use std::io::ErrorKind;

use std::path::Path;

use kvcert::convert::ConvertError;
use kvcert::export::{ExportError, FormatOption};
use kvcert::given::Given;
use kvcert::input::InputError;
use kvcert_pki::validity::Dated;

use crate::failure::{Failure, Reason, usage};

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        let (reason, hint) = match error {
            ExportError::Content(error) => return error.into(),
            ExportError::Output(error) => return error.into(),
            ExportError::Panicked => return Self::from_panic(),
            ExportError::NeedsKey(_) => (
                Reason::FlagsConflict,
                "leave out `--no-key`, or use `--format pem`",
            ),
            ExportError::NotOfFormat { option, .. } => {
                let hint = formats_with(option);
                return Self::new(Reason::FlagsConflict, error).with_hint(hint);
            }
            ExportError::OnlyPkcs8Encrypted => (Reason::FlagsConflict, "leave out `--key-format`"),
            ExportError::NoKeyFor(FormatOption::Password) => (
                Reason::FlagsConflict,
                "leave out the password, or `--no-key`",
            ),
            ExportError::NoKeyFor(_) => (
                Reason::FlagsConflict,
                "leave out `--key-format`, or `--no-key`",
            ),
            ExportError::OnlyOfFiles => (
                Reason::FlagsConflict,
                "leave out `--mode`, `--owner`, `--group` and `--replace-links`, or name a directory with `-o`",
            ),
            ExportError::SeveralFiles(_) => (
                Reason::SeveralFiles,
                "use `--format combined`, or name a folder with `-o`",
            ),
            ExportError::OpenMode(_) => (
                Reason::OpenMode,
                "use `--mode 600`, or 640 with the `--group` of the server; `--force` writes it anyway",
            ),
            ExportError::InvalidName(_) => (Reason::InvalidName, "give another one with `--name`"),
            ExportError::KeyFormat { .. } => (
                Reason::KeyFormat,
                "`--key-format pkcs8`, the default, is for every key",
            ),
            ExportError::Lapsed(ref lapse) => match lapse.validity.is_expired() {
                true => (Reason::Expired, replace_expired(&lapse.what)),
                false => (
                    Reason::NotYetValid,
                    "use the certificate that is valid now, or leave out `--min-days`",
                ),
            },
            ExportError::ExpiresTooSoon { ref what, .. } => (Reason::ExpiresTooSoon, renew(what)),
            ExportError::Stream(_) => (
                Reason::StandardOutput,
                "is the disk full, or the reader gone?",
            ),
        };
        Self::new(reason, error).with_hint(hint)
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        let (reason, hint) = match &error {
            InputError::Missing { path, .. } => match Given::from(path.as_path()).content() {
                Some(content) => {
                    let hint = usage::not_a_path_hint(content);
                    return Self::new(Reason::NoSuchFile, error).with_hint(hint);
                }
                None => (Reason::NoSuchFile, "check the path; `-` is standard input"),
            },
            InputError::Secret { source, .. } => (
                match source.kind() {
                    ErrorKind::NotFound => Reason::NoSuchFile,
                    _ => Reason::UnreadableFile,
                },
                "give the path of a file that holds the password or token, not the password or token itself; `-` is standard input",
            ),
            InputError::Empty { path } if path == Path::new("-") => {
                (Reason::NotAKeyStore, BEFORE_THE_PIPE)
            }
            InputError::NothingArrived { .. } => (Reason::NothingArrived, BEFORE_THE_PIPE),
            InputError::Empty { .. } => (
                Reason::NotAKeyStore,
                "look at what wrote it: it failed, or wrote somewhere else",
            ),
            InputError::Unreadable { .. } => (
                Reason::UnreadableFile,
                "check that it is a file and that you may read it",
            ),
            InputError::TooLong { .. } => (
                Reason::TooLong,
                "give a file that holds the password or token and nothing else",
            ),
            InputError::Password(_) => (
                Reason::NoTerminal,
                "without a terminal use `--password-file FILE` or `--password-env VAR`",
            ),
            InputError::Content(error) => return error.clone().into(),
        };
        Self::new(reason, error).with_hint(hint)
    }
}

const BEFORE_THE_PIPE: &str = "see the error of the command before the pipe, and run it alone";

impl From<ConvertError> for Failure {
    fn from(error: ConvertError) -> Self {
        match error {
            ConvertError::OneFileOnly => {
                let message = "`--name` and `-o -` are for one file; several were given";
                Self::message(Reason::FlagsConflict, message).with_hint("convert them one by one")
            }
            ConvertError::SameName { .. } => Self::new(Reason::SameName, error)
                .with_hint("convert them one by one, with `--name`; only files that hold one certificate, its chain and its key may share a name"),
            ConvertError::NoThreads(_) => no_threads(error),
            ConvertError::Input(error) => error.into(),
            ConvertError::Content(error) => error.into(),
            ConvertError::Export(error) => error.into(),
            ConvertError::Panicked => Self::from_panic(),
        }
    }
}

/// The system has no room for the threads that decrypt and write.
pub(super) fn no_threads(error: impl Into<anyhow::Error>) -> Failure {
    Failure::new(Reason::Unforeseen, error)
        .with_hint("raise the limit on processes (`ulimit -u`, or `pids.max` of the container), or free up memory")
}

/// Which formats have an option.
fn formats_with(option: FormatOption) -> String {
    let flag = match option {
        FormatOption::Password => "a password for the key",
        FormatOption::KeyFormat => "`--key-format`",
        FormatOption::PfxProfile => "`--pfx-profile`",
        FormatOption::LeafAlone => "`--no-chain`",
        FormatOption::AllCertificates => "`--all-certs`",
    };
    let formats: Vec<String> = option
        .formats()
        .map(|format| format!("`--format {format}`"))
        .collect();
    format!("leave it out; {flag} is for {}", formats.join(", "))
}

fn replace_expired(what: &Dated) -> &'static str {
    match what {
        Dated::Leaf(_) => {
            "renew the certificate; without `--min-days` it is written as it is, with a warning"
        }
        Dated::Issuer(_) => renew(what),
        Dated::Object(_) => {
            "store it again with another expiry date; without `--min-days` it is written as it is, with a warning"
        }
    }
}

fn renew(what: &Dated) -> &'static str {
    match what {
        Dated::Leaf(_) => "renew the certificate, or ask for fewer days with `--min-days`",
        Dated::Issuer(_) => {
            "replace the chain with the current one of the CA, or write the leaf alone with `--no-chain`"
        }
        Dated::Object(_) => {
            "store it again with another expiry date, or ask for fewer days with `--min-days`"
        }
    }
}
