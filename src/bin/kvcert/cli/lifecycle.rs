//! The flags of `kvcert import`, `delete`, `recover`, `purge`, `backup` and `restore`.

use std::path::PathBuf;

use clap::Args;

use super::{ContentTypeArg, InputArgs, PasswordArgs, WaitArgs, create};

/// `kvcert import`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert import web web.pfx --password-prompt --vault contoso
      any PFX that `convert` can read; the vault gets it without the password
  kvcert import web web.pem --vault contoso
      key and chain in one file, in any order
  cat web.key web.crt chain.crt | kvcert import web - --not-exportable
      the key can be used in the vault but cannot leave it again

kvcert sends the leaf first, its chain, a PKCS#8 key, and a policy that fits the key. Then it reads
the certificate back and compares it. Importing the same certificate again changes nothing.")]
pub(crate) struct ImportArgs {
    /// The certificate: its name, or an identifier (https://VAULT/certificates/NAME)
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// PFX, PEM or DER with certificate and key, also inside base64, JSON or YAML, or several files
    /// with certificate, chain and key; `-` is standard input
    #[arg(value_name = "FILE|-", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Make the private key non-exportable
    #[arg(long)]
    pub(crate) not_exportable: bool,
    /// Format of the secret [default: that of the file]
    #[arg(long, value_name = "TYPE")]
    pub(crate) content_type: Option<ContentTypeArg>,
    /// Keep the order of the certificates
    #[arg(long)]
    pub(crate) preserve_order: bool,
    /// A tag; may be repeated
    #[arg(long = "tag", value_name = "NAME=VALUE", value_parser = create::tag)]
    pub(crate) tags: Vec<(String, String)>,
    /// How to open it.
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    /// Which key, and how much it may cost.
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

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
