//! What is read from local files, each with a bound, and how.

use std::error::Error;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use kvcert_pki::content_error::ContentError;
use kvcert_pki::format::{self, Contents, KeyChoice, Limits, Password};
use zeroize::{Zeroize, Zeroizing};

use crate::given::Given;

/// How the bytes of a certificate and its key are read.
#[derive(Debug, Default)]
pub struct ReadOptions {
    /// What opens them; without one, no password and the empty one are tried.
    pub password: Password,
    /// How much reading may cost.
    pub limits: Limits,
    /// Which of several keys is meant.
    pub key: KeyChoice,
    /// Whether someone typed the password, and may do so again if it is wrong.
    pub password_was_typed: bool,
}

/// Asks someone for a password.
pub type AskPassword<'a> = &'a (dyn Fn(&Question<'_>) -> io::Result<Password> + Sync);

/// What someone is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The password of this file,
    pub file: &'a Path,
    /// or that of the private key in it, which has another one.
    pub is_of_key: bool,
    /// The last answer was wrong.
    pub is_again: bool,
}

impl ReadOptions {
    /// Reads keys and certificates from `bytes`, in no order that means anything.
    ///
    /// # Errors
    /// Any [`ContentError`] that comes before keys and certificates are matched.
    pub fn contents(&self, bytes: &[u8]) -> Result<Contents, ContentError> {
        format::read(bytes, &self.password, &self.limits)
    }

    /// The same, which asks for the password of `file` if it takes one, none was given, and it locks
    /// what is wanted: with `needs_key` the private key, else the rest. Asks again if the answer is
    /// wrong, and if the private key has another password.
    ///
    /// # Errors
    /// [`InputError::Password`] if nobody can be asked, else [`InputError::Content`].
    pub fn contents_or_ask(
        &self,
        bytes: &[u8],
        file: &Path,
        needs_key: bool,
        ask: Option<AskPassword<'_>>,
    ) -> Result<Contents, InputError> {
        let mut typed: Option<Password> = None;
        let mut answers = usize::from(self.password_was_typed);
        // One for the private key alone opens no file.
        let is_given = self.password.is_given();
        loop {
            let password = typed.as_ref().unwrap_or(&self.password);
            let result = format::read(bytes, password, &self.limits);
            let locked = match &result {
                Ok(contents) if needs_key => contents.unreadable_key.as_ref(),
                Ok(_) => None,
                Err(error) => Some(error),
            };
            let is_again = answers > 0;
            let is_of_key = match locked {
                Some(ContentError::WrongPassword { .. }) if !is_given || is_again => false,
                Some(ContentError::OtherPassword { given, .. }) if !given || is_again => true,
                _ => return result.map_err(InputError::Content),
            };
            let Some(ask) = ask.filter(|_| answers < MAX_ANSWERS) else {
                return result.map_err(InputError::Content);
            };
            let is_wrong = match locked {
                Some(ContentError::OtherPassword { given, .. }) => *given,
                _ => is_again,
            };
            let answer = ask(&Question {
                file,
                is_of_key,
                is_again: is_wrong,
            });
            let answer = answer.map_err(InputError::Password)?;
            answers += 1;
            typed = Some(if is_of_key {
                password.with_key_password(&answer)
            } else {
                password.with_file_password(&answer)
            });
        }
    }
}

/// Why something could not be read.
#[derive(Debug)]
pub enum InputError {
    /// There is no such file.
    Missing {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is nothing in it.
    Empty {
        /// The file; `-` is standard input.
        path: PathBuf,
    },
    /// It is a folder, or may not be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file of a password or token cannot be read. What was given may be the secret itself, so
    /// it is named by its flag alone.
    Secret {
        /// The flag.
        flag: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing arrived on standard input, where a password or token should.
    NothingArrived {
        /// The flag.
        flag: &'static str,
    },
    /// It is too long for a password or token.
    TooLong {
        /// The flag that named the file.
        flag: &'static str,
    },
    /// The password could not be asked for.
    Password(io::Error),
    /// What was read is not what was hoped for.
    Content(ContentError),
}

/// Reads a file, or standard input for `-`, of at most `max_bytes`. One byte more is read than that,
/// so that the check of the size sees what is too long.
///
/// # Errors
/// [`InputError::Missing`], [`InputError::Unreadable`] or [`InputError::Empty`].
pub fn read(path: &Path, max_bytes: usize) -> Result<Zeroizing<Vec<u8>>, InputError> {
    let bytes = read_or_nothing(path, max_bytes)?;
    if bytes.is_empty() {
        let path = path.to_owned();
        return Err(InputError::Empty { path });
    }
    Ok(bytes)
}

fn read_or_nothing(path: &Path, max_bytes: usize) -> Result<Zeroizing<Vec<u8>>, InputError> {
    let failed = |source: io::Error| {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => InputError::Missing { path, source },
            _ => InputError::Unreadable { path, source },
        }
    };
    if path == Path::new("-") {
        return read_all(io::stdin().lock(), 0, max_bytes).map_err(failed);
    }
    if path.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    read_file(path, max_bytes).map_err(failed)
}

/// Reads a file of at most `max_bytes`, and one byte more, as [`read`] does.
pub(crate) fn read_file(path: &Path, max_bytes: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = File::open(path)?;
    let size = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    read_all(file, size.min(max_bytes), max_bytes)
}

/// Reads a password or token from the file that `flag` names: all of it, but for one newline at its
/// end.
///
/// # Errors
/// [`InputError::Secret`], [`InputError::NothingArrived`] and [`InputError::TooLong`].
pub fn read_secret(path: &Path, flag: &'static str) -> Result<Zeroizing<Vec<u8>>, InputError> {
    let mut secret = read_or_nothing(path, MAX_SECRET).map_err(|error| match error {
        InputError::Missing { source, .. } | InputError::Unreadable { source, .. } => {
            InputError::Secret { flag, source }
        }
        error => error,
    })?;
    if secret.len() > MAX_SECRET {
        return Err(InputError::TooLong { flag });
    }
    if secret.is_empty() && path == Path::new("-") {
        return Err(InputError::NothingArrived { flag });
    }
    for ending in [b'\n', b'\r'] {
        if secret.last() == Some(&ending) {
            secret.pop();
        }
    }
    Ok(secret)
}

/// What lets others read the secret in a file, or have written it; nothing for what is not a regular file,
/// such as a pipe.
#[cfg(unix)]
pub fn exposure(path: &Path) -> Option<&'static str> {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::metadata(path).ok()?;
    let is_foreign = ![0, rustix::process::geteuid().as_raw()].contains(&found.uid());
    match found.mode() & 0o077 {
        _ if !found.is_file() => None,
        _ if is_foreign => Some("the file belongs to another user"),
        0 => None,
        mode if mode & 0o022 != 0 => Some("other users can write to the file (`chmod 600` it)"),
        _ => Some("other users can read the file (`chmod 600` it)"),
    }
}

/// What lets others read the secret in a file: files have no mode here.
#[cfg(not(unix))]
pub fn exposure(_: &Path) -> Option<&'static str> {
    None
}

/// The buffer has its final size at once, or old ones are wiped as it grows.
fn read_all(reader: impl Read, size: usize, max_bytes: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(size.max(FIRST_BUFFER) + 1));
    let mut reader = reader.take(max_bytes as u64 + 1);
    let mut chunk = [0_u8; FIRST_BUFFER];
    loop {
        let count = match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if bytes.len() + count > bytes.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * bytes.capacity()));
            larger.extend_from_slice(&bytes);
            bytes = larger;
        }
        bytes.extend_from_slice(&chunk[..count]);
    }
    chunk.zeroize();
    Ok(bytes)
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path, .. } | Self::Unreadable { path, .. } => {
                write!(f, "cannot read {}", Given::from(path.as_path()))
            }
            Self::Empty { path } if path == Path::new("-") => {
                f.write_str("nothing arrived on standard input")
            }
            Self::Empty { path } => write!(f, "{} is empty", Given::from(path.as_path())),
            Self::Secret { flag, source } if source.kind() == io::ErrorKind::NotFound => {
                write!(f, "the value of `{flag}` is not a file")
            }
            Self::Secret { flag, .. } => write!(f, "cannot read the file of `{flag}`"),
            Self::NothingArrived { flag } => {
                write!(f, "nothing arrived on standard input for `{flag} -`")
            }
            Self::TooLong { flag } => {
                write!(
                    f,
                    "the file of `{flag}` is too long for a password or token"
                )
            }
            Self::Password(_) => f.write_str("cannot ask for the password"),
            Self::Content(error) => error.fmt(f),
        }
    }
}

impl Error for InputError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Missing { source, .. }
            | Self::Unreadable { source, .. }
            | Self::Secret { source, .. }
            | Self::Password(source) => Some(source),
            Self::Empty { .. } | Self::NothingArrived { .. } | Self::TooLong { .. } => None,
            Self::Content(error) => error.source(),
        }
    }
}

/// How often someone may type a password.
pub const MAX_ANSWERS: usize = 3;
const FIRST_BUFFER: usize = 16 * 1024;
const MAX_SECRET: usize = 64 * 1024;
