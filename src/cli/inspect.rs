//! The flags of `kvcert inspect`.

use std::path::PathBuf;

use clap::Args;

use super::files::{LimitArgs, PasswordArgs};

/// `kvcert inspect`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert inspect web.pfx
      a PFX as a tree: how each part is encrypted, which key belongs to which certificate, how
      the chain runs, who will not read it and the command that mends it
  kvcert inspect web.pfx --password-file pw --json
      the same for programs
  az keyvault secret show --vault-name contoso -n web --query value -o tsv | kvcert inspect -
      what the vault stores, whatever it is

Private keys are never shown. Without the right password the outer structure is.")]
pub struct InspectArgs {
    /// A PFX, PEM or DER file, base64 of one, or `-` for standard input
    #[arg(value_name = "FILE|-")]
    pub what: PathBuf,
    /// How to open it.
    #[command(flatten)]
    pub password: PasswordArgs,
    /// How much it may cost.
    #[command(flatten)]
    pub limits: LimitArgs,
}
