//! The flags of `kvcert delete`, `recover`, `purge`, `backup` and `restore`.

use std::path::PathBuf;

use clap::Args;

use super::WaitArgs;

/// `kvcert delete`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert delete web --vault contoso
      deletes all versions with key and secret, after confirmation; `kvcert recover web` restores
      them
  kvcert delete web --vault contoso --yes --json")]
pub(crate) struct DeleteArgs {
    /// The certificate: its name, or an identifier
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Do not ask for confirmation
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
      recovers a deleted certificate, and waits until it is available")]
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
      permanently removes a deleted certificate after confirmation, and frees its name")]
pub(crate) struct PurgeArgs {
    /// The certificate: its name, or an identifier
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Do not ask for confirmation
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
      writes web.kvbackup (mode 0600): all versions, encrypted by the service; can be restored in the
      same subscription and geography")]
pub(crate) struct BackupArgs {
    /// The certificate: its name, or an identifier
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The file, or `-` for standard output [default: NAME.kvbackup]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Overwrite an existing file
    #[arg(long)]
    pub(crate) force: bool,
}

/// `kvcert restore`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert restore web.kvbackup --vault contoso
      restores under the name in the backup, which must be free")]
pub(crate) struct RestoreArgs {
    /// A file from `kvcert backup`; `-` is standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) file: PathBuf,
}
