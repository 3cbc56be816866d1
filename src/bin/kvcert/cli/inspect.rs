//! The flags of `kvcert inspect`.

use std::path::PathBuf;

use clap::Args;

use super::files::{LimitArgs, PasswordArgs};

/// `kvcert inspect`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert inspect web --vault contoso
      the certificate, the key and the secret side by side: what each call returned, what it takes,
      and what ties them together, checked
  kvcert inspect web --vault contoso --http --public-only
      the requests and replies too; the secret is not fetched
  kvcert inspect --all --vault contoso --html vault.html
      the whole vault on one page, by expiry
  kvcert inspect web.pfx
      a PFX as a tree: how each part is encrypted, which key belongs to which certificate, how
      the chain runs, who will not read it and the command that mends it
  kvcert inspect web.pfx --password-file pw --json
      the same for programs
  az keyvault secret show --vault-name contoso -n web --query value -o tsv | kvcert inspect -
      what the vault stores, whatever it is

A file that exists is a file, unless `--vault` or `--dev` says that a vault is meant.
Private keys are never shown. Without the right password the outer structure is.")]
pub(crate) struct InspectArgs {
    /// A certificate of a vault (NAME, NAME/VERSION or an identifier), or a PFX, PEM or DER file,
    /// base64 of one, or `-` for standard input
    #[arg(value_name = "CERT|FILE", required_unless_present = "all")]
    pub(crate) what: Option<String>,
    /// Show the whole vault, by expiry
    #[arg(long, conflicts_with = "what")]
    pub(crate) all: bool,
    /// Leave the secret alone: nothing private is even fetched
    #[arg(long)]
    pub(crate) public_only: bool,
    /// Show each request and reply as it went, secrets masked
    #[arg(long)]
    pub(crate) http: bool,
    /// Write it to this file as a page for a browser; one that is there is replaced
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// How to open it.
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    /// How much it may cost.
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}
