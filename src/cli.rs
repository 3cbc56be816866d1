//! The command line, as clap types; nothing else.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::failure::exit_code_help;

/// Certificates out of Azure Key Vault, done right.
#[derive(Debug, Parser)]
#[command(
    name = "kvcert",
    version,
    about,
    after_help = after_help(),
    arg_required_else_help = true,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options for every command.
    #[command(flatten)]
    pub global: Global,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Retrieve certificates with their keys, check them, write them
    Get(GetArgs),
    /// List the vault's certificates with their expiry
    List(ListArgs),
    /// Convert local PFX, PEM and DER files, without any network
    Convert(ConvertArgs),
    /// Run the local dev vault
    #[cfg(feature = "dev-vault")]
    Dev(DevArgs),
    /// Walk the whole story on a dev vault of its own
    #[cfg(feature = "dev-vault")]
    Demo(DemoArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
}

/// Options for every command.
#[derive(Debug, Default, Args)]
pub struct Global {
    /// The vault: its name, or its full URL, perhaps with a port [env: KVCERT_VAULT]
    #[arg(long, global = true, value_name = "NAME|URL", help_heading = "Vault")]
    pub vault: Option<String>,
    /// Use the dev vault that is running here (`kvcert dev`)
    #[cfg(feature = "dev-vault")]
    #[arg(long, global = true, help_heading = "Vault", conflicts_with_all = ["vault", "auth"])]
    pub dev: bool,
    /// The cloud that a vault's name means
    #[arg(long, global = true, value_name = "CLOUD", help_heading = "Vault")]
    pub cloud: Option<CloudArg>,
    /// How to sign in
    #[arg(long, global = true, value_name = "WAY", help_heading = "Vault")]
    pub auth: Option<AuthArg>,
    /// The tenant: a GUID or a domain [env: AZURE_TENANT_ID]
    #[arg(long, global = true, value_name = "TENANT", help_heading = "Vault")]
    pub tenant: Option<String>,
    /// The application's client id [env: AZURE_CLIENT_ID]
    #[arg(long, global = true, value_name = "ID", help_heading = "Vault")]
    pub client_id: Option<String>,
    /// A file with a bearer token for the vault, `-` for standard input [env: KVCERT_ACCESS_TOKEN]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Vault")]
    pub token_file: Option<PathBuf>,
    /// Certificate authorities to trust besides the system's, PEM
    #[arg(long, global = true, value_name = "FILE", help_heading = "Vault")]
    pub ca_file: Option<PathBuf>,
    /// Seconds that one request may take [default: 30]
    #[arg(long, global = true, value_name = "SECONDS", help_heading = "Vault", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: Option<u64>,
    /// Print the result, and errors, as JSON
    #[arg(long, global = true, help_heading = "Output")]
    pub json: bool,
    /// Say more: each request, with status and request id
    #[arg(
        short,
        long,
        global = true,
        help_heading = "Output",
        conflicts_with = "quiet"
    )]
    pub verbose: bool,
    /// Say nothing but results and errors
    #[arg(short, long, global = true, help_heading = "Output")]
    pub quiet: bool,
    /// When to use colour
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        help_heading = "Output",
        default_value = "auto"
    )]
    pub color: ColorArg,
}

/// A cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CloudArg {
    /// Azure public
    Public,
    /// Azure operated by 21Vianet
    China,
    /// Azure US Government
    Usgov,
}

/// A way to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AuthArg {
    /// A token if one is given, else the environment
    Auto,
    /// AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET
    Environment,
    /// A bearer token from KVCERT_ACCESS_TOKEN or --token-file
    Token,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    /// On a terminal
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// `kvcert get`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert get web --vault contoso
      writes web.crt (leaf, then chain) and web.key (mode 0600)
  kvcert get https://contoso.vault.azure.net/secrets/web -o /etc/ssl/web --force
      takes an identifier of any of the three objects; replaces what is there
  kvcert get web --no-key --json
      the certificate alone, and a receipt
  kvcert get web -o - | openssl pkey -pubout
      key, leaf and chain on standard output")]
pub struct GetArgs {
    /// NAME, NAME/VERSION, or an identifier (https://VAULT/{certificates|secrets|keys}/NAME)
    #[arg(required = true, value_name = "CERT")]
    pub certificates: Vec<String>,
    /// For a PFX that was stored as a plain secret, with its password.
    #[command(flatten)]
    pub password: PasswordArgs,
    /// Which key, and how much it may cost.
    #[command(flatten)]
    pub input: InputArgs,
    /// What to write.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `kvcert list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert list --vault contoso
  kvcert list --sort expires --json | jq '.certificates[0]'")]
pub struct ListArgs {
    /// The order
    #[arg(long, value_name = "BY", default_value = "name")]
    pub sort: SortArg,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SortArg {
    /// By name
    Name,
    /// What expires first comes first
    Expires,
}

/// `kvcert convert`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert convert web.pfx --password-prompt
      writes web.crt and web.key beside you
  az keyvault secret show --vault-name contoso -n web --query value -o tsv | kvcert convert - --name web
      takes what the vault stores, whatever it is
  kvcert convert pfx/*.pfx -o pem --password-file pw
      a folder at once, on all cores
  kvcert convert web.pem --format pfx --pfx-profile legacy --key-password-prompt
      a PFX that Windows Server 2016 reads")]
pub struct ConvertArgs {
    /// PFX, PEM or DER files, base64 of one, or `-` for standard input
    #[arg(required = true, value_name = "FILE|-")]
    pub files: Vec<PathBuf>,
    /// How to open it.
    #[command(flatten)]
    pub password: PasswordArgs,
    /// Which key, and how much it may cost.
    #[command(flatten)]
    pub input: InputArgs,
    /// What to write.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The password of the input. A secret is never a flag's value: other users can see those.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Input")]
#[group(multiple = false)]
pub struct PasswordArgs {
    /// Read the password from a file (`-`: standard input); one newline at its end does not count
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Read the password from this environment variable
    #[arg(long, value_name = "VAR")]
    pub password_env: Option<String>,
    /// Ask for the password on the terminal
    #[arg(long)]
    pub password_prompt: bool,
}

/// What to write, and where.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Files")]
pub struct OutputArgs {
    /// The folder, made if missing; `-` is standard output [default: the current folder]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The files to write
    #[arg(long, value_name = "FORMAT", default_value = "pem")]
    pub format: FormatArg,
    /// Name the files so [default: the certificate's name]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Leave the private key out
    #[arg(long)]
    pub no_key: bool,
    /// Leave everything but the leaf out of the certificate file
    #[arg(long, conflicts_with = "all_certs")]
    pub no_chain: bool,
    /// Append certificates that are no part of the leaf's chain
    #[arg(long)]
    pub all_certs: bool,
    /// The mode of the private key's file, octal [default: 600]. On Windows files inherit the
    /// access list of their folder
    #[arg(long, value_name = "MODE", value_parser = parse_mode)]
    pub mode: Option<u32>,
    /// The owner of the files, by name or number
    #[arg(long, value_name = "USER")]
    pub owner: Option<String>,
    /// The group of the files, by name or number
    #[arg(long, value_name = "GROUP")]
    pub group: Option<String>,
    /// Replace files that are there; write a key to a terminal
    #[arg(long)]
    pub force: bool,
    /// Do everything but write
    #[arg(long)]
    pub dry_run: bool,
    /// How the private key is written
    #[arg(long, value_name = "FORMAT", default_value = "pkcs8")]
    pub key_format: KeyFormatArg,
    /// Who must be able to read the PFX
    #[arg(long, value_name = "PROFILE", default_value = "modern")]
    pub pfx_profile: PfxProfileArg,
    /// Encrypt the key (PKCS#8) or the PFX with the password in this file (`-`: standard input)
    #[arg(long, value_name = "FILE", group = "key_password")]
    pub key_password_file: Option<PathBuf>,
    /// Encrypt the key or the PFX with the password in this environment variable
    #[arg(long, value_name = "VAR", group = "key_password")]
    pub key_password_env: Option<String>,
    /// Encrypt the key or the PFX with a password asked for on the terminal
    #[arg(long, group = "key_password")]
    pub key_password_prompt: bool,
    /// Fail (exit 9) rather than write a certificate that is valid for fewer days
    #[arg(long, value_name = "DAYS")]
    pub min_days: Option<u32>,
}

/// Which key, of a file with several, and how much reading may cost.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Input")]
pub struct InputArgs {
    /// Take the key with this friendly name
    #[arg(long, value_name = "NAME", conflicts_with = "thumbprint")]
    pub friendly_name: Option<String>,
    /// Take the key whose certificate has this SHA-1 or SHA-256 thumbprint
    #[arg(long, value_name = "HEX", value_parser = parse_thumbprint)]
    pub thumbprint: Option<Thumbprint>,
    /// The iterations of key derivation that one file may cost [default: 10000000]
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub max_iterations: Option<u64>,
    /// The bytes of memory that scrypt may take for one file [default: 67108864]
    #[arg(long, value_name = "BYTES", hide_short_help = true)]
    pub max_memory: Option<u64>,
    /// The bytes that one file may have [default: 16777216]
    #[arg(long, value_name = "BYTES", hide_short_help = true)]
    pub max_bytes: Option<usize>,
}

/// A SHA-1 or SHA-256 thumbprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbprint(pub Vec<u8>);

/// The files to write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// NAME.crt (leaf, then chain) and NAME.key
    #[default]
    Pem,
    /// NAME.pem (key, leaf, chain)
    Combined,
    /// NAME/{cert,chain,fullchain,privkey}.pem
    Certbot,
    /// NAME.pfx (PKCS#12)
    Pfx,
    /// NAME.der (leaf) and NAME.key.der
    Der,
    /// NAME.jwk.json (private JWK with x5c, x5t and x5t#S256)
    Jwk,
    /// NAME.yaml (a kubernetes.io/tls Secret)
    Kubernetes,
    /// NAME.pfx, NAME.pem or NAME.der: what is stored, decoded from base64 and checked
    Raw,
}

/// How the private key is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum KeyFormatArg {
    /// PRIVATE KEY: every algorithm, every current program
    #[default]
    Pkcs8,
    /// RSA PRIVATE KEY: RSA only, for old programs
    Pkcs1,
    /// EC PRIVATE KEY: EC only, for old programs
    Sec1,
}

/// Who must be able to read the PFX.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum PfxProfileArg {
    /// AES-256, SHA-256: OpenSSL 1.1+, Windows 10 1709+ and Server 2019+, Java 8u301+
    #[default]
    Modern,
    /// 3DES, SHA-1: Windows Server 2016 and before, macOS Keychain, every Java
    Legacy,
}

/// `kvcert dev`.
#[cfg(feature = "dev-vault")]
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert dev
      in one terminal; in another: kvcert --dev list, kvcert --dev get web
  kvcert dev --data ./vault --port 8443
      keeps its certificates and its CA from run to run")]
pub struct DevArgs {
    /// Keep the vault in this folder [default: in memory]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The port on the loopback address; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 8443)]
    pub port: u16,
    /// The vault's name
    #[arg(long, value_name = "NAME", default_value = "demo")]
    pub name: String,
}

/// `kvcert demo`.
#[cfg(feature = "dev-vault")]
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The folder to export to; it must not exist [default: a fresh one among temporary files]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `kvcert completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

fn parse_mode(text: &str) -> Result<u32, &'static str> {
    u32::from_str_radix(text, 8)
        .ok()
        .filter(|mode| mode & !0o777 == 0)
        .ok_or("a mode is up to three octal digits, such as 640")
}

/// With or without colons and spaces between the digits, as various tools show it.
fn parse_thumbprint(text: &str) -> Result<Thumbprint, &'static str> {
    let digits: String = text
        .chars()
        .filter(|c| !matches!(c, ':' | ' ' | '-'))
        .collect();
    hex::decode(digits)
        .ok()
        .filter(|bytes| matches!(bytes.len(), 20 | 32))
        .map(Thumbprint)
        .ok_or("a thumbprint is 40 (SHA-1) or 64 (SHA-256) hexadecimal digits")
}

fn after_help() -> String {
    format!(
        "Examples:
  kvcert demo                          the whole story, on a vault of its own
  kvcert get web --vault contoso       web.crt and web.key, checked
  kvcert list --vault contoso          what expires when
  kvcert convert web.pfx               the same for a file you have

{}",
        exit_code_help()
    )
}
