//! What was given on the command line, or is missing there.

use std::fmt::Display;
use std::path::Path;

use kvcert::cloud::Cloud;
use kvcert::given::{Content, Given};
use kvcert::transport::InvalidProxy;
use kvcert::vault::address::CertificateRef;

use super::{Failure, Reason};

/// A value on the command line is a secret, or the content of a file.
pub(crate) fn secret_given(place: &str, content: Content) -> Failure {
    let message = format!("{place} is not a path or name: it looks like {content}");
    Failure::message(Reason::SecretGiven, message).with_hint(not_a_path_hint(content))
}

/// What to do with content that was given in the place of its path.
pub(crate) fn not_a_path_hint(content: Content) -> String {
    match content {
        Content::Long | Content::Lines => String::from("give a path or a name"),
        content => format!(
            "write it to a file and give the path; the value, which looks like {content}, is visible to other users while it is on a command line"
        ),
    }
}

/// What clap says about the command line.
pub(crate) fn command_line(words: &str) -> Failure {
    Failure::message(Reason::Usage, words)
        .with_hint("`kvcert --help` and `kvcert COMMAND --help` list commands and flags")
}

/// Flags that exclude each other, or do not fit what they apply to.
pub(crate) fn flags_conflict(message: impl Display, hint: impl Into<String>) -> Failure {
    Failure::message(Reason::FlagsConflict, message).with_hint(hint)
}

/// `--cloud` and AZURE_AUTHORITY_HOST name two clouds.
pub(crate) fn other_cloud_in_variable(flag: Cloud, variable: Cloud) -> Failure {
    let [flag, variable] = [flag, variable].map(|cloud| cloud.endpoints().name);
    let message = format!(
        "`--cloud {flag}` contradicts AZURE_AUTHORITY_HOST, which is the sign-in of `{variable}`"
    );
    flags_conflict(
        message,
        "unset AZURE_AUTHORITY_HOST, or leave `--cloud` out",
    )
}

pub(crate) fn no_vault() -> Failure {
    Failure::message(Reason::NoVault, "no vault given").with_hint(
        "give `--vault NAME`, set KVCERT_VAULT, or name the certificate by its full identifier",
    )
}

/// `get` without a name, pattern or `--all`.
pub(crate) fn no_certificate() -> Failure {
    Failure::message(Reason::Usage, "no certificate given")
        .with_hint("name one or several, give a pattern such as `'web-*'`, or `--all`")
}

/// The vault was given with a certificate in it, and another one was named.
pub(crate) fn other_certificate(named: &str, with_vault: &CertificateRef) -> Failure {
    let named = Given::from(named);
    let message = format!("`--vault` names the certificate `{with_vault}`, and {named} is another");
    let hint = match &with_vault.vault {
        Some(vault) => format!("give the vault alone: `--vault {vault}`"),
        None => String::from("give the vault alone"),
    };
    flags_conflict(message, hint)
}

pub(crate) fn several_vaults() -> Failure {
    let message = "several vaults given; this command works on one";
    Failure::message(Reason::SeveralVaults, message).with_hint("run it once for each vault")
}

/// A version where the whole certificate is meant.
pub(crate) fn version_given(name: impl Display) -> Failure {
    let message = "a version was given, but this command works on the whole certificate";
    Failure::message(Reason::UnexpectedVersion, message)
        .with_hint(format!("give the name alone: `{name}`"))
}

pub(crate) fn not_a_file_name(path: &Path) -> Failure {
    let message = format!("{} is not a valid file name", Given::from(path));
    Failure::message(Reason::InvalidName, message)
        .with_hint("name a file, or `-` for standard output")
}

/// A question that nobody can answer here.
pub(crate) fn not_confirmed(question: &str) -> Failure {
    let message = format!("cannot ask for confirmation without a terminal: {question}");
    Failure::message(Reason::NotConfirmed, message).with_hint("add `--yes` to confirm")
}

pub(crate) fn subject_too_long(most: usize) -> Failure {
    let message = format!("the subject has more than {most} characters");
    Failure::message(Reason::InvalidSubject, message)
        .with_hint("shorten it; give host names with `--dns`")
}

pub(crate) fn not_a_subject(subject: &str) -> Failure {
    let shown = Given::from(subject);
    let message = format!("{shown} is not a distinguished name");
    Failure::message(Reason::InvalidSubject, message).with_hint(match shown.content() {
        Some(_) => String::from("write it as `CN=NAME`"),
        None => format!("write it as `CN={}`", kvcert_pki::text::printable(subject)),
    })
}

/// No directory for `what`.
pub(crate) fn no_state_folder(what: &str, hint: &str) -> Failure {
    let message = format!("no directory for {what}: HOME is not set");
    Failure::message(Reason::NoStateFolder, message).with_hint(hint)
}

pub(crate) fn ca_file_too_long(file: &Path) -> Failure {
    let shown = Given::from(file);
    let message = format!("{shown} is too long for a file of CA certificates");
    Failure::message(Reason::TooLong, message).with_hint(CA_FILE)
}

pub(crate) fn invalid_proxy(error: InvalidProxy) -> Failure {
    let variable = error.variable();
    Failure::new(Reason::InvalidSetting, error).with_hint(format!(
        "set {variable} to `http://HOST:PORT` or `http://USER:PASSWORD@HOST:PORT`, or unset it to connect without a proxy"
    ))
}

pub(crate) fn tls_setup(error: anyhow::Error) -> Failure {
    Failure::new(Reason::TlsSetup, error.context("cannot set up TLS")).with_hint(CA_FILE)
}

const CA_FILE: &str = "give `--ca-file` a PEM file with the CA certificates to trust in addition";

/// `flag` names a variable that is not there. It may be the password itself, so it is not shown.
pub(crate) fn no_such_variable(flag: &str) -> Failure {
    let message = format!("the value of `{flag}` is not an environment variable that is set");
    Failure::message(Reason::NoSuchVariable, message)
        .with_hint("name the variable that holds the password, not the password itself")
}

pub(crate) fn empty_password() -> Failure {
    Failure::message(Reason::EmptyPassword, "the password for the key is empty")
        .with_hint("leave the flag out to write without a password")
}

/// A new password that an editor or a shell has put something around.
pub(crate) fn wrapped_password(sentence: &str) -> Failure {
    let message = format!("the new password {sentence}, which would be part of it");
    Failure::message(Reason::WrappedPassword, message).with_hint(
        "write the password alone, as plain text: `printf %s \"$PASSWORD\" > FILE`; in PowerShell `Set-Content -NoNewline -Encoding ascii`",
    )
}

pub(crate) fn passwords_differ() -> Failure {
    Failure::message(Reason::PasswordsDiffer, "the two passwords differ")
        .with_hint("run it again, or use `--key-password-file FILE`")
}

pub(crate) fn two_results() -> Failure {
    let message = "standard output cannot carry both the files and JSON";
    Failure::message(Reason::TwoResults, message)
        .with_hint("leave out `--json`, or name a directory with `-o`")
}

pub(crate) fn key_to_terminal() -> Failure {
    Failure::message(
        Reason::KeyToTerminal,
        "not showing a private key on a terminal",
    )
    .with_hint("redirect it to a file or a program, add `--no-key`, or add `--force`")
}
