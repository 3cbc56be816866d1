//! The command line, as clap types; nothing else.

mod app;
mod create;
mod deferred;
#[cfg(feature = "dev-vault")]
mod dev;
mod exec;
mod files;
mod get;
mod inspect;
mod lifecycle;
mod token;
mod vaults;

use std::path::PathBuf;
use std::time::Duration;

pub(crate) use app::{
    AppCommand, AppCommandArgs, AppCreateArgs, AppRotateArgs, AppShowArgs, PurposeArg,
    RegisteredArgs, RoleArg, RotateByArg,
};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
pub(crate) use create::{
    ContentArgs, ContentTypeArg, CreateArgs, IssueArgs, KeyArg, KeyArgs, KeyUsageArg, MergeArgs,
    RenewArg, RenewAt, WaitArgs,
};
pub(crate) use deferred::Deferred;
#[cfg(feature = "dev-vault")]
pub(crate) use dev::{
    DevArgs, DevCommand, DevName, EnvShell, IdentityFor, PfxStyle, RequestsArgs, SetArgs,
};
pub(crate) use exec::{ExecArgs, FilesArg, HeldArg, WipeArgs};
pub(crate) use files::{
    FilePasswordArgs, InputArgs, KeyFormatArg, KeyInPasswordArgs, LimitArgs, OutputArgs,
    PasswordArgs, PfxProfileArg,
};
pub(crate) use get::{GetArgs, VerifyArg};
pub(crate) use inspect::{InspectArgs, ListArgs, SortArg};
use kvcert::cloud::Cloud;
use kvcert::identity::{SignInMethod, UserAssigned};
pub(crate) use lifecycle::{
    BackupArgs, DeleteArgs, ImportArgs, PurgeArgs, RecoverArgs, RestoreArgs,
};
pub(crate) use token::{
    AlgorithmArg, ApiArg, AppArgs, FlowArg, GrantArg, TokenArgs, TokenOutputArg,
};
pub(crate) use vaults::Vaults;

use crate::failure::exit_code_help;

/// Export certificates and keys from Azure Key Vault, safely, with one command
#[derive(Debug, Parser)]
#[command(
    name = "kvcert",
    version,
    about,
    after_help = after_help(),
    arg_required_else_help = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    /// Options for every command. They are read first: some stand with the command.
    #[command(flatten)]
    pub(crate) global: Global,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Retrieve certificates with their keys, check them and write them
    #[command(alias = "export", alias = "download")]
    Get(Deferred<GetArgs>),
    /// List the vault's certificates with their expiry
    #[command(alias = "ls")]
    List(Deferred<ListArgs>),
    /// Show the three parts of a certificate, or what is inside a file
    #[command(alias = "show")]
    Inspect(Deferred<InspectArgs>),
    /// Convert local PFX, PEM and DER files; uses no network
    Convert(Deferred<ConvertArgs>),
    /// Create a certificate in the vault; its key never leaves
    Create(Deferred<Box<CreateArgs>>),
    /// Complete a pending certificate with the one your CA issued
    Merge(Deferred<MergeArgs>),
    /// Upload a certificate with its key
    Import(Deferred<ImportArgs>),
    /// Register an application that signs in with a certificate from the vault
    App(Deferred<Box<AppCommandArgs>>),
    /// Delete a certificate; it can be recovered until it is purged
    #[command(alias = "rm")]
    Delete(Deferred<DeleteArgs>),
    /// Recover a deleted certificate
    #[command(alias = "undelete")]
    Recover(Deferred<RecoverArgs>),
    /// Remove a deleted certificate permanently
    Purge(Deferred<PurgeArgs>),
    /// Back up a certificate, encrypted by the service
    Backup(Deferred<BackupArgs>),
    /// Restore a certificate from its backup
    Restore(Deferred<RestoreArgs>),
    /// Get an access token with a certificate or another identity
    Token(Deferred<Box<TokenArgs>>),
    /// Run a program with the certificate as files in memory, and a token
    Exec(Deferred<Box<ExecArgs>>),
    /// Wipe the files of `exec` when its program has ended
    #[command(hide = true)]
    ExecWipe(Deferred<WipeArgs>),
    /// Diagnose the connection to a vault, step by step
    Doctor(Deferred<DoctorArgs>),
    /// Remove the access tokens that `--token-cache` stored
    Logout(Deferred<LogoutArgs>),
    /// Run the local dev vault
    #[cfg(feature = "dev-vault")]
    Dev(Deferred<DevArgs>),
    /// Try it out: inspect, export and sign in, on a temporary local vault
    #[cfg(feature = "dev-vault")]
    Demo(Deferred<DemoArgs>),
    /// Print completions for a shell
    Completions(Deferred<CompletionsArgs>),
    /// Write the man pages, for packages
    Man(Deferred<ManArgs>),
}

impl Command {
    /// The longest wait for a service that was asked for.
    pub(crate) fn wait(&self) -> Duration {
        match self {
            Self::Create(args) => args.wait.wait,
            Self::Delete(args) => args.wait.wait,
            Self::Recover(args) => args.wait.wait,
            Self::Purge(args) => args.wait.wait,
            Self::App(args) => args.command.wait(),
            _ => Duration::ZERO,
        }
    }

    /// The certificates of a vault that are named: names, patterns and identifiers.
    pub(crate) fn certificates(&self) -> Vec<&str> {
        let one = match self {
            Self::Get(args) => return args.certificates.iter().map(String::as_str).collect(),
            Self::Inspect(args) => args.what.as_deref(),
            Self::Token(args) => args.certificate.as_deref(),
            Self::Doctor(args) => args.certificate.as_deref(),
            Self::Exec(args) => Some(args.certificate.as_str()),
            Self::Create(args) => Some(args.name.as_str()),
            Self::Merge(args) => Some(args.name.as_str()),
            Self::Import(args) => Some(args.name.as_str()),
            Self::Delete(args) => Some(args.name.as_str()),
            Self::Recover(args) => Some(args.name.as_str()),
            Self::Purge(args) => Some(args.name.as_str()),
            Self::Backup(args) => Some(args.name.as_str()),
            Self::App(args) => Some(args.command.registered().name.as_str()),
            _ => None,
        };
        one.into_iter().collect()
    }
}

/// Options for every command.
#[derive(Debug, Clone, Default, Args)]
#[command(next_display_order = Vaults::ORDER)]
pub(crate) struct Global {
    /// The vaults.
    #[command(flatten)]
    pub(crate) vault: Vaults,
    /// Use the dev vault running on this machine (`kvcert dev`); one of several by its name
    /// [default: the first]
    #[cfg(feature = "dev-vault")]
    #[arg(long, global = true, value_name = "NAME", num_args = 0..=1, require_equals = true, default_missing_value = "", hide_default_value = true, help_heading = "Vault")]
    pub(crate) dev: Option<DevName>,
    /// Azure cloud for vaults given by name and for the sign-in [default: that of AZURE_AUTHORITY_HOST, else public]
    #[arg(long, global = true, value_name = "CLOUD", help_heading = "Vault", value_parser = cloud())]
    pub(crate) cloud: Option<Cloud>,
    /// How to sign in
    #[arg(long, global = true, value_name = "METHOD", help_heading = "Vault", value_parser = auth())]
    pub(crate) auth: Option<SignInMethod>,
    /// The tenant: a GUID or a domain [env: AZURE_TENANT_ID]
    #[arg(long, global = true, value_name = "TENANT", help_heading = "Vault")]
    pub(crate) tenant: Option<String>,
    /// The application's client id [env: AZURE_CLIENT_ID]
    #[arg(long, global = true, value_name = "ID", help_heading = "Vault")]
    pub(crate) client_id: Option<String>,
    /// The user-assigned managed identity: a client id, object:ID, or a resource id
    #[arg(long, global = true, value_name = "ID", help_heading = "Vault")]
    pub(crate) identity: Option<UserAssigned>,
    /// File with a bearer token for the vault; `-` is standard input. KVCERT_ACCESS_TOKEN holds the
    /// token itself
    #[arg(long, global = true, value_name = "FILE", help_heading = "Vault")]
    pub(crate) token_file: Option<PathBuf>,
    /// Keep access tokens between runs in DIR or in the state folder, readable only by you; `kvcert
    /// logout` removes them [env: KVCERT_TOKEN_CACHE]
    #[arg(long, global = true, value_name = "DIR", num_args = 0..=1, require_equals = true, help_heading = "Vault")]
    pub(crate) token_cache: Option<Option<PathBuf>>,
    /// PEM file of CAs to trust besides the system's
    #[arg(long, global = true, value_name = "FILE", help_heading = "Vault")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Time limit for one request, in seconds [default: 30]
    #[arg(long, global = true, value_name = "SECONDS", help_heading = "Vault", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: Option<u64>,
    /// Time limit for the whole command, such as `90s`, `30m` [default: 1h, and the time of `--wait`]
    #[arg(long, global = true, value_name = "TIME", help_heading = "Vault", value_parser = deadline)]
    pub(crate) deadline: Option<Duration>,
    /// Print results and errors as JSON
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,
    /// Show each request with its status and request id
    #[arg(
        short,
        long,
        global = true,
        help_heading = "Output",
        conflicts_with = "quiet"
    )]
    pub(crate) verbose: bool,
    /// Print only results (not the list of written files), errors, and warnings about
    /// certificates that are not valid now
    #[arg(short, long, global = true, help_heading = "Output")]
    pub(crate) quiet: bool,
    /// When to use colour
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        help_heading = "Output",
        default_value = "auto"
    )]
    pub(crate) color: ColorArg,
}

/// A time that is not zero.
fn deadline(text: &str) -> Result<Duration, &'static str> {
    let time = create::duration(text)?;
    (!time.is_zero())
        .then_some(time)
        .ok_or("the command needs some time")
}

/// The values of `--cloud`.
fn cloud() -> impl TypedValueParser<Value = Cloud> {
    let value = |cloud: Cloud| {
        let endpoints = cloud.endpoints();
        PossibleValue::new(endpoints.name).help(endpoints.title)
    };
    PossibleValuesParser::new(Cloud::ALL.map(value)).try_map(|name| name.parse::<Cloud>())
}

/// The values of `--auth`.
fn auth() -> impl TypedValueParser<Value = SignInMethod> {
    let values = SignInMethod::ALL.map(sign_in_value);
    PossibleValuesParser::new(values).try_map(|name| name.parse::<SignInMethod>())
}

fn sign_in_value(method: SignInMethod) -> PossibleValue {
    let (name, help) = method.describe();
    PossibleValue::new(name).help(help)
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorArg {
    /// On a terminal
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// `kvcert doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert doctor --vault contoso
      name, TCP, TLS, challenge, sign-in, list
  kvcert doctor web --vault contoso
      also whether this certificate can be retrieved; writes nothing")]
pub(crate) struct DoctorArgs {
    /// A certificate to retrieve: NAME, NAME/VERSION, or an identifier
    #[arg(value_name = "CERT")]
    pub(crate) certificate: Option<String>,
}

/// `kvcert logout`.
#[derive(Debug, Args)]
pub(crate) struct LogoutArgs {}

/// `kvcert convert`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert convert web.pfx --password-prompt
      writes web.crt and web.key in the current folder
  az keyvault secret show --vault-name contoso -n web --query value -o tsv | kvcert convert - --name web
      accepts whatever the vault stores
  kvcert convert web.crt web.key --format pfx --key-password-prompt
      a certificate and its key from two files
  kvcert convert pfx/*.pfx -o pem --password-file pw
      a whole folder, on all cores
  kvcert convert web.pem --format pfx --pfx-profile legacy --key-password-prompt
      a PFX that Windows Server 2016 can read")]
pub(crate) struct ConvertArgs {
    /// PFX, PKCS#7, PEM or DER files, also inside base64, JSON or YAML; `-` is standard input
    #[arg(required = true, value_name = "FILE|-")]
    pub(crate) files: Vec<PathBuf>,
    /// How to open it.
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    /// Which key, and how much it may cost.
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// What to write.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `kvcert demo`.
#[cfg(feature = "dev-vault")]
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// The folder to export to; must not exist [default: a new temporary folder]
    #[arg(short, long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// `kvcert completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

/// `kvcert man`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert man /usr/local/share/man/man1
      kvcert.1, and a page for each command: kvcert-get.1, ...")]
pub(crate) struct ManArgs {
    /// The directory to write to, created if missing
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Replace pages of another version
    #[arg(long)]
    pub(crate) force: bool,
}

fn after_help() -> String {
    format!(
        "Examples:
  kvcert demo                          try it on a local vault
  kvcert get web --vault contoso       web.crt and web.key, checked
  kvcert list --vault contoso          certificates with their expiry
  kvcert convert web.pfx               the same for a local file

{}",
        exit_code_help()
    )
}

#[cfg(test)]
mod secrecy_tests;
