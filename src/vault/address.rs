//! Addresses: vaults, names, versions and identifiers, checked when they are read.

mod pasted;

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

pub use self::pasted::Pasted;
use crate::cloud::Cloud;
use crate::given::Given;

/// A vault's base URL: https, a host, optionally a port, nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultUrl(Url);

impl VaultUrl {
    /// Reads a vault's name (`contoso`), its URL, or another of the spellings of [`Pasted`]; the object
    /// that may be named with it is left out.
    ///
    /// # Errors
    /// [`InvalidAddress`], which says what is wrong.
    pub fn parse(text: &str, cloud: Cloud) -> Result<Self, InvalidAddress> {
        let pasted = Pasted::parse(text, cloud).map_err(|error| error.for_vault(text))?;
        if let Some(pasted) = pasted {
            return Ok(pasted.vault);
        }
        let text = pasted::bare(text);
        let long_enough = (3..=24).contains(&text.len());
        let shape = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !long_enough || !shape {
            let rule = "a name has 3 to 24 letters, digits and hyphens; or give the full URL";
            return Err(InvalidAddress::vault(text, rule));
        }
        parse_url(&format!(
            "https://{text}.{}",
            cloud.endpoints().vault_domain
        ))
        .map(Self)
    }

    /// The host, and the port if it is not 443.
    pub fn host_and_port(&self) -> String {
        host_and_port(&self.0)
    }

    /// The host without the port.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(443)
    }

    /// The cloud that the vault's host is in, if kvcert knows it.
    pub fn cloud(&self) -> Option<Cloud> {
        Cloud::of_vault_host(self.host())
    }

    /// The audience of this vault's tokens, if its host is in a cloud that kvcert knows.
    pub fn known_resource(&self) -> Option<String> {
        let cloud = self.cloud()?;
        let standard_port = self.0.port().is_none();
        standard_port.then(|| cloud.vault_audience())
    }

    /// The vault's URL with this path and `api-version`.
    pub(crate) fn join(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.join_newest(segments);
        url.query_pairs_mut()
            .clear()
            .append_pair("api-version", API_VERSION)
            .extend_pairs(query);
        url
    }

    /// As [`join`](Self::join), with the newest version that is stable: for what the usual one
    /// does not support, such as IP addresses and URIs in a policy, and an order to preserve.
    pub(crate) fn join_newest(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        url.set_path(&segments.join("/"));
        url.query_pairs_mut()
            .append_pair("api-version", NEWEST_API_VERSION);
        url
    }

    /// Whether `url` has the same host and port, over https.
    pub(crate) fn holds(&self, url: &Url) -> bool {
        url.scheme() == "https"
            && url.host_str() == self.0.host_str()
            && url.port_or_known_default() == self.0.port_or_known_default()
            && url.username().is_empty()
            && url.password().is_none()
    }
}

impl fmt::Display for VaultUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}", self.host_and_port())
    }
}

/// The name of an object in a vault: 1 to 127 letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectName(String);

impl ObjectName {
    /// Whether it is the same name: Key Vault compares names without regard to case.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }

    /// The name as it was written. Key Vault compares names without regard to case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectName {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shape = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !shape || !(1..=127).contains(&text.len()) {
            let rule = "a name has 1 to 127 letters, digits and hyphens";
            return Err(InvalidAddress::new("certificate name", text, rule));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The version of an object: 32 hexadecimal characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(String);

impl Version {
    /// The version in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Version {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let rule = "a version has 32 hexadecimal characters";
            return Err(InvalidAddress::new("version", text, rule));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A certificate as a user names it: `name`, `name/version`, or an identifier pasted from
/// anywhere (`https://VAULT/{certificates|secrets|keys}/NAME[/VERSION]`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRef {
    /// The vault, if an identifier said so.
    pub vault: Option<VaultUrl>,
    /// The name.
    pub name: ObjectName,
    /// The version; the current one if left out.
    pub version: Option<Version>,
}

impl CertificateRef {
    /// Reads a name, `name/version`, or one of the spellings of [`Pasted`] that name an object.
    /// `cloud` is that of a vault without a domain.
    ///
    /// # Errors
    /// [`InvalidAddress`], which says what is wrong.
    pub fn parse(text: &str, cloud: Cloud) -> Result<Self, InvalidAddress> {
        if let Some(pasted) = Pasted::parse(text, cloud)? {
            let rule = "it names a vault, but no certificate in it";
            let invalid = || InvalidAddress::new("certificate identifier", text, rule);
            let (name, version) = pasted.object.ok_or_else(invalid)?;
            return Ok(Self {
                vault: Some(pasted.vault),
                name,
                version,
            });
        }
        let (name, version) = match text.trim_end_matches('/').split_once('/') {
            Some((name, version)) => (name, Some(version.parse()?)),
            None => (text, None),
        };
        Ok(Self {
            vault: None,
            name: name.parse()?,
            version,
        })
    }
}

impl CertificateRef {
    /// The full identifier, if it names its vault, else as `Display`.
    pub fn identifier(&self) -> String {
        match &self.vault {
            Some(vault) => format!("{vault}/certificates/{self}"),
            None => self.to_string(),
        }
    }
}

/// As [`parse`](CertificateRef::parse) does, in the public cloud.
impl FromStr for CertificateRef {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text, Cloud::default())
    }
}

impl fmt::Display for CertificateRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)?;
        self.version
            .as_ref()
            .map_or(Ok(()), |version| write!(f, "/{version}"))
    }
}

/// Text that is not a valid address, and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidAddress {
    what: &'static str,
    /// As it may be shown.
    text: String,
    rule: &'static str,
    /// Whether a vault was meant, rather than a certificate.
    is_of_vault: bool,
    suggestion: Option<String>,
}

impl InvalidAddress {
    fn new(what: &'static str, text: &str, rule: &'static str) -> Self {
        Self {
            what,
            text: Given::from(text).to_string(),
            rule,
            is_of_vault: what == "vault",
            suggestion: None,
        }
    }

    fn vault(text: &str, rule: &'static str) -> Self {
        Self::new("vault", text, rule)
    }

    fn with_suggestion(self, name: &str) -> Self {
        Self {
            suggestion: Some(name.to_owned()),
            ..self
        }
    }

    /// The same, where a vault was to be named by `text`: with its name, if that can be seen.
    pub fn for_vault(self, text: &str) -> Self {
        Self {
            is_of_vault: true,
            suggestion: self.suggestion.or_else(|| pasted::name_in(text)),
            ..self
        }
    }

    /// Whether a vault was meant, rather than a certificate.
    pub fn is_of_vault(&self) -> bool {
        self.is_of_vault
    }

    /// The name of the vault that may be meant.
    pub fn suggestion(&self) -> Option<&str> {
        self.suggestion.as_deref()
    }
}

impl fmt::Display for InvalidAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what, text, rule, ..
        } = self;
        write!(f, "{text} is not a valid {what}: {rule}")
    }
}

impl std::error::Error for InvalidAddress {}

/// Host and port of a URL; the port is left out where it is the scheme's own.
fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn parse_url(text: &str) -> Result<Url, InvalidAddress> {
    let invalid = |rule| InvalidAddress::new("URL", text, rule);
    let url = Url::parse(text).map_err(|_| invalid("it is not a URL"))?;
    match url.scheme() {
        "https" => {}
        "http" => return Err(invalid("only https:// is safe for secrets")),
        _ => return Err(invalid("a vault's URL begins with https://")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("it must not have a user name"));
    }
    if url.fragment().is_some() {
        return Err(invalid("it must not have a fragment"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(invalid("it has no host"));
    }
    Ok(url)
}

/// Stable, and known to every vault (the secrets, certificates and keys API are alike in it).
const API_VERSION: &str = "7.4";
const NEWEST_API_VERSION: &str = "2025-07-01";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn vault(text: &str, expected: &str) {
        let found = VaultUrl::parse(text, Cloud::Public);
        assert_eq!(
            found.map_or_else(|e| e.to_string(), |url| url.to_string()),
            expected
        );
    }

    #[test]
    fn vaults_by_name_and_url() {
        vault("contoso", "https://contoso.vault.azure.net");
        vault(
            "https://contoso.vault.azure.cn/",
            "https://contoso.vault.azure.cn",
        );
        vault(
            "https://demo.vault.localhost:8443",
            "https://demo.vault.localhost:8443",
        );
        vault("https://demo.example:443", "https://demo.example");
        vault(
            "http://demo.example",
            "`http://demo.example` is not a valid URL: only https:// is safe for secrets",
        );
        vault(
            "https://a@demo.example",
            "a value that looks like a URL or connection string with a secret in it is not a valid URL: it must not have a user name",
        );
        vault(
            "a/b",
            "`a/b` is not a valid vault: a name has 3 to 24 letters, digits and hyphens; or give the full URL",
        );
        vault(
            "https://v.example/other",
            "`https://v.example/other` is not a valid certificate identifier: after the host, an identifier has /certificates/, /secrets/ or /keys/",
        );
        vault("https://v.example/secrets", "https://v.example");
    }

    #[test]
    fn the_audience_is_known_only_inside_a_cloud() {
        let resource = |text| {
            VaultUrl::parse(text, Cloud::UsGov)
                .unwrap()
                .known_resource()
        };
        assert_eq!(
            resource("abc").as_deref(),
            Some("https://vault.usgovcloudapi.net")
        );
        assert_eq!(
            resource("https://a.vault.azure.net").as_deref(),
            Some("https://vault.azure.net")
        );
        assert_eq!(resource("https://vault.azure.net"), None);
        assert_eq!(resource("https://evilvault.azure.net"), None);
        assert_eq!(resource("https://a.vault.azure.net.evil.example"), None);
        assert_eq!(resource("https://a.vault.azure.net:8443"), None);
    }

    #[track_caller]
    fn certificate(text: &str, expected: &str) {
        let shown = |id: CertificateRef| match &id.vault {
            Some(vault) => format!("{vault} {id}"),
            None => id.to_string(),
        };
        let found = text.parse::<CertificateRef>();
        assert_eq!(found.map_or_else(|e| e.to_string(), shown), expected);
    }

    #[test]
    fn certificates_by_name_version_and_identifier() {
        let version = "0123456789ABCDEF0123456789abcdef";
        let lower = version.to_ascii_lowercase();
        certificate("web", "web");
        certificate(&format!("web/{version}"), &format!("web/{lower}"));
        certificate(
            "https://v.vault.azure.net/certificates/web",
            "https://v.vault.azure.net web",
        );
        certificate(
            &format!("https://v.vault.azure.net:443//secrets/web/{version}/?x=y"),
            &format!("https://v.vault.azure.net web/{lower}"),
        );
        certificate(
            "https://v.vault.azure.net/keys/web/",
            "https://v.vault.azure.net web",
        );
        certificate(
            "web/latest",
            "`latest` is not a valid version: a version has 32 hexadecimal characters",
        );
        certificate(
            "we_b",
            "`we_b` is not a valid certificate name: a name has 1 to 127 letters, digits and hyphens",
        );
        certificate(
            "",
            "`` is not a valid certificate name: a name has 1 to 127 letters, digits and hyphens",
        );
        certificate(
            "https://v.vault.azure.net/storage/x",
            "`https://v.vault.azure.net/storage/x` is not a valid certificate identifier: after the host, an identifier has /certificates/, /secrets/ or /keys/",
        );
    }
}
