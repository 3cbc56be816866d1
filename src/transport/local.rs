//! This machine and its link: names under `localhost`, and [`Endpoint`]s of managed identities.
//!
//! Names under `localhost` are this machine (RFC 6761 section 6.3). Not every system's resolver
//! knows that, and the dev vault's names must work everywhere, so kvcert resolves them itself.
//!
//! Managed identities are served on the machine itself or on its link, without TLS. Nothing else
//! is asked over plain http, so that such a token request never crosses a network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::{fmt, io};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The system's resolver, except for `localhost` and what is under it.
pub(super) struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = addresses(name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The addresses of a host.
pub(crate) async fn addresses(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if is_local(name) {
        return Ok(vec![
            SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            SocketAddr::from((Ipv6Addr::LOCALHOST, port)),
        ]);
    }
    Ok(tokio::net::lookup_host((name, port)).await?.collect())
}

/// Whether the name is one of this machine.
pub(crate) fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// An identity endpoint: https anywhere, or plain http on this machine or its link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// The URL.
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    /// Whether it uses plain http.
    pub(super) fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }
}

impl std::str::FromStr for Endpoint {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| "it is not a URL")?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it must not have a user name or password");
        }
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if is_nearby(&url) => Ok(Self(url)),
            "http" => Err("plain http is safe only on this machine and its link"),
            _ => Err("it is neither https:// nor http://"),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

/// Whether the host is this machine (loopback) or on its link (RFC 3927, RFC 4291 section 2.5.6).
pub(super) fn is_nearby(url: &Url) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_loopback() || address.is_unicast_link_local(),
        Err(_) => is_local(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, allowed: bool) {
        assert_eq!(text.parse::<Endpoint>().is_ok(), allowed, "{text}");
    }

    #[test]
    fn plain_http_stays_near() {
        check("http://169.254.169.254/metadata", true);
        check("http://127.0.0.1:41000/msi/token/", true);
        check("http://localhost:40342/x", true);
        check("http://[::1]:1/", true);
        check("http://[fe80::1]/", true);
        check("https://anywhere.example/token", true);
        check("http://anywhere.example/token", false);
        check("http://10.0.0.1/", false);
        check("http://[::ffff:10.0.0.1]/", false);
        check("http://localhost.evil.example/", false);
        check("http://127.0.0.1.evil.example/", false);
        check("http://user:secret@127.0.0.1/", false);
        check("http://evil.example@127.0.0.1/", false);
        check("ftp://127.0.0.1/", false);
        check("file:///etc/passwd", false);
        check("127.0.0.1", false);
    }

    #[test]
    fn only_whole_labels_count() {
        assert!(is_local("localhost"));
        assert!(is_local("Demo.vault.LOCALHOST."));
        assert!(!is_local("evil-localhost"));
        assert!(!is_local("localhost.example.com"));
    }
}
