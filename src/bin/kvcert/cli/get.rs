//! The flags of `kvcert get`.

use clap::{Args, ValueEnum};

use super::{InputArgs, OutputArgs, PasswordArgs};

/// `kvcert get`.
#[derive(Debug, Default, Args)]
#[command(after_help = "Examples:
  kvcert get web --vault contoso
      writes web.crt (leaf, then chain) and web.key (mode 0600)
  kvcert get https://contoso.vault.azure.net/secrets/web -o /etc/ssl/web --force
      accepts an identifier of any of the three objects; replaces existing files
  kvcert get web --no-key --json
      only the certificate, and a receipt
  kvcert get --all --vault contoso -o certificates --resume
      every certificate; skips those already on disk
  kvcert get 'web-*' --vault contoso --vault fabrikam -o out
      by pattern; out/contoso/NAME.crt, out/fabrikam/NAME.crt: a folder for each vault
  kvcert get web -o - | openssl pkey -pubout
      key, leaf and chain on standard output

`--all` and patterns skip what cannot be exported, and tell you: disabled certificates, and
non-exportable keys (`--no-key` writes those certificates). Ctrl-C stops cleanly: no half-written
files, and you still get the receipt; `--resume` continues.")]
pub(crate) struct GetArgs {
    /// NAME, NAME/VERSION, a quoted pattern ('web-*'; * ? [...]), or an identifier
    /// (https://VAULT/{certificates|secrets|keys}/NAME, @Microsoft.KeyVault(...))
    #[arg(value_name = "CERT")]
    pub(crate) certificates: Vec<String>,
    /// Every certificate in the vault
    #[arg(long, conflicts_with = "certificates")]
    pub(crate) all: bool,
    /// Skip certificates already on disk; never overwrite
    #[arg(long, conflicts_with_all = ["force", "dry_run"])]
    pub(crate) resume: bool,
    /// Maximum number of calls to each vault in ten seconds [default: 4000, the vault's limit]
    #[arg(long, value_name = "CALLS", value_parser = clap::value_parser!(u32).range(1..=4000))]
    pub(crate) rate: Option<u32>,
    /// Compare the secret with the vault's certificate and key objects
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) verify: VerifyArg,
    /// For a PFX that was stored as a plain secret, with its password.
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    /// Which key, and how much it may cost.
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// What to write.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// When to compare the three objects of a certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum VerifyArg {
    /// Compare whatever you may read; with a pattern or --all, only the thumbprint in the listing
    #[default]
    Auto,
    /// Compare all three; fail if that is not possible
    Require,
    /// Do not compare: one request for each certificate
    Off,
}
