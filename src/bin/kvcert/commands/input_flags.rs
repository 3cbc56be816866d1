//! What commands read of what the flags point at: passwords, and how input is read.

use std::io;
use std::path::Path;

use kvcert::given::Given;
use kvcert::input::{InputError, ReadOptions};
pub(super) use kvcert::input::{read, read_secret};
use kvcert_pki::format::{KeyChoice, Limits, Password};

use crate::cli::{InputArgs, LimitArgs, OutputArgs, PasswordArgs};
use crate::failure::{Failure, usage};
use crate::session::Context;

/// The limits that the flags set.
pub(super) fn limits(args: &LimitArgs) -> Limits {
    let default = Limits::default();
    Limits {
        max_bytes: args.max_bytes.unwrap_or(default.max_bytes),
        max_iterations: args.max_iterations.unwrap_or(default.max_iterations),
        max_memory: args.max_memory.unwrap_or(default.max_memory),
    }
}

/// How the flags want a certificate and its key to be read.
pub(super) fn read_options(password: Option<Password>, args: &InputArgs) -> ReadOptions {
    ReadOptions {
        password: password.unwrap_or_default(),
        limits: limits(&args.limits),
        key: match (&args.friendly_name, &args.thumbprint) {
            (Some(name), _) => KeyChoice::FriendlyName(name.clone()),
            (None, Some(thumbprint)) => KeyChoice::Thumbprint(thumbprint.0.clone()),
            (None, None) => KeyChoice::Any,
        },
    }
}

/// Reads the password that the flags point at. `None` means that no flag does.
pub(super) fn password(
    args: &PasswordArgs,
    what: &str,
    context: &Context<'_>,
) -> Result<Option<Password>, Failure> {
    password_of(args, ["--password-file", "--password-env"], what, context)
}

/// The same, for flags with these names.
fn password_of(
    args: &PasswordArgs,
    [file_flag, env_flag]: [&'static str; 2],
    what: &str,
    context: &Context<'_>,
) -> Result<Option<Password>, Failure> {
    if let Some(file) = &args.password_file {
        return Ok(Some(Password::new(read_secret(file, file_flag)?.to_vec())));
    }
    if let Some(variable) = &args.password_env {
        let value = context
            .environment
            .get(variable)
            .ok_or_else(|| usage::no_such_variable(env_flag))?;
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
    let flags = ["--key-password-file", "--key-password-env"];
    let Some(password) = password_of(&source, flags, "the new file", context)? else {
        return Ok(None);
    };
    if !password.is_given() {
        return Err(usage::empty_password());
    }
    if args.key_password_prompt && !password.is_same_as(&ask("the new file, again")?) {
        return Err(usage::passwords_differ());
    }
    Ok(Some(password))
}

/// Asks on the terminal, without an echo.
pub(super) fn ask(what: &str) -> Result<Password, Failure> {
    prompt(what).map_err(|error| InputError::Password(error).into())
}

/// Asks for the password of a file.
pub(super) fn ask_for(file: &Path) -> io::Result<Password> {
    prompt(&Given::from(file).to_string())
}

fn prompt(what: &str) -> io::Result<Password> {
    let password = rpassword::prompt_password(format!("password for {what}: "))?;
    Ok(Password::new(password.into_bytes()))
}
