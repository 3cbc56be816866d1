//! The flags of `kvcert app`.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use kvcert_pki::validity::Soon;

use super::{WaitArgs, create, files};

/// `kvcert app`.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct AppCommandArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: AppCommand,
}

/// What can be done with an application.
#[derive(Debug, Subcommand)]
pub(crate) enum AppCommand {
    /// Register an application that signs in with a certificate from the vault
    #[command(after_help = "Examples:
  kvcert app create mailbot --for exchange --role exchange-administrator --vault contoso
      registers an application with that name, gives it the certificate, Exchange.ManageAsApp and
      the role Exchange Administrator, and gets a token with it; run again, it changes nothing
  kvcert app create mailbot --for exchange --dry-run
      prints each call that would change something, without making it
  kvcert app create mailbot --for exchange --app 11111111-2222-3333-4444-555555555555
      uses an existing application
  kvcert app create mailbot --for exchange --role global-reader

The key stays in the vault, which signs with it. If you lack a right, kvcert stops there and says who
must grant what. Then run the command again.")]
    Create(AppCreateArgs),
    /// Give an application a new certificate, and remove the old one later
    #[command(after_help = "Examples:
  kvcert app rotate mailbot --vault contoso --overlap 7d
      creates a new version in the vault, registers it beside the old one and gets a token with
      it; run again after a week, it removes the old one
  kvcert app rotate mailbot --overlap 0s
      removes the old one at once
  kvcert app rotate mailbot --overlap 7d --if-expires-within 30d
      for a daily job

If a run is interrupted, the next run continues; the application has a valid certificate at all
times.")]
    Rotate(AppRotateArgs),
    /// Show which certificates an application has, and which of them are in the vault
    #[command(after_help = "Examples:
  kvcert app show mailbot --vault contoso
  kvcert app show mailbot --json | jq '.certificates[] | select(.inVault | not)'")]
    Show(AppShowArgs),
}

impl AppCommand {
    /// The longest wait for a service that was asked for.
    pub(crate) fn wait(&self) -> Duration {
        match self {
            Self::Create(args) => args.wait.wait,
            Self::Rotate(args) => args.wait.wait,
            Self::Show(_) => Duration::ZERO,
        }
    }

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
    /// The API that the application will use
    #[arg(long = "for", value_name = "API")]
    pub(crate) purpose: PurposeArg,
    /// The display name of a new application [default: NAME]
    #[arg(long, value_name = "NAME", conflicts_with = "app")]
    pub(crate) display_name: Option<String>,
    /// The directory role to assign [default: none is assigned]
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<RoleArg>,
    /// Print each call that would change something, without making it
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
    /// How long the old certificate stays, counted from the creation of the new one
    #[arg(long, value_name = "TIME", default_value = "1d", value_parser = create::duration)]
    pub(crate) overlap: Duration,
    /// Create a new one only if the newest expires within this time, such as 30d; a rotation that an
    /// earlier run started is always completed
    #[arg(long, value_name = "TIME", value_parser = create::duration)]
    pub(crate) if_expires_within: Option<Duration>,
    /// Who changes the application's certificates
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub(crate) by: RotateByArg,
    /// Print each call that would change something, without making it
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
    /// When a certificate "expires soon": days left, or the last part of the lifetime
    #[arg(long, value_name = files::SOON, default_value_t)]
    pub(crate) soon: Soon,
}

/// What an application is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PurposeArg {
    /// Exchange Online: unattended `Connect-ExchangeOnline`
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
    /// None: assign a role, or a custom one, yourself
    None,
}

/// How an application's certificates are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RotateByArg {
    /// The administrator, or if that is not allowed, the application itself
    Auto,
    /// The administrator: writes the application's list of certificates
    Admin,
    /// The application itself, with proofs that the vault signs
    Proof,
}
