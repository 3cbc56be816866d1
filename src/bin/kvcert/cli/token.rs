//! The flags of `token`, and those that `exec` shares with it.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, Args, ValueEnum};
use kvcert::identity::SignInMethod;

use super::{InputArgs, PasswordArgs};

/// `kvcert token`.
#[derive(Debug, Default, Args)]
#[command(after_help = "Examples:
  kvcert token web --vault contoso --tenant contoso.onmicrosoft.com --client-id ID --for graph
      the certificate's key signs an assertion in memory; no file is written
  kvcert token web --sign-in-vault --vault contoso --tenant T --client-id ID --for exchange
      the vault signs, and the key never leaves it; works with non-exportable keys too
  kvcert token web --vault contoso --tenant T --client-id ID --scope api://ID/.default \\
      --curl-config - | curl -K - https://api.example.com/
      the token stays out of `ps`
  eval \"$(kvcert token web --vault contoso --tenant T --client-id ID --for graph --output env)\"
      exports KVCERT_TOKEN to this shell; `--output github` does it for the next steps of a job
  kvcert token ./app.pfx --password-prompt --tenant T --client-id ID --for arm
      a local file
  kvcert token --flow managed-identity --for graph
  kvcert token --flow browser --tenant T --client-id ID \\
      --scope 'https://graph.microsoft.com/User.Read'

Two identities are involved. `--tenant` and `--client-id` name the application that the token is for. \
`--auth` and the AZURE_* variables, or `--vault-tenant` and `--vault-client-id`, say who signs in to the vault. \
If no vault is needed (`--flow managed-identity`, `browser`, ...), AZURE_TENANT_ID and AZURE_CLIENT_ID name the \
application.")]
pub(crate) struct TokenArgs {
    /// The certificate to sign in with: NAME, NAME/VERSION or an identifier; or a PFX or PEM file
    /// (`./app.pfx`: anything with a dot or a leading slash is a file)
    #[arg(value_name = "CERT|FILE")]
    pub(crate) certificate: Option<String>,
    /// How to get the token [default: depends on the other options]
    #[arg(long, value_name = "FLOW", help_heading = "Application", value_parser = flow())]
    pub(crate) flow: Option<FlowArg>,
    /// Sign in with a client secret instead of a certificate: the value of this secret in the vault
    #[arg(long, value_name = "SECRET", help_heading = "Application", conflicts_with_all = ["certificate", "sign_in_vault", "send_chain"])]
    pub(crate) client_secret_from: Option<String>,
    /// On behalf of a person: a file with the person's token for this application
    /// (`-`: standard input)
    #[arg(long, value_name = "FILE", help_heading = "Application")]
    pub(crate) assertion_file: Option<PathBuf>,
    /// File for the refresh token (0600): `--flow refresh-token` reads it and writes the new one
    #[arg(long, value_name = "FILE", help_heading = "Application")]
    pub(crate) refresh_token_file: Option<PathBuf>,
    /// Port of the redirect URI `http://localhost:PORT` [default: a free one]
    #[arg(long, value_name = "PORT", help_heading = "Application")]
    pub(crate) redirect_port: Option<u16>,
    /// Which application, and what its token is for.
    #[command(flatten)]
    pub(crate) app: AppArgs,
    /// How to open a file that you have.
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    /// Which key of it.
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// What to print
    #[arg(
        long,
        value_name = "FORM",
        default_value = "token",
        help_heading = "Output"
    )]
    pub(crate) output: TokenOutputArg,
    /// The variable that env, github, azure-pipelines and powershell set
    #[arg(long, value_name = "NAME", default_value = "KVCERT_TOKEN", help_heading = "Output", value_parser = parse_variable)]
    pub(crate) variable: String,
    /// Write a configuration for `curl -K` to this file (0600) instead; `-` is standard output
    #[arg(long, value_name = "FILE", help_heading = "Output", conflicts_with_all = ["output", "decode"])]
    pub(crate) curl_config: Option<PathBuf>,
    /// Show the token's claims instead; only the API that it is for may rely on them
    #[arg(long, help_heading = "Output", conflicts_with = "output")]
    pub(crate) decode: bool,
    /// Print the token even on a terminal; overwrite the file of `--curl-config`
    #[arg(long, help_heading = "Output")]
    pub(crate) force: bool,
}

/// Which application, and what its token is for. Its tenant and client id are [`Global`]'s.
///
/// [`Global`]: super::Global
#[derive(Debug, Default, Args)]
#[command(
    next_help_heading = "Application",
    mut_arg("tenant", tenant_of_application),
    mut_arg("client_id", id_of_application)
)]
pub(crate) struct AppArgs {
    /// The scope of the token, such as `https://graph.microsoft.com/.default`
    #[arg(long, value_name = "SCOPE", conflicts_with = "api")]
    pub(crate) scope: Option<String>,
    /// A well-known API, instead of `--scope`
    #[arg(long = "for", id = "api", value_name = "API")]
    pub(crate) api: Option<ApiArg>,
    /// With `--for sharepoint`: the tenant's host, such as contoso.sharepoint.com
    #[arg(long, value_name = "HOST")]
    pub(crate) sharepoint_host: Option<String>,
    /// Sign in the vault; works with non-exportable keys too
    #[arg(long)]
    pub(crate) sign_in_vault: bool,
    /// Send the certificate chain (x5c), for applications that trust a subject and issuer
    #[arg(long)]
    pub(crate) send_chain: bool,
    /// With `--sign-in-vault`, which knows only the leaf: a file with the other certificates to send
    #[arg(long, value_name = "FILE", requires = "send_chain")]
    pub(crate) chain_file: Option<PathBuf>,
    /// Signature algorithm of the assertion
    #[arg(long, value_name = "ALGORITHM", default_value = "ps256")]
    pub(crate) algorithm: AlgorithmArg,
    /// The tenant to sign in to the vault with [env: AZURE_TENANT_ID]
    #[arg(long, value_name = "TENANT", help_heading = "Vault")]
    pub(crate) vault_tenant: Option<String>,
    /// The application to sign in to the vault with [env: AZURE_CLIENT_ID]
    #[arg(long, value_name = "ID", help_heading = "Vault")]
    pub(crate) vault_client_id: Option<String>,
}

// What the flags for every command mean where there is an application besides who signs in to the
// vault. They are there before the command's own, which come late.

fn tenant_of_application(flag: Arg) -> Arg {
    let help = "Tenant of the application that the token is for, a GUID or a domain; for the vault's tenant use AZURE_TENANT_ID or `--vault-tenant`";
    flag.help(help).help_heading("Application").display_order(0)
}

fn id_of_application(flag: Arg) -> Arg {
    let help = "Client id of the application that the token is for; for the sign-in to the vault use AZURE_CLIENT_ID or `--vault-client-id`";
    flag.help(help).help_heading("Application").display_order(1)
}

/// How to get a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlowArg {
    /// By a grant, for the application that is named.
    Grant(GrantArg),
    /// By an identity that also signs in to vaults.
    SignIn(SignInMethod),
}

/// A grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GrantArg {
    /// For the application, by certificate or secret (default if one is given)
    ClientCredentials,
    /// For a person the application acts for (default with --assertion-file)
    OnBehalfOf,
    /// For a person who signed in before (default with --refresh-token-file)
    RefreshToken,
    /// For a person, in a browser on this machine (authorization code with PKCE)
    Browser,
    /// For a person, in a browser anywhere
    DeviceCode,
    /// Retired.
    #[value(hide = true, alias = "ropc")]
    Password,
    /// Retired.
    #[value(hide = true, alias = "hybrid")]
    Implicit,
}

/// The values of `--flow`: grants, and the ways to sign in that need nothing given.
fn flow() -> impl TypedValueParser<Value = FlowArg> {
    use SignInMethod::{Auto, DeviceCode, Environment, Token};

    let grants = GrantArg::value_variants().iter();
    let methods = SignInMethod::ALL.into_iter();
    let methods = methods.filter(|it| !matches!(it, Auto | Environment | DeviceCode | Token));
    let values = grants
        .filter_map(GrantArg::to_possible_value)
        .chain(methods.map(super::sign_in_value));
    PossibleValuesParser::new(values).try_map(|name| match GrantArg::from_str(&name, false) {
        Ok(grant) => Ok(FlowArg::Grant(grant)),
        Err(_) => name.parse().map(FlowArg::SignIn),
    })
}

/// An API of Microsoft's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ApiArg {
    /// Exchange Online, for Connect-ExchangeOnline -AccessToken
    Exchange,
    /// Microsoft Graph
    Graph,
    /// Azure Resource Manager
    Arm,
    /// SharePoint, of the tenant that --sharepoint-host names
    Sharepoint,
    /// The tenant administration of Teams, for Connect-MicrosoftTeams -AccessTokens
    Teams,
    /// Key Vault
    KeyVault,
}

/// How an assertion is signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum AlgorithmArg {
    /// RSA-PSS, with the certificate's SHA-256 (x5t#S256)
    #[default]
    Ps256,
    /// RSA PKCS#1 v1.5, with the certificate's SHA-1 (x5t), for old systems
    Rs256,
}

/// What is printed of a token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TokenOutputArg {
    /// Only the token
    #[default]
    Token,
    /// The token with its details
    Json,
    /// Authorization: Bearer …
    Header,
    /// export KVCERT_TOKEN='…', for eval in a shell
    Env,
    /// For the next steps of a GitHub Actions job: masked, into GITHUB_ENV and GITHUB_OUTPUT
    Github,
    /// For the next tasks of an Azure Pipelines job: masked, a secret variable
    AzurePipelines,
    /// $env:KVCERT_TOKEN = '…', for Invoke-Expression
    Powershell,
}

pub(super) fn parse_variable(text: &str) -> Result<String, &'static str> {
    let first = text.bytes().next().unwrap_or(b'0');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if first.is_ascii_digit() || !text.bytes().all(plain) {
        return Err("a variable is letters, digits and underscores, and starts with no digit");
    }
    Ok(text.to_owned())
}
