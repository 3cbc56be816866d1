//! The flags of `kvcert delete`, `recover`, `purge`, `backup` and `restore`.

use std::path::PathBuf;

use clap::Args;

use super::WaitArgs;

/// `kvcert delete`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert delete web --vault contoso
      asks first; every version goes, with key and secret. `kvcert recover web` brings all back
  kvcert delete web --vault contoso --yes --json")]
pub(crate) struct DeleteArgs {
    /// The certificate: its name, or an identifier
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// How long to wait.
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
}

/// `kvcert recover`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert recover web --vault contoso
      brings a deleted certificate back, and waits until it is there")]
pub(crate) struct RecoverArgs {
    /// The certificate: its name, or an identifier
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// How long to wait.
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
}

/// `kvcert purge`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert purge web --vault contoso
      asks first; removes a deleted certificate for good, and frees its name")]
pub(crate) struct PurgeArgs {
    /// The certificate: its name, or an identifier
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// How long to wait.
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
}

/// `kvcert backup`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert backup web --vault contoso
      writes web.kvbackup (mode 0600): every version, encrypted by the service, for a vault of the
      same subscription and geography")]
pub(crate) struct BackupArgs {
    /// The certificate: its name, or an identifier
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The file, or `-` for standard output [default: NAME.kvbackup]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// `kvcert restore`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert restore web.kvbackup --vault contoso
      the name is that in the backup, and must be free")]
pub(crate) struct RestoreArgs {
    /// What `kvcert backup` wrote; `-` is standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) file: PathBuf,
}
