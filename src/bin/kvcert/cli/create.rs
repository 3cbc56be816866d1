//! The flags of `kvcert create` and `kvcert merge`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

/// `kvcert create`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert create mailbot --vault contoso
      RSA 2048 for client authentication, self-signed, 12 months; the key never leaves the vault
  kvcert create mailbot --vault contoso --if-expires-within 30d
      for a daily job: creates the next version, by its policy, when it is due
  kvcert create web --issuer Unknown --subject CN=web.example.com --dns web.example.com \\
      --eku server --exportable --csr web.csr
      the vault generates the key, your CA issues the certificate; then: kvcert merge web web.crt
  kvcert create api --key p256 --eku server --eku client --dns api.example.com --exportable
  kvcert create mailbot --dry-run
      prints the request without sending it")]
pub(crate) struct CreateArgs {
    /// The certificate: its name, or an identifier (https://VAULT/certificates/NAME)
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Do nothing if the certificate exists; wait if it is pending
    #[arg(long)]
    pub(crate) if_missing: bool,
    /// Do nothing if the certificate is valid for longer than this, such as 30d
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) if_expires_within: Option<Duration>,
    /// Create the next version of an existing certificate, with its policy unless other flags change it
    #[arg(long, conflicts_with_all = ["if_missing", "if_expires_within"])]
    pub(crate) new_version: bool,
    /// Print the request without sending it
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// What the certificate says.
    #[command(flatten)]
    pub(crate) content: ContentArgs,
    /// Its key.
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// How it is issued and renewed.
    #[command(flatten)]
    pub(crate) issue: IssueArgs,
    /// How long to wait.
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
}

/// What stands in a certificate.
#[derive(Debug, Args)]
#[command(next_help_heading = "Certificate")]
pub(crate) struct ContentArgs {
    /// The subject's distinguished name [default: CN=NAME]
    #[arg(long, value_name = "DN")]
    pub(crate) subject: Option<String>,
    /// Add a DNS name (SAN)
    #[arg(long, value_name = "HOST")]
    pub(crate) dns: Vec<String>,
    /// Add an email address (SAN)
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: Vec<String>,
    /// Add a user principal name (SAN)
    #[arg(long, value_name = "UPN")]
    pub(crate) upn: Vec<String>,
    /// Add an IP address (SAN)
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) ip: Vec<std::net::IpAddr>,
    /// Add a URI (SAN)
    #[arg(long, value_name = "URI")]
    pub(crate) uri: Vec<String>,
    /// Validity in months [default: 12]
    #[arg(long, value_name = "MONTHS", value_parser = clap::value_parser!(u32).range(1..=1200))]
    pub(crate) months: Option<u32>,
    /// Extended key usage: client, server, or an object identifier; may be repeated
    /// [default: client; with --dns or --ip, server and client]
    #[arg(long, value_name = "EKU", value_parser = extended_key_usage)]
    pub(crate) eku: Vec<String>,
    /// Key usage; may be repeated [default: digital-signature, and key-encipherment for RSA]
    #[arg(long, value_name = "USAGE")]
    pub(crate) key_usage: Vec<KeyUsageArg>,
    /// A tag; may be repeated
    #[arg(long = "tag", value_name = "NAME=VALUE", value_parser = tag)]
    pub(crate) tags: Vec<(String, String)>,
}

impl ContentArgs {
    /// The tags; of two with one name the last counts.
    pub(crate) fn tags(&self) -> BTreeMap<String, String> {
        self.tags.iter().cloned().collect()
    }
}

/// The key.
#[derive(Debug, Args)]
#[command(next_help_heading = "Key")]
pub(crate) struct KeyArgs {
    /// Algorithm and size; Entra accepts only RSA [default: rsa2048]
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<KeyArg>,
    /// Make the private key exportable, so that `kvcert get` can write it
    #[arg(long, conflicts_with = "hsm")]
    pub(crate) exportable: bool,
    /// Keep the key in hardware (a premium vault)
    #[arg(long)]
    pub(crate) hsm: bool,
    /// Keep the key when the certificate is renewed
    #[arg(long)]
    pub(crate) reuse_key: bool,
    /// Format of the secret [default: pfx]
    #[arg(long, value_name = "TYPE")]
    pub(crate) content_type: Option<ContentTypeArg>,
}

/// Who issues, and what happens before the end.
#[derive(Debug, Args)]
#[command(next_help_heading = "Issue and renewal")]
pub(crate) struct IssueArgs {
    /// Self (the vault), Unknown (any CA; writes a signing request), or an issuer registered in the
    /// vault [default: Self]
    #[arg(long, value_name = "ISSUER")]
    pub(crate) issuer: Option<String>,
    /// Where to write the signing request; `-` is standard output [default: NAME.csr]
    #[arg(long, value_name = "FILE")]
    pub(crate) csr: Option<PathBuf>,
    /// Overwrite another signing request
    #[arg(long)]
    pub(crate) force: bool,
    /// What the vault does before expiry: email its contacts, or create the next version
    /// [default: email]
    #[arg(long, value_name = "HOW")]
    pub(crate) renew: Option<RenewArg>,
    /// When to do it: at a percentage of the lifetime, or days before expiry (30d) [default: 80%]
    #[arg(long, value_name = "WHEN")]
    pub(crate) renew_at: Option<RenewAt>,
}

/// How long to wait for the vault.
#[derive(Debug, Args)]
#[command(next_help_heading = "Waiting")]
pub(crate) struct WaitArgs {
    /// Do not wait for completion
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Maximum time to wait
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration, conflicts_with = "no_wait")]
    pub(crate) wait: Duration,
}

/// `kvcert merge`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kvcert merge web web.crt --vault contoso
      completes `kvcert create web --issuer Unknown`; the file may contain the whole chain
  kvcert merge web -
      from standard input")]
pub(crate) struct MergeArgs {
    /// The certificate: its name, or an identifier
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The certificate from your CA, PEM, DER or PKCS#7 (.p7b); `-` is standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) file: PathBuf,
}

/// An algorithm and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyArg {
    Rsa2048,
    Rsa3072,
    Rsa4096,
    P256,
    P384,
    P521,
    P256k,
}

/// What a key may do (RFC 5280 section 4.2.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyUsageArg {
    DigitalSignature,
    NonRepudiation,
    KeyEncipherment,
    DataEncipherment,
    KeyAgreement,
    KeyCertSign,
    CrlSign,
    EncipherOnly,
    DecipherOnly,
}

/// How a secret holds certificate and key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ContentTypeArg {
    /// PKCS#12
    Pfx,
    /// PEM
    Pem,
}

/// What happens before the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RenewArg {
    /// Email the vault's contacts
    Email,
    /// Create the next version
    Auto,
}

/// When that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RenewAt {
    /// After so much of the lifetime.
    Percent(u32),
    /// So many days before the end.
    Days(u32),
}

impl std::str::FromStr for RenewAt {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |digits: &str| digits.parse().ok().filter(|number| *number > 0);
        let percent = text.strip_suffix('%').and_then(number);
        if let Some(percent) = percent.filter(|percent| *percent < 100) {
            return Ok(Self::Percent(percent));
        }
        let days = text.strip_suffix('d').and_then(number);
        days.map(Self::Days)
            .ok_or("give a share of the lifetime (1% to 99%), or days before the end (30d)")
    }
}

/// A time such as `30d`, `12h`, `10m` or `45s`.
pub(super) fn duration(text: &str) -> Result<Duration, &'static str> {
    let rule = "a time is a number and a unit: 45s, 10m, 12h or 30d";
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(rule),
    };
    let number: u32 = digits.parse().map_err(|_| rule)?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

/// A tag: everything after the first `=` is its value.
pub(super) fn tag(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("a tag is NAME=VALUE")?;
    if name.is_empty() {
        return Err("a tag has a name: NAME=VALUE");
    }
    Ok((name.to_owned(), value.to_owned()))
}

fn extended_key_usage(text: &str) -> Result<String, &'static str> {
    let is_oid = text.split('.').count() > 2
        && text
            .split('.')
            .all(|arc| !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit()));
    match text {
        "server" => Ok(String::from("1.3.6.1.5.5.7.3.1")),
        "client" => Ok(String::from("1.3.6.1.5.5.7.3.2")),
        oid if is_oid => Ok(oid.to_owned()),
        _ => Err("it is `client`, `server`, or an object identifier such as 1.3.6.1.5.5.7.3.3"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let seconds = |text| duration(text).map(|time| time.as_secs()).ok();
        assert_eq!(seconds("0s"), Some(0));
        assert_eq!(seconds("90s"), Some(90));
        assert_eq!(seconds("10m"), Some(600));
        assert_eq!(seconds("12h"), Some(43_200));
        assert_eq!(seconds("30d"), Some(2_592_000));
        for bad in ["", "d", "30", "-1d", "1.5h", "3w", "99999999999d"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn renewal_is_a_share_or_days() {
        assert_eq!("80%".parse(), Ok(RenewAt::Percent(80)));
        assert_eq!("30d".parse(), Ok(RenewAt::Days(30)));
        for bad in ["0%", "100%", "80", "0d", "d", "%"] {
            assert!(bad.parse::<RenewAt>().is_err(), "{bad}");
        }
    }

    #[test]
    fn purposes_have_names_and_numbers() {
        assert_eq!(extended_key_usage("client").unwrap(), "1.3.6.1.5.5.7.3.2");
        assert_eq!(extended_key_usage("1.2.840.1").unwrap(), "1.2.840.1");
        for bad in ["", "Client", "1.2", "1..2.3", "1.2.a"] {
            assert!(extended_key_usage(bad).is_err(), "{bad}");
        }
    }
}
