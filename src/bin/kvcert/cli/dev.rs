//! The flags of `kvcert dev`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `kvcert dev`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  kvcert dev
      in one terminal; in another: kvcert --dev list, kvcert --dev get web;
      in a browser: the address that it prints
  kvcert dev --data ./vault --port 8443
      keeps its certificates and its CA from run to run
  eval \"$(kvcert dev --print-env)\"
      lets Azure's own clients use the vault that runs
  kvcert dev set throttle=20 latency=150
      makes it fail as a busy vault does; `kvcert dev clear` ends that")]
pub(crate) struct DevArgs {
    /// What to do with the vault that runs.
    #[command(subcommand)]
    pub(crate) command: Option<DevCommand>,
    /// Keep the vault in this folder [default: in memory]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The port; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 8443)]
    pub(crate) port: u16,
    /// Listen on this address too, such as 0.0.0.0: other machines can ask then
    /// [default: loopback only]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<IpAddr>,
    /// The vault's name; given several times, so many vaults, of which `--dev` uses the first
    #[arg(long, value_name = "NAME", default_value = "demo")]
    pub(crate) name: Vec<String>,
    /// Who is in the tenant and may do what, vaults, switches: a TOML file (see the README)
    #[arg(long, value_name = "FILE")]
    pub(crate) seed: Option<PathBuf>,
    /// Start a new vault without certificates
    #[arg(long)]
    pub(crate) empty: bool,
    /// How new PKCS#12 secrets are written: `2016` is what the service wrote until September 2020
    #[arg(long, value_name = "STYLE", default_value = "current")]
    pub(crate) pfx_style: PfxStyle,
    /// Print what other clients need to use the vault that runs, for a shell [default: sh]
    #[arg(
        long,
        value_name = "SHELL",
        num_args = 0..=1,
        default_missing_value = "sh",
        conflicts_with_all = ["data", "port", "listen", "name", "seed", "empty", "pfx_style"]
    )]
    pub(crate) print_env: Option<EnvShell>,
    /// Print the client secret on a terminal too
    #[arg(long, requires = "print_env")]
    pub(crate) force: bool,
}

/// How PKCS#12 secrets are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PfxStyle {
    /// 3DES, as the service writes today
    Current,
    /// RC2 with 40 bits for the certificates, a MAC of one round: OpenSSL 3 needs -legacy
    #[value(name = "2016")]
    Year2016,
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
    /// Turn switches on: ways to make the vault fail
    Set(SetArgs),
    /// Turn switches off; all of them, if none is named
    Clear(ClearArgs),
    /// Show which switches are on
    Switches,
    /// Show the last requests
    Requests(RequestsArgs),
}

/// `kvcert dev set`.
#[derive(Debug, Args)]
#[command(after_help = "Switches:
  throttle[=N]        429; with N, to what is more than N requests in ten seconds
  latency=MS          each request waits so many milliseconds
  error[=STATUS]      500 to 599 [default: 503]
  forbid[=KIND]       403: rbac, access-policy, policy, firewall, connection [default: rbac]
  sign-in=NUMBER      no token, but the refusal AADSTS<NUMBER>, of those that nothing else leads to:
                      50001, 50003, 50020, 50076, 50079, 53003, 65005, 90094, 650057, 700030, 7000112
  html                403 as a page of HTML, as a gateway answers
  disabled            every object is disabled
  expired             every object says that it has expired; certificates themselves stay as they are
                      (`clock=+800d` makes those expire, too)
  reversed-chain      a secret's certificates come last first
  content-type[=TYPE] a secret says that it is of this type [default: the other one]
  truncate            half of each answer, though the header promises all of it
  clock=TIME          the vault's clock is ahead, or behind: +40d, -2h, 90 (seconds)
  soft-delete=MS      a deletion, or a recovery, is under way for so long [default: 1000]
  issuance=MS         a certificate of the issuer Self is pending for so long [default: 1000]

Examples:
  kvcert dev set throttle --times 3 --retry-after 2
      the next three requests are throttled
  kvcert dev set forbid=firewall --path /secrets
  kvcert dev set error=502 --path login.localhost/
      the sign-in fails, the vault does not")]
pub(crate) struct SetArgs {
    /// What to turn on
    #[arg(required = true, value_name = "SWITCH[=VALUE]")]
    pub(crate) switches: Vec<String>,
    /// Only for paths that start so, such as /secrets/web; a host name may come first
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Option<String>,
    /// Only for so many requests
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) times: Option<u64>,
    /// The header Retry-After, of throttle and error
    #[arg(long, value_name = "SECONDS")]
    pub(crate) retry_after: Option<u32>,
}

/// `kvcert dev clear`.
#[derive(Debug, Args)]
pub(crate) struct ClearArgs {
    /// What to turn off
    #[arg(value_name = "SWITCH")]
    pub(crate) switches: Vec<String>,
}

/// `kvcert dev requests`.
#[derive(Debug, Args)]
pub(crate) struct RequestsArgs {
    /// Forget them
    #[arg(long)]
    pub(crate) clear: bool,
}
