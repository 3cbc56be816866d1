//! [`ProxySettings`]: which proxy a request goes through, so that its failure names the proxy and
//! the variable that it comes from.
//!
//! reqwest reads the same variables, and uses the proxy.

use std::fmt;

use hyper_util::client::proxy::matcher::Matcher;
use kvcert_pki::text::excerpt;
use reqwest::Url;

/// The proxy settings of the environment. The values may hold passwords: `Debug` shows none.
#[derive(Clone, Default)]
pub struct ProxySettings {
    /// The variable for https, and what it holds.
    https: Option<(&'static str, String)>,
    /// The hosts to reach without a proxy.
    no_proxy: String,
}

/// A proxy, and the variable that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// The variable, such as `HTTPS_PROXY`.
    pub variable: &'static str,
    /// Host and port, without a password.
    pub address: String,
}

impl ProxySettings {
    /// From environment variables, which `get` looks up.
    pub fn new<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Self {
        let first = |names: &[&'static str]| {
            let mut names = names.iter();
            names.find_map(|name| Some((*name, get(name)?.to_owned())))
        };
        Self {
            https: first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
            no_proxy: first(&["NO_PROXY", "no_proxy"]).map_or_else(String::new, |(_, list)| list),
        }
    }

    /// Checks the variable for https. What cannot be read would be ignored, and the connection made
    /// without a proxy.
    ///
    /// # Errors
    /// [`InvalidProxy`], which says what is wrong.
    pub fn check(&self) -> Result<(), InvalidProxy> {
        let Some((variable, value)) = &self.https else {
            return Ok(());
        };
        let problem = problem(value.trim());
        problem.map_or(Ok(()), |problem| Err(InvalidProxy { variable, problem }))
    }

    /// The proxy for this URL.
    pub(super) fn of(&self, url: &Url) -> Option<Proxy> {
        let (variable, value) = self.https.as_ref()?;
        let matcher = Matcher::builder()
            .https(value.as_str())
            .no(self.no_proxy.as_str())
            .build();
        let intercept = matcher.intercept(&url.as_str().parse().ok()?)?;
        let uri = intercept.uri();
        let host = uri.host().unwrap_or_default();
        let address = match uri.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Some(Proxy {
            variable,
            address: excerpt(&address, 200),
        })
    }
}

/// A variable for proxies that cannot be used. What it holds may be a password, and is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidProxy {
    variable: &'static str,
    problem: &'static str,
}

impl InvalidProxy {
    /// The variable.
    pub fn variable(&self) -> &'static str {
        self.variable
    }
}

impl fmt::Display for InvalidProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is not usable as a proxy: {}",
            self.variable, self.problem
        )
    }
}

impl std::error::Error for InvalidProxy {}

/// What is wrong with the URL of a proxy.
fn problem(value: &str) -> Option<&'static str> {
    let (scheme, rest) = value.split_once("://").unwrap_or(("http", value));
    let scheme = scheme.to_ascii_lowercase();
    if scheme.starts_with("socks") {
        return Some("SOCKS proxies are not supported, only http:// and https://");
    }
    if !matches!(scheme.as_str(), "http" | "https") {
        return Some("its URL must begin with http:// or https://");
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if path.contains('@') {
        return Some(
            "`#`, `/` and `?` in the user name or password must be written as `%23`, `%2F` and `%3F`",
        );
    }
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}[]@".contains(&byte);
    if !user.bytes().all(is_plain) {
        return Some(
            "blanks and special characters in the user name or password must be percent-encoded, such as `%20` and `%40`",
        );
    }
    let (name, port) = match host.strip_prefix('[').and_then(|it| it.split_once(']')) {
        Some((address, port)) => (address, port.strip_prefix(':').unwrap_or(port)),
        None => host.split_once(':').unwrap_or((host, "")),
    };
    if !port.is_empty() && port.parse::<u16>().unwrap_or(0) == 0 {
        return Some("its port is not a number from 1 to 65535");
    }
    let is_of_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:%".contains(&byte);
    let labels_fit = name.split('.').all(|label| label.len() <= 63);
    if name.is_empty() || !name.bytes().all(is_of_host) || !labels_fit {
        return Some("it has no valid host name");
    }
    None
}

impl fmt::Debug for ProxySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variable = self.https.as_ref().map(|(variable, _)| variable);
        write!(f, "ProxySettings({variable:?})")
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "proxy `{}` ({})", self.address, self.variable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &'static str)], url: &str) -> Option<(&'static str, String)> {
        let get = |name: &str| {
            let mut variables = variables.iter();
            variables.find(|it| it.0 == name).map(|it| it.1)
        };
        let proxy = ProxySettings::new(get).of(&url.parse().unwrap())?;
        Some((proxy.variable, proxy.address))
    }

    #[test]
    fn the_variable_that_counts_is_named() {
        let url = "https://contoso.vault.azure.net/secrets/web";
        let proxy = |variable, address: &str| Some((variable, address.to_owned()));
        assert_eq!(found(&[], url), None);
        let all = ("ALL_PROXY", "socks5://all.example:1080");
        let lower = ("https_proxy", "lower.example:3128");
        let upper = ("HTTPS_PROXY", "http://me:secret@upper.example:3128/");
        assert_eq!(found(&[all], url), proxy("ALL_PROXY", "all.example:1080"));
        let expected = proxy("https_proxy", "lower.example:3128");
        assert_eq!(found(&[all, lower], url), expected);
        let expected = proxy("HTTPS_PROXY", "upper.example:3128");
        assert_eq!(found(&[all, lower, upper], url), expected);
        let except = ("NO_PROXY", "localhost,.vault.azure.net");
        assert_eq!(found(&[upper, except], url), None);
        let other = "https://login.microsoftonline.com/t";
        assert_eq!(found(&[upper, except], other), expected);
        assert_eq!(found(&[upper], "http://169.254.169.254/"), None);
        assert_eq!(found(&[("HTTPS_PROXY", "not a proxy")], url), None);
    }

    #[test]
    fn what_would_be_ignored_is_refused() {
        let jwt = format!("eyJhbGciOiJub25lIn0.{}.c2ln", "a".repeat(80));
        for (value, words) in [
            ("http://user:p ss@127.0.0.1:9", "percent-encoded"),
            ("http://user:Pr0xy#S@proxy.example:3128", "`%23`"),
            ("http://user:a/b@proxy.example:3128", "`%2F`"),
            ("http://proxy.example:99999", "port"),
            ("http://proxy.example:0", "port"),
            ("proxy.example:http", "port"),
            ("socks5://proxy.example:1080", "SOCKS"),
            ("socks5h://proxy.example:1080", "SOCKS"),
            ("ftp://proxy.example", "http://"),
            ("not a proxy", "host name"),
            ("http://", "host name"),
            (jwt.as_str(), "host name"),
        ] {
            let settings = ProxySettings::new(|name| (name == "HTTPS_PROXY").then_some(value));
            let error = settings.check().unwrap_err().to_string();
            assert!(
                error.starts_with("HTTPS_PROXY ") && error.contains(words),
                "{value}: {error}"
            );
            assert!(
                !error.contains("eyJ") && !error.contains("Pr0xy"),
                "{error}"
            );
        }
        for value in [
            "http://proxy.example:3128",
            "https://proxy.example",
            "HTTP://me:s%23cret!$&'()*+,;=@proxy.example:3128/",
            "proxy.example:3128",
            "10.0.0.1:8080",
            "http://[::1]:3128",
            "http://proxy_1.example:3128/ ",
        ] {
            let settings = ProxySettings::new(|name| (name == "HTTPS_PROXY").then_some(value));
            assert_eq!(settings.check(), Ok(()), "{value}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        let settings = ProxySettings::new(|name| {
            (name == "HTTPS_PROXY").then_some("http://me:secret@proxy.example")
        });
        assert!(!format!("{settings:?}").contains("secret"));
        let proxy = settings.of(&"https://a.example".parse().unwrap()).unwrap();
        assert_eq!(proxy.to_string(), "proxy `proxy.example` (HTTPS_PROXY)");
    }
}
