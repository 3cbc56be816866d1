//! The flags of `kvcert dev`.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};

/// Which of the dev vaults that run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum DevName {
    /// The first that was started.
    #[default]
    First,
    /// The one of this name or number.
    Named(String),
}

impl DevName {
    /// Its name, unless it is the first.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::First => None,
            Self::Named(name) => Some(name),
        }
    }

    /// The flag that leads to it.
    pub(crate) fn flag(&self) -> String {
        match self {
            Self::First => String::from("--dev"),
            Self::Named(name) => format!("--dev={name}"),
        }
    }
}

impl FromStr for DevName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_inner = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        match text.as_bytes() {
            [] => Ok(Self::First),
            [first, rest @ ..]
                if is_inner(*first)
                    && rest.len() < 24
                    && rest
                        .iter()
                        .all(|letter| is_inner(*letter) || *letter == b'-') =>
            {
                Ok(Self::Named(text.to_owned()))
            }
            _ => Err("use up to 24 lower-case letters, digits and hyphens"),
        }
    }
}

/// `kvcert dev`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
#[command(after_help = "Examples:
  kvcert dev
      in one terminal; in another: kvcert --dev list, kvcert --dev get web;
      in a browser: the address that it prints
  kvcert dev --data ./vault --port 8443
      keeps its certificates and its CA from run to run
  kvcert dev --as ci --port 0
      a second one, on a free port: kvcert --dev=ci list
  eval \"$(kvcert dev --print-env)\"
      lets Azure's own clients use the running vault
  kvcert dev set throttle=20 latency=150
      makes it behave like a busy vault; `kvcert dev clear` ends that")]
pub(crate) struct DevArgs {
    /// What to do with the vault that runs.
    #[command(subcommand)]
    pub(crate) command: Option<DevCommand>,
    /// Keep the vault in this folder [default: in memory]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The port; 0 selects a free one
    #[arg(long, value_name = "PORT", default_value_t = 8443)]
    pub(crate) port: u16,
    /// Also listen on this address, such as 0.0.0.0, for other machines [default: loopback only]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<IpAddr>,
    /// Name this dev vault, for `--dev=NAME` [default: a number, if it is not the first]
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name_as: Option<DevName>,
    /// The vault's name; repeat it for several vaults (`--dev` uses the first)
    #[arg(long, value_name = "NAME", default_value = "demo")]
    pub(crate) name: Vec<String>,
    /// TOML file with applications, people, roles, vaults and switches (docs/dev-vault.md)
    #[arg(long, value_name = "FILE")]
    pub(crate) seed: Option<PathBuf>,
    /// Start a new vault without certificates
    #[arg(long)]
    pub(crate) empty: bool,
    /// Encryption of new PKCS#12 secrets; the service wrote `2016` until September 2020
    #[arg(long, value_name = "STYLE", default_value = "current")]
    pub(crate) pfx_style: PfxStyle,
    /// Who gets the managed identity as on a virtual machine, without IDENTITY_HEADER
    #[arg(long, value_name = "WHO", default_value = "own")]
    pub(crate) managed_identity: IdentityFor,
    /// Print the variables that other clients need to use the running vault [default: sh]
    #[arg(
        long,
        value_name = "SHELL",
        num_args = 0..=1,
        default_missing_value = "sh",
        conflicts_with_all = ["data", "port", "listen", "name", "seed", "empty", "pfx_style", "managed_identity", "name_as"]
    )]
    pub(crate) print_env: Option<EnvShell>,
    /// Print the client secret even on a terminal
    #[arg(long, requires = "print_env")]
    pub(crate) force: bool,
}

/// How PKCS#12 secrets are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PfxStyle {
    /// 3DES, as the service writes today
    Current,
    /// RC2 with 40 bits for the certificates, a MAC with one iteration: OpenSSL 3 needs -legacy
    #[value(name = "2016")]
    Year2016,
}

/// Who gets the managed identity for the asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IdentityFor {
    /// Programs of your own user; Linux only, elsewhere nobody
    Own,
    /// Every program on this machine, of any user
    Anyone,
}

/// Who reads the variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvShell {
    /// sh, bash, zsh: eval "$(kvcert dev --print-env)"
    Sh,
    /// PowerShell: kvcert dev --print-env powershell | Out-String | Invoke-Expression
    Powershell,
    /// GitHub Actions: kvcert dev --print-env github >> "$GITHUB_ENV"
    Github,
}

/// What to do with the vault that runs.
#[derive(Debug, Subcommand)]
pub(crate) enum DevCommand {
    /// Make the dev vault fail on purpose
    Set(SetArgs),
    /// Turn switches off; all of them by default
    Clear(ClearArgs),
    /// Show which switches are on
    Switches,
    /// Show the last requests
    Requests(RequestsArgs),
}

/// `kvcert dev set`.
#[derive(Debug, Args)]
#[command(after_help = "Switches:
  throttle[=N]        429; with N, only above N requests in ten seconds
  latency=MS          delay each request by this many milliseconds
  error[=STATUS]      500 to 599 [default: 503]
  forbid[=KIND]       403: rbac, access-policy, policy, firewall, connection [default: rbac]
  sign-in=NUMBER      refuse to sign in with AADSTS<NUMBER>, one of:
                      50001, 50003, 50020, 50076, 50079, 53003, 65005, 90094, 650057, 700030, 7000112
  html                403 as an HTML page, like a gateway
  disabled            every object is disabled
  expired             every object's attributes say expired; the certificates do not change
                      (`clock=+800d` makes those expire too)
  reversed-chain      the certificates in a secret are in reverse order
  content-type[=TYPE] secrets claim this content type [default: the wrong one]
  truncate            send half of each response, with the full length in the header
  clock=TIME          shift the vault's clock: +40d, -2h, 90 (seconds)
  soft-delete=MS      duration of a deletion or recovery [default: 1000]
  issuance=MS         how long certificates from the issuer Self are pending [default: 1000]

Examples:
  kvcert dev set throttle --times 3 --retry-after 2
      the next three requests are throttled
  kvcert dev set forbid=firewall --path /secrets
  kvcert dev set error=502 --path login.localhost/
      sign-in fails, the vault works")]
pub(crate) struct SetArgs {
    /// The switches to turn on
    #[arg(required = true, value_name = "SWITCH[=VALUE]")]
    pub(crate) switches: Vec<String>,
    /// Only for paths with this prefix, such as /secrets/web; a host name may come first
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Option<String>,
    /// Only for this many requests
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) times: Option<u64>,
    /// Send this Retry-After with throttle and error
    #[arg(long, value_name = "SECONDS")]
    pub(crate) retry_after: Option<u32>,
}

/// `kvcert dev clear`.
#[derive(Debug, Args)]
pub(crate) struct ClearArgs {
    /// The switches to turn off
    #[arg(value_name = "SWITCH")]
    pub(crate) switches: Vec<String>,
}

/// `kvcert dev requests`.
#[derive(Debug, Args)]
pub(crate) struct RequestsArgs {
    /// Clear the log
    #[arg(long)]
    pub(crate) clear: bool,
}
