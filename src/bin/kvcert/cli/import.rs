//! The flags of `kvcert import`.

use std::path::PathBuf;

use clap::Args;

use super::{ContentTypeArg, InputArgs, PasswordArgs, create};

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
    /// PFX, PEM or DER with certificate and key, base64 of one, or `-` for standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) file: PathBuf,
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
