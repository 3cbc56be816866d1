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
    fn passwords_are_not_shown() {
        let settings = ProxySettings::new(|name| {
            (name == "HTTPS_PROXY").then_some("http://me:secret@proxy.example")
        });
        assert!(!format!("{settings:?}").contains("secret"));
        let proxy = settings.of(&"https://a.example".parse().unwrap()).unwrap();
        assert_eq!(proxy.to_string(), "proxy `proxy.example` (HTTPS_PROXY)");
    }
}
