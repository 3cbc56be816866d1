//! The flags of `kvcert inspect` and `kvcert list`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use kvcert_pki::validity::Soon;

use super::files::{LimitArgs, PasswordArgs, SOON};

/// `kvcert inspect`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert inspect web --vault contoso
      the certificate, the key and the secret side by side: what each call returned, the
      permission it requires, and whether the three match
  kvcert inspect web --vault contoso --http --public-only
      also the requests and responses; does not fetch the secret
  kvcert inspect --all --vault contoso --html vault.html
      the whole vault on one page, by expiry
  kvcert inspect web.pfx
      a PFX as a tree: how each part is encrypted, which key belongs to which certificate, the
      chain, which programs cannot read it, and the command that fixes it
  kvcert inspect web.pfx --password-file pw --json
      the same as JSON
  az keyvault secret show --vault-name contoso -n web --query value -o tsv | kvcert inspect -
      whatever the vault stores

An existing file is inspected as a file, unless you give `--vault` or `--dev`. Private keys are
never shown. Without the right password you see only the outer structure.")]
pub(crate) struct InspectArgs {
    /// A certificate in a vault (NAME, NAME/VERSION or an identifier), or a PFX, PKCS#7,
    /// PEM or DER file, also inside base64, JSON or YAML; `-` is standard input
    #[arg(value_name = "CERT|FILE", required_unless_present = "all")]
    pub(crate) what: Option<String>,
    /// Show the whole vault, by expiry
    #[arg(long, conflicts_with = "what")]
    pub(crate) all: bool,
    /// Do not fetch the secret, which holds the private key
    #[arg(long)]
    pub(crate) public_only: bool,
    /// Show each request and response, secrets masked
    #[arg(long)]
    pub(crate) http: bool,
    /// Write an HTML page to this file; overwrites an existing one
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// When something "expires soon": days left, or the last part of the lifetime
    #[arg(long, value_name = SOON, default_value_t)]
    pub(crate) soon: Soon,
    /// How to open it.
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    /// How much it may cost.
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

/// `kvcert list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert list --vault contoso
  kvcert list 'web-*' --vault contoso --vault fabrikam
      by pattern, in two vaults
  kvcert list --sort expires --json | jq '.certificates[0]'
  kvcert list --details --vault contoso
      also subject, key, and whether the key is exportable")]
pub(crate) struct ListArgs {
    /// Names or quoted patterns ('web-*'; * ? [...]) [default: every certificate]
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Also read each certificate: subject, names, issuer, key, exportable; one call each, needs
    /// `certificates/get`
    #[arg(long)]
    pub(crate) details: bool,
    /// The order
    #[arg(long, value_name = "BY", default_value = "name")]
    pub(crate) sort: SortArg,
    /// When a certificate "expires soon": days left, or the last part of the lifetime
    #[arg(long, value_name = SOON, default_value_t)]
    pub(crate) soon: Soon,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortArg {
    /// By name
    Name,
    /// By expiry, soonest first
    Expires,
}
