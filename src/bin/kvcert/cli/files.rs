//! The flags about files: what is read, what is written.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use kvcert::export::Format;
use kvcert_pki::validity::Soon;

/// The passwords of the input. A secret is never a flag's value: other users can see those.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct PasswordArgs {
    /// The file's.
    #[command(flatten)]
    pub(crate) file: FilePasswordArgs,
    /// The key's, if it has its own.
    #[command(flatten)]
    pub(crate) key: KeyInPasswordArgs,
}

impl PasswordArgs {
    /// Whether the file's password is typed, so that a wrong one may be typed again.
    pub(crate) fn is_typed(&self) -> bool {
        self.file.password_prompt
    }
}

impl FilePasswordArgs {
    /// Whether it comes from a place that nobody can correct now.
    pub(crate) fn is_fixed(&self) -> bool {
        self.password_file.is_some() || self.password_env.is_some()
    }
}

impl KeyInPasswordArgs {
    /// Whether it comes from a place that nobody can correct now.
    pub(crate) fn is_fixed(&self) -> bool {
        self.key_in_password_file.is_some() || self.key_in_password_env.is_some()
    }
}

/// The password of a PFX, or of an encrypted key.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Input")]
#[group(multiple = false)]
pub(crate) struct FilePasswordArgs {
    /// Read the password from a file (`-`: standard input), without a newline at its end
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Read the password from this environment variable
    #[arg(long, value_name = "VAR")]
    pub(crate) password_env: Option<String>,
    /// Ask for the password on the terminal
    #[arg(long)]
    pub(crate) password_prompt: bool,
}

/// The second password that Java and others put on the private key of a PFX.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Input")]
#[group(multiple = false)]
pub(crate) struct KeyInPasswordArgs {
    /// Read the password of the private key from a file, if it differs from that of the PFX (Java's
    /// `-keypass`)
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) key_in_password_file: Option<PathBuf>,
    /// Read the password of the private key from this environment variable
    #[arg(long, value_name = "VAR", hide_short_help = true)]
    pub(crate) key_in_password_env: Option<String>,
    /// Ask for the password of the private key on the terminal
    #[arg(long, hide_short_help = true)]
    pub(crate) key_in_password_prompt: bool,
}

/// What to write, and where.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Files")]
pub(crate) struct OutputArgs {
    /// The folder, created if missing; `-` is standard output [default: the current folder]
    #[arg(short, long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// The output format
    #[arg(long, value_name = "FORMAT", default_value = "pem", value_parser = formats())]
    pub(crate) format: Format,
    /// Base name for the output files [default: the certificate's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Do not write the private key
    #[arg(long)]
    pub(crate) no_key: bool,
    /// Write only the leaf into the certificate file
    #[arg(long, conflicts_with = "all_certs")]
    pub(crate) no_chain: bool,
    /// Also write certificates outside the chain
    #[arg(long)]
    pub(crate) all_certs: bool,
    /// Octal mode of the private key's file [default: 600, or as it is if the file exists]. On
    /// Windows, files inherit the access list of their folder
    #[arg(long, value_name = "MODE", value_parser = parse_mode)]
    pub(crate) mode: Option<u32>,
    /// The owner of the files, by name or number [default: you, or as it is if the file exists]
    #[arg(long, value_name = "USER")]
    pub(crate) owner: Option<String>,
    /// The group of the files, by name or number [default: as for the owner]
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Option<String>,
    /// Overwrite existing files; write a key to a terminal
    #[arg(long)]
    pub(crate) force: bool,
    /// Replace symbolic links with files; the targets are not changed
    #[arg(long)]
    pub(crate) replace_links: bool,
    /// Do everything except write files
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Encoding of the private key [default: pkcs8]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) key_format: Option<KeyFormatArg>,
    /// Compatibility of the PFX [default: modern]
    #[arg(long, value_name = "PROFILE")]
    pub(crate) pfx_profile: Option<PfxProfileArg>,
    /// Encrypt the key (PKCS#8) or the PFX with the password in this file (`-`: standard input)
    #[arg(long, value_name = "FILE", group = "key_password")]
    pub(crate) key_password_file: Option<PathBuf>,
    /// Encrypt the key or the PFX with the password in this environment variable
    #[arg(long, value_name = "VAR", group = "key_password")]
    pub(crate) key_password_env: Option<String>,
    /// Encrypt the key or the PFX with a password asked for on the terminal
    #[arg(long, group = "key_password")]
    pub(crate) key_password_prompt: bool,
    /// Fail with exit code 9 if the certificate, or one of the chain that is written, is not valid
    /// now or expires in fewer days than this. Without it an expired certificate is written, with a
    /// warning
    #[arg(long, value_name = "DAYS")]
    pub(crate) min_days: Option<u32>,
    /// When the receipt says "expires soon": days left, or the last part of the lifetime
    #[arg(long, value_name = SOON, default_value_t)]
    pub(crate) soon: Soon,
}

impl OutputArgs {
    /// Whether the key or the PFX is to be encrypted.
    pub(crate) fn has_key_password(&self) -> bool {
        self.key_password_prompt
            || self.key_password_file.is_some()
            || self.key_password_env.is_some()
    }
}

/// Which key, of a file with several, and how much reading may cost.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputArgs {
    /// Use the key with this friendly name
    #[arg(long, value_name = "NAME", conflicts_with = "thumbprint")]
    pub(crate) friendly_name: Option<String>,
    /// Use the key of the certificate with this SHA-1 or SHA-256 thumbprint
    #[arg(long, value_name = "HEX", value_parser = parse_thumbprint)]
    pub(crate) thumbprint: Option<Thumbprint>,
    /// How much reading may cost.
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

/// How much reading one file may cost.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct LimitArgs {
    /// Refuse files that need more key-derivation rounds than this; one of SHA-512 counts six times
    /// [default: 10000000]
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub(crate) max_iterations: Option<u64>,
    /// Refuse files that need more memory for scrypt than this [default: 134217728]
    #[arg(long, value_name = "BYTES", hide_short_help = true)]
    pub(crate) max_memory: Option<u64>,
    /// Refuse files larger than this [default: 16777216]
    #[arg(long, value_name = "BYTES", hide_short_help = true)]
    pub(crate) max_bytes: Option<usize>,
}

/// A SHA-1 or SHA-256 thumbprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thumbprint(pub Vec<u8>);

/// How the private key is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyFormatArg {
    /// PRIVATE KEY: all algorithms, all current programs
    Pkcs8,
    /// RSA PRIVATE KEY: RSA only, for old programs
    Pkcs1,
    /// EC PRIVATE KEY: EC only, for old programs
    Sec1,
}

/// Who must be able to read the PFX.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PfxProfileArg {
    /// AES-256, SHA-256: OpenSSL 1.1+, Windows 10 1709+ and Server 2019+, Java 8u301+
    Modern,
    /// 3DES, SHA-1: Windows Server 2016 and earlier, macOS Keychain, any Java
    Legacy,
}

/// How `--soon` names its value.
pub(super) const SOON: &str = "30d|33%";

/// The names of the formats, with what their table says about them.
fn formats() -> impl TypedValueParser<Value = Format> {
    let values = Format::ALL.map(|format| {
        let row = format.row();
        PossibleValue::new(row.name).help(row.about)
    });
    PossibleValuesParser::new(values).try_map(|name| name.parse::<Format>())
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
