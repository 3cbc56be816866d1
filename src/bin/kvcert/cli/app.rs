//! The flags of `kvcert app`.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::{WaitArgs, create};

/// `kvcert app`.
#[derive(Debug, Args)]
pub(crate) struct AppCommandArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: AppCommand,
}

/// What can be done with an application.
#[derive(Debug, Subcommand)]
pub(crate) enum AppCommand {
    /// Register an application that signs in with a certificate of the vault
    #[command(after_help = "Examples:
  kvcert app create mailbot --for exchange --vault contoso
      registers an application of that name, gives it the certificate, Exchange.ManageAsApp and
      the role Exchange Administrator, and gets a token with it; running it again changes nothing
  kvcert app create mailbot --for exchange --dry-run
      prints each call that would change something, and makes none
  kvcert app create mailbot --for exchange --app 11111111-2222-3333-4444-555555555555
      takes an application that is there
  kvcert app create mailbot --for exchange --role global-reader

The key stays in the vault: its part in this is to sign. A caller who lacks a right gets as far as
it goes; the error says who has to do what, and running the same again goes on from there.")]
    Create(AppCreateArgs),
    /// Give an application a new certificate, and take the old one away after a while
    #[command(after_help = "Examples:
  kvcert app rotate mailbot --vault contoso --overlap 7d
      makes a new version in the vault, registers it beside the old one and gets a token with it;
      run again after a week, it takes the old one away
  kvcert app rotate mailbot --overlap 0s
      takes the old one away at once
  kvcert app rotate mailbot --overlap 7d --if-expires-within 30d
      for a job that runs every day

Interrupted anywhere, running it again finishes the job; the application has a valid certificate
at every moment.")]
    Rotate(AppRotateArgs),
    /// Show which certificates an application has, and which of them are in the vault
    #[command(after_help = "Examples:
  kvcert app show mailbot --vault contoso
  kvcert app show mailbot --json | jq '.certificates[] | select(.inVault | not)'")]
    Show(AppShowArgs),
}

impl AppCommand {
    /// Which certificate, and which application.
    pub(crate) fn registered(&self) -> &RegisteredArgs {
        match self {
            Self::Create(args) => &args.registered,
            Self::Rotate(args) => &args.registered,
            Self::Show(args) => &args.registered,
        }
    }
}

/// Which certificate, and which application.
#[derive(Debug, Args)]
pub(crate) struct RegisteredArgs {
    /// The certificate: its name, or an identifier (https://VAULT/certificates/NAME)
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The application: its client id, or its display name [default: the one that kvcert
    /// registered for this certificate]
    #[arg(long, value_name = "APP")]
    pub(crate) app: Option<String>,
    /// A file with a bearer token for Microsoft Graph, `-` for standard input
    /// [default: sign in as for the vault]
    #[arg(long, value_name = "FILE")]
    pub(crate) graph_token_file: Option<std::path::PathBuf>,
}

/// `kvcert app create`.
#[derive(Debug, Args)]
pub(crate) struct AppCreateArgs {
    /// Which.
    #[command(flatten)]
    pub(crate) registered: RegisteredArgs,
    /// What it is for
    #[arg(long = "for", value_name = "API")]
    pub(crate) purpose: PurposeArg,
    /// The display name of a new application [default: NAME]
    #[arg(long, value_name = "NAME", conflicts_with = "app")]
    pub(crate) display_name: Option<String>,
    /// The directory role that it gets
    #[arg(long, value_name = "ROLE", default_value = "exchange-administrator")]
    pub(crate) role: RoleArg,
    /// Print each call that would change something, and make none
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How long to wait.
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
}

/// `kvcert app rotate`.
#[derive(Debug, Args)]
pub(crate) struct AppRotateArgs {
    /// Which.
    #[command(flatten)]
    pub(crate) registered: RegisteredArgs,
    /// How long the old certificate stays, counted from the new one's making
    #[arg(long, value_name = "TIME", default_value = "1d", value_parser = create::duration)]
    pub(crate) overlap: Duration,
    /// Make a new one only if the newest expires within this time, such as 30d; what an earlier
    /// run began is finished in any case
    #[arg(long, value_name = "TIME", value_parser = create::duration)]
    pub(crate) if_expires_within: Option<Duration>,
    /// How the application's certificates are changed
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub(crate) by: RotateByArg,
    /// Print each call that would change something, and make none
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How long to wait.
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
}

/// `kvcert app show`.
#[derive(Debug, Args)]
pub(crate) struct AppShowArgs {
    /// Which.
    #[command(flatten)]
    pub(crate) registered: RegisteredArgs,
}

/// What an application is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PurposeArg {
    /// Exchange Online: `Connect-ExchangeOnline` without a person
    Exchange,
}

/// A directory role that Exchange Online takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleArg {
    ExchangeAdministrator,
    ExchangeRecipientAdministrator,
    GlobalReader,
    ComplianceAdministrator,
    SecurityAdministrator,
    SecurityReader,
    HelpdeskAdministrator,
    /// None: someone else assigns one, or a custom role
    None,
}

/// How an application's certificates are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RotateByArg {
    /// As an administrator, or, where that is not allowed, as the application itself
    Auto,
    /// As an administrator: the list of its certificates is written anew
    Admin,
    /// As the application itself, with proofs that the vault signs
    Proof,
}
