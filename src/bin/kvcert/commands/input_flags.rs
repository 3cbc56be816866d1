//! What commands read of what the flags point at: passwords, and how input is read.

use std::io;
use std::path::Path;

use kvcert::given::Given;
use kvcert::input::{InputError, Question, ReadOptions};
pub(super) use kvcert::input::{read, read_secret};
use kvcert_pki::format::{KeyChoice, Limits, Password, Wrapping};

use crate::cli::{
    FilePasswordArgs, InputArgs, KeyInPasswordArgs, LimitArgs, OutputArgs, PasswordArgs,
};
use crate::console::ask_hidden;
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
        password_was_typed: false,
        password: password.unwrap_or_default(),
        limits: limits(&args.limits),
        key: match (&args.friendly_name, &args.thumbprint) {
            (Some(name), _) => KeyChoice::FriendlyName(name.clone()),
            (None, Some(thumbprint)) => KeyChoice::Thumbprint(thumbprint.0.clone()),
            (None, None) => KeyChoice::Any,
        },
    }
}

/// Reads the passwords that the flags point at. `None` means that no flag does.
pub(super) fn password(
    args: &PasswordArgs,
    what: &str,
    context: &Context<'_>,
) -> Result<Option<Password>, Failure> {
    let password = args.file.source().read(what, context)?;
    let of_key = args.key.source().read(&key_of(what), context)?;
    Ok(match of_key {
        None => password,
        Some(of_key) => Some(password.unwrap_or_default().with_key_password(&of_key)),
    })
}

/// Reads the password that is to protect the key or the PFX; on a terminal it is asked for twice.
pub(super) fn key_password(
    args: &OutputArgs,
    context: &Context<'_>,
) -> Result<Option<Password>, Failure> {
    let source = Source {
        file: args.key_password_file.as_deref(),
        variable: args.key_password_env.as_deref(),
        prompt: args.key_password_prompt,
        flags: ["--key-password-file", "--key-password-env"],
        places: [
            "the file of `--key-password-file`",
            "the variable of `--key-password-env`",
        ],
    };
    let Some(password) = source.read("the new file", context)? else {
        return Ok(None);
    };
    if !password.is_given() {
        return Err(usage::empty_password());
    }
    if args.key_password_prompt && !password.is_same_as(&ask("the new file, again")?) {
        return Err(usage::passwords_differ());
    }
    check_wrapping(&password, context)?;
    Ok(Some(password))
}

/// What an editor has put around a new password would be part of it.
fn check_wrapping(password: &Password, context: &Context<'_>) -> Result<(), Failure> {
    let mut wrapping = password.wrapping();
    wrapping.retain(|it| *it != Wrapping::Base64);
    let is_surely_meant =
        |it: &Wrapping| matches!(it, Wrapping::Blank | Wrapping::Name | Wrapping::Quotes);
    match Wrapping::sentence(&wrapping) {
        None => {}
        Some(sentence) if wrapping.iter().all(is_surely_meant) => context
            .console
            .warning(&format!("the new password {sentence}, which is part of it")),
        Some(sentence) => return Err(usage::wrapped_password(&sentence)),
    }
    Ok(())
}

/// Where a password comes from: at most one of these.
struct Source<'a> {
    file: Option<&'a Path>,
    variable: Option<&'a str>,
    prompt: bool,
    /// The names of the flags for file and variable.
    flags: [&'static str; 2],
    /// File and variable, for people.
    places: [&'static str; 2],
}

impl FilePasswordArgs {
    fn source(&self) -> Source<'_> {
        Source {
            file: self.password_file.as_deref(),
            variable: self.password_env.as_deref(),
            prompt: self.password_prompt,
            flags: ["--password-file", "--password-env"],
            places: [
                "the file of `--password-file`",
                "the variable of `--password-env`",
            ],
        }
    }
}

impl KeyInPasswordArgs {
    fn source(&self) -> Source<'_> {
        Source {
            file: self.key_in_password_file.as_deref(),
            variable: self.key_in_password_env.as_deref(),
            prompt: self.key_in_password_prompt,
            flags: ["--key-in-password-file", "--key-in-password-env"],
            places: [
                "the file of `--key-in-password-file`",
                "the variable of `--key-in-password-env`",
            ],
        }
    }
}

impl Source<'_> {
    fn read(&self, what: &str, context: &Context<'_>) -> Result<Option<Password>, Failure> {
        let [file_flag, env_flag] = self.flags;
        let [file_place, variable_place] = self.places;
        if let Some(file) = self.file {
            let password = Password::new(read_secret(file, file_flag)?.to_vec());
            return Ok(Some(password.from_place(file_place)));
        }
        if let Some(variable) = self.variable {
            let value = context.environment.value(variable);
            let value = value.ok_or_else(|| usage::no_such_variable(env_flag))?;
            let password = Password::new(value.as_bytes().to_vec());
            return Ok(Some(password.from_place(variable_place)));
        }
        if self.prompt {
            return ask(what).map(Some);
        }
        Ok(None)
    }
}

/// Asks on the terminal, without an echo.
pub(super) fn ask(what: &str) -> Result<Password, Failure> {
    prompt(what).map_err(|error| InputError::Password(error).into())
}

/// Asks for the password of a file, or of the private key in it.
pub(super) fn ask_for(question: &Question<'_>) -> io::Result<Password> {
    let file = Given::from(question.file).to_string();
    let what = if question.is_of_key {
        key_of(&file)
    } else {
        file
    };
    let again = if question.is_again {
        "wrong password; "
    } else {
        ""
    };
    let password = ask_hidden(&format!("{again}password for {what}: "))?;
    Ok(Password::new(password.into_bytes()))
}

fn key_of(what: &str) -> String {
    format!("the private key in {what}")
}

fn prompt(what: &str) -> io::Result<Password> {
    let password = ask_hidden(&format!("password for {what}: "))?;
    Ok(Password::new(password.into_bytes()))
}
