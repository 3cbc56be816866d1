//! What commands read: files, standard input, passwords. Everything with a bound.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use kvcert_pki::format::Password;
use zeroize::{Zeroize, Zeroizing};

use super::Context;
use crate::cli::{OutputArgs, PasswordArgs};
use crate::failure::{Failure, Reason};

/// Reads a file, or standard input for `-`, of at most `max_bytes`.
pub(crate) fn read(path: &Path, max_bytes: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |error: io::Error| {
        let (reason, hint) = if error.kind() == io::ErrorKind::NotFound {
            (Reason::NoSuchFile, "check the path; `-` is standard input")
        } else {
            (
                Reason::UnreadableFile,
                "check that it is a file and that you may read it",
            )
        };
        Failure::new(reason, error)
            .context(format!("cannot read `{}`", path.display()))
            .with_hint(hint)
    };
    if path == Path::new("-") {
        return read_all(io::stdin().lock(), 0, max_bytes).map_err(failed);
    }
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    let size = usize::try_from(metadata.len())
        .unwrap_or(usize::MAX)
        .min(max_bytes);
    read_all(file, size, max_bytes).map_err(failed)
}

/// Reads the password that the flags point at. `None` means that no flag does.
pub(super) fn password(
    args: &PasswordArgs,
    what: &str,
    context: &Context<'_>,
) -> Result<Option<Password>, Failure> {
    if let Some(file) = &args.password_file {
        return Ok(Some(Password::new(first_line(file)?.to_vec())));
    }
    if let Some(variable) = &args.password_env {
        let value = context.environment.get(variable).ok_or_else(|| {
            Failure::message(
                Reason::NoSuchVariable,
                format!("the environment variable `{variable}` is not set"),
            )
            .with_hint("the flag takes the name of a variable that holds the password")
        })?;
        return Ok(Some(Password::new(value.as_bytes().to_vec())));
    }
    if args.password_prompt {
        return ask(what).map(Some);
    }
    Ok(None)
}

/// Reads the password that is to protect the key or the PFX; on a terminal it is asked for twice.
pub(super) fn key_password(
    args: &OutputArgs,
    context: &Context<'_>,
) -> Result<Option<Password>, Failure> {
    let source = PasswordArgs {
        password_file: args.key_password_file.clone(),
        password_env: args.key_password_env.clone(),
        password_prompt: args.key_password_prompt,
    };
    let Some(password) = password(&source, "the new file", context)? else {
        return Ok(None);
    };
    if !password.is_given() {
        let message = "the password for the key is empty";
        return Err(Failure::message(Reason::EmptyPassword, message)
            .with_hint("leave the flag out to write without a password"));
    }
    if args.key_password_prompt && !password.is_same_as(&ask("the new file, again")?) {
        let message = "the two passwords differ";
        return Err(Failure::message(Reason::PasswordsDiffer, message)
            .with_hint("run it again, or use `--key-password-file FILE`"));
    }
    Ok(Some(password))
}

/// Asks on the terminal, without an echo.
pub(super) fn ask(what: &str) -> Result<Password, Failure> {
    rpassword::prompt_password(format!("password for {what}: "))
        .map(|password| Password::new(password.into_bytes()))
        .map_err(|error| {
            Failure::new(Reason::NoTerminal, error)
                .context("cannot ask for the password")
                .with_hint("without a terminal use `--password-file FILE` or `--password-env VAR`")
        })
}

/// A secret from a file: all of it, but for one newline at its end.
pub(crate) fn first_line(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut secret = read(path, MAX_SECRET)?;
    if secret.len() > MAX_SECRET {
        let message = format!("`{}` is too long for a password or token", path.display());
        return Err(Failure::message(Reason::TooLong, message)
            .with_hint("give a file that holds the password or token and nothing else"));
    }
    for ending in [b'\n', b'\r'] {
        if secret.last() == Some(&ending) {
            secret.pop();
        }
    }
    Ok(secret)
}

/// One byte more than allowed is read, so that the limit check downstream sees it. The buffer has
/// its final size at once, or old ones are wiped as it grows.
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

const FIRST_BUFFER: usize = 16 * 1024;
const MAX_SECRET: usize = 64 * 1024;
