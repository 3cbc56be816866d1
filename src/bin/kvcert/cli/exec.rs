//! The flags of `exec`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{AppArgs, InputArgs, PasswordArgs};

/// `kvcert exec`.
#[derive(Debug, Default, Args)]
#[command(after_help = "Examples:
  kvcert exec web --vault contoso -- sh -c 'curl --cert $KVCERT_CERT_FILE --key $KVCERT_KEY_FILE https://api.example.com/'
      the files are in memory and disappear with the program
  kvcert exec web --vault contoso -- curl --cert {KVCERT_PEM_FILE} https://api.example.com/
      names in braces become paths, without a shell
  kvcert exec web --vault contoso --env AZURE_CLIENT_CERTIFICATE_PATH=pem -- python app.py
      for programs that expect another variable
  kvcert exec web --sign-in-vault --token --tenant T --client-id ID --for exchange -- pwsh -File mail.ps1
      an access token in KVCERT_TOKEN; the key stays in the vault, so there is no key file

Environment of the program:
  KVCERT_CERT_FILE   leaf, then chain                    KVCERT_TOKEN           with --token
  KVCERT_KEY_FILE    the private key, PKCS#8             KVCERT_TOKEN_EXPIRES   its expiry, UTC
  KVCERT_PEM_FILE    both: key, leaf, chain

The program does not get AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PASSWORD, IDENTITY_HEADER,
MSI_SECRET, ACTIONS_ID_TOKEN_REQUEST_TOKEN, KVCERT_ACCESS_TOKEN or a password's variable
(`--password-env`), unless `--keep-env` names it.

The program replaces kvcert: signals, the terminal and the exit code are its own. kvcert's exit
codes (see `kvcert --help`) apply only before it starts.")]
pub(crate) struct ExecArgs {
    /// The certificate: NAME, NAME/VERSION, an identifier, or a file (`./app.pfx`)
    #[arg(value_name = "CERT|FILE")]
    pub(crate) certificate: String,
    /// The program and its arguments, after `--`; names such as {KVCERT_CERT_FILE} become paths
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
    /// Where the files are [default: memory, or folder if the system does not support that]
    #[arg(long, value_name = "WHERE", help_heading = "Program")]
    pub(crate) files: Option<FilesArg>,
    /// Also put a path or the token into this variable; may be repeated
    #[arg(long, value_name = "NAME=cert|key|pem|token", help_heading = "Program", value_parser = parse_variable)]
    pub(crate) env: Vec<Variable>,
    /// Pass this variable to the program even though it holds a secret; may be repeated
    #[arg(long, value_name = "NAME", help_heading = "Program")]
    pub(crate) keep_env: Vec<String>,
    /// Also get an access token, for the application in --tenant and --client-id
    #[arg(long, help_heading = "Application")]
    pub(crate) token: bool,
    /// Which application, and what its token is for.
    #[command(flatten)]
    pub(crate) app: AppArgs,
    /// How to open a file that you have.
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    /// Which key of it.
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

/// `kvcert exec-wipe`, which `exec` starts and nobody else.
#[derive(Debug, Args)]
pub(crate) struct WipeArgs {
    /// The folder to wipe, or `memory` for what is open as standard input and output
    pub(crate) place: PathBuf,
    /// When this process has ended
    pub(crate) process: i32,
    /// Detach first
    #[arg(long)]
    pub(crate) detach: bool,
}

/// Where the files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FilesArg {
    /// In memory only (Linux): gone with the program, however it ends
    Memory,
    /// In a folder (0700) that is wiped when the program ends, for programs that need file names
    Folder,
}

/// What a variable of the program is to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HeldArg {
    /// The path of leaf and chain
    Cert,
    /// The path of the key
    Key,
    /// The path of key, leaf and chain
    Pem,
    /// The token
    Token,
}

/// A variable, and what it is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    /// The name.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) held: HeldArg,
}

fn parse_variable(text: &str) -> Result<Variable, String> {
    let rule = || String::from("it is NAME=cert, NAME=key, NAME=pem or NAME=token");
    let (name, held) = text.split_once('=').ok_or_else(rule)?;
    Ok(Variable {
        name: super::token::parse_variable(name)?,
        held: HeldArg::from_str(held, false).map_err(|_| rule())?,
    })
}
